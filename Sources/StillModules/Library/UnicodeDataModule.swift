// The module `unicodedata`: properties of characters as the Swift standard library knows them.
//
// Not there: normal forms other than NFC and NFD, bidirectional classes, widths and decompositions, which the library has no tables of.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum UnicodeDataModule {
    static let definition = ModuleDefinition(name: "unicodedata") { m in
        m.set("unidata_version", Interning.intern("15.1.0"))
        m.function("name", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let point = try UnicodeDataModule.character(t, a[0], "name")
                if let scalar = Unicode.Scalar(point), let name = scalar.properties.name, !name.isEmpty { return try t.makeString(name) }
                if n > 1 { return t.retain(Value(bits: a[1])) }
                throw t.raise(.valueError, "no such name")
            }
        }
        m.function("category", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let point = try UnicodeDataModule.character(t, a[0], "category")
                guard let scalar = Unicode.Scalar(point) else { return Interning.intern("Cs") }
                return Interning.intern(UnicodeDataModule.code(scalar.properties.generalCategory))
            }
        }
        m.function("combining", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let point = try UnicodeDataModule.character(t, a[0], "combining")
                return Value(smallInt: Unicode.Scalar(point).map { Int($0.properties.canonicalCombiningClass.rawValue) } ?? 0)
            }
        }
        m.function("mirrored", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let point = try UnicodeDataModule.character(t, a[0], "mirrored")
                return Value(smallInt: Unicode.Scalar(point)?.properties.isBidiMirrored ?? false ? 1 : 0)
            }
        }
        m.function("numeric", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let point = try UnicodeDataModule.character(t, a[0], "numeric")
                if let number = Unicode.Scalar(point)?.properties.numericValue { return try t.makeFloat(number) }
                if n > 1 { return t.retain(Value(bits: a[1])) }
                throw t.raise(.valueError, "not a numeric character")
            }
        }
        m.function("digit", 1, 2) { t, s, a, n, k in UnicodeDataModule.digit(t, a, n, "digit", [.decimal, .digit], "not a digit") }
        m.function("decimal", 1, 2) { t, s, a, n, k in UnicodeDataModule.digit(t, a, n, "decimal", [.decimal], "not a decimal") }
        m.function("lookup", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard t.isStr(Value(bits: a[0])) else {
                    throw t.raise(.typeError, "lookup() argument must be str, not \(t.typeName(Value(bits: a[0])))")
                }
                let name = StrRef(Value(bits: a[0])).string
                guard let point = UnicodeDataModule.points[name.uppercased()] else {
                    throw t.raise(.keyError, "undefined character name '\(name)'")
                }
                return try t.makeString(codePoints: [point])
            }
        }
        m.function("normalize", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let made = try UnicodeDataModule.normal(t, a)
                return try t.makeString(codePoints: made)
            }
        }
        m.function("is_normalized", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(try UnicodeDataModule.normal(t, a) == StrRef(Value(bits: a[1])).codePoints)
            }
        }
        for name in ["bidirectional", "east_asian_width", "decomposition"] {
            m.function(name, 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    throw t.raise(.notImplementedError, "this property of characters is not known to the runtime")
                }
            }
        }
    }

    private static func character(_ t: Thread, _ word: UInt64, _ function: String) throws(PythonError) -> UInt32 {
        let value = Value(bits: word)
        guard t.isStr(value) else { throw t.raise(.typeError, "\(function)() argument 1 must be a unicode character, not \(t.typeName(value))") }
        guard StrRef(value).count == 1 else {
            throw t.raise(.typeError, "\(function)() argument 1 must be a unicode character, not a string of length \(StrRef(value).count)")
        }
        return StrRef(value).codePoint(0)
    }

    private static func digit(
        _ raw: UnsafeMutableRawPointer, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ function: String, _ kinds: [Unicode.NumericType],
        _ missing: String
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let point = try character(t, a[0], function)
            if let properties = Unicode.Scalar(point)?.properties, let kind = properties.numericType, kinds.contains(kind),
                let number = properties.numericValue
            {
                return Value(smallInt: Int(number))
            }
            if n > 1 { return t.retain(Value(bits: a[1])) }
            throw t.raise(.valueError, missing)
        }
    }

    /// Characters by their names; made by the first who asks.
    private static let points: [String: UInt32] = {
        var points: [String: UInt32] = [:]
        for point in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(point) else { continue }
            if let name = scalar.properties.name { points[name] = point }
            if let alias = scalar.properties.nameAlias { points[alias] = point }
        }
        return points
    }()

    private static func normal(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>) throws(PythonError) -> [UInt32] {
        for index in 0..<2 where !t.isStr(Value(bits: a[index])) {
            throw t.raise(.typeError, "normalize() argument \(index + 1) must be str, not \(t.typeName(Value(bits: a[index])))")
        }
        let form = StrRef(Value(bits: a[0])).string
        let text = StrRef(Value(bits: a[1]))
        guard ["NFC", "NFD", "NFKC", "NFKD"].contains(form) else { throw t.raise(.valueError, "invalid normalization form") }
        if text.isASCII { return text.codePoints }
        switch form {
        case "NFC": return CanonicalForms.composed(text.codePoints)
        case "NFD": return CanonicalForms.decomposed(text.codePoints)
        default: throw t.raise(.notImplementedError, "the normal form \(form) is not supported for text beyond ASCII")
        }
    }

    private static func code(_ category: Unicode.GeneralCategory) -> String {
        switch category {
        case .uppercaseLetter: "Lu"
        case .lowercaseLetter: "Ll"
        case .titlecaseLetter: "Lt"
        case .modifierLetter: "Lm"
        case .otherLetter: "Lo"
        case .nonspacingMark: "Mn"
        case .spacingMark: "Mc"
        case .enclosingMark: "Me"
        case .decimalNumber: "Nd"
        case .letterNumber: "Nl"
        case .otherNumber: "No"
        case .connectorPunctuation: "Pc"
        case .dashPunctuation: "Pd"
        case .openPunctuation: "Ps"
        case .closePunctuation: "Pe"
        case .initialPunctuation: "Pi"
        case .finalPunctuation: "Pf"
        case .otherPunctuation: "Po"
        case .mathSymbol: "Sm"
        case .currencySymbol: "Sc"
        case .modifierSymbol: "Sk"
        case .otherSymbol: "So"
        case .spaceSeparator: "Zs"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        case .control: "Cc"
        case .format: "Cf"
        case .surrogate: "Cs"
        case .privateUse: "Co"
        case .unassigned: "Cn"
        @unknown default: "Cn"
        }
    }
}
