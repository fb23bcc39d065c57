// The type `type`: calling classes, and what a class tells about itself.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVersions
import Synchronization

enum TypeType {
    static func define() {
        StaticTypes.define(
            .type, "type", basicSize: ObjectLayout.headerBytes + MemoryLayout<TypeRecord>.stride,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.typeSubclass | TypeFlags.weaklyReferencable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = traverse
            r.pointee.memory.clear = clear
            r.pointee.memory.deallocate = deallocate
            r.pointee.new = ClassCreation.new
            r.pointee.initialize = { t, s, a, n, k in
                storing(t) { (t) throws(PythonError) -> Int in
                    if n != 1 && n != 3 { throw t.raise(.typeError, "type.__init__() takes 1 or 3 arguments") }
                    if n == 1 && k != 0 && TypeRef.tupleCount(Value(bits: k)) > 0 {
                        throw t.raise(.typeError, "type.__init__() takes no keyword arguments")
                    }
                    return 0
                }
            }
            r.pointee.call = call
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    try t.makeString("<class '\(t.qualifiedTypeName(TypeRef(Value(bits: v))))'>")
                }
            }
            r.pointee.getAttribute = getAttribute
            r.pointee.setAttribute = setAttribute
            r.pointee.binary = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    op == BinaryOperator.or.rawValue ? try UnionType.make(t, Value(bits: a), Value(bits: b)) : .notImplemented
                }
            }
            TypeProperties.add(to: b)
        }
    }

    // MARK: Calling

    /// `C(…)`: `__new__`, then `__init__` if that made an instance of C.
    static let call: NativeFunction = { t, f, args, n, k in
        let type = TypeRef(Value(bits: f))
        let thread = Thread(t)
        if type == thread.type(.type) && n == 1 && k == 0 {
            return thread.retain(thread.typeOf(Value(bits: args[0])).value).bits
        }
        if type == thread.type(.type) && n != 1 && n != 3 {
            _ = thread.raise(.typeError, "type() takes 1 or 3 arguments")
            return 0
        }
        guard let new = type.record.pointee.new else {
            _ = thread.raise(.typeError, "cannot create '\(thread.qualifiedTypeName(type))' instances")
            return 0
        }
        let made = new(t, type.object.address, args, n, k)
        if made == 0 { return 0 }
        let object = Value(bits: made)
        let madeType = thread.typeOf(object)
        guard thread.isSubtype(madeType, type), let initialize = madeType.record.pointee.initialize else { return made }
        if initialize(t, made, args, n, k) < 0 {
            thread.release(object)
            return 0
        }
        return made
    }

    // MARK: Memory

    private static let traverse: TypeMemorySlots.Traverse = { object, visitor in
        let type = TypeRef(object)
        if !type.has(TypeFlags.heapType) { return }
        let record = type.record
        for value in [
            record.pointee.name, record.pointee.qualifiedName, record.pointee.bases, record.pointee.mro, record.pointee.dict, record.pointee.announced,
        ]
        where value.isCounted {
            visitor.report(value.object.raw, true)
        }
        // The base is in `bases`; the metaclass is uncounted like any instance's type.
        visitor.report(ObjectRef(object).typeRaw, false)
    }
    private static let clear: TypeMemorySlots.Clear = { t, object in
        let thread = Thread(t)
        let type = TypeRef(object)
        if !type.has(TypeFlags.heapType) { return }
        TypeType.leaveBases(type)
        // The type's entry in its own MRO and the functions in its dict close cycles. Sizes and memory functions stay: instances that
        // die later need them.
        let record = type.record
        let dict = record.pointee.dict
        let mro = record.pointee.mro
        record.pointee.dict = .null
        record.pointee.mro = .null
        thread.release(dict)
        thread.release(mro)
    }
    private static let deallocate: TypeMemorySlots.Deallocate = { t, object in
        let thread = Thread(t)
        let type = TypeRef(object)
        let ref = ObjectRef(object)
        if ref.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(thread, ref) }
        TypeType.leaveBases(type)
        SubclassList.free(type)
        InstanceLayout.releaseKeys(thread, type)
        let record = type.record
        let owned = [
            record.pointee.dict, record.pointee.mro, record.pointee.bases, record.pointee.qualifiedName, record.pointee.name, record.pointee.announced,
        ]
        record.pointee.dict = .null
        record.pointee.mro = .null
        record.pointee.bases = .null
        record.pointee.qualifiedName = .null
        record.pointee.name = .null
        record.pointee.announced = .null
        for value in owned { thread.release(value) }
        DeadBlocks.add(ref, thread)
    }

    private static func leaveBases(_ type: TypeRef) {
        let bases = type.record.pointee.bases
        if bases.isNull { return }
        for base in TypeRef.tupleItems(bases) { SubclassList.remove(type, from: TypeRef(base)) }
    }
}

extension TypeRef {
    /// Calls a class that is exactly of type `type`, without keywords. Owned, 0 with an exception.
    public static func callType(_ t: ThreadState, _ callee: Value, _ arguments: UnsafeMutablePointer<UInt64>, _ count: Int) -> UInt64 {
        let type = TypeRef(callee)
        if type.has(TypeFlags.plainException) { return BaseExceptionType.make(t, type, arguments, count) }
        return TypeType.call(t.raw, callee.bits, arguments, count, 0)
    }
}
