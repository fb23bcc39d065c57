// The objects sys.stdin.buffer, sys.stdout.buffer and sys.stderr.buffer: the same bytes as the text streams', in the same buffers.
import StillObjects
import StillPlatform
import StillThreadRegistry
import StillVM

enum ByteStream {
    static func define(_ b: TypeBuilder) {
        b.method("write", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let value = Value(bits: a[0])
                guard let bytes = t.bytesLike(value) else {
                    throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(value))'")
                }
                try TextStream.write(t, Value(bits: s), bytes)
                return Value(smallInt: bytes.count)
            }
        }
        b.method("writelines", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let iterator = try t.iterate(Value(bits: a[0]))
                defer { t.release(iterator) }
                while true {
                    let item = try t.next(iterator)
                    if item.isNull { return .none }
                    defer { t.release(item) }
                    guard let bytes = t.bytesLike(item) else {
                        throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(item))'")
                    }
                    try TextStream.write(t, Value(bits: s), bytes)
                }
            }
        }
        for name in ["read", "read1"] {
            b.method(name, 0, 1) { t, s, a, n, k in ByteStream.read(t, s, n > 0 ? a[0] : Value.none.bits) }
        }
        b.method("readline", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.requireInput(t, Value(bits: s))
                return try t.makeBytes(try InputBuffer.lineBytes(t))
            }
        }
        b.method("readlines", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.requireInput(t, Value(bits: s))
                let list = try t.makeList(capacity: 0)
                do throws(PythonError) {
                    while true {
                        let line = try InputBuffer.lineBytes(t)
                        if line.isEmpty { return list }
                        try ListRef(list).appendOwned(t, try t.makeBytes(line))
                    }
                } catch {
                    t.release(list)
                    throw error
                }
            }
        }
        b.record.pointee.iterate = { t, s in Thread(t).retain(Value(bits: s)).bits }
        b.record.pointee.next = { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.requireInput(t, Value(bits: s))
                let line = try InputBuffer.lineBytes(t)
                return line.isEmpty ? .null : try t.makeBytes(line)
            }
        }
        b.getter("raw") { t, s in Thread(t).retain(Value(bits: s)).bits }
    }

    /// So many bytes, or all to the end of the input.
    private static func read(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ count: UInt64) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            try TextStream.requireInput(t, Value(bits: s))
            let wanted = Value(bits: count).isNone ? -1 : try t.indexInt(Value(bits: count))
            var bytes: [UInt8] = []
            while wanted < 0 || bytes.count < wanted {
                let line = try InputBuffer.lineBytes(t)
                if line.isEmpty { break }
                bytes += line
            }
            if wanted >= 0 && bytes.count > wanted {
                InputBuffer.putBack(t, Array(bytes[wanted...]))
                bytes.removeLast(bytes.count - wanted)
            }
            return try t.makeBytes(bytes)
        }
    }
}
