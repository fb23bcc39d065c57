// compiles
// Shows that the others fail for the reason they state, not because something cannot be found.
import StillThreadRegistry
import Stillpoint

func enter(_ interpreter: StillThreadRegistry.Interpreter, _ host: Stillpoint.Interpreter) throws {
    _ = try interpreter.withAttachedThread { (attached: borrowing Attached) in
        attached.thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in world.setDetail(1) }
    }
    try host.enter { (scope: borrowing InterpreterScope) throws(RunError) in try scope.run(source: []) }
}
func attach(_ thread: ThreadState) {
    let attached = Attached(thread)
    attached.thread.safepoint()
    _ = attached.detach()
}
