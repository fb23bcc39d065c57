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
            b.method(name, 0, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try InputLines.read(t, Value(bits: s), atMost: try InputLines.limit(t, a, n))
                }
            }
        }
        b.method("readline", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try InputLines.line(t, Value(bits: s), atMost: try InputLines.limit(t, a, n))
            }
        }
        b.method("readlines", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try InputLines.list(t, Value(bits: s), hint: try InputLines.limit(t, a, n))
            }
        }
        InputLines.iteration(b)
        b.getter("raw") { t, s in Thread(t).retain(Value(bits: s)).bits }
    }
}
