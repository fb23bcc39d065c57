// Versions of functions: what a cache may rely on when a callee's version is the one it knows.
//
// States    0 none: the range was used up. 1 cleared: one of the critical attributes was changed once. Else valid.
// Meaning   Functions with the same valid version have the same code and, as their `def` made them, as many defaults and the same keyword defaults
//           by name; their values may differ. Every closure of one `def` shares the version of its code.
// Critical  code, defaults, keyword defaults, closure: they change together with the version, or after it was cleared. See
//           FunctionVersionInvalidation.swift.
// Guard     A valid version that was read stays valid, and the critical attributes with it, until the reader's next safepoint.
// Ordering  (F1) reading a version is relaxed: it is set before another thread sees the function and cleared in a pause.
//
// Table     From a version to a function that has it: 4,096 words for each interpreter, by version modulo. A site that begins to
//           rely on a version registers its callee; a function leaves its entry when it dies or changes.
// Lookup    takes no lock: load the entry, try to take a count, load it again, compare the function's version. The block of a dead function
//           still has an object's header, so trying to count is safe; whatever else lies there has left the entry.
// Ordering  (F2) registering releases and looking up acquires the entry: the function's words are seen.
// Source    CPython 3.14 Objects/funcobject.c for the states and the table's size.
import StillPlatform
public import StillThreadRegistry
public import Synchronization

/// A function object, as far as versions are concerned.
public protocol VersionedFunction {
    init(_ raw: UnsafeMutableRawPointer)
    var raw: UnsafeMutableRawPointer { get }
    /// F1
    var version: UInt32 { get }
    /// From now on the version is `cleared`. In a pause.
    func clearVersion()
    /// Whether the function has been put into the table. Atomic.
    var isRegistered: Bool { get nonmutating set }
    var functionLock: UnsafeMutablePointer<Atomic<UInt8>> { get }
    /// Takes a count unless the function is dying.
    func tryHold(_ t: ThreadState) -> Bool
    func giveUp(_ t: ThreadState)
}

@frozen public enum FunctionVersion {
    @inlinable @inline(__always) public static func isValid(_ version: UInt32) -> Bool { version > VersionRange.cleared }
    public static var tableSize: Int { 4096 }

    /// Lets `function(of:)` find the function, until it changes, dies or another takes its place.
    ///
    /// - Threads: attached; the caller holds the function and has crossed no safepoint since it saw a valid version.
    public static func register<F: VersionedFunction>(_ function: F, _ t: ThreadState) {
        let version = function.version
        guard isValid(version), let table = table(t.interpreter, make: true) else { return }
        let entry = table + Int(version) % tableSize
        if entry.pointee.load(ordering: .relaxed) == UInt(bitPattern: function.raw) { return }
        function.isRegistered = true
        entry.pointee.store(UInt(bitPattern: function.raw), ordering: .releasing)  // F2
    }

    /// A function with the version, owned; nil when none is known.
    ///
    /// - Threads: attached. Lock-free.
    public static func function<F: VersionedFunction>(of version: UInt32, _ t: ThreadState, as: F.Type) -> F? {
        guard isValid(version), let table = table(t.interpreter, make: false) else { return nil }
        let entry = table + Int(version) % tableSize
        let seen = entry.pointee.load(ordering: .acquiring)  // F2
        guard let raw = UnsafeMutableRawPointer(bitPattern: seen) else { return nil }
        let function = F(raw)
        guard function.tryHold(t) else { return nil }
        if entry.pointee.load(ordering: .acquiring) == seen && function.version == version {
            return function
        }
        function.giveUp(t)
        return nil
    }

    /// The function leaves the table: it dies, or its version is cleared.
    public static func forget<F: VersionedFunction>(_ function: F, _ interpreter: Interpreter) {
        guard function.isRegistered else { return }
        let version = function.version
        guard let table = table(interpreter, make: false) else { return }
        _ = (table + Int(version) % tableSize).pointee.compareExchange(
            expected: UInt(bitPattern: function.raw), desired: 0, ordering: .relaxed)
        function.isRegistered = false
    }

    private static func table(_ interpreter: Interpreter, make: Bool) -> UnsafeMutablePointer<Atomic<UInt>>? {
        let place = InterpreterVersions(interpreter).record
        let known = place.pointee.functions.load(ordering: .acquiring)  // F2
        if known != 0 || !make { return UnsafeMutablePointer(bitPattern: known) }
        guard let memory = rawAllocateZeroed(tableSize * MemoryLayout<UInt>.stride) else { return nil }  // then nothing is found
        let (done, seen) = place.pointee.functions.compareExchange(
            expected: 0, desired: UInt(bitPattern: memory), ordering: .acquiringAndReleasing)
        if done { return memory.assumingMemoryBound(to: Atomic<UInt>.self) }
        rawFree(memory)
        return UnsafeMutablePointer(bitPattern: seen)
    }
}
