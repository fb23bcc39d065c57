// The states of a thread, and who may move it between them.
//
//             attach (owner)                  asked (pauser)              stop (owner, at a safepoint or while detaching)
//   detached ----------------> attached -------------------> stopping ------------------------------> suspended <--> sleeping
//      ^  ^ <----------------                                                                             |              |
//      |  |   detach (owner)              stop (pauser): detached --------------------------------> suspended            |
//      |  +------------------------------------------------------ resume (pauser) ------------------------+--------------+
//      +---- held: a thread that serves a detached thread's merge queue keeps it from attaching meanwhile
//            asked (pauser): held -> heldStopping; the holder lets go into suspended
//
//   A stopping thread is still attached, but leaves that state to suspended only, and counts down for the pauser when it does (PendingStops.swift).
//   Sleeping is suspended and asleep (owner): who resumes it has to wake it (`Runtime.wakeResumed`).
//
//   suspended -> trapped by the finalising thread (Finalisation.swift): for ever; the owner answers with parked when it comes by.
//   any -> vanished in a forked child, for threads that exist in the parent only (ForkProtocol.swift).
//
// To touch any object a thread must be attached. Before anything that may block, detach.
// Ordering  (A1) every transition is an acquiring-releasing compare-and-swap or a releasing store; whoever leaves a
//           state first sees all that happened before it was entered. So what a thread did before it was suspended
//           happens before the pauser's accesses, and these happen before what the thread does afterwards.
import Synchronization

@frozen public enum Attachment {
    @inlinable public static var detached: UInt32 { 0 }
    @inlinable public static var attached: UInt32 { 1 }
    @inlinable public static var suspended: UInt32 { 2 }
    @inlinable public static var held: UInt32 { 3 }
    @inlinable public static var trapped: UInt32 { 4 }
    @inlinable public static var parked: UInt32 { 5 }
    @inlinable public static var vanished: UInt32 { 6 }
    @inlinable public static var stopping: UInt32 { 7 }
    @inlinable public static var heldStopping: UInt32 { 8 }
    @inlinable public static var sleeping: UInt32 { 9 }

    /// May touch objects until its next safepoint.
    @inlinable public static func isAttached(_ state: UInt32) -> Bool { state == attached || state == stopping }

    public static func name(_ state: UInt32) -> String {
        switch state {
        case detached: "detached"
        case attached: "attached"
        case suspended: "suspended"
        case held: "held"
        case stopping: "attached, asked to stop"
        case heldStopping: "held, asked to stop"
        case sleeping: "suspended, asleep"
        case trapped: "trapped"
        case parked: "parked"
        case vanished: "vanished"
        default: "corrupt (\(state))"
        }
    }
}

/// Bits of a thread's eval breaker.
@frozen public enum RequestBits {
    /// Somebody wants to stop the world.
    @inlinable public static var stop: UInt32 { 1 }
    /// The collector should do a slice.
    @inlinable public static var collect: UInt32 { 2 }
    /// Retired memory may be ready to be freed.
    @inlinable public static var delayedFrees: UInt32 { 4 }
    /// The merge queue of the thread's owner slot is not empty.
    @inlinable public static var mergeCounts: UInt32 { 8 }
    @inlinable public static var pendingCalls: UInt32 { 16 }
    @inlinable public static var signals: UInt32 { 32 }
    @inlinable public static var asyncException: UInt32 { 64 }
    /// A thread has waited long for an object lock that a critical section may hold.
    @inlinable public static var giveUpSections: UInt32 { 128 }
}
