// What a regular expression asks about one character: categories, case, character sets.
import StillObjects

enum RegexCharacters {
    // MARK: Case

    static func lowerASCII(_ c: UInt32) -> UInt32 { c &- 65 < 26 ? c + 32 : c }
    static func upperASCII(_ c: UInt32) -> UInt32 { c &- 97 < 26 ? c - 32 : c }
    /// The simple mapping: one code point for one.
    static func lower(_ c: UInt32) -> UInt32 {
        if c < 128 { return lowerASCII(c) }
        guard let scalar = Unicode.Scalar(c) else { return c }
        let mapped = scalar.properties.lowercaseMapping.unicodeScalars
        // The one letter whose full mapping is longer than its simple one.
        return mapped.count == 1 ? mapped.first!.value : c == 0x130 ? 0x69 : c
    }
    static func upper(_ c: UInt32) -> UInt32 {
        if c < 128 { return upperASCII(c) }
        guard let scalar = Unicode.Scalar(c) else { return c }
        let mapped = scalar.properties.uppercaseMapping.unicodeScalars
        return mapped.count == 1 ? mapped.first!.value : c
    }

    // MARK: Categories

    static func isSpaceASCII(_ c: UInt32) -> Bool { c == 32 || (c >= 9 && c <= 13) }
    static func isWordASCII(_ c: UInt32) -> Bool { (c | 32) &- 97 < 26 || c &- 48 < 10 || c == 95 }
    static func isDigit(_ c: UInt32) -> Bool {
        if c < 128 { return c &- 48 < 10 }
        return Unicode.Scalar(c)?.properties.numericType == .decimal
    }
    static func isSpace(_ c: UInt32) -> Bool {
        if c < 128 { return isSpaceASCII(c) || (c >= 0x1C && c <= 0x1F) }
        switch c {
        case 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: return true
        default: return false
        }
    }
    static func isWord(_ c: UInt32) -> Bool {
        if c < 128 { return isWordASCII(c) }
        guard let properties = Unicode.Scalar(c)?.properties else { return false }
        if properties.numericType != nil { return true }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return false
        }
    }
    static func isLineBreak(_ c: UInt32) -> Bool {
        switch c {
        case 10...13, 0x1C...0x1E, 0x85, 0x2028, 0x2029: return true
        default: return false
        }
    }

    /// The categories in the order of their numbers; odd numbers are the opposites.
    static func has(_ category: UInt32, _ c: UInt32) -> Bool {
        let holds: Bool
        switch category >> 1 {
        case 0: holds = c &- 48 < 10
        case 1: holds = isSpaceASCII(c)
        case 2, 4: holds = isWordASCII(c)
        case 3: holds = c == 10
        case 5: holds = isDigit(c)
        case 6: holds = isSpace(c)
        case 7: holds = isWord(c)
        default: holds = isLineBreak(c)
        }
        return holds != (category & 1 != 0)
    }

    // MARK: Sets

    /// Whether the set whose code begins there contains the character.
    static func contains(_ set: UnsafePointer<UInt32>, _ c: UInt32) -> Bool {
        var at = set
        var found = true
        while true {
            let op = RegexOp(rawValue: at[0])
            at += 1
            switch op {
            case .negate: found.toggle()
            case .literal:
                if c == at[0] { return found }
                at += 1
            case .category:
                if has(at[0], c) { return found }
                at += 1
            case .range:
                if c >= at[0] && c <= at[1] { return found }
                at += 2
            case .rangeUniIgnore:
                if c >= at[0] && c <= at[1] { return found }
                let other = upper(c)
                if other >= at[0] && other <= at[1] { return found }
                at += 2
            case .charset:
                if c < 256 && at[Int(c >> 5)] & (1 << (c & 31)) != 0 { return found }
                at += 8
            case .bigCharset:
                let count = Int(at[0])
                at += 1
                if c < 65_536 {
                    let block = Int(at[Int(c >> 10)] >> ((c >> 8 & 3) * 8) & 0xFF)
                    if at[64 + block * 8 + Int(c >> 5 & 7)] & (1 << (c & 31)) != 0 { return found }
                }
                at += 64 + count * 8
            default: return !found
            }
        }
    }
}

/// Instructions of a compiled regular expression, as the library's `re` writes them.
enum RegexOp: UInt32 {
    case failure, success, any, anyAll, assert, assertNot, at, branch, category, charset, bigCharset
    case groupRef, groupRefExists, `in`, info, jump, literal, mark, maxUntil, minUntil, notLiteral, negate, range
    case `repeat`, repeatOne, subpattern, minRepeatOne, atomicGroup, possessiveRepeat, possessiveRepeatOne
    case groupRefIgnore, inIgnore, literalIgnore, notLiteralIgnore
    case groupRefLocIgnore, inLocIgnore, literalLocIgnore, notLiteralLocIgnore
    case groupRefUniIgnore, inUniIgnore, literalUniIgnore, notLiteralUniIgnore, rangeUniIgnore
}
