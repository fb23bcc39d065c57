// Methods of str that map or ask for kinds of characters. ASCII goes byte by byte; the rest by the properties of Unicode scalars.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

extension StrMethods {
    // MARK: Case

    static func cases(_ b: TypeBuilder) {
        b.method("upper", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .upper) { scalar, _ in scalar.properties.uppercaseMapping }
        }
        b.method("lower", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .lower) { scalar, _ in scalar.properties.lowercaseMapping }
        }
        b.method("casefold", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .lower) { scalar, _ in scalar.value == 0xDF ? "ss" : scalar.properties.lowercaseMapping }
        }
        b.method("swapcase", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .swapped) { scalar, _ in
                scalar.properties.isUppercase ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
            }
        }
        b.method("capitalize", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .capital) { scalar, previous in
                previous == nil ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
            }
        }
        b.method("title", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .title) { scalar, previous in
                previous.map { $0.properties.isCased } ?? false
                    ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            }
        }
    }

    /// What a mapping of case does to ASCII.
    enum ASCIICase { case upper, lower, swapped, capital, title }

    @inline(__always) static func isUpper(_ byte: UInt8) -> Bool { byte &- 65 < 26 }
    @inline(__always) static func isLower(_ byte: UInt8) -> Bool { byte &- 97 < 26 }

    private static func mapASCII(_ t: Thread, _ string: StrRef, _ mapping: ASCIICase) throws(PythonError) -> Value {
        let count = string.count
        if count == 0 { return t.emptyString }
        let result: StrRef
        if let short = t.newShortString(count: count) { result = short } else { result = try t.newString(count: count, kind: 0) }
        let from = UnsafeRawPointer(string.data).assumingMemoryBound(to: UInt8.self)
        let to = result.data.assumingMemoryBound(to: UInt8.self)
        switch mapping {
        case .upper: for index in 0..<count { to[index] = from[index] ^ (isLower(from[index]) ? 32 : 0) }
        case .lower: for index in 0..<count { to[index] = from[index] ^ (isUpper(from[index]) ? 32 : 0) }
        case .swapped: for index in 0..<count { to[index] = from[index] ^ (isLower(from[index] | 32) ? 32 : 0) }
        case .capital:
            for index in 0..<count { to[index] = from[index] ^ (isUpper(from[index]) ? 32 : 0) }
            if isLower(to[0]) { to[0] ^= 32 }
        case .title:
            var inWord = false
            for index in 0..<count {
                let byte = from[index]
                to[index] = byte ^ ((inWord ? isUpper(byte) : isLower(byte)) ? 32 : 0)
                inWord = isLower(byte | 32)
            }
        }
        return result.value
    }

    static func map(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ ascii: ASCIICase, _ body: (Unicode.Scalar, Unicode.Scalar?) -> String
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let string = StrRef(Value(bits: s))
            if string.kind == 0 { return try mapASCII(t, string, ascii) }
            var result = StrBuilder()
            var previous: Unicode.Scalar?
            for index in 0..<string.count {
                if string.codePoint(index) == 0x3A3, lowersSigma(ascii, previous), isFinalSigma(string, index) {
                    result.append(0x3C2)
                    previous = Unicode.Scalar(0x3C2)
                    continue
                }
                guard let scalar = Unicode.Scalar(string.codePoint(index)) else {
                    result.append(string.codePoint(index))
                    continue
                }
                result.append(body(scalar, previous))
                previous = scalar
            }
            return try result.finish(t)
        }
    }

    /// Whether the mapping writes a capital sigma small here.
    private static func lowersSigma(_ mapping: ASCIICase, _ previous: Unicode.Scalar?) -> Bool {
        switch mapping {
        case .lower, .swapped: true
        case .capital: previous != nil
        case .title: previous.map { $0.properties.isCased } ?? false
        case .upper: false
        }
    }
    /// A sigma ends a word: a cased letter stands before it and none behind it; what is ignored in between is passed over.
    private static func isFinalSigma(_ string: StrRef, _ index: Int) -> Bool {
        func nextCased(_ step: Int) -> Bool {
            var at = index + step
            while at >= 0, at < string.count, let scalar = Unicode.Scalar(string.codePoint(at)) {
                if !scalar.properties.isCaseIgnorable { return scalar.properties.isCased }
                at += step
            }
            return false
        }
        return nextCased(-1) && !nextCased(1)
    }

    // MARK: Tests

    static func tests(_ b: TypeBuilder) {
        b.method("isalpha", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { StrMethods.isLower($0 | 32) }) { StrMethods.isAlpha($0) }
        }
        b.method("isdigit", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { $0 &- 48 < 10 }) { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
        }
        b.method("isdecimal", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { $0 &- 48 < 10 }) { $0.properties.numericType == .decimal }
        }
        b.method("isnumeric", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { $0 &- 48 < 10 }) { $0.properties.numericType != nil }
        }
        b.method("isalnum", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { StrMethods.isLower($0 | 32) || $0 &- 48 < 10 }) {
                StrMethods.isAlpha($0) || $0.properties.numericType != nil
            }
        }
        b.method("isspace", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { StrOps.isSpace(UInt32($0)) }) { StrOps.isSpace($0.value) }
        }
        b.method("isascii", 0, 0) { _, s, _, _, _ in Value(StrRef(Value(bits: s)).isASCII).bits }
        b.method("isprintable", 0, 0) { _, s, _, _, _ in
            let string = StrRef(Value(bits: s))
            return Value((0..<string.count).allSatisfy { Unicode.Scalar(string.codePoint($0)).map(StrOps.isPrintable) ?? false }).bits
        }
        b.method("isupper", 0, 0) { _, s, _, _, _ in StrMethods.cased(s, upper: true) }
        b.method("islower", 0, 0) { _, s, _, _, _ in StrMethods.cased(s, upper: false) }
        b.method("istitle", 0, 0) { _, s, _, _, _ in
            let string = StrRef(Value(bits: s))
            var any = false
            var previousCased = false
            for index in 0..<string.count {
                guard let scalar = Unicode.Scalar(string.codePoint(index)) else { continue }
                if scalar.properties.isUppercase {
                    if previousCased { return Value.false.bits }
                    previousCased = true
                    any = true
                } else if scalar.properties.isLowercase {
                    if !previousCased { return Value.false.bits }
                    any = true
                } else {
                    previousCased = false
                }
            }
            return Value(any).bits
        }
        b.method("isidentifier", 0, 0) { _, s, _, _, _ in
            let string = StrRef(Value(bits: s))
            if string.count == 0 { return Value.false.bits }
            for index in 0..<string.count {
                guard let scalar = Unicode.Scalar(string.codePoint(index)) else { return Value.false.bits }
                let good = scalar == "_" || (index == 0 ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue)
                if !good { return Value.false.bits }
            }
            return Value.true.bits
        }
    }

    static func isAlpha(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    @inline(__always)
    static func all(_ s: UInt64, _ ascii: (UInt8) -> Bool, _ test: (Unicode.Scalar) -> Bool) -> UInt64 {
        let string = StrRef(Value(bits: s))
        if string.count == 0 { return Value.false.bits }
        if string.kind == 0 {
            for byte in UnsafeRawBufferPointer(start: string.data, count: string.count) where !ascii(byte) { return Value.false.bits }
            return Value.true.bits
        }
        for index in 0..<string.count {
            guard let scalar = Unicode.Scalar(string.codePoint(index)), test(scalar) else { return Value.false.bits }
        }
        return Value.true.bits
    }

    static func cased(_ s: UInt64, upper: Bool) -> UInt64 {
        let string = StrRef(Value(bits: s))
        var any = false
        if string.kind == 0 {
            for byte in UnsafeRawBufferPointer(start: string.data, count: string.count) where isLower(byte | 32) {
                if isLower(byte) == upper { return Value.false.bits }
                any = true
            }
            return Value(any).bits
        }
        for index in 0..<string.count {
            guard let scalar = Unicode.Scalar(string.codePoint(index)) else { continue }
            if upper ? scalar.properties.isLowercase : scalar.properties.isUppercase { return Value.false.bits }
            if scalar.properties.isCased { any = true }
        }
        return Value(any).bits
    }
}
