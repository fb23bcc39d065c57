// A hash table for the whole process, read without locks: liburcu's `cds_lfht`.
//
// Keys are bytes, copied into the entry; values are words, given once. The table grows with its entries and never shrinks.
//
// Protocol  Readers, adders and removers work inside a read section of liburcu-bp. A removed entry is freed by `call_rcu`, after every read
//           section that might hold it. No safepoint, lock or attach inside a read section; the callbacks free raw memory only.
// Ordering  (S1) add() releases and lookups acquire the entry's value word: the key's bytes, and what the value points to, are seen.
//           (S2) remove() releases and the reclaimer acquires `removals`: all uses by the remover happen before the free. liburcu orders the
//                readers; its atomics are not visible to ThreadSanitizer, S1 and S2 are.
// Growth    The adder that finds more entries than buckets doubles them, alone: `growing` is taken with acquire and given back with release, so
//           the next one sees the `buckets` it left. Readers and other adders go on meanwhile.
// Lifetime  For data that outlives interpreters. A value that points into an interpreter's memory is removed, and
//           `waitForReaders()` called, before that memory goes away.
import CUserspaceRCU
import StillPlatform
import Synchronization

public enum SharedTableError: Error, CustomStringConvertible {
    case outOfMemory
    public var description: String { "No memory for a process-wide table. Free memory or raise the process limit." }
}

public final class SharedTable: @unchecked Sendable {
    // An entry: liburcu's node, its reclamation head, value, length of the key, the key.
    private static let headOffset = (MemoryLayout<cds_lfht_node>.size + 7) & ~7
    private static let valueOffset = (headOffset + MemoryLayout<rcu_head>.size + 7) & ~7
    private static let lengthOffset = valueOffset + 8
    private static let keyOffset = lengthOffset + 8
    private static let removals = Atomic<UInt64>(0)

    private let table: OpaquePointer
    private let entries = Atomic<Int>(0)
    private let buckets: Atomic<Int>
    private let growing = Atomic<Bool>(false)
    private let found = Atomic<UInt64>(0)

    /// - Parameter buckets: to begin with; rounded up to a power of two.
    public init(buckets: Int = 64) throws(SharedTableError) {
        var size: UInt = 1
        while size < UInt(max(buckets, 1)) && size < 1 << 30 { size <<= 1 }
        guard let table = still_lfht_new(size) else { throw .outOfMemory }
        self.table = table
        self.buckets = Atomic(Int(size))
    }

    /// No thread uses the table any more.
    deinit {
        removeAll()
        cds_lfht_destroy(table, nil)
    }

    /// Entries now; other threads may be changing it.
    public var count: Int { entries.load(ordering: .relaxed) }

    /// Lookups that found their key. Counted in checking builds only: all threads would write one word.
    public var hits: UInt64 { found.load(ordering: .relaxed) }

    private static func hash(_ key: UnsafeRawBufferPointer) -> UInt {
        var hash: UInt = 0xCBF2_9CE4_8422_2325
        for byte in key { hash = (hash ^ UInt(byte)) &* 0x100_0000_01B3 }
        return hash ^ hash >> 32
    }

    private static func value(_ entry: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt>> {
        (entry + valueOffset).assumingMemoryBound(to: Atomic<UInt>.self)
    }

    /// liburcu calls it for entries of the same hash. The key is passed as a pointer to its buffer.
    private static let matches: @convention(c) (UnsafeMutablePointer<cds_lfht_node>?, UnsafeRawPointer?) -> Int32 = { node, key in
        let entry = UnsafeMutableRawPointer(node!)
        let wanted = key!.load(as: UnsafeRawBufferPointer.self)
        _ = SharedTable.value(entry).pointee.load(ordering: .acquiring)  // S1
        guard entry.load(fromByteOffset: SharedTable.lengthOffset, as: Int.self) == wanted.count else { return 0 }
        return wanted.count == 0 || compareBytes(entry + SharedTable.keyOffset, wanted.baseAddress!, wanted.count) == 0 ? 1 : 0
    }

    private func find(_ key: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        var iterator = cds_lfht_iter()
        withUnsafePointer(to: key) { cds_lfht_lookup(table, Self.hash(key), Self.matches, $0, &iterator) }
        return iterator.node.map { UnsafeMutableRawPointer($0) }
    }

    /// The value under the key. Any thread, lock-free.
    public func lookup(_ key: UnsafeRawBufferPointer) -> UInt? {
        urcu_bp_read_lock()
        defer { urcu_bp_read_unlock() }
        guard let entry = find(key) else { return nil }
        if BuildOptions.checksInvariants { found.wrappingAdd(1, ordering: .relaxed) }
        return Self.value(entry).pointee.load(ordering: .acquiring)  // S1
    }

    /// Adds the key unless it is there.
    ///
    /// - Returns: the value in the table afterwards, and whether it is the one given.
    /// - Throws: `.outOfMemory`; the table is unchanged.
    public func addOrGet(_ key: UnsafeRawBufferPointer, _ value: UInt) throws(SharedTableError) -> (value: UInt, added: Bool) {
        if let present = lookup(key) { return (present, false) }
        guard let entry = rawAllocateZeroed(Self.keyOffset + key.count) else { throw .outOfMemory }
        entry.storeBytes(of: key.count, toByteOffset: Self.lengthOffset, as: Int.self)
        if key.count > 0 { copyBytes(entry + Self.keyOffset, key.baseAddress!, key.count) }
        Self.value(entry).pointee.store(value, ordering: .releasing)  // S1
        ForkGate.enter()
        defer { ForkGate.leave() }
        let node = entry.assumingMemoryBound(to: cds_lfht_node.self)
        urcu_bp_read_lock()
        let present = withUnsafePointer(to: key) { cds_lfht_add_unique(table, Self.hash(key), Self.matches, $0, node) }!
        let result = Self.value(UnsafeMutableRawPointer(present)).pointee.load(ordering: .acquiring)  // S1
        urcu_bp_read_unlock()
        if present == node {
            let count = entries.wrappingAdd(1, ordering: .relaxed).newValue
            if count > buckets.load(ordering: .relaxed) { grow() }
            return (value, true)
        }
        rawFree(entry)  // nobody has seen it
        return (result, false)
    }

    /// Outside read sections, inside the fork gate: a child must not find the library's resizing lock taken.
    private func grow() {
        guard growing.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else { return }
        let size = buckets.load(ordering: .relaxed)
        if entries.load(ordering: .relaxed) > size, size < 1 << 30 {
            cds_lfht_resize(table, UInt(size * 2))
            buckets.store(size * 2, ordering: .relaxed)
        }
        growing.store(false, ordering: .releasing)
    }

    /// - Returns: the value that was removed; nil when the key is not there or another thread removes it.
    public func remove(_ key: UnsafeRawBufferPointer) -> UInt? {
        ForkGate.enter()
        defer { ForkGate.leave() }
        urcu_bp_read_lock()
        defer { urcu_bp_read_unlock() }
        guard let entry = find(key) else { return nil }
        return take(entry)
    }

    /// Inside a read section.
    private func take(_ entry: UnsafeMutableRawPointer) -> UInt? {
        let value = Self.value(entry).pointee.load(ordering: .acquiring)  // S1
        guard cds_lfht_del(table, entry.assumingMemoryBound(to: cds_lfht_node.self)) == 0 else { return nil }
        entries.wrappingSubtract(1, ordering: .relaxed)
        Self.removals.wrappingAdd(1, ordering: .releasing)  // S2
        urcu_bp_call_rcu((entry + Self.headOffset).assumingMemoryBound(to: rcu_head.self)) { head in
            _ = SharedTable.removals.load(ordering: .acquiring)  // S2
            rawFree(UnsafeMutableRawPointer(head!) - SharedTable.headOffset)
        }
        return value
    }

    /// Removes all entries that are there when it passes.
    public func removeAll() {
        ForkGate.enter()
        defer { ForkGate.leave() }
        urcu_bp_read_lock()
        var iterator = cds_lfht_iter()
        cds_lfht_first(table, &iterator)
        while let node = iterator.node {
            _ = take(UnsafeMutableRawPointer(node))
            cds_lfht_next(table, &iterator)
        }
        urcu_bp_read_unlock()
    }

    /// Returns when every read section that had begun has ended, and all entries removed before have been freed.
    ///
    /// - Threads: detached, outside read sections. May take milliseconds.
    public static func waitForReaders() {
        urcu_bp_synchronize_rcu()
        urcu_bp_barrier()
    }
}
