// Text of floats: shortest repr, decimal parsing, hexadecimal form.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

public enum FloatString {
    /// The shortest digits that read back as |d|, and the power of ten of the first. - Precondition: finite.
    static func shortest(_ d: Double) -> (digits: [UInt8], exponent: Int) {
        if d == 0 { return ([0x30], 0) }
        var digits: [UInt8] = []
        var exponent = 0
        var point = -1
        var bytes = Array(d.magnitude.description.utf8)
        if let e = bytes.firstIndex(of: 0x65) {
            exponent = Int(String(decoding: bytes[(e + 1)...], as: UTF8.self))!
            bytes.removeSubrange(e...)
        }
        for byte in bytes {
            if byte == 0x2E { point = digits.count } else { digits.append(byte) }
        }
        if point < 0 { point = digits.count }
        exponent += point - 1
        var zeros = 0
        while zeros < digits.count - 1 && digits[zeros] == 0x30 { zeros += 1 }
        digits.removeFirst(zeros)
        exponent -= zeros
        while digits.count > 1 && digits.last == 0x30 { digits.removeLast() }
        return (digits, exponent)
    }

    public static func repr(_ d: Double) -> String { repr(d, point: true) }
    /// - Parameter point: whether integral numbers end in ".0" (parts of complex numbers do not).
    static func repr(_ d: Double, point: Bool) -> String {
        if d.isNaN { return "nan" }
        if d.isInfinite { return d < 0 ? "-inf" : "inf" }
        let (digits, exponent) = shortest(d)
        return (d.sign == .minus ? "-" : "") + place(digits, exponent, point: point, limit: 16)
    }
    /// Digits in positional notation for exponents -4 ..< limit, else with an exponent.
    static func place(_ digits: [UInt8], _ exponent: Int, point: Bool, limit: Int) -> String {
        var text: [UInt8] = []
        if exponent < -4 || exponent >= limit {
            text.append(digits[0])
            if digits.count > 1 {
                text.append(0x2E)
                text += digits[1...]
            }
            let size = String(exponent.magnitude)
            text += Array("e\(exponent < 0 ? "-" : "+")\(size.utf8.count < 2 ? "0" : "")\(size)".utf8)
        } else if exponent < 0 {
            text += [0x30, 0x2E]
            text += [UInt8](repeating: 0x30, count: -exponent - 1)
            text += digits
        } else if digits.count <= exponent + 1 {
            text += digits
            text += [UInt8](repeating: 0x30, count: exponent + 1 - digits.count)
            if point { text += [0x2E, 0x30] }
        } else {
            text += digits[...exponent]
            text.append(0x2E)
            text += digits[(exponent + 1)...]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What `float(text)` accepts; nil: not a number.
    static func parse(_ text: [UInt32]) -> Double? {
        var at = 0
        var end = text.count
        while at < end && IntOps.isSpace(text[at]) { at += 1 }
        while end > at && IntOps.isSpace(text[end - 1]) { end -= 1 }
        var bytes: [UInt8] = []
        for code in text[at..<end] {
            if code < 128 { bytes.append(UInt8(code)) } else if let digit = IntOps.decimalDigit(code) { bytes.append(digit + 0x30) } else { return nil }
        }
        return parse(bytes)
    }
    static func parse(_ bytes: [UInt8]) -> Double? {
        func isDigit(_ at: Int) -> Bool { at >= 0 && at < bytes.count && bytes[at] >= 0x30 && bytes[at] <= 0x39 }
        var clean: [UInt8] = []
        var at = 0
        if at < bytes.count && (bytes[at] == 0x2B || bytes[at] == 0x2D) {
            clean.append(bytes[at])
            at += 1
        }
        let word = String(decoding: bytes[at...], as: UTF8.self).lowercased()
        let negative = clean.first == 0x2D
        if word == "inf" || word == "infinity" { return negative ? -Double.infinity : Double.infinity }
        if word == "nan" { return negative ? -Double.nan : Double.nan }
        var digits = 0
        func run() {
            while at < bytes.count {
                if isDigit(at) {
                    clean.append(bytes[at])
                    digits += 1
                } else if !(bytes[at] == 0x5F && isDigit(at - 1) && isDigit(at + 1)) {
                    break
                }
                at += 1
            }
        }
        run()
        if at < bytes.count && bytes[at] == 0x2E {
            clean.append(0x2E)
            at += 1
            run()
        }
        if digits == 0 { return nil }
        if at < bytes.count && bytes[at] | 0x20 == 0x65 {
            clean.append(0x65)
            at += 1
            if at < bytes.count && (bytes[at] == 0x2B || bytes[at] == 0x2D) {
                clean.append(bytes[at])
                at += 1
            }
            digits = 0
            run()
            if digits == 0 { return nil }
        }
        if at != bytes.count { return nil }
        return FloatText.parse(String(decoding: clean, as: UTF8.self))
    }

    static func hex(_ d: Double) -> String {
        if !d.isFinite { return repr(d) }
        let sign = d.sign == .minus ? "-" : ""
        if d == 0 { return sign + "0x0.0p+0" }
        let digits = String(d.significandBitPattern, radix: 16)
        let fraction = String(repeating: "0", count: 13 - digits.utf8.count) + digits
        let isSubnormal = d.isSubnormal
        let exponent = isSubnormal ? -1022 : Int(d.exponent)
        return "\(sign)0x\(isSubnormal ? 0 : 1).\(fraction)p\(exponent < 0 ? "-" : "+")\(exponent.magnitude)"
    }
    /// C's hexadecimal notation, prefix and exponent optional; nil: not a number.
    static func parseHex(_ text: String) -> Double? {
        var word = text.lowercased()
        while let c = word.unicodeScalars.first, IntOps.isSpace(c.value) { word.removeFirst() }
        while let c = word.unicodeScalars.last, IntOps.isSpace(c.value) { word.removeLast() }
        var sign = ""
        if let c = word.first, c == "+" || c == "-" {
            sign = String(c)
            word.removeFirst()
        }
        switch word {
        case "inf", "infinity": return sign == "-" ? -Double.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        if word.hasPrefix("0x") { word.removeFirst(2) }
        var digits = 0
        var seen = 0  // 1: in the fraction, 2: in the exponent, 3: exponent's digits
        for byte in word.utf8 {
            switch byte {
            case 0x2E where seen == 0: seen = 1
            case 0x70 where seen < 2 && digits > 0: seen = 2
            case 0x2B, 0x2D: if seen != 2 { return nil }
            case 0x30...0x39: if seen >= 2 { seen = 3 } else { digits += 1 }
            case 0x61...0x66 where seen < 2: digits += 1
            default: return nil
            }
        }
        if digits == 0 || seen == 2 { return nil }
        return FloatText.parse(sign + "0x" + word)
    }
}
