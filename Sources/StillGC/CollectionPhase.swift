// The phases of a collection.
//
//   idle        nothing; allocation decides when the next collection starts
//   marking     from the roots, in slices; the deletion barrier is on
//   flagging    nothing is grey: what is white is suspect. Slices merge each suspect's count and flag it, so that a new
//               reference to it is noticed (it is *touched*: shaded), and count the references that suspects hold to suspects
//   comparing   suspects with more references than that are rescued (shaded)
//   verdict     what is grey is marked through; a pause that finds nothing grey condemns what is still white
//   finalizing  with the world running: weak references cleared, callbacks and finalizers run. If a finalizer ran,
//               flagging to verdict are repeated for what is still white.
//   breaking    with the world running: the condemned objects give up their references and die
//   settling    with the world running: what could not be broken counts as alive, and the pools are let go
//
// Every walk over objects or pools is cut into steps by the time budget, those with the world running too: they delay only the thread
// that collects, but it is some program's thread.
//
// Touching: from flagging on, a new reference to a suspect, a store into it, a move out of it, or its death shades it (or what it
// refers to); shaded objects are rescued with all they reach. So what verdict condemns was referred to by other suspects
// only, all the time since its references were counted.
// Uncounted references (an instance's type, registers to deferred objects) are marked through, never subtracted; before the verdict
// the frames that ran since the last slice are scanned for them.

public enum CollectionPhase: UInt8, Sendable {
    case idle, marking, flagging, comparing, verdict, finalizing, breaking, settling
}
