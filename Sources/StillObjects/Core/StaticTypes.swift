// The static types: one immortal record each, made once in the process.
//
// Addresses first: all records exist (zeroed, with type and count words) before any is defined, so that definitions may
// refer to each other. A definition fills slots and collects attributes; `finish` inherits what was left out from the base,
// adds wrappers for the slots, and freezes the attributes. Nothing changes afterwards, so everything is read plainly.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVersions
import Synchronization

public enum StaticTypes {
    static let typeCount = TypeID.allCases.count
    static let recordBytes = 512

    /// One pointer for each `TypeID`, then one for each `ExceptionID`.
    @usableFromInline nonisolated(unsafe) static let table: UnsafeMutablePointer<UnsafeMutableRawPointer> = makeTable()
    nonisolated(unsafe) private static var started = false

    private static func makeTable() -> UnsafeMutablePointer<UnsafeMutableRawPointer> {
        let total = typeCount + ExceptionID.allCases.count
        guard let space = rawAllocateZeroed(total * 8 + 64), let records = rawAllocateZeroed(total * recordBytes + 64)
        else { stillBug("no memory for the static types") }
        let table = space.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
        let first = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: records) + 63) & ~63)!
        for number in 0..<total { table[number] = first + number * recordBytes }
        table[Int(TypeID.baseException.rawValue)] = table[typeCount + Int(ExceptionID.baseException.rawValue)]
        table[Int(TypeID.exception.rawValue)] = table[typeCount + Int(ExceptionID.exception.rawValue)]
        for number in 0..<total {
            let object = ObjectRef(table[number])
            object.typeRaw = table[Int(TypeID.type.rawValue)]
            ReferenceCount.makeImmortal(object)
            TypeRef(object.raw).record.pointee.staticID = .max
        }
        return table
    }

    /// A static type's address. Any time, any thread.
    public static func record(_ id: TypeID) -> TypeRef { TypeRef(table[Int(id.rawValue)]) }
    public static func record(_ id: ExceptionID) -> TypeRef { TypeRef(table[typeCount + Int(id.rawValue)]) }

    /// Defines all types of the object layer. Once, before a second thread exists.
    public static func start() {
        if started { return }
        started = true
        ObjectType.define()
        TypeType.define()
        CallableTypes.define()
        DescriptorTypes.define()
        SimpleTypes.define()
        ExceptionTypes.define()
        WeakReferenceType.define()
        StringTypes.define()
        NumberTypes.define()
        SequenceTypes.define()
        DictTypes.define()
    }

    /// Gives a new thread what the object layer keeps in it. Before the thread touches an object.
    ///
    /// - Returns: false when there was no memory; the thread must be ended then.
    public static func attach(_ thread: ThreadState) -> Bool {
        let own = thread.objects
        own.pointee.types = table
        let copied = (thread.raw + ThreadObjects.typesOffset).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
        for number in 0..<typeCount { copied[number] = table[number] }
        own.pointee.raised = .null
        own.pointee.handled = .null
        own.pointee.asyncException = .null
        own.pointee.scratch = nil
        own.pointee.recursionLimit = 1000
        own.pointee.reprStack = nil
        own.pointee.reprCount = 0
        own.pointee.reprCapacity = 0
        thread.updateStackLimit()
        guard let cache = MethodCache.make() else { return false }
        own.pointee.methodCache = cache
        return true
    }
    /// Undoes `attach`. Own thread, last use.
    public static func detach(_ thread: ThreadState) {
        let own = thread.objects
        rawFree(own.pointee.scratch)
        own.pointee.scratch = nil
        thread.release(own.pointee.raised)
        own.pointee.raised = .null
        MethodCache.free(own.pointee.methodCache)
        if let stack = own.pointee.reprStack { rawFree(UnsafeMutableRawPointer(stack)) }
        own.pointee.reprStack = nil
    }

    /// The same for a thread that never runs again. What it refers to is not given up.
    public static func forget(thread: ThreadState) {
        let own = thread.objects
        rawFree(own.pointee.scratch)
        own.pointee.scratch = nil
        MethodCache.free(own.pointee.methodCache)
        if let stack = own.pointee.reprStack { rawFree(UnsafeMutableRawPointer(stack)) }
        own.pointee.reprStack = nil
    }

    /// Defines a static type.
    ///
    /// - Parameter base: nil for `object` only.
    /// - Parameter basicSize: bytes of an instance, header included.
    /// - Parameter body: fills slots of `b.record` and adds attributes.
    public static func define(
        _ id: TypeID, _ name: String, module: String = "builtins", base: TypeID? = .object,
        basicSize: some BinaryInteger, flags: UInt32, _ body: (TypeBuilder) -> Void
    ) {
        define(
            record(id), staticID: id.rawValue, name, module: module, base: base.map { record($0) },
            basicSize: Int(basicSize), flags: flags, body)
    }

    static func define(
        _ type: TypeRef, staticID: UInt32, _ name: String, module: String = "builtins", base: TypeRef?,
        basicSize: Int, flags: UInt32, _ body: (TypeBuilder) -> Void
    ) {
        let record = type.record
        let name = StaticStrings.intern(name)
        record.pointee.name = name
        record.pointee.qualifiedName = name
        record.pointee.module = StaticStrings.intern(module)
        record.pointee.staticID = staticID
        record.pointee.basicSize = UInt32(basicSize)
        record.pointee.flags = flags
        record.pointee.base = base?.raw
        record.pointee.nativeBase = type.raw
        let builder = TypeBuilder(type)
        body(builder)
        finish(type, base, builder)
    }

    private static func finish(_ type: TypeRef, _ base: TypeRef?, _ builder: TypeBuilder) {
        let record = type.record
        if builder.operators == nil { builder.operators = OperatorSet.usual(type) }
        record.pointee.operators = builder.operators!.bits
        SlotWrapper.addAll(to: builder)
        if !builder.has(Names.__doc__) { builder.add(Names.__doc__, record.pointee.doc.isNull ? .none : record.pointee.doc) }
        if let base {
            SlotInheritance.inherit(type, from: base)
            record.pointee.bases = immortalTuple([base.value])
            record.pointee.mro = immortalTuple([type.value] + TypeRef.tupleItems(base.record.pointee.mro))
        } else {
            record.pointee.bases = immortalTuple([])
            record.pointee.mro = immortalTuple([type.value])
        }
        if record.pointee.instanceSize == 0 { record.pointee.instanceSize = record.pointee.basicSize }
        record.pointee.staticAttributes = StaticAttributes.make(builder.attributes).raw
        record.pointee.versionTag = VersionRange.nextStatic()
        if let base { SubclassList.add(type, to: base) }
    }

    // MARK: Immortal objects

    /// Memory of an immortal object of a static type; zero behind the header.
    public static func immortalObject(_ id: TypeID, bytes: Int) -> ObjectRef {
        guard let raw = rawAllocateZeroed(max(bytes, 32)) else { stillBug("no memory for the static types") }
        let object = ObjectRef(raw)
        object.typeRaw = table[Int(id.rawValue)]
        ReferenceCount.makeImmortal(object)
        return object
    }

    public static func immortalTuple(_ items: [Value]) -> Value {
        let object = immortalObject(.tuple, bytes: TupleRef.headerBytes + items.count * 8)
        object.setField(24, items.count)
        for (number, item) in items.enumerated() { object.setField(TupleRef.headerBytes + number * 8, item) }
        return Value(object)
    }
}

extension TypeRef {
    /// Items of a tuple known to be one, borrowed. Cold paths.
    static func tupleItems(_ tuple: Value) -> [Value] {
        let tuple = TupleRef(tuple)
        return (0..<tuple.count).map { tuple.item($0) }
    }
    @inlinable static func tupleCount(_ tuple: Value) -> Int { TupleRef(tuple).count }
    @inlinable static func tupleItem(_ tuple: Value, _ index: Int) -> Value { TupleRef(tuple).item(index) }
}

extension ThreadState {
    /// Type of a builtin exception. Threads: any.
    @inlinable public func exceptionType(_ id: ExceptionID) -> TypeRef {
        TypeRef(objects.pointee.types[StaticTypes.exceptionBase + Int(id.rawValue)])
    }
}
extension StaticTypes {
    @inlinable static var exceptionBase: Int { ThreadObjects.typeCount }
}
extension ThreadObjects {
    /// Number of `TypeID`s.
    @inlinable static var typeCount: Int { Int(TypeID.exception.rawValue) + 1 }
}
