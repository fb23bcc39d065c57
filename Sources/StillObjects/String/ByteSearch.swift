// Searches in rows of bytes: of bytes, bytearrays, and strings of one byte for each character.
import StillPlatform

enum ByteSearch {
    /// First place of a needle within start ..< end, -1 for none.
    static func first(_ bytes: UnsafeRawPointer, _ needle: UnsafeRawPointer, _ length: Int, _ start: Int, _ end: Int) -> Int {
        if start > end { return -1 }
        if length == 0 { return start }
        if end - start < length { return -1 }
        if length == 1 {
            guard let hit = findByte(bytes + start, needle.load(as: UInt8.self), end - start) else { return -1 }
            return UnsafeRawPointer(hit) - bytes
        }
        // Short needles are looked for by their first byte, as long as it is rare: that is quicker than to prepare for them.
        var at = start
        if length <= 16 {
            let first = needle.load(as: UInt8.self)
            let last = end - length
            var tries = 8
            while tries > 0 && at <= last {
                guard let hit = findByte(bytes + at, first, last - at + 1) else { return -1 }
                if compareBytes(hit, needle, length) == 0 { return UnsafeRawPointer(hit) - bytes }
                at = UnsafeRawPointer(hit) - bytes + 1
                tries -= 1
            }
            if at > last { return -1 }
        }
        guard let hit = findBytes(bytes + at, end - at, needle, length) else { return -1 }
        return hit - bytes
    }

    /// Last place of a needle within start ..< end, -1 for none.
    static func last(_ bytes: UnsafeRawPointer, _ needle: UnsafeRawPointer, _ length: Int, _ start: Int, _ end: Int) -> Int {
        if start > end { return -1 }
        if length == 0 { return end }
        let first = needle.load(as: UInt8.self)
        // Places that may be the beginning.
        var room = end - length + 1 - start
        while room > 0 {
            guard let hit = findLastByte(bytes + start, first, room) else { return -1 }
            if compareBytes(hit, needle, length) == 0 { return hit - bytes }
            room = hit - (bytes + start)
        }
        return -1
    }

    /// How often a needle is there, counted without overlaps.
    static func count(_ bytes: UnsafeRawPointer, _ needle: UnsafeRawPointer, _ length: Int, _ start: Int, _ end: Int, atMost limit: Int = .max) -> Int {
        if start > end { return 0 }
        if length == 0 { return min(limit, end - start + 1) }
        var count = 0
        if length == 1 && limit == .max {
            let byte = needle.load(as: UInt8.self)
            var at = start
            while at < end {
                count &+= bytes.load(fromByteOffset: at, as: UInt8.self) == byte ? 1 : 0
                at &+= 1
            }
            return count
        }
        var at = start
        while count < limit {
            at = first(bytes, needle, length, at, end)
            if at < 0 { return count }
            count += 1
            at += length
        }
        return count
    }
}
