// The only file with `#if` for checks: a misspelt flag elsewhere would silently be false.

@frozen public enum BuildOptions {
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
