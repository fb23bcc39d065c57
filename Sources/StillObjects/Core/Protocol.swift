// The object protocol: repr, str, hash, comparison, truth. Arguments are borrowed, results owned.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

extension ThreadState {
    // MARK: Text

    public func repr(_ v: Value) throws(PythonError) -> Value {
        if v.isSmallInt { return try makeDecimal(v.smallInt) }
        guard let slot = typeOf(v).record.pointee.repr else { return try makeString(defaultRepr(v)) }
        try enterNative(" while getting the repr of an object")
        defer { leaveNative() }
        let result = try checked(slot(raw, v.bits))
        if isStr(result) { return result }
        defer { release(result) }
        throw raise(.typeError, "__repr__ returned non-string (type \(typeName(result)))")
    }

    public func str(_ v: Value) throws(PythonError) -> Value {
        if v.isSmallInt { return try makeDecimal(v.smallInt) }
        let type = typeOf(v)
        if type == self.type(.str) { return retain(v) }
        guard let slot = type.record.pointee.str else { return try repr(v) }
        try enterNative(" while getting the str of an object")
        defer { leaveNative() }
        let result = try checked(slot(raw, v.bits))
        if isStr(result) { return result }
        defer { release(result) }
        throw raise(.typeError, "__str__ returned non-string (type \(typeName(result)))")
    }

    public func ascii(_ v: Value) throws(PythonError) -> Value {
        let text = try repr(v)
        if StrRef(text).isASCII { return text }
        defer { release(text) }
        var out = ""
        let digits: (UInt32, Int) -> String = { number, width in
            let hex = String(number, radix: 16)
            return String(repeating: "0", count: max(0, width - hex.count)) + hex
        }
        for index in 0..<StrRef(text).count {
            let code = StrRef(text).codePoint(index)
            if code < 0x80 {
                out.unicodeScalars.append(Unicode.Scalar(UInt8(code)))
            } else if code < 0x100 {
                out += "\\x" + digits(code, 2)
            } else if code < 0x10000 {
                out += "\\u" + digits(code, 4)
            } else {
                out += "\\U" + digits(code, 8)
            }
        }
        return try makeString(out)
    }

    /// `<module.Name object at 0x…>`
    func defaultRepr(_ v: Value) -> String {
        let address = v.isObject ? v.object.address : v.bits
        return "<\(qualifiedTypeName(typeOf(v))) object at 0x\(String(address, radix: 16))>"
    }

    /// Name with the module, unless that is builtins.
    func qualifiedTypeName(_ type: TypeRef) -> String {
        let name = StrRef(type.record.pointee.qualifiedName).string
        let module = typeModule(type)
        if !isStr(module) { return name }
        let text = StrRef(module).string
        return text == "builtins" ? name : text + "." + name
    }
    /// `__module__` of a type, borrowed or null.
    func typeModule(_ type: TypeRef) -> Value {
        if type.has(TypeFlags.heapType) { return ownAttribute(type, Names.__module__) }
        return type.record.pointee.module
    }

    /// Name of a value's type, for messages.
    public func typeName(_ v: Value) -> String {
        v.isNull ? "<null>" : StrRef(typeOf(v).record.pointee.name).string
    }

    // MARK: Hash

    @inlinable public func hash(_ v: Value) throws(PythonError) -> Int {
        if v.isSmallInt { return IntOps.smallHash(v.smallInt) }
        if v.isObject && v.object.typeRaw == type(.str).raw { return StrRef(v).hash }
        guard let slot = typeOf(v).record.pointee.hash else { throw unhashable(v) }
        return try checked(slot(raw, v.bits))
    }
    @usableFromInline func unhashable(_ v: Value) -> PythonError {
        raise(.typeError, "unhashable type: '\(typeName(v))'")
    }
    /// The hash of objects compared by identity.
    @inlinable public static func identityHash(_ v: Value) -> Int {
        let address = v.bits & ~7
        let hash = Int(bitPattern: UInt(address &>> 4 | address &<< 60))
        return hash == -1 ? -2 : hash
    }

    // MARK: Comparison

    /// `a == b`, where identical objects are equal.
    @inlinable public func equal(_ a: Value, _ b: Value) throws(PythonError) -> Bool {
        if a.isSame(b) { return true }
        return try compareBool(.equal, a, b)
    }

    /// The result of a comparison operator as a truth value. Identity is not a short cut here.
    @inlinable public func compareBool(_ op: CompareOperator, _ a: Value, _ b: Value) throws(PythonError) -> Bool {
        let result = try compare(op, a, b)
        if result.isBool { return result.isTrue }
        defer { release(result) }
        return try isTrue(result)
    }

    public func compare(_ op: CompareOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if a.isSmallInt && b.isSmallInt {
            let x = a.smallInt
            let y = b.smallInt
            switch op {
            case .less: return Value(x < y)
            case .lessEqual: return Value(x <= y)
            case .equal: return Value(x == y)
            case .notEqual: return Value(x != y)
            case .greater: return Value(x > y)
            case .greaterEqual: return Value(x >= y)
            }
        }
        let left = typeOf(a)
        let right = typeOf(b)
        if left == right && left == type(.str) {
            let x = StrRef(a)
            let y = StrRef(b)
            switch op {
            case .equal: return Value(StrRef.equal(x, y))
            case .notEqual: return Value(!StrRef.equal(x, y))
            case .less: return Value(StrRef.compare(x, y) < 0)
            case .lessEqual: return Value(StrRef.compare(x, y) <= 0)
            case .greater: return Value(StrRef.compare(x, y) > 0)
            case .greaterEqual: return Value(StrRef.compare(x, y) >= 0)
            }
        }
        try enterNative(" in comparison")
        defer { leaveNative() }
        var reflectedTried = false
        if left != right, let slot = right.record.pointee.compare, isSubtype(right, left) {
            reflectedTried = true
            let result = try checked(slot(raw, op.reflected.rawValue, b.bits, a.bits))
            if !result.isNotImplemented { return result }
        }
        if let slot = left.record.pointee.compare {
            let result = try checked(slot(raw, op.rawValue, a.bits, b.bits))
            if !result.isNotImplemented { return result }
        }
        if !reflectedTried, let slot = right.record.pointee.compare {
            let result = try checked(slot(raw, op.reflected.rawValue, b.bits, a.bits))
            if !result.isNotImplemented { return result }
        }
        switch op {
        case .equal: return Value(a.isSame(b))
        case .notEqual: return Value(!a.isSame(b))
        default:
            throw raise(.typeError,
                "'\(op.symbol)' not supported between instances of '\(typeName(a))' and '\(typeName(b))'")
        }
    }

    // MARK: Truth

    @inlinable @inline(__always) public func isTrue(_ v: Value) throws(PythonError) -> Bool {
        if v.isBool { return v.isTrue }
        if v.isSmallInt { return v.smallInt != 0 }
        if v.isNone { return false }
        return try isTrueSlow(v)
    }
    @usableFromInline func isTrueSlow(_ v: Value) throws(PythonError) -> Bool {
        if v.isImmediateFloat { return v.immediateFloat != 0 }
        if v.bits == Value.floatZero.bits || v.bits == Value.floatNegativeZero.bits { return false }
        let record = typeOf(v).record
        if let slot = record.pointee.truth { return try checked(slot(raw, v.bits)) != 0 }
        if let slot = record.pointee.length { return try checked(slot(raw, v.bits)) != 0 }
        return true
    }

    // MARK: Instances and subclasses

    /// `isinstance(v, types)` with hooks; types may be a tuple or a union.
    public func isInstance(_ v: Value, _ types: Value) throws(PythonError) -> Bool {
        let type = typeOf(v)
        if types.isObject && type.object == types.object { return true }
        let kind = typeOf(types)
        if kind == self.type(.type) { return instanceOfType(v, TypeRef(types)) }
        if kind.has(TypeFlags.tupleSubclass) {
            try enterNative(" in __instancecheck__")
            defer { leaveNative() }
            for item in TypeRef.tupleItems(types) where try isInstance(v, item) { return true }
            return false
        }
        if kind == self.type(.unionType) {
            for item in UnionType.members(types) where try isInstance(v, item.isNone ? self.type(.noneType).value : item) {
                return true
            }
            return false
        }
        let check = try lookupSpecial(types, Names.__instancecheck__)
        if !check.isNull {
            defer { release(check) }
            try enterNative(" in __instancecheck__")
            defer { leaveNative() }
            let result = try call(check, v)
            defer { release(result) }
            return try isTrue(result)
        }
        guard isType(types) else {
            throw raise(.typeError, "isinstance() arg 2 must be a type, a tuple of types, or a union")
        }
        return instanceOfType(v, TypeRef(types))
    }
    /// By the real type, then by `__class__` when that lies.
    func instanceOfType(_ v: Value, _ type: TypeRef) -> Bool {
        if isSubtype(typeOf(v), type) { return true }
        let mayLie = typeOf(v).has(TypeFlags.customGetAttribute)
            || !typeLookup(typeOf(v), Names.__class__).isSame(ObjectType.classDescriptor)
        let claimed = mayLie ? (try? getAttribute(v, Names.__class__)) ?? .null : .null
        if claimed.isNull {
            clearRaised()
            return false
        }
        defer { release(claimed) }
        return isType(claimed) && isSubtype(TypeRef(claimed), type)
    }

    /// `issubclass(c, types)` with hooks.
    public func isSubclass(_ c: Value, _ types: Value) throws(PythonError) -> Bool {
        let kind = typeOf(types)
        if kind == type(.type) {
            if c.isObject && c.object == types.object { return true }
            guard isType(c) else { throw raise(.typeError, "issubclass() arg 1 must be a class") }
            return isSubtype(TypeRef(c), TypeRef(types))
        }
        if kind.has(TypeFlags.tupleSubclass) {
            try enterNative(" in __subclasscheck__")
            defer { leaveNative() }
            for item in TypeRef.tupleItems(types) where try isSubclass(c, item) { return true }
            return false
        }
        if kind == type(.unionType) {
            for item in UnionType.members(types) where try isSubclass(c, item.isNone ? type(.noneType).value : item) {
                return true
            }
            return false
        }
        let check = try lookupSpecial(types, Names.__subclasscheck__)
        if !check.isNull {
            defer { release(check) }
            try enterNative(" in __subclasscheck__")
            defer { leaveNative() }
            let result = try call(check, c)
            defer { release(result) }
            return try isTrue(result)
        }
        guard isType(c) else { throw raise(.typeError, "issubclass() arg 1 must be a class") }
        guard isType(types) else {
            throw raise(.typeError, "issubclass() arg 2 must be a class, a tuple of classes, or a union")
        }
        return isSubtype(TypeRef(c), TypeRef(types))
    }

    @inlinable public func isType(_ v: Value) -> Bool { v.isObject && typeOf(v).has(TypeFlags.typeSubclass) }

    // MARK: Format

    public func format(_ v: Value, _ spec: Value) throws(PythonError) -> Value {
        // What these classes do is known: they cannot be changed.
        let type = typeOf(v)
        if type == self.type(.str) { return try formatString(v, spec) }
        if type == self.type(.int) || type == self.type(.float) { return try NumberFormat.format(self, v, specification: spec) }
        let method = try lookupSpecial(v, Names.__format__)
        if method.isNull { throw raise(.typeError, "Type \(typeName(v)) doesn't define __format__") }
        defer { release(method) }
        let result = try call(method, spec)
        if isStr(result) { return result }
        defer { release(result) }
        throw raise(.typeError, "__format__ must return a str, not \(typeName(result))")
    }
}
