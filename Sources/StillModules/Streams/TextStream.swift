// The objects sys.stdin, sys.stdout and sys.stderr. Layout: 24 descriptor (Int: 0, 1, 2), 32 flags (atomic), 40 and 48 StreamEncoding.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM
import Synchronization

public enum TextStream {
    static let bytes = 56
    private static let names = ["<stdin>", "<stdout>", "<stderr>"]

    static func make(_ t: Thread, descriptor: Int) throws(PythonError) -> Value { try make(t, .textStream, descriptor) }

    static func make(_ t: Thread, _ type: TypeID, _ descriptor: Int) throws(PythonError) -> Value {
        guard let object = Allocation.object(t, type: t.type(type).raw, bytes: bytes, collectable: false) else { throw t.noMemory() }
        object.setField(24, descriptor)
        setEncoding(of: Value(object), .initial(descriptor: descriptor))
        return Value(object)
    }

    static func descriptor(_ v: Value) -> Int { v.object.field(24) }
    static func name(_ v: Value) -> String { names[min(2, max(0, descriptor(v)))] }

    /// Relaxed: only one word, and nothing is read through it.
    static func isClosed(_ v: Value) -> Bool { v.object.atomicWord(32).pointee.load(ordering: .relaxed) != 0 }
    static func requireOpen(_ t: Thread, _ v: Value) throws(PythonError) {
        if isClosed(v) { throw t.raise(.valueError, "I/O operation on closed file.") }
    }
    static func close(_ t: Thread, _ v: Value) throws(PythonError) {
        if isClosed(v) { return }
        if descriptor(v) == 1 { try OutputBuffer.flushOrRaise(t) }
        v.object.atomicWord(32).pointee.store(1, ordering: .relaxed)
    }

    static func write(_ t: Thread, _ stream: Value, _ bytes: [UInt8]) throws(PythonError) {
        try requireOpen(t, stream)
        switch descriptor(stream) {
        case 1: try OutputBuffer.write(t, bytes)
        case 2: OutputBuffer.writeError(t, bytes)
        default: throw unsupported(t, "not writable")
        }
    }

    /// io.UnsupportedOperation where there is a library, else the ValueError that is one of its bases.
    static func unsupported(_ t: Thread, _ text: String) -> PythonError {
        if !t.interpreterState.pointee.stdlib.isNull {
            do throws(PythonError) {
                let module = try Imports.load(t, "io")
                defer { t.release(module) }
                let type = try t.getAttribute(module, Interning.intern("UnsupportedOperation"))
                defer { t.release(type) }
                let message = try t.makeString(text)
                defer { t.release(message) }
                return t.raiseObject(try t.call(type, message))
            } catch { return error }
        }
        return t.raise(.valueError, text)
    }

    /// Writes to whatever sys.stdout or sys.stderr is at the moment.
    public static func write(_ t: Thread, to name: String, _ text: String) {
        do throws(PythonError) {
            let stream = DictRef(t.interpreterState.pointee.sysDict).getName(t, Interning.intern(name))
            defer { t.release(stream) }
            if stream.isNone { return }
            if stream.isNull || (t.typeOf(stream) == t.type(.textStream) && encoding(of: stream).encoding.bits == StreamEncoding.utf8.bits) {
                if name == "stdout" { try OutputBuffer.write(t, Array(text.utf8)) } else { OutputBuffer.writeError(t, Array(text.utf8)) }
                return
            }
            let string = try t.makeString(text)
            defer { t.release(string) }
            t.release(try t.callMethod(stream, Interning.intern("write"), string))
        } catch {
            t.clearRaised()
            OutputBuffer.writeError(t, Array(text.utf8))
        }
    }

    public static func define() {
        StaticTypes.define(.textStream, "TextIOWrapper", module: "_io", basicSize: UInt32(bytes), flags: TypeFlags.notInstantiable) { b in
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = Value(bits: v)
                    let encoding = StrRef(TextStream.encoding(of: v).encoding).string
                    let mode = TextStream.descriptor(v) == 0 ? "r" : "w"
                    return try t.makeString("<_io.TextIOWrapper name='\(TextStream.name(v))' mode='\(mode)' encoding='\(encoding)'>")
                }
            }
            common(b)
            writing(b)
            reading(b)
            b.getter("encoding") { _, s in TextStream.encoding(of: Value(bits: s)).encoding.bits }
            b.getter("errors") { _, s in TextStream.encoding(of: Value(bits: s)).errors.bits }
            b.getter("newlines") { _, _ in Value.none.bits }
            b.getter("line_buffering") { _, s in
                let number = TextStream.descriptor(Value(bits: s))
                return Value(number == 2 || (number == 1 && StandardOutput.isTerminal)).bits
            }
            b.getter("write_through") { _, s in Value(TextStream.descriptor(Value(bits: s)) == 2).bits }
            b.getter("buffer") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    try TextStream.make(t, .byteStream, TextStream.descriptor(Value(bits: s)))
                }
            }
            // Line ends are kept and lines of a terminal shown at once: the rest of what can be asked for is what there is.
            b.method("reconfigure", 0, 0, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let given = try Arguments.parse(
                        t, function: "reconfigure", a, n, k, names: ["encoding", "errors", "newline", "line_buffering", "write_through"],
                        required: 0, keywordOnly: 5)
                    var chosen = TextStream.encoding(of: Value(bits: s))
                    if t.isStr(given[0]) {
                        _ = try StreamEncoding.checkedEncoding(t, StrRef(given[0]).string)
                        chosen.encoding = Interning.intern(StrRef(given[0]).string)
                        chosen.errors = Interning.intern("strict")
                    }
                    if t.isStr(given[1]) { chosen.errors = Interning.intern(StrRef(given[1]).string) }
                    TextStream.setEncoding(of: Value(bits: s), chosen)
                    return .none
                }
            }
        }
        StaticTypes.define(.byteStream, "BufferedWriter", module: "_io", basicSize: UInt32(bytes), flags: TypeFlags.notInstantiable) { b in
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = Value(bits: v)
                    return try t.makeString("<_io.Buffered\(TextStream.descriptor(v) == 0 ? "Reader" : "Writer") name='\(TextStream.name(v))'>")
                }
            }
            common(b)
            ByteStream.define(b)
        }
    }

    /// What text and byte streams share.
    private static func common(_ b: TypeBuilder) {
        b.record.pointee.memory.deallocate = { raw, object in Allocation.free(ObjectRef(object), Thread(raw)) }
        b.method("flush", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.requireOpen(t, Value(bits: s))
                if TextStream.descriptor(Value(bits: s)) == 1 { try OutputBuffer.flushOrRaise(t) }
                return .none
            }
        }
        b.method("fileno", 0, 0) { _, s, _, _, _ in Value(smallInt: TextStream.descriptor(Value(bits: s))).bits }
        b.method("isatty", 0, 0) { t, s, _, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.requireOpen(t, Value(bits: s))
                return Value(Terminal.isOne(TextStream.descriptor(Value(bits: s))))
            }
        }
        b.method("readable", 0, 0) { _, s, _, _, _ in Value(TextStream.descriptor(Value(bits: s)) == 0).bits }
        b.method("writable", 0, 0) { _, s, _, _, _ in Value(TextStream.descriptor(Value(bits: s)) != 0).bits }
        b.method("seekable", 0, 0) { _, _, _, _, _ in Value.false.bits }
        for method in ["seek", "tell", "truncate"] {
            b.method(method, 0, 2) { t, _, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in throw TextStream.unsupported(t, "underlying stream is not seekable") }
            }
        }
        b.method("detach", 0, 0) { t, s, _, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in
                let own = Value(bits: s)
                try TextStream.requireOpen(t, own)
                let made = try TextStream.make(t, .byteStream, TextStream.descriptor(own))
                do throws(PythonError) { try TextStream.close(t, own) } catch {
                    t.release(made)
                    throw error
                }
                return made
            }
        }
        b.method("close", 0, 0) { t, s, _, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.close(t, Value(bits: s))
                return .none
            }
        }
        b.method("__enter__", 0, 0) { t, s, _, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.requireOpen(t, Value(bits: s))
                return t.retain(Value(bits: s))
            }
        }
        b.method("__exit__", 0, -1) { t, s, _, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.close(t, Value(bits: s))
                return .none
            }
        }
        b.getter("name") { _, s in Interning.intern(TextStream.name(Value(bits: s))).bits }
        b.getter("mode") { _, s in Interning.intern(TextStream.descriptor(Value(bits: s)) == 0 ? "r" : "w").bits }
        b.getter("closed") { _, s in Value(TextStream.isClosed(Value(bits: s))).bits }
    }

    private static func writing(_ b: TypeBuilder) {
        b.method("write", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TextStream.write(t, Value(bits: s), text: Value(bits: a[0]))
                return Value(smallInt: StrRef(Value(bits: a[0])).count)
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
                    try TextStream.write(t, Value(bits: s), text: item)
                }
            }
        }
    }
    private static func write(_ t: Thread, _ stream: Value, text: Value) throws(PythonError) {
        guard t.isStr(text) else { throw t.raise(.typeError, "write() argument must be str, not \(t.typeName(text))") }
        try write(t, stream, try encoding(of: stream).encode(t, text))
    }

    private static func reading(_ b: TypeBuilder) {
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
        b.method("read", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try InputLines.read(t, Value(bits: s), atMost: try InputLines.limit(t, a, n))
            }
        }
        InputLines.iteration(b)
    }

    static func requireInput(_ t: Thread, _ v: Value) throws(PythonError) {
        try requireOpen(t, v)
        if descriptor(v) != 0 { throw unsupported(t, "not readable") }
    }
}
