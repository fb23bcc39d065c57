// The container protocol: length, items, membership, iteration.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

extension ThreadState {
    public func length(_ v: Value) throws(PythonError) -> Int {
        guard let slot = typeOf(v).record.pointee.length else {
            throw raise(.typeError, "object of type '\(typeName(v))' has no len()")
        }
        return try checked(slot(raw, v.bits))
    }

    /// Length, `__length_hint__`, or 0. Errors but those of Python code are ignored.
    public func lengthHint(_ v: Value) throws(PythonError) -> Int {
        if let slot = typeOf(v).record.pointee.length {
            let count = slot(raw, v.bits)
            if count >= 0 { return count }
            if !raisedMatches(.typeError) { throw PythonError() }
            clearRaised()
        }
        let method = try lookupSpecial(v, Names.__length_hint__)
        if method.isNull { return 0 }
        defer { release(method) }
        let result: Value
        do { result = try call(method) } catch {
            if !raisedMatches(.typeError) { throw error }
            clearRaised()
            return 0
        }
        defer { release(result) }
        if result.isNotImplemented { return 0 }
        guard typeOf(result).has(TypeFlags.intSubclass) else {
            throw raise(.typeError, "__length_hint__ must be an integer, not \(typeName(result))")
        }
        let hint = try indexInt(result)
        if hint < 0 { throw raise(.valueError, "__length_hint__() should return >= 0") }
        return hint
    }

    public func getItem(_ o: Value, _ key: Value) throws(PythonError) -> Value {
        if let slot = typeOf(o).record.pointee.getItem { return try checked(slot(raw, o.bits, key.bits)) }
        if isType(o) {
            let method = try getAttributeOrNull(o, Names.__class_getitem__)
            if !method.isNull {
                defer { release(method) }
                return try call(method, key)
            }
            for id in [TypeID.list, .dict, .tuple, .set, .frozenset, .type, .enumerate, .weakReference, .slice]
            where type(id).object == o.object { return try makeGenericAlias(o, key) }
            throw raise(.typeError, "type '\(StrRef(TypeRef(o).record.pointee.name).string)' is not subscriptable")
        }
        throw raise(.typeError, "'\(typeName(o))' object is not subscriptable")
    }
    public func setItem(_ o: Value, _ key: Value, _ value: Value) throws(PythonError) {
        guard let slot = typeOf(o).record.pointee.setItem else {
            throw raise(.typeError, "'\(typeName(o))' object does not support item assignment")
        }
        _ = try checked(slot(raw, o.bits, key.bits, value.bits))
    }
    public func deleteItem(_ o: Value, _ key: Value) throws(PythonError) {
        guard let slot = typeOf(o).record.pointee.setItem else {
            throw raise(.typeError, "'\(typeName(o))' object doesn't support item deletion")
        }
        _ = try checked(slot(raw, o.bits, key.bits, 0))
    }

    public func contains(_ o: Value, _ item: Value) throws(PythonError) -> Bool {
        let record = typeOf(o).record
        if let slot = record.pointee.contains { return try checked(slot(raw, o.bits, item.bits)) != 0 }
        if record.pointee.iterate == nil && record.pointee.getItem == nil {
            throw raise(.typeError, "argument of type '\(typeName(o))' is not iterable")
        }
        return try containsByIteration(o, item)
    }
    /// `item in o` by looking at every item.
    public func containsByIteration(_ o: Value, _ item: Value) throws(PythonError) -> Bool {
        let iterator = try iterate(o)
        defer { release(iterator) }
        while true {
            let found = try next(iterator)
            if found.isNull { return false }
            defer { release(found) }
            if try equal(found, item) { return true }
            if hasRequest { safepoint() }
        }
    }

    // MARK: Iteration

    public func iterate(_ v: Value) throws(PythonError) -> Value {
        if v.isObject && v.object.typeRaw == type(.list).raw { return try makeIterator(.listIterator, over: v) }
        let record = typeOf(v).record
        if let slot = record.pointee.iterate {
            let iterator = try checked(slot(raw, v.bits))
            if _fastPath(typeOf(iterator).record.pointee.next != nil) { return iterator }
            defer { release(iterator) }
            throw raise(.typeError, "iter() returned non-iterator of type '\(typeName(iterator))'")
        }
        if record.pointee.getItem != nil && !record.pointee.flags.isMapping {
            return try makeSequenceIterator(v)
        }
        throw raise(.typeError, "'\(typeName(v))' object is not iterable")
    }

    /// The next item; null when the iterator is exhausted.
    @inlinable public func next(_ iterator: Value) throws(PythonError) -> Value {
        guard let slot = typeOf(iterator).record.pointee.next else { throw notAnIterator(iterator) }
        let bits = slot(raw, iterator.bits)
        if _slowPath(bits == 0) { return try exhausted() }
        return Value(bits: bits)
    }
    @usableFromInline func notAnIterator(_ v: Value) -> PythonError {
        raise(.typeError, "'\(typeName(v))' object is not an iterator")
    }
    /// Null, after StopIteration has been taken away; throws for other exceptions.
    @usableFromInline func exhausted() throws(PythonError) -> Value {
        if !hasRaised { return .null }
        if raisedMatches(.stopIteration) {
            clearRaised()
            return .null
        }
        throw PythonError()
    }

    /// Calls `body` with the items of any iterable; they are kept alive meanwhile.
    ///
    /// - Parameter message: TypeError text when `v` is not iterable; nil: the usual one.
    public func withItems<R>(
        of v: Value, _ message: String? = nil,
        _ body: (UnsafeBufferPointer<Value>) throws(PythonError) -> R
    ) throws(PythonError) -> R {
        if typeOf(v) == type(.tuple) {
            let items = UnsafeMutableRawPointer(TupleRef(v).items).assumingMemoryBound(to: Value.self)
            return try body(UnsafeBufferPointer(start: items, count: TupleRef(v).count))
        }
        var items: [Value] = []
        defer { for item in items { release(item) } }
        if typeOf(v) == type(.list) {
            items = ListRef(v).snapshot(self)
        } else {
            try collect(v, message, &items)
        }
        var result: Result<R, PythonError>?
        items.withUnsafeBufferPointer { (buffer: UnsafeBufferPointer<Value>) in
            do throws(PythonError) { result = .success(try body(buffer)) } catch { result = .failure(error) }
        }
        return try result!.get()
    }

    private func collect(_ v: Value, _ message: String?, _ items: inout [Value]) throws(PythonError) {
        let iterator: Value
        do { iterator = try iterate(v) } catch {
            if let message, raisedMatches(.typeError) {
                clearRaised()
                throw raise(.typeError, message)
            }
            throw error
        }
        defer { release(iterator) }
        while true {
            let item = try next(iterator)
            if item.isNull { return }
            items.append(item)
            if hasRequest { safepoint() }
        }
    }
}

extension UInt32 {
    /// Type flags of a mapping: such a type is not iterated by index.
    var isMapping: Bool { self & TypeFlags.dictSubclass != 0 }
}
