// The value of a number token.

extension Parser {
    static let maxDecimalDigits = 4300

    func numberConstant() throws(Mismatch) -> Constant {
        let token = tokens[position]
        var digits: [UInt8] = []
        digits.reserveCapacity(Int(token.end - token.start))
        var isFloat = false
        var index = Int(token.start)
        let end = Int(token.end)
        let isPrefixed =
            end - index > 2 && source.base[index] == 48 && (source.base[index + 1] | 32) >= 98
            && (source.base[index + 1] | 32) != 101 && (source.base[index + 1] | 32) != 106
        while index < end {
            let byte = source.base[index]
            if byte != 95 { digits.append(byte) }
            if byte == 46 || byte == 101 || byte == 69 { isFloat = true }
            index += 1
        }
        if isPrefixed {
            switch digits[1] | 32 {
            case 120: return prefixed(digits[2...], bitsPerDigit: 4)
            case 111: return prefixed(digits[2...], bitsPerDigit: 3)
            default: return prefixed(digits[2...], bitsPerDigit: 1)
            }
        }
        if digits[digits.count - 1] | 32 == 106 {
            return .imaginary(double(digits.dropLast()))
        }
        if isFloat { return .float(double(digits[...])) }
        return try decimal(digits[...])
    }

    private func double(_ digits: ArraySlice<UInt8>) -> Double {
        // Swift refuses "1." and ".5"; spell them out.
        var text: [UInt8] = []
        text.reserveCapacity(digits.count + 2)
        var previous: UInt8 = 0
        for byte in digits {
            if byte == 46, previous == 0 { text.append(48) }
            if previous == 46, byte < 48 || byte > 57 { text.append(48) }
            text.append(byte)
            previous = byte
        }
        if previous == 46 { text.append(48) }
        return Double(String(decoding: text, as: UTF8.self)) ?? .infinity
    }

    private func decimal(_ digits: ArraySlice<UInt8>) throws(Mismatch) -> Constant {
        let significant = digits.drop { $0 == 48 }
        if significant.count > Self.maxDecimalDigits {
            throw raise(
                "Exceeds the limit (\(Self.maxDecimalDigits) digits) for integer string conversion: "
                    + "value has \(digits.count) digits; use sys.set_int_max_str_digits() to "
                    + "increase the limit - Consider hexadecimal for huge integer literals to "
                    + "avoid decimal conversion limits.", at: here)
        }
        var value: Int64 = 0
        for byte in significant {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(byte - 48))
            if overflow || carry {
                return .bigInt(String(decoding: significant, as: UTF8.self))
            }
            value = sum
        }
        return .int(value)
    }

    private func prefixed(_ digits: ArraySlice<UInt8>, bitsPerDigit: Int) -> Constant {
        func digit(_ byte: UInt8) -> UInt64 {
            UInt64(byte <= 57 ? byte - 48 : (byte | 32) - 87)
        }
        let significant = digits.drop { $0 == 48 }
        if significant.count * bitsPerDigit <= 63 {
            var value: UInt64 = 0
            for byte in significant { value = value << UInt64(bitsPerDigit) | digit(byte) }
            return .int(Int64(value))
        }
        // Regroup the bits, least significant first.
        var nibbles: [UInt8] = []
        var buffer: UInt64 = 0
        var bits = 0
        for byte in significant.reversed() {
            buffer |= digit(byte) << UInt64(bits)
            bits += bitsPerDigit
            while bits >= 4 {
                nibbles.append(UInt8(buffer & 15))
                buffer >>= 4
                bits -= 4
            }
        }
        if bits > 0 { nibbles.append(UInt8(buffer)) }
        while let last = nibbles.last, last == 0 { nibbles.removeLast() }
        if nibbles.count <= 15 || (nibbles.count == 16 && nibbles[15] < 8) {
            return .int(nibbles.reversed().reduce(into: Int64(0)) { $0 = $0 << 4 | Int64($1) })
        }
        var text = Array("0x".utf8)
        for nibble in nibbles.reversed() { text.append(nibble < 10 ? nibble + 48 : nibble + 87) }
        return .bigInt(String(decoding: text, as: UTF8.self))
    }
}
