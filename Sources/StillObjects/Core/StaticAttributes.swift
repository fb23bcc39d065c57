// Attributes of a static type: a table that is filled once, before a second thread exists, and only read afterwards.
//
// Keys are immortal interned strings and are compared by identity; `find(equal:)` also finds names that are not interned.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

@frozen public struct StaticAttributes: @unchecked Sendable {
    @frozen public struct Entry: BitwiseCopyable {
        public var name: Value
        public var value: Value
    }
    public let raw: UnsafeMutableRawPointer
    @inlinable public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// Number of entries in definition order, then the mask, the entries, and the hash index.
    @inlinable public var count: Int { raw.load(as: Int.self) }
    @inlinable var mask: Int { raw.load(fromByteOffset: 8, as: Int.self) }
    @inlinable public var entries: UnsafeMutablePointer<Entry> {
        (raw + 16).assumingMemoryBound(to: Entry.self)
    }
    @inlinable var index: UnsafeMutablePointer<Int32> {
        (raw + 16 + count * MemoryLayout<Entry>.stride).assumingMemoryBound(to: Int32.self)
    }
    @inlinable static func start(_ name: Value, _ mask: Int) -> Int {
        let word = UInt(name.bits & ~7) &>> 4
        return Int(bitPattern: (word ^ (word &>> 9)) & UInt(bitPattern: mask))
    }

    /// Borrowed value or null.
    @inlinable public func find(_ name: Value) -> Value {
        let mask = mask
        let index = index
        var at = StaticAttributes.start(name, mask)
        while true {
            let entry = index[at]
            if entry < 0 { return .null }
            if entries[Int(entry)].name.isSame(name) { return entries[Int(entry)].value }
            at = (at &+ 1) & mask
        }
    }

    /// The same for a name that may not be interned: compares texts.
    func find(equal name: Value) -> Value {
        if StrRef(name).isInterned { return find(name) }
        let length = StrRef(name).count
        for at in 0..<count where StrRef(entries[at].name).count == length && StrRef.equal(entries[at].name, name) {
            return entries[at].value
        }
        return .null
    }

    static func make(_ pairs: [(Value, Value)]) -> StaticAttributes {
        var size = 8
        while size < pairs.count * 2 { size *= 2 }
        let bytes = 16 + pairs.count * MemoryLayout<Entry>.stride + size * 4
        guard let raw = rawAllocate(bytes) else { stillBug("no memory for the static types") }
        raw.storeBytes(of: pairs.count, as: Int.self)
        raw.storeBytes(of: size - 1, toByteOffset: 8, as: Int.self)
        let table = StaticAttributes(raw)
        for at in 0..<size { table.index[at] = -1 }
        for (number, pair) in pairs.enumerated() {
            table.entries[number] = Entry(name: pair.0, value: pair.1)
            var at = start(pair.0, size - 1)
            while table.index[at] >= 0 { at = (at + 1) & (size - 1) }
            table.index[at] = Int32(number)
        }
        return table
    }
}
