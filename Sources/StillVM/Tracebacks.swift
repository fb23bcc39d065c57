// Traceback objects: where an exception came through.
//
// Layout    24 next (towards where it was raised; traceback or null), 32 code (Value), 40 globals (Value), 48 instruction word index.
// Code and globals are held uncounted when deferred. They hold the code and the globals, not the frame: a traceback keeps no locals alive.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

public struct TracebackRef {
    public let raw: UnsafeMutableRawPointer
    public init(_ value: Value) { raw = value.object.raw }
    func slot(_ offset: Int) -> UnsafeMutablePointer<Value> { (raw + offset).assumingMemoryBound(to: Value.self) }
    public var next: Value { slot(24).pointee }
    var code: UnsafeMutablePointer<CodeRecord> { CodeRef(slot(32).pointee.object.raw).record }
    /// Where the frame was. Lines from 1, columns in UTF-8 bytes from 0, -1 when unknown.
    public struct Place: Sendable {
        public var filename: String
        public var function: String
        public var line, column, endLine, endColumn: Int
    }
    public var place: Place {
        let entry = position
        return Place(
            filename: StrRef(code.pointee.filename).string, function: StrRef(code.pointee.name).string,
            line: Int(entry.line), column: Int(entry.column), endLine: Int(entry.endLine), endColumn: Int(entry.endColumn))
    }
    /// Globals of the frame. Borrowed.
    public var globals: Value { slot(40).pointee }
    /// Names of the frame's variables, of which some may have had no value.
    public var variableNames: [String] {
        let record = code.pointee
        return (0..<Int(record.localCount)).map { StrRef(Value(bits: record.localNames[$0])).string }
            + (0..<Int(record.freeCount)).map { StrRef(Value(bits: record.freeNames[$0])).string }
    }
    var position: LineTableEntry { code.pointee.position(at: ObjectRef(raw).field(48, as: Int.self)) }
}

enum Tracebacks {
    static func add(_ t: Thread, _ regs: Registers, _ index: Int) {
        let exception = ExceptionRef(t.objects.pointee.raised)
        guard let object = Allocation.object(t, type: t.type(.traceback).raw, bytes: 56, collectable: true) else { return }
        let entry = TracebackRef(Value(object))
        entry.slot(32).pointee = Attributes.holding(t, Value(ObjectRef(regs.code.pointee.object)))
        entry.slot(40).pointee = Attributes.holding(t, regs.function.globals)
        object.setField(48, index)
        exception.pushTraceback(t, object, link: 24)
    }

    /// Replaces what follows with the world stopped: whoever renders a traceback reads it plainly.
    private static func setNext(_ t: Thread, _ entry: TracebackRef, _ next: Value) throws(PythonError) {
        if next.isNull { throw t.raise(.typeError, "can't delete tb_next attribute") }
        guard next.isNone || (next.isObject && t.typeOf(next) == t.type(.traceback)) else {
            throw t.raise(.typeError, "expected traceback object, got '\(t.typeName(next))'")
        }
        var at = next.isNone ? Value.null : next
        while !at.isNull {
            if at.object.raw == entry.raw { throw t.raise(.valueError, "traceback loop detected") }
            at = TracebackRef(at).next
        }
        let new = next.isNone ? Value.null : t.retain(next)
        var old = Value.null
        t.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in
            old = entry.next
            if old.isCounted { WriteBarrier.willOverwrite(ObjectRef(entry.raw), old: old.object, t) }
            else { WriteBarrier.willStore(ObjectRef(entry.raw), t) }
            entry.slot(24).pointee = new
        }
        t.release(old)
    }

    static func define() {
        StaticTypes.define(.traceback, "traceback", basicSize: 56, flags: TypeFlags.collectable) { b in
            b.record.pointee.memory.traverse = { object, visitor in
                for offset in [24, 32, 40] {
                    let value = TracebackRef(Value(ObjectRef(object))).slot(offset).pointee
                    if value.isObject { visitor.report(value.object.raw, value.isCounted) }
                }
            }
            b.record.pointee.memory.clear = { raw, object in
                let entry = TracebackRef(Value(ObjectRef(object)))
                let next = entry.next
                entry.slot(24).pointee = .null
                Thread(raw).release(next)
            }
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let entry = TracebackRef(Value(ObjectRef(object)))
                t.release(entry.slot(24).pointee)
                t.release(entry.slot(32).pointee)
                t.release(entry.slot(40).pointee)
                Allocation.free(ObjectRef(object), t)
            }
            b.getter("tb_lineno") { _, s in Value(smallInt: Int(TracebackRef(Value(bits: s)).position.line)).bits }
            // Two for each word: whoever looks a place up in co_positions() halves it.
            b.getter("tb_lasti") { _, s in Value(smallInt: Value(bits: s).object.field(48, as: Int.self) * 2).bits }
            b.property(
                "tb_next",
                get: { raw, s in
                    let next = TracebackRef(Value(bits: s)).next
                    return next.isNull ? Value.none.bits : Thread(raw).retain(next).bits
                },
                set: { raw, s, value in
                    storing(raw) { (t) throws(PythonError) -> Int in
                        try Tracebacks.setNext(t, TracebackRef(Value(bits: s)), Value(bits: value))
                        return 0
                    }
                })
            b.getter("tb_frame") { raw, s in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let entry = TracebackRef(Value(bits: s))
                    return try FrameObjects.make(
                        t, code: entry.slot(32).pointee, globals: entry.slot(40).pointee, line: Int(entry.position.line), instruction: ObjectRef(entry.raw).field(48, as: Int.self))
                }
            }
        }
        FrameObjects.define()
    }
}
