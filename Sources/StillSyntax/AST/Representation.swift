// Constants as Python's `repr` writes them.

enum Representation {
    static func constant(_ value: Constant) -> String {
        switch value {
        case .none: "None"
        case .true: "True"
        case .false: "False"
        case .ellipsis: "Ellipsis"
        case .int(let number): String(number)
        case .bigInt(let text): text.hasPrefix("0x") ? decimal(hexadecimal: text.dropFirst(2)) : text
        case .float(let number): float(number)
        case .imaginary(let number): imaginary(number)
        case .string(let text): string(text)
        case .bytes(let data): bytes(data)
        }
    }

    /// Decimal digits of a hexadecimal number, by repeated multiplication: quadratic.
    private static func decimal(hexadecimal digits: Substring) -> String {
        // Least significant first, nine decimal digits each.
        var limbs: [UInt64] = [0]
        for byte in digits.utf8 {
            var carry = UInt64(byte <= 57 ? byte - 48 : byte - 87)
            for index in limbs.indices {
                let value = limbs[index] * 16 + carry
                limbs[index] = value % 1_000_000_000
                carry = value / 1_000_000_000
            }
            if carry > 0 { limbs.append(carry) }
        }
        var text = String(limbs[limbs.count - 1])
        for limb in limbs.dropLast().reversed() {
            let part = String(limb)
            text += String(repeating: "0", count: 9 - part.utf8.count) + part
        }
        return text
    }

    /// The shortest text that reads back as the same number.
    static func float(_ value: Double) -> String {
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value.isNaN { return "nan" }
        // Swift's shortest digits, rearranged: Python writes exponents from 1e16 and below 1e-4.
        var digits: [Character] = []
        var exponent = 0
        var text = Substring(value.magnitude.description)
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        var point = 0
        var sawPoint = false
        for character in text {
            if character == "." {
                sawPoint = true
                point = digits.count
            } else {
                digits.append(character)
            }
        }
        if !sawPoint { point = digits.count }
        point += exponent
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            point -= 1
        }
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        let sign = value.sign == .minus ? "-" : ""
        if digits == ["0"] { return sign + "0.0" }
        if point > 16 || point < -3 {
            let power = point - 1
            var mantissa = String(digits[0])
            if digits.count > 1 { mantissa += "." + String(digits[1...]) }
            let size = power.magnitude < 10 ? "0\(power.magnitude)" : "\(power.magnitude)"
            return sign + mantissa + "e" + (power < 0 ? "-" : "+") + size
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + String(digits) }
        if point >= digits.count {
            return sign + String(digits) + String(repeating: "0", count: point - digits.count) + ".0"
        }
        return sign + String(digits[..<point]) + "." + String(digits[point...])
    }

    private static func imaginary(_ value: Double) -> String {
        var text = float(value)
        if text.hasSuffix(".0") { text.removeLast(2) }
        return text + "j"
    }

    static func bytes(_ data: [UInt8]) -> String {
        let quote: UInt8 = data.contains(39) && !data.contains(34) ? 34 : 39
        var text = "b" + String(Unicode.Scalar(quote))
        for byte in data {
            switch byte {
            case quote, 92: text += "\\" + String(Unicode.Scalar(byte))
            case 9: text += "\\t"
            case 10: text += "\\n"
            case 13: text += "\\r"
            case 32..<127: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + hex(UInt32(byte), 2)
            }
        }
        return text + String(Unicode.Scalar(quote))
    }

    static func string(_ value: StringValue) -> String {
        let data = value.utf8
        let quote: UInt8 = data.contains(39) && !data.contains(34) ? 34 : 39
        var text = String(Unicode.Scalar(quote))
        var index = 0
        while index < data.count {
            let point = decodeGeneralizedUTF8(data, &index)
            switch point {
            case UInt32(quote): text += "\\" + String(Unicode.Scalar(quote))
            case 92: text += "\\\\"
            case 9: text += "\\t"
            case 10: text += "\\n"
            case 13: text += "\\r"
            case 32..<127: text.unicodeScalars.append(Unicode.Scalar(UInt8(point)))
            default:
                if let scalar = Unicode.Scalar(point), point >= 127, Identifiers.isPrintable(scalar)
                {
                    text.unicodeScalars.append(scalar)
                } else if point < 0x100 {
                    text += "\\x" + hex(point, 2)
                } else if point < 0x10000 {
                    text += "\\u" + hex(point, 4)
                } else {
                    text += "\\U" + hex(point, 8)
                }
            }
        }
        return text + String(Unicode.Scalar(quote))
    }

    private static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
