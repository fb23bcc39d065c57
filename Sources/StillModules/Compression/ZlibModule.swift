// The module `zlib`: streams of the system's library (DeflateStream.swift) behind Python classes. Layout of `_Stream`: 24 the stream (owned).
import CZlib
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum ZlibModule {
    static let definition = ModuleDefinition(name: "zlib") { m in
        for (name, value) in [
            ("MAX_WBITS", 15), ("DEFLATED", 8), ("DEF_MEM_LEVEL", 8), ("DEF_BUF_SIZE", 16384), ("Z_NO_COMPRESSION", 0), ("Z_BEST_SPEED", 1),
            ("Z_BEST_COMPRESSION", 9), ("Z_DEFAULT_COMPRESSION", -1), ("Z_DEFAULT_STRATEGY", 0), ("Z_FILTERED", 1), ("Z_HUFFMAN_ONLY", 2),
            ("Z_RLE", 3), ("Z_FIXED", 4), ("Z_NO_FLUSH", 0), ("Z_PARTIAL_FLUSH", 1), ("Z_SYNC_FLUSH", 2), ("Z_FULL_FLUSH", 3), ("Z_FINISH", 4),
            ("Z_BLOCK", 5), ("Z_TREES", 6),
        ] { m.set(name, Value(smallInt: value)) }
        m.set("ZLIB_VERSION", Interning.intern(ZLIB_VERSION))
        m.set("ZLIB_RUNTIME_VERSION", Interning.intern(String(cString: zlibVersion())))
        m.function("crc32", 1, 2) { t, s, a, n, k in ZlibModule.checksum(t, a, n, start: 0) { crc32($0, $1, $2) } }
        m.function("adler32", 1, 2) { t, s, a, n, k in ZlibModule.checksum(t, a, n, start: 1) { adler32($0, $1, $2) } }
        // (inflates, level, method, window bits, memory level, strategy, dictionary) to a stream, or (code, message)
        m.function("_stream", 7, 7) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try ZlibModule.open(t, a) }
        }
        PythonPart.run(m, ZlibSource.text)
    }

    static func defineTypes() {
        StaticTypes.define(.zlibStream, "_Stream", module: "zlib", basicSize: 32, flags: TypeFlags.notInstantiable) { b in
            b.record.pointee.memory.deallocate = { raw, object in
                let ref = ObjectRef(object)
                Unmanaged<DeflateStream>.fromOpaque(ref.field(24, as: UnsafeMutableRawPointer.self)).release()
                Allocation.free(ref, Thread(raw))
            }
            // (data, flush, limit) to (output, bytes read, code, message, whether the dictionary is another)
            b.method("step", 3, 3) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let input = try ZlibModule.bytes(t, Value(bits: a[0]))
                    let (flush, limit) = (try t.indexInt(Value(bits: a[1])), try t.indexInt(Value(bits: a[2])))
                    let outcome = ZlibModule.stream(s).step(t, input, flush: Int32(truncatingIfNeeded: flush), limit: limit < 0 ? .max : limit)
                    return try t.makeTuple([
                        try t.makeBytes(outcome.output), Value(smallInt: outcome.consumed), Value(smallInt: Int(outcome.code)),
                        try ZlibModule.text(t, outcome.message), Value(outcome.isOtherDictionary),
                    ])
                }
            }
            b.method("copy", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try ZlibModule.made(t, ZlibModule.stream(s).copy(t)) }
            }
        }
    }

    private static func stream(_ bits: UInt64) -> DeflateStream {
        Unmanaged<DeflateStream>.fromOpaque(Value(bits: bits).object.field(24, as: UnsafeMutableRawPointer.self)).takeUnretainedValue()
    }

    private static func bytes(_ t: Thread, _ v: Value) throws(PythonError) -> [UInt8] {
        if let bytes = t.bytesLike(v) { return bytes }
        throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(v))'")
    }
    private static func text(_ t: Thread, _ message: String?) throws(PythonError) -> Value {
        guard let message else { return .none }
        return try t.makeString(message)
    }

    private static func open(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>) throws(PythonError) -> Value {
        var numbers: [Int32] = []
        for index in 1...5 {
            let number = try t.indexInt(Value(bits: a[index]))
            guard let small = Int32(exactly: number) else { throw t.raise(.overflowError, "signed integer is greater than maximum") }
            numbers.append(small)
        }
        let dictionary = Value(bits: a[6]).isNone ? [] : try bytes(t, Value(bits: a[6]))
        return try made(
            t,
            DeflateStream.make(
                .init(
                    inflates: try t.isTrue(Value(bits: a[0])), level: numbers[0], method: numbers[1], windowBits: numbers[2],
                    memoryLevel: numbers[3], strategy: numbers[4], dictionary: dictionary)))
    }

    private static func made(_ t: Thread, _ result: Result<DeflateStream, DeflateFailure>) throws(PythonError) -> Value {
        switch result {
        case .failure(let failure):
            return try t.makeTuple([Value(smallInt: Int(failure.code)), try text(t, failure.message)])
        case .success(let stream):
            guard let object = Allocation.object(t, type: t.type(.zlibStream).raw, bytes: 32, collectable: false) else { throw t.noMemory() }
            object.setField(24, Unmanaged.passRetained(stream).toOpaque())
            return Value(object)
        }
    }

    /// (data[, value so far])
    private static func checksum(
        _ raw: UnsafeMutableRawPointer, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, start: UInt,
        _ run: @Sendable (UInt, UnsafePointer<UInt8>?, UInt32) -> UInt
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let data = try bytes(t, Value(bits: a[0]))
            var sum = start
            if n > 1 {
                // Any size of int: the low 32 bits count.
                let low = try t.binary(.and, Value(bits: a[1]), Value(smallInt: 0xFFFF_FFFF))
                defer { t.release(low) }
                sum = UInt(truncatingIfNeeded: try t.indexInt(low))
            }
            let result = t.detached {
                data.withUnsafeBufferPointer { bytes in
                    var (sum, at) = (sum, 0)
                    while at < bytes.count {
                        let piece = min(bytes.count - at, 1 << 30)
                        sum = run(sum, bytes.baseAddress.unsafelyUnwrapped + at, UInt32(piece))
                        at += piece
                    }
                    return sum
                }
            }
            return Value(smallInt: Int(result & 0xFFFF_FFFF))
        }
    }
}
