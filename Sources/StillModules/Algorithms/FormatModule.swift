// The module `_string`: format strings cut into their parts, for `string.Formatter`.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum FormatModule {
    public static let definition = ModuleDefinition(name: "_string") { m in
        m.function("formatter_parser", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let list = try FormatModule.parse(t, try FormatModule.text(t, a))
                defer { t.release(list) }
                return try t.iterate(list)
            }
        }
        m.function("formatter_field_name_split", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try FormatModule.split(t, FormatModule.text(t, a)) }
        }
    }

    private static func text(_ t: Thread, _ a: ArgumentWords) throws(PythonError) -> [Unicode.Scalar] {
        guard t.isStr(Value(bits: a[0])) else { throw t.raise(.typeError, "expected str, got \(t.typeName(Value(bits: a[0])))") }
        return Array(StrRef(Value(bits: a[0])).string.unicodeScalars)
    }
    private static func string(_ t: Thread, _ part: some Sequence<Unicode.Scalar>) throws(PythonError) -> Value {
        try t.makeString(codePoints: part.map(\.value))
    }

    /// A list of (literal text, field name, format, conversion); the last three are None behind the last field.
    private static func parse(_ t: Thread, _ text: [Unicode.Scalar]) throws(PythonError) -> Value {
        let list = try t.makeList(capacity: 0)
        do throws(PythonError) {
            var at = 0
            while at < text.count {
                var literal: [Unicode.Scalar] = []
                var field: ArraySlice<Unicode.Scalar>?
                while at < text.count {
                    let mark = text[at]
                    if mark != "{" && mark != "}" {
                        literal.append(mark)
                        at += 1
                        continue
                    }
                    if at + 1 < text.count && text[at + 1] == mark {
                        literal.append(mark)
                        at += 2
                        break
                    }
                    if mark == "}" { throw t.raise(.valueError, "Single '}' encountered in format string") }
                    if at + 1 >= text.count { throw t.raise(.valueError, "Single '{' encountered in format string") }
                    var (end, depth, bracket) = (at + 1, 1, false)
                    while end < text.count {
                        if text[end] == "[" { bracket = true } else if text[end] == "]" { bracket = false }
                        if !bracket && text[end] == "{" { depth += 1 }
                        if !bracket && text[end] == "}" { depth -= 1 }
                        if depth == 0 { break }
                        end += 1
                    }
                    if end >= text.count { throw t.raise(.valueError, "expected '}' before end of string") }
                    field = text[(at + 1)..<end]
                    at = end + 1
                    break
                }
                try ListRef(list).appendOwned(t, piece(t, literal, field))
            }
        } catch {
            t.release(list)
            throw error
        }
        return list
    }

    private static func piece(
        _ t: Thread, _ literal: [Unicode.Scalar], _ field: ArraySlice<Unicode.Scalar>?
    ) throws(PythonError) -> Value {
        guard let field else { return try t.makeTuple([string(t, literal), .none, .none, .none]) }
        var (end, bracket) = (field.startIndex, false)
        while end < field.endIndex {
            if field[end] == "[" { bracket = true } else if field[end] == "]" { bracket = false }
            if !bracket && (field[end] == "!" || field[end] == ":") { break }
            end += 1
        }
        let name = field[..<end]
        var conversion = Value.none
        var format = field[field.endIndex...]
        if end < field.endIndex {
            if field[end] == "!" {
                guard end + 1 < field.endIndex else {
                    throw t.raise(.valueError, "end of string while looking for conversion specifier")
                }
                conversion = try string(t, [field[end + 1]])
                end += 2
                if end < field.endIndex && field[end] != ":" { throw t.raise(.valueError, "expected ':' after conversion specifier") }
            }
            if end < field.endIndex { format = field[(end + 1)...] }
        }
        return try t.makeTuple([string(t, literal), string(t, name), string(t, format), conversion])
    }

    /// (first part, iterator of (is attribute, name or index)).
    private static func split(_ t: Thread, _ text: [Unicode.Scalar]) throws(PythonError) -> Value {
        func part(_ name: ArraySlice<Unicode.Scalar>) throws(PythonError) -> Value {
            if !name.isEmpty, name.allSatisfy({ $0.value >= 48 && $0.value <= 57 }), let number = Int(String(String.UnicodeScalarView(name))) {
                return try t.makeInt(number)
            }
            return try string(t, name)
        }
        var at = text.firstIndex { $0 == "." || $0 == "[" } ?? text.count
        let first = try part(text[..<at])
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        do throws(PythonError) {
            while at < text.count {
                let isAttribute = text[at] == "."
                let start = at + 1
                if isAttribute {
                    at = text[start...].firstIndex { $0 == "." || $0 == "[" } ?? text.count
                } else {
                    guard let end = text[start...].firstIndex(of: "]") else { throw t.raise(.valueError, "Missing ']' in format string") }
                    at = end
                }
                let name = text[start..<at]
                if name.isEmpty { throw t.raise(.valueError, "Empty attribute in format string") }
                let item = isAttribute ? try string(t, name) : try part(name)
                try ListRef(list).appendOwned(t, t.makeTuple([Value(isAttribute), item]))
                if !isAttribute {
                    at += 1
                    if at < text.count && text[at] != "." && text[at] != "[" {
                        throw t.raise(.valueError, "Only '.' or '[' may follow ']' in format field specifier")
                    }
                }
            }
        } catch {
            t.release(first)
            throw error
        }
        return try t.makeTuple([first, t.iterate(list)])
    }
}
