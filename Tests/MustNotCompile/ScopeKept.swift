// error: is borrowed and cannot be consumed
// An interpreter's scope is kept beyond its end.
import Stillpoint

struct Keeper: ~Copyable {
    var scope: InterpreterScope
}

func keep(_ interpreter: Stillpoint.Interpreter) throws {
    try interpreter.enter { (scope: borrowing InterpreterScope) throws(RunError) in
        let keeper = Keeper(scope: scope)
        _ = consume keeper
    }
}
