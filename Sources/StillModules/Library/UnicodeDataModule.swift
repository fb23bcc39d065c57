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
        m.function("east_asian_width", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Interning.intern(EastAsianWidth.of(try UnicodeDataModule.character(t, a[0], "east_asian_width")))
            }
        }
        for name in ["bidirectional", "decomposition"] {
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

/// How wide characters are in East Asian text, from Unicode's data: N, for most, is what no range says.
private enum EastAsianWidth {
    static func of(_ point: UInt32) -> String {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < point { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].first <= point ? ranges[low].width : "N"
    }

    private static let ranges: [(first: UInt32, last: UInt32, width: String)] = {
        var ranges: [(first: UInt32, last: UInt32, width: String)] = []
        var width = ""
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if let name = names[word] {
                width = name
                continue
            }
            let ends = word.split(separator: "-").compactMap { UInt32($0, radix: 16) }
            if let first = ends.first, let last = ends.last { ranges.append((first, last, width)) }
        }
        return ranges.sorted { $0.first < $1.first }
    }()
    private static let names: [Substring: String] = ["=Na": "Na", "=W": "W", "=F": "F", "=H": "H", "=A": "A"]
    private static let text = """
        =Na 20-7E A2-A3 A5-A6 AC AF 27E6-27ED 2985-2986
        =W 1100-115F 231A-231B 2329-232A 23E9-23EC 23F0 23F3 25FD-25FE 2614-2615 2648-2653 267F 2693 26A1 26AA-26AB 26BD-26BE 26C4-26C5 26CE 26D4
        26EA 26F2-26F3 26F5 26FA 26FD 2705 270A-270B 2728 274C 274E 2753-2755 2757 2795-2797 27B0 27BF 2B1B-2B1C 2B50 2B55 2E80-2E99 2E9B-2EF3
        2F00-2FD5 2FF0-2FFF 3001-303E 3041-3096 3099-30FF 3105-312F 3131-318E 3190-31E3 31EF-321E 3220-3247 3250-4DBF 4E00-A48C A490-A4C6 A960-A97C
        AC00-D7A3 F900-FAFF FE10-FE19 FE30-FE52 FE54-FE66 FE68-FE6B 16FE0-16FE4 16FF0-16FF1 17000-187F7 18800-18CD5 18D00-18D08 1AFF0-1AFF3
        1AFF5-1AFFB 1AFFD-1AFFE 1B000-1B122 1B132 1B150-1B152 1B155 1B164-1B167 1B170-1B2FB 1F004 1F0CF 1F18E 1F191-1F19A 1F200-1F202 1F210-1F23B
        1F240-1F248 1F250-1F251 1F260-1F265 1F300-1F320 1F32D-1F335 1F337-1F37C 1F37E-1F393 1F3A0-1F3CA 1F3CF-1F3D3 1F3E0-1F3F0 1F3F4 1F3F8-1F43E
        1F440 1F442-1F4FC 1F4FF-1F53D 1F54B-1F54E 1F550-1F567 1F57A 1F595-1F596 1F5A4 1F5FB-1F64F 1F680-1F6C5 1F6CC 1F6D0-1F6D2 1F6D5-1F6D7
        1F6DC-1F6DF 1F6EB-1F6EC 1F6F4-1F6FC 1F7E0-1F7EB 1F7F0 1F90C-1F93A 1F93C-1F945 1F947-1F9FF 1FA70-1FA7C 1FA80-1FA88 1FA90-1FABD 1FABF-1FAC5
        1FACE-1FADB 1FAE0-1FAE8 1FAF0-1FAF8 20000-2FFFD 30000-3FFFD
        =F 3000 FF01-FF60 FFE0-FFE6
        =H 20A9 FF61-FFBE FFC2-FFC7 FFCA-FFCF FFD2-FFD7 FFDA-FFDC FFE8-FFEE
        =A A1 A4 A7-A8 AA AD-AE B0-B4 B6-BA BC-BF C6 D0 D7-D8 DE-E1 E6 E8-EA EC-ED F0 F2-F3 F7-FA FC FE 101 111 113 11B 126-127 12B 131-133 138
        13F-142 144 148-14B 14D 152-153 166-167 16B 1CE 1D0 1D2 1D4 1D6 1D8 1DA 1DC 251 261 2C4 2C7 2C9-2CB 2CD 2D0 2D8-2DB 2DD 2DF 300-36F 391-3A1
        3A3-3A9 3B1-3C1 3C3-3C9 401 410-44F 451 2010 2013-2016 2018-2019 201C-201D 2020-2022 2024-2027 2030 2032-2033 2035 203B 203E 2074 207F
        2081-2084 20AC 2103 2105 2109 2113 2116 2121-2122 2126 212B 2153-2154 215B-215E 2160-216B 2170-2179 2189 2190-2199 21B8-21B9 21D2 21D4 21E7
        2200 2202-2203 2207-2208 220B 220F 2211 2215 221A 221D-2220 2223 2225 2227-222C 222E 2234-2237 223C-223D 2248 224C 2252 2260-2261 2264-2267
        226A-226B 226E-226F 2282-2283 2286-2287 2295 2299 22A5 22BF 2312 2460-24E9 24EB-254B 2550-2573 2580-258F 2592-2595 25A0-25A1 25A3-25A9
        25B2-25B3 25B6-25B7 25BC-25BD 25C0-25C1 25C6-25C8 25CB 25CE-25D1 25E2-25E5 25EF 2605-2606 2609 260E-260F 261C 261E 2640 2642 2660-2661
        2663-2665 2667-266A 266C-266D 266F 269E-269F 26BF 26C6-26CD 26CF-26D3 26D5-26E1 26E3 26E8-26E9 26EB-26F1 26F4 26F6-26F9 26FB-26FC 26FE-26FF
        273D 2776-277F 2B56-2B59 3248-324F E000-F8FF FE00-FE0F FFFD 1F100-1F10A 1F110-1F12D 1F130-1F169 1F170-1F18D 1F18F-1F190 1F19B-1F1AC
        E0100-E01EF F0000-FFFFD 100000-10FFFD
        """
}
