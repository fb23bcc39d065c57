// error: is inaccessible due to 'internal' protection level
// A proof of a pause that nobody has made.
import StillThreadRegistry

func pretend(_ interpreter: Interpreter) {
    var detail: UInt32 = 0
    let world = StoppedWorld(interpreter, nil, &detail)
    world.setDetail(1)
}
