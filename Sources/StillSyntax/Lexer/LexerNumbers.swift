// Number tokens. The value is computed by the parser (Parser/NumberValue.swift).

extension Lexer {
    private func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    /// At a digit.
    mutating func readNumber(_ first: UInt8) -> Bool {
        if first == 48 {
            switch base[position + 1] {
            case 120, 88: return readRadix(16, "hexadecimal")
            case 111, 79: return readRadix(8, "octal")
            case 98, 66: return readRadix(2, "binary")
            default: return readZero()
            }
        }
        guard readDigits() else { return false }
        return readTail()
    }

    /// At a dot followed by a digit.
    mutating func readFraction() -> Bool {
        position += 1
        guard readDigits() else { return false }
        return readExponent()
    }

    private mutating func readRadix(_ radix: UInt8, _ name: String) -> Bool {
        position += 2
        repeat {
            if base[position] == 95 { position += 1 }
            guard isDigit(base[position], radix) else {
                if isDigit(base[position]) {
                    position += 1
                    return fail("invalid digit '\(character(base[position - 1]))' in \(name) literal")
                }
                return fail("invalid \(name) literal")
            }
            while isDigit(base[position], radix) { position += 1 }
        } while base[position] == 95
        if isDigit(base[position]) {
            position += 1
            return fail("invalid digit '\(character(base[position - 1]))' in \(name) literal")
        }
        return endNumber(name)
    }

    private func isDigit(_ byte: UInt8, _ radix: UInt8) -> Bool {
        if radix == 16 {
            return isDigit(byte) || (byte >= 97 && byte <= 102) || (byte >= 65 && byte <= 70)
        }
        return byte >= 48 && byte < 48 + radix
    }

    /// Zeros, which may begin a float or an imaginary number but no other integer.
    private mutating func readZero() -> Bool {
        while true {
            if base[position] == 95 {
                position += 1
                guard isDigit(base[position]) else { return fail("invalid decimal literal") }
            }
            if base[position] != 48 { break }
            position += 1
        }
        let zerosEnd = position
        var nonzero = false
        if isDigit(base[position]) {
            nonzero = true
            guard readDigits() else { return false }
        }
        switch base[position] {
        case 46, 101, 69, 106, 74: return readTail()
        default:
            if nonzero {
                _ = fail(
                    "leading zeros in decimal integer literals are not permitted; use an 0o prefix "
                        + "for octal integers")
                error!.column = source.characters(lineStart, start) + 1
                error!.endColumn = source.characters(lineStart, zerosEnd) + 1
                return false
            }
            return endNumber("decimal")
        }
    }

    /// Digits with single underscores between them; at least one digit is here.
    private mutating func readDigits() -> Bool {
        while true {
            while isDigit(base[position]) { position += 1 }
            if base[position] != 95 { return true }
            position += 1
            guard isDigit(base[position]) else { return fail("invalid decimal literal") }
        }
    }

    /// After the integer part.
    private mutating func readTail() -> Bool {
        if base[position] == 46 {
            position += 1
            if isDigit(base[position]) {
                guard readDigits() else { return false }
            }
        }
        return readExponent()
    }

    private mutating func readExponent() -> Bool {
        if base[position] == 101 || base[position] == 69 {
            let mark = position
            position += 1
            if base[position] == 43 || base[position] == 45 {
                position += 1
                guard isDigit(base[position]) else { return fail("invalid decimal literal") }
                guard readDigits() else { return false }
            } else if isDigit(base[position]) {
                guard readDigits() else { return false }
            } else {
                // Not an exponent: `1else` is a number and a keyword, `1e` is an error.
                position = mark
                return endNumber("decimal")
            }
        }
        if base[position] == 106 || base[position] == 74 {
            position += 1
            return endNumber("imaginary")
        }
        return endNumber("decimal")
    }

    /// A number may touch one of a few keywords, but no other name.
    private mutating func endNumber(_ name: String) -> Bool {
        let next = base[position]
        if next < 128, isIdentifierByte(next) {
            // The position of an error is the last byte of the number.
            if !touchesKeyword(next) { return fail("invalid \(name) literal") }
            let column = source.characters(lineStart, position)
            warnings.append(
                LexicalError(
                    message: "invalid \(name) literal", line: line, column: column, endLine: line, endColumn: column,
                    lineStart: lineStart, overridesParser: false))
        }
        append(.number)
        return true
    }

    private func touchesKeyword(_ next: UInt8) -> Bool {
        let second = base[position + 1]
        func ends(_ length: Int) -> Bool { !isIdentifierByte(base[position + length]) }
        switch next {
        case 97: return second == 110 && base[position + 2] == 100 && ends(3)  // and
        case 101:
            return second == 108 && base[position + 2] == 115 && base[position + 3] == 101
                && ends(4)  // else
        case 102: return second == 111 && base[position + 2] == 114 && ends(3)  // for
        case 105: return second == 102 || second == 110 || second == 115  // if in is
        case 110: return second == 111 && base[position + 2] == 116 && ends(3)  // not
        case 111: return second == 114 && ends(2)  // or
        default: return false
        }
    }
}
