// The only file with `#if` for checks: a misspelt flag elsewhere would silently be false.

@frozen public enum BuildOptions {
    #if STILL_CHECKS || DEBUG
        /// The interpreter's handlers return to a loop instead of jumping to each other: without optimisation, or under a sanitizer, a jump
        /// would be a call that never returns.
        @inlinable public static var returnsToLoop: Bool { true }
    #else
        @inlinable public static var returnsToLoop: Bool { false }
    #endif

    #if STILL_CHECKS
        /// Invariants, fault injection and seeded delays are compiled in.
        @inlinable public static var checksInvariants: Bool { true }
        /// Deferred frees before a thread asks for a new goal: blocks and bytes.
        @inlinable public static var retireBatchCount: Int { 8 }
        @inlinable public static var retireBatchBytes: Int { 4096 }
    #else
        @inlinable public static var checksInvariants: Bool { false }
        @inlinable public static var retireBatchCount: Int { 127 }
        @inlinable public static var retireBatchBytes: Int { 1 << 20 }
    #endif
}
