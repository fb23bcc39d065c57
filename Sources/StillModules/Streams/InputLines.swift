// Reading standard input, as text and as bytes: the same buffer, and the same methods.
import StillObjects
import StillPlatform
import StillThreadRegistry
import StillVM

/// What sys.stdin and sys.stdin.buffer read. A text stream counts characters, a byte stream bytes; what was read too much is put back.
enum InputLines {
    /// The argument of read, readline and readlines: nil for all.
    static func limit(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) -> Int? {
        if n == 0 || Value(bits: a[0]).isNone { return nil }
        let number = try t.indexInt(Value(bits: a[0]))
        return number < 0 ? nil : number
    }

    /// The next line with its end, as str or bytes; empty at the end of the input.
    static func line(_ t: Thread, _ stream: Value, atMost limit: Int?) throws(PythonError) -> Value {
        try TextStream.requireInput(t, stream)
        return try made(t, stream, try InputBuffer.lineBytes(t), atMost: limit)
    }

    /// Lines, until their lengths together reach the hint.
    static func list(_ t: Thread, _ stream: Value, hint: Int?) throws(PythonError) -> Value {
        try TextStream.requireInput(t, stream)
        let list = try t.makeList(capacity: 0)
        do throws(PythonError) {
            var length = 0
            while true {
                let bytes = try InputBuffer.lineBytes(t)
                if bytes.isEmpty { return list }
                let line = try made(t, stream, bytes, atMost: nil)
                length += count(t, line)
                try ListRef(list).appendOwned(t, line)
                if let hint, hint > 0, length >= hint { return list }
            }
        } catch {
            t.release(list)
            throw error
        }
    }

    /// So much, or all to the end of the input.
    static func read(_ t: Thread, _ stream: Value, atMost limit: Int?) throws(PythonError) -> Value {
        try TextStream.requireInput(t, stream)
        var bytes: [UInt8] = []
        // A character has four bytes at most: enough of them have been read when there are as many starts of characters.
        var characters = 0
        let isText = t.typeOf(stream) == t.type(.textStream)
        while limit.map({ characters < $0 }) ?? true {
            let line = try InputBuffer.lineBytes(t)
            if line.isEmpty { break }
            characters += isText ? line.count { $0 & 0xC0 != 0x80 } : line.count
            bytes += line
        }
        return try made(t, stream, bytes, atMost: limit)
    }

    static func iteration(_ b: TypeBuilder) {
        b.record.pointee.iterate = { t, s in Thread(t).retain(Value(bits: s)).bits }
        b.record.pointee.next = { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                let line = try InputLines.line(t, Value(bits: s), atMost: nil)
                if InputLines.count(t, line) > 0 { return line }
                t.release(line)
                return .null
            }
        }
    }

    private static func count(_ t: Thread, _ text: Value) -> Int { t.isStr(text) ? StrRef(text).count : BytesRef(text).count }

    /// The object for what was read, and the rest put back.
    private static func made(_ t: Thread, _ stream: Value, _ bytes: [UInt8], atMost limit: Int?) throws(PythonError) -> Value {
        guard t.typeOf(stream) == t.type(.textStream) else {
            guard let limit, bytes.count > limit else { return try t.makeBytes(bytes) }
            InputBuffer.putBack(t, Array(bytes[limit...]))
            return try t.makeBytes(Array(bytes[..<limit]))
        }
        let encoding = TextStream.encoding(of: stream)
        let text = try encoding.decode(t, bytes)
        guard let limit, StrRef(text).count > limit else { return text }
        defer { t.release(text) }
        let rest = try slice(t, text, limit, StrRef(text).count)
        defer { t.release(rest) }
        InputBuffer.putBack(t, try encoding.encode(t, rest))
        return try slice(t, text, 0, limit)
    }

    static func slice(_ t: Thread, _ text: Value, _ start: Int, _ end: Int) throws(PythonError) -> Value {
        let string = StrRef(text)
        var points: [UInt32] = []
        points.reserveCapacity(end - start)
        for index in start..<end { points.append(string.codePoint(index)) }
        return try t.makeString(codePoints: points)
    }
}
