// The objects sys.stdin, sys.stdout and sys.stderr. Layout: 24 descriptor (Int: 0, 1, 2).
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM
import Synchronization

public enum TextStream {
    static func make(_ t: Thread, descriptor: Int) throws(PythonError) -> Value {
        guard let object = Allocation.object(t, type: t.type(.textStream).raw, bytes: 32, collectable: false) else {
            throw t.noMemory()
        }
        object.setField(24, descriptor)
        return Value(object)
    }

    static func descriptor(_ v: Value) -> Int { v.object.field(24) }

    static func write(_ t: Thread, _ stream: Value, _ bytes: [UInt8]) throws(PythonError) {
        switch descriptor(stream) {
        case 1: OutputBuffer.write(t, bytes)
        case 2: OutputBuffer.writeError(t, bytes)
        default: throw t.raise(.valueError, "I/O operation not supported: not writable")
        }
    }

    /// Writes to whatever sys.stdout or sys.stderr is at the moment.
    public static func write(_ t: Thread, to name: String, _ text: String) {
        do throws(PythonError) {
            let stream = DictRef(t.interpreterState.pointee.sysDict).getName(t, Interning.intern(name))
            defer { t.release(stream) }
            if stream.isNone { return }
            if stream.isNull || t.typeOf(stream) == t.type(.textStream) {
                if name == "stdout" { OutputBuffer.write(t, Array(text.utf8)) } else { OutputBuffer.writeError(t, Array(text.utf8)) }
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
        StaticTypes.define(.textStream, "TextIOWrapper", module: "_io", basicSize: 32, flags: TypeFlags.notInstantiable) { b in
            b.record.pointee.memory.deallocate = { raw, object in Allocation.free(ObjectRef(object), Thread(raw)) }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let number = TextStream.descriptor(Value(bits: v))
                    let name = ["<stdin>", "<stdout>", "<stderr>"][min(2, max(0, number))]
                    return try t.makeString(
                        "<_io.TextIOWrapper name='\(name)' mode='\(number == 0 ? "r" : "w")' encoding='utf-8'>")
                }
            }
            b.method("write", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let text = Value(bits: a[0])
                    guard t.isStr(text) else {
                        throw t.raise(.typeError, "write() argument must be str, not \(t.typeName(text))")
                    }
                    try TextStream.write(t, Value(bits: s), Array(StrRef(text).string.utf8))
                    return Value(smallInt: StrRef(text).count)
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
                        guard t.isStr(item) else {
                            throw t.raise(.typeError, "write() argument must be str, not \(t.typeName(item))")
                        }
                        try TextStream.write(t, Value(bits: s), Array(StrRef(item).string.utf8))
                    }
                }
            }
            b.method("flush", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    if TextStream.descriptor(Value(bits: s)) == 1 { OutputBuffer.flush(t) }
                    return .none
                }
            }
            b.method("fileno", 0, 0) { _, s, _, _, _ in Value(smallInt: TextStream.descriptor(Value(bits: s))).bits }
            b.method("isatty", 0, 0) { _, s, _, _, _ in
                let number = TextStream.descriptor(Value(bits: s))
                return Value(number == 1 ? StandardOutput.isTerminal : number == 2 && StandardError.isTerminal).bits
            }
            b.method("readable", 0, 0) { _, s, _, _, _ in Value(TextStream.descriptor(Value(bits: s)) == 0).bits }
            b.method("writable", 0, 0) { _, s, _, _, _ in Value(TextStream.descriptor(Value(bits: s)) != 0).bits }
            b.method("readline", 0, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try TextStream.requireInput(t, Value(bits: s))
                    return try t.makeString(try InputBuffer.line(t))
                }
            }
            b.method("read", 0, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try TextStream.requireInput(t, Value(bits: s))
                    var text = ""
                    while true {
                        let line = try InputBuffer.line(t)
                        if line.isEmpty { return try t.makeString(text) }
                        text += line
                    }
                }
            }
            b.record.pointee.iterate = { t, s in Thread(t).retain(Value(bits: s)).bits }
            b.record.pointee.next = { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    try TextStream.requireInput(t, Value(bits: s))
                    let line = try InputBuffer.line(t)
                    return line.isEmpty ? .null : try t.makeString(line)
                }
            }
            b.getter("encoding") { t, _ in Interning.intern("utf-8").bits }
            b.getter("errors") { t, _ in Interning.intern("strict").bits }
            b.getter("name") { _, s in
                Interning.intern(["<stdin>", "<stdout>", "<stderr>"][min(2, max(0, TextStream.descriptor(Value(bits: s))))]).bits
            }
            b.getter("closed") { _, _ in Value.false.bits }
        }
    }

    static func requireInput(_ t: Thread, _ v: Value) throws(PythonError) {
        if descriptor(v) != 0 { throw t.raise(.valueError, "I/O operation not supported: not readable") }
    }
}

/// Standard input, read in lines. One reader at a time; waits detached.
///
/// Lock  held over the system call, so that lines stay whole; given back before handlers of signals run.
enum InputBuffer {
    private static let lock = BlockingLock()
    nonisolated(unsafe) private static var pending: [UInt8] = []

    private enum Step { case line([UInt8]), more, interrupted }

    /// The next line with its end, empty at the end of the input.
    static func line(_ t: Thread) throws(PythonError) -> String {
        while true {
            switch step(t) {
            case .line(let bytes): return String(decoding: bytes, as: UTF8.self)
            case .more: continue
            case .interrupted: try PythonThreads.checkInterrupt(t)
            }
        }
    }

    private static func step(_ t: Thread) -> Step {
        _ = lock.acquire(t, timeoutNanoseconds: nil)
        defer { lock.release() }
        if let end = pending.firstIndex(of: 10) {
            let line = Array(pending[...end])
            pending.removeFirst(line.count)
            return .line(line)
        }
        let read: Result<[UInt8], ProcessError> = t.detached {
            do throws(ProcessError) { return .success(try Descriptor.read(0, count: 8192)) } catch { return .failure(error) }
        }
        switch read {
        case .success(let bytes) where !bytes.isEmpty:
            pending += bytes
            return .more
        case .failure(let error) where error.code == 4: return .interrupted
        case .success, .failure:
            // The end, or a descriptor that can't be read.
            let line = pending
            pending = []
            return .line(line)
        }
    }
}
