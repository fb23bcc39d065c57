// Interned strings: one immortal object for each text, in the whole process. Predefined ones are in a second table: StaticStrings.swift.
//
// The table is open addressing over atomic words. Lookups take no lock; adding holds one. A full table is replaced by a larger one,
// the old one stays, behind the present one's record (readers may be in it; all of them together are smaller than the present one).
// Ordering  (N1) a word is stored with release after the string is complete, and loaded with acquire.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum InternedStrings {
    private struct Table {
        let slots: UnsafeMutablePointer<Atomic<UInt64>>
        let mask: Int
    }
    /// Address of the present table's record {slots, mask, record of the one before}.
    private static let table = Atomic<UInt>(UInt(bitPattern: make(1 << 14, before: 0)))
    nonisolated(unsafe) private static var count = 0
    nonisolated(unsafe) private static let lock = ForkLocks.make()

    private static func make(_ size: Int, before: UInt) -> UnsafeMutableRawPointer {
        guard let slots = rawAllocateZeroed(size * 8), let record = rawAllocateZeroed(24) else {
            stillBug("no memory for \(size) interned strings")
        }
        record.storeBytes(of: slots, as: UnsafeMutableRawPointer.self)
        record.storeBytes(of: size - 1, toByteOffset: 8, as: Int.self)
        record.storeBytes(of: before, toByteOffset: 16, as: UInt.self)
        return record
    }
    private static var current: Table {
        let record = UnsafeMutableRawPointer(bitPattern: table.load(ordering: .acquiring))!
        return Table(
            slots: record.load(as: UnsafeMutableRawPointer.self).assumingMemoryBound(to: Atomic<UInt64>.self),
            mask: record.load(fromByteOffset: 8, as: Int.self))
    }

    /// The string's only object. Any thread, at any time.
    static func intern(_ text: String) -> Value {
        if text.utf8.allSatisfy({ $0 < 128 }) {
            var text = text
            return text.withUTF8 { intern(UnsafeRawPointer($0.baseAddress ?? UnsafePointer(bitPattern: 1)!), $0.count, kind: 0) }
        }
        let points = text.unicodeScalars.map(\.value)
        var all: UInt32 = 0
        for point in points { all |= point }
        if all < 0x100 { return points.map { UInt8($0) }.withUnsafeBytes { intern($0.baseAddress!, points.count, kind: 1) } }
        if all < 0x10000 { return points.map { UInt16($0) }.withUnsafeBytes { intern($0.baseAddress!, points.count, kind: 2) } }
        return points.withUnsafeBytes { intern($0.baseAddress!, points.count, kind: 3) }
    }

    static func intern(_ data: UnsafeRawPointer, _ count: Int, kind: Int) -> Value {
        let bytes = count * StrRef.width(kind)
        let hash = StringHash.hash(data, bytes)
        if let found = find(current, data, count, kind, hash) { return found }
        WordLock.lock(lock, .internedStrings)
        defer { WordLock.unlock(lock, .internedStrings) }
        if let found = find(current, data, count, kind, hash) { return found }
        if self.count * 2 > current.mask { grow() }
        self.count += 1
        // Names are interned where no error can be raised.
        let inline = StrRef.headerBytes + bytes <= ObjectLayout.largestObjectBytes
        let raw = RawReserve.allocate((inline ? StrRef.headerBytes : StrRef.bufferedBytes) + bytes)
        let object = ObjectRef(raw)
        object.typeRaw = StaticTypes.record(.str).raw
        object.setFlag(StrRef.internedFlag | UInt8(kind) << StrRef.kindShift)
        let string = StrRef(Value(object))
        if inline {
            string.setInlineCount(count)
        } else {
            string.setBuffer(raw + StrRef.bufferedBytes, size: bytes, count: count)
        }
        copyBytes(string.data, data, bytes)
        string.hashWord.pointee.store(hash, ordering: .relaxed)
        ReferenceCount.makeImmortal(object)
        insert(current, Value(object).bits, hash)
        return Value(object)
    }

    private static func find(_ table: Table, _ data: UnsafeRawPointer, _ count: Int, _ kind: Int, _ hash: Int) -> Value? {
        var index = hash & table.mask
        while true {
            let bits = table.slots[index].load(ordering: .acquiring)  // N1
            if bits == 0 { return nil }
            let string = StrRef(Value(bits: bits))
            if string.hash == hash && string.count == count && string.kind == kind
                && compareBytes(string.data, data, count * StrRef.width(kind)) == 0
            {
                return Value(bits: bits)
            }
            index = (index + 1) & table.mask
        }
    }

    private static func insert(_ table: Table, _ bits: UInt64, _ hash: Int) {
        var index = hash & table.mask
        while table.slots[index].load(ordering: .relaxed) != 0 { index = (index + 1) & table.mask }
        table.slots[index].store(bits, ordering: .releasing)  // N1
    }

    private static func grow() {
        let old = current
        let record = make((old.mask + 1) * 4, before: table.load(ordering: .relaxed))
        let fresh = Table(
            slots: record.load(as: UnsafeMutableRawPointer.self).assumingMemoryBound(to: Atomic<UInt64>.self),
            mask: record.load(fromByteOffset: 8, as: Int.self))
        for index in 0...old.mask {
            let bits = old.slots[index].load(ordering: .relaxed)
            if bits != 0 { insert(fresh, bits, StrRef(Value(bits: bits)).hash) }
        }
        table.store(UInt(bitPattern: record), ordering: .releasing)
    }
}
