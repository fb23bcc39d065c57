// The exception types: what all share, and the table that defines them.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public enum ExceptionTypes {
    nonisolated(unsafe) static private(set) var emptyArguments = Value.null
    /// Raised when there is no memory for a new one.
    nonisolated(unsafe) static private(set) var lastMemoryError = Value.null

    /// A new instance of a class whose instances `BaseException.__new__` makes. Owned; nil: no memory, and nothing is raised.
    public static func makeInstance(
        _ t: Thread, _ type: TypeRef, _ arguments: UnsafeMutablePointer<UInt64>, _ count: Int
    ) -> ObjectRef? {
        let made = BaseExceptionType.make(t, type, arguments, count)
        if made != 0 { return Value(bits: made).object }
        t.clearRaised()
        return nil
    }

    static func define() {
        emptyArguments = StaticTypes.immortalTuple([])
        for id in ExceptionID.allCases { define(id) }
        let type = StaticTypes.record(ExceptionID.memoryError)
        guard let raw = rawAllocateZeroed(ExceptionLayout.fields + 64) else { stillBug("no memory for MemoryError") }
        let object = ObjectRef(raw)
        object.typeRaw = type.raw
        object.setField(ExceptionLayout.args, emptyArguments)
        ReferenceCount.makeImmortal(object)
        lastMemoryError = Value(object)
    }

    private static func define(_ id: ExceptionID) {
        let type = StaticTypes.record(id)
        var staticID = UInt32.max
        if id == .baseException { staticID = TypeID.baseException.rawValue }
        if id == .exception { staticID = TypeID.exception.rawValue }
        var base = id.base.map { StaticTypes.record($0) } ?? StaticTypes.record(.object)
        if id == .exceptionGroup { base = StaticTypes.record(ExceptionID.baseExceptionGroup) }
        StaticTypes.define(
            type, staticID: staticID, id.name, base: base,
            basicSize: ExceptionLayout.fields + 8 * id.fieldCount,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.exceptionSubclass | TypeFlags.weaklyReferencable
        ) { (b: TypeBuilder) in
            b.record.pointee.dictOffset = UInt32(ExceptionLayout.dict)
            if id == .baseException { BaseExceptionType.fill(b) }
            for (index, name) in id.fields.enumerated() {
                let hidden = name == "characters_written" && id == .osError
                if !hidden { b.member(name, offset: ExceptionLayout.fields + 8 * index, readOnly: id == .baseExceptionGroup) }
            }
            switch id {
            case .stopIteration:
                b.member("value", offset: ExceptionLayout.value)
                b.record.pointee.initialize = ExceptionInit.stopIteration
            case .systemExit:
                b.member("code", offset: ExceptionLayout.value)
                b.record.pointee.initialize = ExceptionInit.systemExit
            case .keyError: b.record.pointee.str = ExceptionText.keyError
            case .importError:
                b.record.pointee.initialize = ExceptionInit.importError
                b.record.pointee.str = ExceptionText.importError
            case .nameError: b.record.pointee.initialize = ExceptionInit.nameError
            case .attributeError: b.record.pointee.initialize = ExceptionInit.attributeError
            case .osError:
                b.record.pointee.new = OSErrorType.new
                b.record.pointee.initialize = OSErrorType.initialize
                b.record.pointee.str = OSErrorType.str
            case .syntaxError:
                b.record.pointee.initialize = ExceptionInit.syntaxError
                b.record.pointee.str = ExceptionText.syntaxError
            case .unicodeDecodeError:
                b.record.pointee.initialize = UnicodeErrors.initializeDecode
                b.record.pointee.str = UnicodeErrors.decodeText
            case .unicodeEncodeError:
                b.record.pointee.initialize = UnicodeErrors.initializeEncode
                b.record.pointee.str = UnicodeErrors.encodeText
            case .unicodeTranslateError:
                b.record.pointee.initialize = UnicodeErrors.initializeTranslate
                b.record.pointee.str = UnicodeErrors.translateText
            case .baseExceptionGroup: ExceptionGroups.fill(b)
            default: break
            }
        }
        if BaseExceptionType.suffices(for: type) { type.record.pointee.flags |= TypeFlags.plainException }
        if id == .exceptionGroup {
            // Exception second: the layout is BaseExceptionGroup's, and it is caught by `except Exception`.
            let group = StaticTypes.record(ExceptionID.baseExceptionGroup)
            let plain = StaticTypes.record(ExceptionID.exception)
            rawFree(type.record.pointee.bases.object.raw)
            rawFree(type.record.pointee.mro.object.raw)
            type.record.pointee.bases = StaticTypes.immortalTuple([group.value, plain.value])
            type.record.pointee.mro = StaticTypes.immortalTuple([
                type.value, group.value, plain.value, StaticTypes.record(ExceptionID.baseException).value,
                StaticTypes.record(.object).value,
            ])
            SubclassList.add(type, to: plain)
        }
    }

    /// Words of references in a builtin exception: all behind the dict but the flags.
    private static func forEachWord(_ object: ObjectRef, _ body: (Int) -> Void) {
        let native = TypeRef(TypeRef(object.typeRaw).record.pointee.nativeBase!)
        for offset in stride(from: ExceptionLayout.args, to: Int(native.record.pointee.basicSize), by: 8)
        where ExceptionLayout.isReference(offset) {
            body(offset)
        }
    }
    static let traverse: TypeMemorySlots.Traverse = { object, visitor in
        forEachWord(ObjectRef(object)) { offset in
            let value: Value = ObjectRef(object).field(offset)
            if value.isCounted { visitor.report(value.object.raw, true) }
        }
        InstanceLayout.traverseExtra(object, visitor)
    }
    static let clear: TypeMemorySlots.Clear = { t, object in
        forEachWord(ObjectRef(object)) { offset in
            Thread(t).release(SharedSlot.exchange(Thread(t), ObjectRef(object), offset, owned: .null))
        }
        InstanceLayout.clearExtra(Thread(t), ObjectRef(object))
    }
    static let deallocate: TypeMemorySlots.Deallocate = { t, object in
        let thread = Thread(t)
        let ref = ObjectRef(object)
        if ref.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(thread, ref) }
        thread.releaseField(ref, ExceptionLayout.args)
        thread.releaseField(ref, ExceptionLayout.traceback)
        thread.releaseField(ref, ExceptionLayout.cause)
        thread.releaseField(ref, ExceptionLayout.context)
        thread.releaseField(ref, ExceptionLayout.value)
        var offset = ExceptionLayout.fields
        let end = Int(TypeRef(TypeRef(ref.typeRaw).record.pointee.nativeBase.unsafelyUnwrapped).record.pointee.basicSize)
        while offset < end {
            thread.releaseField(ref, offset)
            offset &+= 8
        }
        InstanceLayout.releaseExtra(thread, ref)
        Allocation.free(ref, thread)
    }

    /// `exception.add_note(note)`
    public static func addNote(_ t: Thread, _ exception: Value, _ note: Value) throws(PythonError) {
        var notes = try t.getAttributeOrNull(exception, Names.__notes__)
        if notes.isNull {
            notes = try t.makeList(capacity: 1)
            do throws(PythonError) {
                if t.typeOf(exception).has(TypeFlags.customSetAttribute) {
                    try t.setAttribute(exception, Names.__notes__, notes)
                } else {
                    // Another thread may be adding the first one, too.
                    let dict = try InstanceAttributes.materialize(t, exception.object)
                    defer { t.release(dict) }
                    let others = try DictRef(dict).store(t, Names.__notes__, hash: t.hash(Names.__notes__), notes, onlyIfAbsent: true)
                    if !others.isNull {
                        t.release(notes)
                        notes = others
                    }
                }
            } catch {
                t.release(notes)
                throw error
            }
        }
        defer { t.release(notes) }
        guard t.typeOf(notes).has(TypeFlags.listSubclass) else {
            throw t.raise(.typeError, "Cannot add note: __notes__ is not a list")
        }
        try ListRef(notes).append(t, note)
    }
}
