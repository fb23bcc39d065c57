// Stopped threads lend a hand: what the pauser has to do can be shared by those that wait for it on processors of their own.
//
// Protocol  1. Before it stops the world the pauser says how many helpers it could use (`helpSeats`). A thread that finds itself stopped takes a seat, if
//              one is left, and spins for longer than others would before it sleeps.
//           2. In the pause each seated thread gets an offer. It takes it, does the work, and goes on waiting.
//           3. Before the world runs again the pauser takes back offers that were not taken, and waits for the work to end.
//
//             take a seat (owner)         offer (pauser)               take it (owner)            done (owner)
//   none ------------------> seated ------------------> offered ------------------> helping ------------------> none
//      ^                       |                            |
//      +------ give it up -----+-------- take back ---------+
//              (owner)                   (pauser)
//
// Who       A helper is suspended, not attached: it may do what the pauser's proof of a stopped world allows, and nothing that may block.
// Counting  `offered` is how many offers are not done with: raised before an offer is made, lowered by who takes it back, or has done the work.
// Ordering  (H1) an offer releases, taking it acquires: what stopped threads and the pauser have done happens before the work. Lowering `offered` after
//           the work releases, and the pauser acquires it: the work happens before what the pauser, and those it resumes, do next.
import StillPlatform
import Synchronization

enum Help {
    static let none: UInt32 = 0
    static let seated: UInt32 = 1
    static let offered: UInt32 = 2
    static let helping: UInt32 = 3
    /// How often a seated thread calls `cpuRelax` before it sleeps: some 40 microseconds.
    static let patience = 1500
}

public typealias HelpWork = @convention(c) (_ context: UnsafeMutableRawPointer) -> Void

extension ThreadState {
    /// Before this thread stops its interpreter's world: how many of the threads that stop shall be ready to help. 0: none any more.
    public func expectHelp(_ helpers: Int) {
        interpreter.record.pointee.helpSeats.store(Int32(clamping: helpers), ordering: .relaxed)
    }

    /// A stopped thread that has just begun to wait.
    func takeSeat() {
        let seats = interpreter.record
        if seats.pointee.helpSeats.load(ordering: .relaxed) <= 0 { return }
        if seats.pointee.helpSeats.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 {
            _ = record.pointee.help.compareExchange(expected: Help.none, desired: Help.seated, ordering: .relaxed)
        }
    }

    /// False: there was an offer.
    func giveUpSeat() -> Bool {
        let seen = record.pointee.help.compareExchange(expected: Help.seated, desired: Help.none, ordering: .relaxed).original
        return seen != Help.offered
    }

    /// Takes the offer, if it still stands.
    func takeOffer() {
        SchedulingNoise.point()
        guard record.pointee.help.compareExchange(expected: Help.offered, desired: Help.helping, ordering: .acquiring).exchanged else { return }  // H1
        let shared = interpreter.record
        shared.pointee.helpWork.unsafelyUnwrapped(shared.pointee.helpContext.unsafelyUnwrapped)
        record.pointee.help.store(Help.none, ordering: .relaxed)
        shared.pointee.helpOffers.wrappingSubtract(1, ordering: .releasing)  // H1
    }
}

extension StoppedWorld {
    /// Lets seated threads run `work`, once each. False: there are none.
    public func offerHelp(_ work: HelpWork, _ context: UnsafeMutableRawPointer) -> Bool {
        let shared = interpreter.record
        shared.pointee.helpSeats.store(0, ordering: .relaxed)
        shared.pointee.helpWork = work
        shared.pointee.helpContext = context
        var any = false
        forEachThread { thread in
            if thread.record.pointee.help.load(ordering: .relaxed) != Help.seated { return }
            shared.pointee.helpOffers.wrappingAdd(1, ordering: .relaxed)
            if thread.record.pointee.help.compareExchange(expected: Help.seated, desired: Help.offered, ordering: .releasing).exchanged {  // H1
                any = true
            } else {
                shared.pointee.helpOffers.wrappingSubtract(1, ordering: .relaxed)
            }
        }
        return any
    }

    /// Takes back what nobody has taken, and waits until the others have done.
    public func endHelp() {
        let shared = interpreter.record
        forEachThread { thread in
            if thread.record.pointee.help.load(ordering: .relaxed) != Help.offered { return }
            if thread.record.pointee.help.compareExchange(expected: Help.offered, desired: Help.none, ordering: .relaxed).exchanged {
                shared.pointee.helpOffers.wrappingSubtract(1, ordering: .relaxed)
            }
        }
        if FaultInjection.isActive(.leaveHelpers) { return }
        var spins = 0
        while shared.pointee.helpOffers.load(ordering: .acquiring) != 0 {  // H1
            spins += 1
            if spins < 2000 { cpuRelax() } else { OSThread.yield() }
        }
    }
}
