// Numbers that caches compare: 32 bits, never given twice to what one cache can see.
//
//   0               none: nothing may be cached
//   1               (functions) cleared: changed once, never versioned again
//   2 ..< 65,536    static: things that all interpreters share. One counter for the process
//   65,536 ...      of one interpreter. A counter in its record; interpreters share no caches, so their numbers may be equal
//
// Exhaustion  A counter that has reached its end stays there and gives 0. It never wraps.
// Ordering    (N1) the counters are relaxed: a number orders nothing, only that no two threads get the same matters.
import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public enum VersionRange {
    @inlinable public static var none: UInt32 { 0 }
    @inlinable public static var cleared: UInt32 { 1 }
    @inlinable public static var firstStatic: UInt32 { 2 }
    @inlinable public static var firstOfInterpreter: UInt32 { 65_536 }

    /// Numbers given from the static range.
    private static let staticGiven = Atomic<UInt32>(0)

    /// The next number for a thing that all interpreters share; 0 when there is none left.
    public static func nextStatic() -> UInt32 {
        next(staticGiven, from: firstStatic, below: firstOfInterpreter)
    }

    static func next(_ given: borrowing Atomic<UInt32>, from first: UInt32, below end: UInt32) -> UInt32 {
        var count = given.load(ordering: .relaxed)  // N1
        while count < end - first {
            let (done, seen) = given.compareExchange(expected: count, desired: count + 1, ordering: .relaxed)
            if done { return first + count }
            count = seen
        }
        return none
    }
}

/// An interpreter's counters and its table of functions, in its record. Valid as zeroed memory.
public struct InterpreterVersions {
    struct Record: ~Copyable {
        /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte.
        let base: UInt64
        let typesGiven: Atomic<UInt32>
        let functionsGiven: Atomic<UInt32>
        /// Address of the table of functions; 0 before its first use. FunctionVersion.swift.
        let functions: Atomic<UInt>
    }
    static let offset = 2048

    let record: UnsafeMutablePointer<Record>
    public init(_ interpreter: Interpreter) {
        record = (interpreter.raw + Self.offset).assumingMemoryBound(to: Record.self)
    }

    /// The next type version of the interpreter; 0 when there is none left.
    func nextType() -> UInt32 {
        VersionRange.next(record.pointee.typesGiven, from: VersionRange.firstOfInterpreter, below: .max)
    }
    /// The next function version of the interpreter; 0 when there is none left.
    public func nextFunction() -> UInt32 {
        VersionRange.next(record.pointee.functionsGiven, from: VersionRange.firstOfInterpreter, below: .max)
    }

    /// Leaves only `left` type and function versions, to see what happens at the end of the range.
    public func spend(typesLeft: UInt32? = nil, functionsLeft: UInt32? = nil) {
        let all = UInt32.max - VersionRange.firstOfInterpreter
        if let typesLeft { record.pointee.typesGiven.store(all - min(all, typesLeft), ordering: .relaxed) }
        if let functionsLeft { record.pointee.functionsGiven.store(all - min(all, functionsLeft), ordering: .relaxed) }
    }

    /// Gives the table's memory back. The interpreter runs no code any more.
    public func end() {
        if let table = UnsafeMutableRawPointer(bitPattern: record.pointee.functions.exchange(0, ordering: .acquiring)) { rawFree(table) }
    }
}
