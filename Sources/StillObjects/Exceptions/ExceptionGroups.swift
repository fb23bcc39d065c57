// BaseExceptionGroup and ExceptionGroup: construction, text, derive, split and subgroup.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

enum ExceptionGroups {
    static func fill(_ b: TypeBuilder) {
        b.record.pointee.new = new
        b.record.pointee.str = { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                let group = ExceptionRef(Value(bits: s))
                let message = group.field(t, ExceptionLayout.groupMessage)
                defer { t.release(message) }
                let members = group.field(t, ExceptionLayout.groupExceptions)
                defer { t.release(members) }
                let count = members.isNull ? 0 : TypeRef.tupleCount(members)
                let text = message.isNull ? "" : StrRef(message).string
                return try t.makeString("\(text) (\(count) sub-exception\(count == 1 ? "" : "s"))")
            }
        }
        b.method("derive", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let message = ExceptionRef(Value(bits: s)).field(t, ExceptionLayout.groupMessage)
                defer { t.release(message) }
                return try t.call(t.exceptionType(.baseExceptionGroup).value, message, Value(bits: a[0]))
            }
        }
        b.method("subgroup", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let parts = try ExceptionGroups.split(t, Value(bits: s), Value(bits: a[0]))
                t.release(parts.1)
                return parts.0.isNull ? .none : parts.0
            }
        }
        b.method("split", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let parts = try ExceptionGroups.split(t, Value(bits: s), Value(bits: a[0]))
                return try t.makeTuple([parts.0.isNull ? .none : parts.0, parts.1.isNull ? .none : parts.1])
            }
        }
        b.classMethod("__class_getitem__", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
        }
    }

    private static let new: NativeFunction = { t, s, a, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            var type = TypeRef(Value(bits: s))
            guard n == 2 else {
                throw t.raise(.typeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments (\(n) given)")
            }
            let message = Value(bits: a[0])
            guard t.isStr(message) else {
                throw t.raise(.typeError, "BaseExceptionGroup.__new__() argument 1 must be str, not \(t.typeName(message))")
            }
            let source = Value(bits: a[1])
            guard t.typeOf(source).has(TypeFlags.listSubclass | TypeFlags.tupleSubclass) || t.typeOf(source).record.pointee.getItem != nil,
                !t.isStr(source), !t.typeOf(source).has(TypeFlags.dictSubclass)
            else { throw t.raise(.typeError, "second argument (exceptions) must be a sequence") }
            let members = try t.withItems(of: source) { (items: UnsafeBufferPointer<Value>) throws(PythonError) -> Value in
                if items.isEmpty {
                    throw t.raise(.valueError, "second argument (exceptions) must be a non-empty sequence")
                }
                var onlyExceptions = true
                for (index, item) in items.enumerated() {
                    guard t.matches(item, .baseException) else {
                        throw t.raise(.valueError, "Item \(index) of second argument (exceptions) is not an exception")
                    }
                    if !t.matches(item, .exception) { onlyExceptions = false }
                }
                if onlyExceptions && type == t.exceptionType(.baseExceptionGroup) { type = t.exceptionType(.exceptionGroup) }
                if !onlyExceptions && t.isSubtype(type, t.exceptionType(.exception)) {
                    if type == t.exceptionType(.exceptionGroup) {
                        throw t.raise(.typeError, "Cannot nest BaseExceptions in an ExceptionGroup")
                    }
                    throw t.raise(.typeError, "Cannot nest BaseExceptions in '\(StrRef(type.record.pointee.name).string)'")
                }
                return try t.makeTuple(items.map { t.retain($0) })
            }
            defer { t.release(members) }
            let object = try t.allocateInstance(of: type)
            do throws(PythonError) {
                object.setField(ExceptionLayout.args, try BaseExceptionType.argumentTuple(t, a, n))
            } catch {
                t.release(object)
                throw error
            }
            object.setField(ExceptionLayout.groupMessage, t.retain(message))
            object.setField(ExceptionLayout.groupExceptions, t.retain(members))
            return Value(object)
        }
    }

    /// Whether an exception fits a condition: type, tuple of types, or predicate.
    private static func fits(_ t: Thread, _ exception: Value, _ condition: Value) throws(PythonError) -> Bool {
        if t.isType(condition) || t.typeOf(condition).has(TypeFlags.tupleSubclass) {
            return try t.isInstance(exception, condition)
        }
        if t.typeOf(condition).record.pointee.call == nil {
            throw t.raise(.typeError, "expected an exception type, a tuple of exception types, or a callable (other than a class)")
        }
        let result = try t.call(condition, exception)
        defer { t.release(result) }
        return try t.isTrue(result)
    }

    /// Splits an exception or group: owned parts that fit and that do not, null when empty. Also serves `except*`.
    static func split(_ t: Thread, _ exception: Value, _ condition: Value) throws(PythonError) -> (Value, Value) {
        if try fits(t, exception, condition) { return (t.retain(exception), .null) }
        guard t.matches(exception, .baseExceptionGroup) else { return (.null, t.retain(exception)) }
        try t.enterNative(" in exceptiongroup_split_recursive")
        defer { t.leaveNative() }
        let members = ExceptionRef(exception).field(t, ExceptionLayout.groupExceptions)
        defer { t.release(members) }
        var fitting: [Value] = []
        var others: [Value] = []
        defer {
            for value in fitting { t.release(value) }
            for value in others { t.release(value) }
        }
        for member in TypeRef.tupleItems(members) {
            let parts = try ExceptionGroups.split(t, member, condition)
            if !parts.0.isNull { fitting.append(parts.0) }
            if !parts.1.isNull { others.append(parts.1) }
        }
        let first = fitting.isEmpty ? Value.null : try derive(t, exception, fitting)
        do throws(PythonError) {
            return (first, others.isEmpty ? .null : try derive(t, exception, others))
        } catch {
            t.release(first)
            throw error
        }
    }

    /// The part with these leaves; the group itself when it has no others. Owned, null when there are none.
    fileprivate static func part(_ t: Thread, _ exception: Value, _ wanted: Set<UInt64>) throws(PythonError) -> Value {
        guard t.matches(exception, .baseExceptionGroup) else { return wanted.contains(exception.bits) ? t.retain(exception) : .null }
        try t.enterNative(" in exceptiongroup_split_recursive")
        defer { t.leaveNative() }
        let members = ExceptionRef(exception).field(t, ExceptionLayout.groupExceptions)
        defer { t.release(members) }
        var kept: [Value] = []
        defer { for value in kept { t.release(value) } }
        for member in TypeRef.tupleItems(members) {
            let own = try ExceptionGroups.part(t, member, wanted)
            if !own.isNull { kept.append(own) }
        }
        return kept.isEmpty ? .null : try derive(t, exception, kept)
    }

    /// A group of the same kind with other members; traceback, cause, context and notes are kept.
    private static func derive(_ t: Thread, _ group: Value, _ members: [Value]) throws(PythonError) -> Value {
        let list = try t.makeList(capacity: members.count)
        defer { t.release(list) }
        for member in members { try ListRef(list).appendOwned(t, t.retain(member)) }
        let made = try t.callMethod(group, StaticStrings.intern("derive"), list)
        guard t.matches(made, .baseExceptionGroup) else {
            defer { t.release(made) }
            throw t.raise(.typeError, "derive must return an instance of BaseExceptionGroup")
        }
        let from = ExceptionRef(group)
        let to = ExceptionRef(made)
        for offset in [ExceptionLayout.traceback, ExceptionLayout.cause, ExceptionLayout.context] {
            let value = from.field(t, offset)
            to.setField(t, offset, value)
            t.release(value)
        }
        to.suppressContext = true
        let notes = try t.getAttributeOrNull(group, Names.__notes__)
        if !notes.isNull {
            defer { t.release(notes) }
            try t.setAttribute(made, Names.__notes__, notes)
        }
        return made
    }
}

extension ThreadState {
    /// The exceptions in a group and in the groups inside, by address.
    private func leaves(_ exception: Value, _ found: inout Set<UInt64>) {
        guard matches(exception, .baseExceptionGroup) else {
            found.insert(exception.bits)
            return
        }
        let members = ExceptionRef(exception).field(self, ExceptionLayout.groupExceptions)
        defer { release(members) }
        for member in TypeRef.tupleItems(members) { leaves(member, &found) }
    }

    /// For `except*`: the part of a group that consists of the leaves of some of its parts. Owned.
    public func groupOf(_ group: Value, leavesOf parts: [Value]) throws(PythonError) -> Value {
        var wanted: Set<UInt64> = []
        for part in parts { leaves(part, &wanted) }
        return try ExceptionGroups.part(self, group, wanted)
    }

    /// For `except*`: the part of the exception that matches the types, and the rest; null when empty. Both owned.
    public func splitExceptionGroup(_ exception: Value, _ types: Value) throws(PythonError) -> (Value, Value) {
        try ExceptionGroups.split(self, exception, types)
    }
}
