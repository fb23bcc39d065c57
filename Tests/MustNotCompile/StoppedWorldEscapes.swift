// error: is borrowed and cannot be consumed
// The proof of a pause outlives the pause.
import StillThreadRegistry

struct Keeper: ~Copyable {
    var world: StoppedWorld
}

func keep(_ thread: ThreadState) {
    _ = thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) -> Int in
        let keeper = Keeper(world: world)
        _ = consume keeper
        return 0
    }
}
