// error: is borrowed and cannot be consumed
// The right is kept beyond its scope.
import StillThreadRegistry

func keep(_ interpreter: Interpreter) throws {
    _ = try interpreter.withAttachedThread { (attached: borrowing Attached) in
        let kept = attached
        _ = kept.detach()
    }
}
