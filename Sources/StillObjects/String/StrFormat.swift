// str.format: replacement fields with nested specs, attributes, indices and conversions.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum StrFormat {
    struct State {
        let arguments: UnsafeMutablePointer<UInt64>
        let count: Int
        let names: Value
        let mapping: Value
        var automatic = 0
        /// 0 not decided, 1 automatic, 2 manual
        var numbering = 0
    }

    /// - Parameters: `names` tuple of keyword names or null, their values behind the positional arguments; `mapping` for format_map.
    static func format(
        _ t: Thread, _ template: StrRef, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ names: Value, mapping: Value
    ) throws(PythonError) -> Value {
        var state = State(arguments: a, count: n, names: names, mapping: mapping)
        var result = StrBuilder(t, capacity: template.count + 16)
        try expand(t, template.codePoints, &state, &result, depth: 2)
        return try result.finish(t)
    }

    private static func expand(
        _ t: Thread, _ text: [UInt32], _ state: inout State, _ result: inout StrBuilder, depth: Int
    ) throws(PythonError) {
        if depth <= 0 { throw t.raise(.valueError, "Max string recursion exceeded") }
        var at = 0
        while at < text.count {
            let point = text[at]
            at += 1
            if point == 125 {
                guard at < text.count, text[at] == 125 else { throw t.raise(.valueError, "Single '}' encountered in format string") }
                result.append(125)
                at += 1
                continue
            }
            if point != 123 {
                result.append(point)
                continue
            }
            guard at < text.count else { throw t.raise(.valueError, "Single '{' encountered in format string") }
            if text[at] == 123 {
                result.append(123)
                at += 1
                continue
            }
            if text[at] == 125 {
                let value = try argument(t, [], &state)
                defer { t.release(value) }
                try append(t, value, t.emptyString, &result)
                at += 1
                continue
            }
            // The field up to its closing brace.
            var nesting = 1
            let start = at
            var bracket = false
            while at < text.count {
                if text[at] == 91 { bracket = true }
                if text[at] == 93 { bracket = false }
                if !bracket || nesting > 1 {
                    if text[at] == 123 { nesting += 1 }
                    if text[at] == 125 {
                        nesting -= 1
                        if nesting == 0 { break }
                    }
                }
                at += 1
            }
            guard at < text.count else { throw t.raise(.valueError, "expected '}' before end of string") }
            try field(t, Array(text[start..<at]), &state, &result, depth)
            at += 1
        }
    }

    private static func field(
        _ t: Thread, _ text: [UInt32], _ state: inout State, _ result: inout StrBuilder, _ depth: Int
    ) throws(PythonError) {
        var end = 0
        var bracket = false
        while end < text.count {
            if text[end] == 91 { bracket = true }
            if text[end] == 93 { bracket = false }
            if !bracket && (text[end] == 33 || text[end] == 58) { break }
            end += 1
        }
        let name = Array(text[0..<end])
        var conversion: UInt32 = 0
        var at = end
        if at < text.count && text[at] == 33 {
            guard at + 1 < text.count else { throw t.raise(.valueError, "unmatched '{' in format spec") }
            conversion = text[at + 1]
            at += 2
            if at < text.count && text[at] != 58 { throw t.raise(.valueError, "expected ':' after conversion specifier") }
        }
        var value = try lookup(t, name, &state)
        defer { t.release(value) }
        if conversion != 0 {
            let converted: Value
            switch conversion {
            case 114: converted = try t.repr(value)
            case 115: converted = try t.str(value)
            case 97: converted = try t.ascii(value)
            default:
                throw t.raise(
                    .valueError,
                    conversion > 32 && conversion < 127
                        ? "Unknown conversion specifier \(NumberFormat.character(conversion))"
                        : "Unknown conversion specifier \\x\(String(conversion, radix: 16))")
            }
            t.release(value)
            value = converted
        }
        var spec = StrBuilder()
        if at < text.count && text[at] == 58 { try expand(t, Array(text[(at + 1)...]), &state, &spec, depth: depth - 1) }
        let specValue = try spec.finish(t)
        defer { t.release(specValue) }
        try append(t, value, specValue, &result)
    }

    private static func append(_ t: Thread, _ value: Value, _ spec: Value, _ result: inout StrBuilder) throws(PythonError) {
        if StrRef(spec).count == 0 {
            if value.isSmallInt { return NumberFormat.write(value.smallInt, to: &result) }
            if t.typeOf(value) == t.type(.str) { return result.append(StrRef(value)) }
        }
        let formatted = try t.format(value, spec)
        defer { t.release(formatted) }
        result.append(StrRef(formatted))
    }

    /// `name.attribute[index]…`. Owned.
    private static func lookup(_ t: Thread, _ text: [UInt32], _ state: inout State) throws(PythonError) -> Value {
        var at = 0
        while at < text.count && text[at] != 46 && text[at] != 91 { at += 1 }
        let first = Array(text[0..<at])
        var value = try argument(t, first, &state)
        while at < text.count {
            do throws(PythonError) {
                let next: Value
                if text[at] == 46 {
                    var end = at + 1
                    while end < text.count && text[end] != 46 && text[end] != 91 { end += 1 }
                    if end == at + 1 { throw t.raise(.valueError, "Empty attribute in format string") }
                    let name = try t.makeString(codePoints: Array(text[(at + 1)..<end]))
                    defer { t.release(name) }
                    next = try t.getAttribute(value, Interning.intern(name))
                    at = end
                } else {
                    var end = at + 1
                    while end < text.count && text[end] != 93 { end += 1 }
                    guard end < text.count else { throw t.raise(.valueError, "Missing ']' in format string") }
                    let key = Array(text[(at + 1)..<end])
                    if key.isEmpty { throw t.raise(.valueError, "Empty attribute in format string") }
                    if key.allSatisfy({ $0 >= 48 && $0 <= 57 }), key.count < 18 {
                        next = try t.getItem(value, Value(smallInt: key.reduce(0) { $0 * 10 + Int($1) - 48 }))
                    } else {
                        let name = try t.makeString(codePoints: key)
                        defer { t.release(name) }
                        next = try t.getItem(value, name)
                    }
                    at = end + 1
                    if at < text.count && text[at] != 46 && text[at] != 91 {
                        t.release(next)
                        throw t.raise(.valueError, "Only '.' or '[' may follow ']' in format field specifier")
                    }
                }
                t.release(value)
                value = next
            } catch {
                t.release(value)
                throw error
            }
        }
        return value
    }

    private static func argument(_ t: Thread, _ name: [UInt32], _ state: inout State) throws(PythonError) -> Value {
        let isNumber = !name.isEmpty && name.count < 18 && name.allSatisfy { $0 >= 48 && $0 <= 57 }
        if name.isEmpty || isNumber {
            if !state.mapping.isNull { throw t.raise(.valueError, "Format string contains positional fields") }
            var index = state.automatic
            if name.isEmpty {
                if state.numbering == 2 {
                    throw t.raise(.valueError, "cannot switch from manual field specification to automatic field numbering")
                }
                state.numbering = 1
                state.automatic += 1
            } else {
                if state.numbering == 1 {
                    throw t.raise(.valueError, "cannot switch from automatic field numbering to manual field specification")
                }
                state.numbering = 2
                index = name.reduce(0) { $0 * 10 + Int($1) - 48 }
            }
            guard index < state.count else {
                throw t.raise(.indexError, "Replacement index \(index) out of range for positional args tuple")
            }
            return t.retain(Value(bits: state.arguments[index]))
        }
        let key = try t.makeString(codePoints: name)
        defer { t.release(key) }
        if !state.mapping.isNull { return try t.getItem(state.mapping, key) }
        if !state.names.isNull {
            let names = TupleRef(state.names)
            for index in 0..<names.count where StrRef.equal(StrRef(names.item(index)), StrRef(key)) {
                return t.retain(Value(bits: state.arguments[state.count + index]))
            }
        }
        throw t.keyError(key)
    }
}
