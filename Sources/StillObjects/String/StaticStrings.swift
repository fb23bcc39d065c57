// Predefined strings: names of static types, special methods, native functions and modules.
//
// One immortal object for each, in the whole process and before any program runs. They are found without a lock through liburcu's
// table (SharedTable.swift), by all interpreters; entries are never removed. Predefined names are ASCII.
// Each is an interned string like any other (InternedStrings.swift): a text that a program has interned first becomes predefined without
// changing its object.
import StillObmalloc
import StillPlatform
import StillQSBR
import StillThreadRegistry

public enum StaticStrings {
    private static let table: SharedTable = {
        // As large as the names of the types and modules need: growing would start a thread.
        do throws(SharedTableError) { return try SharedTable(buckets: 4096) } catch { stillBug("\(error)") }
    }()

    /// Predefined strings.
    public static var count: Int { table.count }
    /// How often a lookup was answered by the table. Counted in checking builds only.
    public static var reads: UInt64 { table.hits }

    static func find(_ data: UnsafeRawPointer, _ count: Int) -> Value? {
        table.lookup(UnsafeRawBufferPointer(start: data, count: count)).map { Value(bits: UInt64($0)) }
    }

    /// The string's only object, predefined from now on. Any thread, at any time.
    public static func intern(_ text: String) -> Value {
        if !text.utf8.allSatisfy({ $0 < 128 }) { return InternedStrings.intern(text) }
        var text = text
        return text.withUTF8 { bytes -> Value in
            let data = UnsafeRawPointer(bytes.baseAddress ?? UnsafePointer(bitPattern: 1)!)
            if let known = find(data, bytes.count) { return known }
            let value = InternedStrings.intern(data, bytes.count, kind: 0)
            do throws(SharedTableError) {
                _ = try table.addOrGet(UnsafeRawBufferPointer(start: data, count: bytes.count), UInt(value.bits))
            } catch {
                // No memory for the entry: it stays an interned string that is found the other way.
            }
            return value
        }
    }

    public static let empty: Value = intern("")

    nonisolated(unsafe) private static let singles: UnsafeMutablePointer<UInt64> = {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        for point in 0..<256 { table[point] = intern(String(Unicode.Scalar(UInt8(point)))).bits }
        return table
    }()
    /// The string of one Latin-1 character. Immortal.
    public static func single(_ point: UInt32) -> Value { Value(bits: singles[Int(point)]) }
}

/// Interning of names in code and of what programs ask for: predefined ones first.
public enum Interning {
    public static func intern(_ text: String) -> Value {
        if !text.utf8.allSatisfy({ $0 < 128 }) { return InternedStrings.intern(text) }
        var text = text
        return text.withUTF8 { bytes -> Value in
            let data = UnsafeRawPointer(bytes.baseAddress ?? UnsafePointer(bitPattern: 1)!)
            return StaticStrings.find(data, bytes.count) ?? InternedStrings.intern(data, bytes.count, kind: 0)
        }
    }

    /// The interned string equal to a str.
    public static func intern(_ value: Value) -> Value {
        let string = StrRef(value)
        if string.isInterned { return Value(string.object) }
        if string.kind == 0, let known = StaticStrings.find(string.data, string.count) { return known }
        return InternedStrings.intern(string.data, string.count, kind: string.kind)
    }
}
