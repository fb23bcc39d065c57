// String literals: adjacent literals are joined, f-strings become `joinedStr`.

extension Parser {
    /// One or more adjacent string literals.
    func strings() throws(Mismatch) -> Expr {
        let start = here
        var parts: [Expr] = []
        var sawFormat = false
        var sawBytes = false
        var sawText = false
        while true {
            if kind == .string {
                let constant = try stringConstant()
                if case .bytes = constant { sawBytes = true } else { sawText = true }
                parts.append(make(.constant(constant), here))
                advance()
            } else if kind == .fstringStart {
                sawFormat = true
                sawText = true
                try formatString(into: &parts)
            } else {
                break
            }
        }
        if sawBytes, sawText {
            throw raiseAtFurthest("cannot mix bytes and nonbytes literals")
        }
        let whole = span(from: start)
        if sawBytes {
            if parts.count == 1 { return parts[0] }
            var bytes: [UInt8] = []
            for part in parts {
                if case .constant(.bytes(let more)) = part.kind { bytes += more }
            }
            return make(.constant(.bytes(bytes)), whole)
        }
        if sawFormat { return make(.joinedStr(values: merge(parts)), whole) }
        if parts.count == 1 { return parts[0] }
        return make(.constant(.string(join(parts[...]))), whole)
    }

    /// Joins neighbouring constants and drops empty ones.
    private func merge(_ parts: [Expr]) -> [Expr] {
        var result: [Expr] = []
        var index = 0
        while index < parts.count {
            guard case .constant = parts[index].kind else {
                result.append(parts[index])
                index += 1
                continue
            }
            var end = index + 1
            while end < parts.count, case .constant = parts[end].kind { end += 1 }
            let value = join(parts[index..<end])
            if !value.utf8.isEmpty {
                result.append(
                    end == index + 1
                        ? parts[index]
                        : make(
                            .constant(.string(value)),
                            parts[index].span.through(parts[end - 1].span)))
            }
            index = end
        }
        return result
    }

    private func join(_ parts: ArraySlice<Expr>) -> StringValue {
        var text: [UInt8] = []
        var hasUPrefix = false
        for (offset, part) in parts.enumerated() {
            if case .constant(.string(let value)) = part.kind {
                text += value.utf8
                if offset == 0 { hasUPrefix = value.hasUPrefix }
            }
        }
        return StringValue(utf8: text, hasUPrefix: hasUPrefix)
    }

    // MARK: Plain literals

    private func stringConstant() throws(Mismatch) -> Constant {
        let token = tokens[position]
        var index = Int(token.start)
        var isRaw = false
        var isBytes = false
        var isUnicode = false
        prefix: while true {
            switch source.base[index] {
            case 114, 82: isRaw = true
            case 98, 66: isBytes = true
            case 117: isUnicode = true
            case 85: break
            default: break prefix
            }
            index += 1
        }
        let quote = source.base[index]
        var end = Int(token.end)
        if end - index >= 6, source.base[index + 1] == quote, source.base[index + 2] == quote {
            index += 3
            end -= 3
        } else {
            index += 1
            end -= 1
        }
        if isBytes {
            return .bytes(try StringDecoder(self, index, end, token.span).bytes(isRaw: isRaw))
        }
        let text = try StringDecoder(self, index, end, token.span).text(isRaw: isRaw)
        return .string(StringValue(utf8: text, hasUPrefix: isUnicode))
    }

    // MARK: f-strings

    private func formatString(into parts: inout [Expr]) throws(Mismatch) {
        var isRaw = false
        var index = Int(tokens[position].start)
        while source.base[index] != 34, source.base[index] != 39 {
            if source.base[index] | 32 == 114 { isRaw = true }
            index += 1
        }
        advance()
        while kind != .fstringEnd {
            if kind == .fstringMiddle {
                parts.append(try middle(isRaw: isRaw, errorAt: endOfFormatString()))
            } else if kind == .leftBrace {
                try replacementField(into: &parts, isRaw: isRaw)
            } else {
                throw mismatch()
            }
        }
        advance()
    }

    /// Where the innermost f-string around the current token ends.
    private func endOfFormatString() -> SourceSpan {
        var nested = 0
        var index = position
        while index + 1 < tokenCount {
            if tokens[index].kind == .fstringStart { nested += 1 }
            if tokens[index].kind == .fstringEnd {
                if nested == 0 { break }
                nested -= 1
            }
            index += 1
        }
        return tokens[index].span
    }

    private func middle(
        isRaw: Bool, errorAt: @autoclosure () -> SourceSpan
    ) throws(Mismatch) -> Expr {
        let token = tokens[position]
        var plain = Int(token.start)
        let end = Int(token.end)
        while plain < end, source.base[plain] != 92 { plain += 1 }
        let place = isRaw || plain == end ? token.span : errorAt()
        let text = try StringDecoder(self, Int(token.start), end, place).text(isRaw: isRaw)
        advance()
        return make(.constant(.string(StringValue(utf8: text))), token.span)
    }

    private func replacementField(into parts: inout [Expr], isRaw: Bool) throws(Mismatch) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maxDepth {
            throw raise("too many nested expressions or statements", at: here)
        }
        let start = here
        let open = position
        try expect(.leftBrace)
        if reporting {
            let spelling: String? =
                switch kind {
                case .equal: "="
                case .exclamation: "!"
                case .colon: ":"
                case .rightBrace: "}"
                default: nil
                }
            if let spelling {
                throw raise("f-string: valid expression required before '\(spelling)'", at: here)
            }
        }
        let value: Expr
        if reporting {
            if let parsed = try attempt({ () throws(Mismatch) in try self.yieldOrStarExpressions() })
            {
                value = parsed
            } else {
                throw raiseHere("f-string: expecting a valid expression after '{'")
            }
        } else {
            value = try yieldOrStarExpressions()
        }
        var debugText: Expr?
        if kind == .equal {
            advance()
            let from = Int(tokens[open].end)
            let to = Int(tokens[position].start)
            debugText = make(
                .constant(.string(StringValue(utf8: withoutComments(from, to)))),
                SourceSpan(
                    line: start.line, column: start.column + 1, endLine: here.line,
                    endColumn: here.column))
            if kind != .exclamation, kind != .colon, kind != .rightBrace {
                throw reportHere("f-string: expecting '!', or ':', or '}'")
            }
        } else if kind != .exclamation, kind != .colon, kind != .rightBrace {
            throw reportHere("f-string: expecting '=', or '!', or ':', or '}'")
        }
        var conversion = FormatConversion.none
        if kind == .exclamation { conversion = try conversionMark() }
        var spec: Expr?
        if kind == .colon {
            let colon = here
            advance()
            var pieces: [Expr] = []
            while true {
                if kind == .fstringMiddle {
                    pieces.append(try middle(isRaw: isRaw, errorAt: here))
                } else if kind == .leftBrace {
                    try replacementField(into: &pieces, isRaw: isRaw)
                } else {
                    break
                }
            }
            if kind != .rightBrace {
                throw reportHere("f-string: expecting '}', or format specs")
            }
            spec = make(.joinedStr(values: merge(pieces)), span(from: colon))
        } else if kind != .rightBrace {
            throw reportHere("f-string: expecting ':' or '}'")
        }
        advance()
        if debugText != nil, conversion == .none, spec == nil { conversion = .repr }
        if let debugText { parts.append(debugText) }
        parts.append(
            make(
                .formattedValue(value: value, conversion: conversion, formatSpec: spec),
                span(from: start)))
    }

    private func conversionMark() throws(Mismatch) -> FormatConversion {
        let mark = tokens[position]
        advance()
        if kind == .colon || kind == .rightBrace {
            throw reportHere("f-string: missing conversion character")
        }
        guard kind == .name else {
            throw reportHere("f-string: invalid conversion character")
        }
        if tokens[position].start != mark.end {
            throw raise(
                "f-string: conversion type must come right after the exclamation mark",
                from: mark.span, to: here)
        }
        let name = spell(position)
        let conversion: FormatConversion
        switch name {
        case "s": conversion = .str
        case "r": conversion = .repr
        case "a": conversion = .ascii
        default:
            throw raise(
                "f-string: invalid conversion character '\(name)': expected 's', 'r', or 'a'",
                at: here)
        }
        advance()
        if kind != .colon, kind != .rightBrace {
            throw reportHere("f-string: expecting ':' or '}'")
        }
        return conversion
    }

    private func reportHere(_ message: String) -> Mismatch {
        reporting ? raiseHere(message) : mismatch()
    }

    private func raiseHere(_ message: String) -> Mismatch {
        if kind == .failure { return mismatch() }
        return raise(message, at: here)
    }

    /// The text of an `x=` field: comments are not part of it.
    private func withoutComments(_ start: Int, _ end: Int) -> [UInt8] {
        var text: [UInt8] = []
        var quote: UInt8 = 0
        var index = start
        while index < end {
            let byte = source.base[index]
            if quote == 0, byte == 35 {
                while index < end, source.base[index] != 10 { index += 1 }
                continue
            }
            if byte == 34 || byte == 39 {
                if quote == 0 { quote = byte } else if quote == byte { quote = 0 }
            }
            text.append(byte)
            index += 1
        }
        return text
    }
}

// MARK: - Escapes

/// Decodes the inside of one literal.
struct StringDecoder {
    let parser: Parser
    let start: Int
    let end: Int
    let span: SourceSpan

    init(_ parser: Parser, _ start: Int, _ end: Int, _ span: SourceSpan) {
        self.parser = parser
        self.start = start
        self.end = end
        self.span = span
    }

    private var base: UnsafeMutablePointer<UInt8> { parser.source.base }

    /// Generalized UTF-8.
    func text(isRaw: Bool) throws(Mismatch) -> [UInt8] {
        var scan = start
        while scan < end, base[scan] != 92 { scan += 1 }
        if isRaw || scan == end {
            return Array(UnsafeBufferPointer(start: base + start, count: end - start))
        }
        var result: [UInt8] = []
        result.reserveCapacity(end - start)
        var hasWarned = false
        var index = start
        while index < end {
            let byte = base[index]
            if byte != 92 {
                result.append(byte)
                index += 1
                continue
            }
            let escape = index
            index += 1
            guard index < end else {
                result.append(92)
                break
            }
            let code = base[index]
            index += 1
            switch code {
            case 10: break
            case 120: try hex(2, escape, &index, &result, "truncated \\xXX escape")
            case 117: try hex(4, escape, &index, &result, "truncated \\uXXXX escape")
            case 85: try hex(8, escape, &index, &result, "truncated \\UXXXXXXXX escape")
            case 78: try named(escape, &index, &result)
            case 48...55:
                result.appendGeneralizedUTF8(octal(code, &index, &hasWarned))
            default:
                if let simple = simpleEscape(code) {
                    result.append(simple)
                } else {
                    warn(escape, &hasWarned)
                    result.append(92)
                    index -= 1
                }
            }
        }
        return result
    }

    /// Of an escape that is none, once for each literal.
    private func warn(_ escape: Int, _ hasWarned: inout Bool, octalEnd: Int? = nil) {
        if hasWarned { return }
        hasWarned = true
        let kind = octalEnd == nil ? "" : "octal "
        var last = octalEnd ?? escape + 2
        // All of a character.
        while last < end, octalEnd == nil, base[last] & 0xC0 == 0x80 { last += 1 }
        let text = String(decoding: UnsafeBufferPointer(start: base + escape, count: last - escape), as: UTF8.self)
        parser.warn("invalid \(kind)escape sequence '\(text)'", at: span)
    }

    func bytes(isRaw: Bool) throws(Mismatch) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(end - start)
        var hasWarned = false
        var index = start
        while index < end {
            if base[index] >= 0x80 {
                throw parser.raise("bytes can only contain ASCII literal characters", at: span)
            }
            index += 1
        }
        index = start
        while index < end {
            let byte = base[index]
            index += 1
            if byte != 92 || isRaw || index >= end {
                result.append(byte)
                continue
            }
            let code = base[index]
            index += 1
            switch code {
            case 10: break
            case 120:
                guard index + 1 < end, let high = digit(base[index]),
                    let low = digit(base[index + 1])
                else {
                    throw parser.raise(
                        "(value error) invalid \\x escape at position \(index - 2 - start)",
                        at: span)
                }
                result.append(UInt8(high << 4 | low))
                index += 2
            case 48...55: result.append(UInt8(truncatingIfNeeded: octal(code, &index, &hasWarned)))
            default:
                if let simple = simpleEscape(code) {
                    result.append(simple)
                } else {
                    warn(index - 2, &hasWarned)
                    result.append(92)
                    index -= 1
                }
            }
        }
        return result
    }

    private func simpleEscape(_ code: UInt8) -> UInt8? {
        switch code {
        case 92, 39, 34: code
        case 97: 7
        case 98: 8
        case 102: 12
        case 110: 10
        case 114: 13
        case 116: 9
        case 118: 11
        default: nil
        }
    }

    private func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 48...57: UInt32(byte - 48)
        case 97...102: UInt32(byte - 87)
        case 65...70: UInt32(byte - 55)
        default: nil
        }
    }

    private func octal(_ first: UInt8, _ index: inout Int, _ hasWarned: inout Bool) -> UInt32 {
        let escape = index - 2
        var value = UInt32(first - 48)
        var count = 1
        while count < 3, index < end, base[index] >= 48, base[index] <= 55 {
            value = value << 3 | UInt32(base[index] - 48)
            index += 1
            count += 1
        }
        if value > 0xFF { warn(escape, &hasWarned, octalEnd: index) }
        return value
    }

    private func hex(
        _ count: Int, _ escape: Int, _ index: inout Int, _ result: inout [UInt8],
        _ message: String
    ) throws(Mismatch) {
        var value: UInt32 = 0
        var read = 0
        while read < count, index < end, let next = digit(base[index]) {
            value = value &<< 4 | next
            index += 1
            read += 1
        }
        if read < count { throw unicodeError(escape, index, message) }
        if value > 0x10FFFF { throw unicodeError(escape, index, "illegal Unicode character") }
        result.appendGeneralizedUTF8(value)
    }

    private func named(
        _ escape: Int, _ index: inout Int, _ result: inout [UInt8]
    ) throws(Mismatch) {
        guard index < end, base[index] == 123 else {
            throw unicodeError(escape, index, "malformed \\N character escape")
        }
        var close = index + 1
        while close < end, base[close] != 125 { close += 1 }
        guard close < end, close > index + 1 else {
            throw unicodeError(
                escape, close < end ? close + 1 : close, "malformed \\N character escape")
        }
        let name = parser.source.text(index + 1, close)
        index = close + 1
        guard let point = UnicodeNames.lookup(name) else {
            throw unicodeError(escape, index, "unknown Unicode character name")
        }
        result.appendGeneralizedUTF8(point)
    }

    /// Positions count escapes as written and other non-ASCII characters as ten bytes, as CPython
    /// does, whose decoder sees them as `\UXXXXXXXX`.
    private func unicodeError(_ from: Int, _ to: Int, _ reason: String) -> Mismatch {
        func place(_ offset: Int) -> Int {
            var total = 0
            var index = start
            while index < offset {
                if base[index] < 0x80 {
                    total += 1
                } else if base[index] & 0xC0 != 0x80 {
                    total += 10
                }
                index += 1
            }
            return total
        }
        return parser.raise(
            "(unicode error) 'unicodeescape' codec can't decode bytes in position "
                + "\(place(from))-\(place(to) - 1): \(reason)", at: span)
    }
}
