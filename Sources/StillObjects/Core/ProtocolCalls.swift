// Calling: fixed-argument forms on the native stack, methods by name, special methods.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

extension ThreadState {
    /// Calls any callable. `args` holds `count` positional arguments, then one value for each keyword name.
    @inlinable public func call(
        _ f: Value, args: UnsafeMutablePointer<UInt64>, count: Int, keywords: Value = .null
    ) throws(PythonError) -> Value {
        guard let slot = typeOf(f).record.pointee.call else { throw notCallable(f) }
        return try checked(slot(raw, f.bits, args, count, keywords.bits))
    }
    @usableFromInline func notCallable(_ f: Value) -> PythonError {
        raise(.typeError, "'\(typeName(f))' object is not callable")
    }

    public func call(_ f: Value) throws(PythonError) -> Value {
        var none: UInt64 = 0
        guard let slot = typeOf(f).record.pointee.call else { throw notCallable(f) }
        return try checked(slot(raw, f.bits, &none, 0, 0))
    }
    public func call(_ f: Value, _ a: Value) throws(PythonError) -> Value {
        var args = a.bits
        guard let slot = typeOf(f).record.pointee.call else { throw notCallable(f) }
        return try checked(slot(raw, f.bits, &args, 1, 0))
    }
    public func call(_ f: Value, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        try call(f, three: (a.bits, b.bits, 0), 2)
    }
    public func call(_ f: Value, _ a: Value, _ b: Value, _ c: Value) throws(PythonError) -> Value {
        try call(f, three: (a.bits, b.bits, c.bits), 3)
    }
    private func call(_ f: Value, three: (UInt64, UInt64, UInt64), _ count: Int) throws(PythonError) -> Value {
        guard let slot = typeOf(f).record.pointee.call else { throw notCallable(f) }
        var three = three
        let bits = withUnsafeMutableBytes(of: &three) { bytes in
            slot(raw, f.bits, bytes.baseAddress!.assumingMemoryBound(to: UInt64.self), count, 0)
        }
        return try checked(bits)
    }
    public func call(_ f: Value, _ a: Value, _ b: Value, _ c: Value, _ d: Value, _ more: Value...) throws(PythonError) -> Value {
        try call(f, list: [a, b, c, d] + more)
    }
    /// Any number of arguments.
    public func call(_ f: Value, list: [Value]) throws(PythonError) -> Value {
        guard let slot = typeOf(f).record.pointee.call else { throw notCallable(f) }
        var words = list.map(\.bits)
        words.append(0)
        let bits = words.withUnsafeMutableBufferPointer { slot(raw, f.bits, $0.baseAddress!, list.count, 0) }
        return try checked(bits)
    }

    /// Calls the callable with `first` put before the arguments.
    func call(
        _ f: Value, prepending first: UInt64, _ args: UnsafeMutablePointer<UInt64>, _ count: Int, _ keywords: UInt64
    ) -> UInt64 {
        guard let slot = typeOf(f).record.pointee.call else {
            _ = notCallable(f)
            return 0
        }
        let total = count + (keywords == 0 ? 0 : TypeRef.tupleCount(Value(bits: keywords)))
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: total + 1) { space in
            let words = space.baseAddress!
            words[0] = first
            (words + 1).update(from: args, count: total)
            return slot(raw, f.bits, words, count + 1, keywords)
        }
    }

    /// `v.name(args)`, without making a bound method where that can be avoided.
    public func callMethod(_ v: Value, _ name: Value, _ args: Value...) throws(PythonError) -> Value {
        let type = typeOf(v)
        if !type.has(TypeFlags.customGetAttribute) && type.record.pointee.dictOffset == 0 {
            let found = typeLookup(type, name)
            if !found.isNull && typeOf(found).has(TypeFlags.methodDescriptor) {
                retain(found)
                defer { release(found) }
                return try call(found, list: [v] + args)
            }
        }
        let method = try getAttribute(v, name)
        defer { release(method) }
        return try call(method, list: args)
    }

    /// Special method lookup: in the type only, bound to `v`; null when absent.
    public func lookupSpecial(_ v: Value, _ name: Value) throws(PythonError) -> Value {
        let type = typeOf(v)
        let found = typeLookup(type, name)
        if found.isNull { return .null }
        guard let get = typeOf(found).record.pointee.descriptorGet else { return retain(found) }
        retain(found)
        defer { release(found) }
        return try checked(get(raw, found.bits, v.bits, type.value.bits))
    }

    /// Calls a special method on the type with self first: null when the method is absent.
    func callSpecial(_ v: Value, _ name: Value) throws(PythonError) -> Value {
        let found = typeLookup(typeOf(v), name)
        if found.isNull { return .null }
        if typeOf(found).has(TypeFlags.methodDescriptor) {
            retain(found)
            defer { release(found) }
            return try call(found, v)
        }
        let method = try lookupSpecial(v, name)
        defer { release(method) }
        return try call(method)
    }
    func callSpecial(_ v: Value, _ name: Value, _ a: Value) throws(PythonError) -> Value {
        let found = typeLookup(typeOf(v), name)
        if found.isNull { return .null }
        if typeOf(found).has(TypeFlags.methodDescriptor) {
            retain(found)
            defer { release(found) }
            return try call(found, v, a)
        }
        let method = try lookupSpecial(v, name)
        defer { release(method) }
        return try call(method, a)
    }
    func callSpecial(_ v: Value, _ name: Value, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let found = typeLookup(typeOf(v), name)
        if found.isNull { return .null }
        if typeOf(found).has(TypeFlags.methodDescriptor) {
            retain(found)
            defer { release(found) }
            return try call(found, v, a, b)
        }
        let method = try lookupSpecial(v, name)
        defer { release(method) }
        return try call(method, a, b)
    }
}
