// The states of a thread, and who may move it between them.
//
//             attach (owner)                        stop (owner, at a safepoint or while detaching)
//   detached ----------------> attached  -----------------------------------------> suspended
//      ^  ^ <----------------                                                           |
//      |  |   detach (owner)             stop (pauser): detached ------------------> suspended
//      |  +--------------------------------------------------- resume (pauser) ---------+
//      +---- held: a thread that serves a detached thread's merge queue keeps it from attaching meanwhile
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

    public static func name(_ state: UInt32) -> String {
        state < 7 ? ["detached", "attached", "suspended", "held", "trapped", "parked", "vanished"][Int(state)] : "corrupt (\(state))"
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
}
