// Bytes to tokens, the whole source at once.
//
// Indentation  Two column counts per line, with tabs to multiples of 8 and with tabs as one column;
//              a line where they disagree about deeper, equal or shallower is a TabError.
// f-strings    A stack of string modes (PEP 701). In text mode the lexer makes `fstringMiddle`
//              tokens; `{` switches to expression mode, where ordinary tokens follow, until the
//              `}`, or the `:` of a format spec, that stands at the depth of the opening brace.
// Errors       The first error ends the token list with a `failure` token and is kept in `error`.
//              The parser decides whether it or an earlier parse error is reported.
//
// Threads      A value of one parse; never shared.

/// An error found while making tokens.
struct LexicalError {
    var kind: SyntaxError.Kind = .syntaxError
    var message: String
    var line: Int
    /// 1-based, in characters.
    var column: Int
    var endLine: Int
    var endColumn: Int
    /// Offset of the line to show.
    var lineStart: Int
    /// Reported even if the parser stumbled earlier.
    var overridesParser: Bool
    /// The source ended inside brackets.
    var isUnclosedBracket = false
}

struct Lexer {
    struct Bracket {
        var open: UInt8
        var line: Int32
        var start: Int32
        var column: Int32
        var lineStart: Int32
    }

    struct StringMode {
        var quote: UInt8
        var quoteSize: Int
        var isRaw: Bool
        var start: Int
        var line: Int
        var lineStart: Int
        var inText = true
        var inFormatSpec = false
        var depth = 0
        var expressionDepth = -1
    }

    static let maxBrackets = 200
    static let maxIndents = 100
    static let maxStringModes = 150
    static let maxExpressionNesting = 3

    let source: SourceText
    let base: UnsafeMutablePointer<UInt8>
    var position = 0
    var line = 1
    var lineStart = 0
    var tokens: [Token] = []
    var brackets: [Bracket] = []
    var modes: [StringMode] = []
    var indents: [(column: Int, alternate: Int)] = [(0, 0)]
    /// Numbers that touch a keyword.
    var warnings: [LexicalError] = []
    var error: LexicalError?
    /// Start of the token being read.
    var start = 0
    var startLine = 1
    var startLineStart = 0

    init(_ source: SourceText) {
        self.source = source
        base = source.base
        tokens.reserveCapacity(source.count / 4 + 16)
    }

    // MARK: Driver

    /// Makes every token. The list ends with `endMarker` or `failure`.
    mutating func run() {
        var atLineStart = true
        while true {
            if let mode = modes.last, mode.inText {
                guard readText() else { return finishWithFailure() }
                continue
            }
            if atLineStart {
                atLineStart = false
                guard readIndentation() else { return finishWithFailure() }
            }
            let comment = skipBlanks()
            begin()
            // A comment belongs to the newline that ends it.
            if comment >= 0 { start = comment }
            let byte = base[position]
            if byte == 10 {
                let blank = tokens.last.map { $0.kind == .newline || $0.kind == .indent
                    || $0.kind == .dedent } ?? true
                position += 1
                if brackets.isEmpty, !blank { append(.newline) }
                newLine()
                if brackets.isEmpty { atLineStart = true }
                continue
            }
            if byte == 0, position >= source.count {
                if let open = brackets.last {
                    _ = fail("'\(character(open.open))' was never closed", unclosed: open)
                    return finishWithFailure()
                }
                finish()
                return
            }
            guard readToken(byte) else { return finishWithFailure() }
        }
    }

    private mutating func finish() {
        // A final comment or an open block may leave the last line without its newline token.
        if let last = tokens.last, last.kind != .newline, last.kind != .dedent, last.kind != .indent {
            append(.newline)
        }
        while indents.count > 1 {
            indents.removeLast()
            append(.dedent)
        }
        append(.endMarker)
    }

    private mutating func finishWithFailure() {
        begin()
        append(.failure)
    }

    // MARK: Positions

    private mutating func begin() {
        start = position
        startLine = line
        startLineStart = lineStart
    }

    mutating func newLine() {
        line += 1
        lineStart = position
    }

    mutating func append(_ kind: TokenKind) { append(kind, to: position) }

    mutating func append(_ kind: TokenKind, to end: Int) {
        tokens.append(
            Token(
                kind: kind, level: UInt8(truncatingIfNeeded: brackets.count),
                start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end),
                line: Int32(truncatingIfNeeded: startLine),
                column: Int32(truncatingIfNeeded: start - startLineStart),
                endLine: Int32(truncatingIfNeeded: line),
                endColumn: Int32(truncatingIfNeeded: end - lineStart)))
    }

    // MARK: Errors

    /// Records an error at the byte before `position`. Always false.
    mutating func fail(
        _ message: String, kind: SyntaxError.Kind = .syntaxError, overrides: Bool = true
    ) -> Bool {
        let column = source.characters(lineStart, position)
        error = LexicalError(
            kind: kind, message: message, line: line, column: column, endLine: line,
            endColumn: column, lineStart: lineStart,
            // Errors inside an f-string wait until the parser gets there.
            overridesParser: overrides && modes.isEmpty)
        return false
    }

    mutating func fail(_ message: String, unclosed: Bracket) -> Bool {
        let column = source.characters(Int(unclosed.lineStart), Int(unclosed.start)) + 1
        error = LexicalError(
            message: message, line: Int(unclosed.line), column: column, endLine: Int(unclosed.line),
            endColumn: 0, lineStart: Int(unclosed.lineStart), overridesParser: false,
            isUnclosedBracket: true)
        return false
    }

    func character(_ byte: UInt8) -> Character { Character(Unicode.Scalar(byte)) }

    // MARK: White space

    /// Returns where a comment began, or -1.
    private mutating func skipBlanks() -> Int {
        var comment = -1
        while true {
            let byte = base[position]
            if byte == 32 || byte == 9 || byte == 12 {
                position += 1
            } else if byte == 35 {
                comment = position
                while base[position] != 10, base[position] != 0 { position += 1 }
            } else {
                return comment
            }
        }
    }

    /// Measures the start of a logical line. Blank and comment lines leave no token.
    private mutating func readIndentation() -> Bool {
        var column = 0
        var alternate = 0
        var continued: (column: Int, alternate: Int)?
        while true {
            switch base[position] {
            case 32:
                column += 1
                alternate += 1
            case 9:
                column = (column / 8 + 1) * 8
                alternate += 1
            case 12:
                column = 0
                alternate = 0
            case 92:
                // The indentation counts up to the first continuation.
                if continued == nil { continued = (column, alternate) }
                position += 1
                guard continueLine() else { return false }
                continue
            case 35:
                while base[position] != 10, base[position] != 0 { position += 1 }
                continue
            case 10:
                position += 1
                newLine()
                column = 0
                alternate = 0
                continued = nil
                continue
            default:
                if let continued, continued.column != 0 || column == 0 {
                    (column, alternate) = continued
                }
                if base[position] == 0, position >= source.count { (column, alternate) = (0, 0) }
                return indent(to: column, alternate)
            }
            position += 1
        }
    }

    private mutating func indent(to column: Int, _ alternate: Int) -> Bool {
        let current = indents[indents.count - 1]
        start = position
        startLine = line
        startLineStart = lineStart
        if column == current.column {
            if alternate != current.alternate { return inconsistentTabs() }
            return true
        }
        if column > current.column {
            if indents.count >= Self.maxIndents {
                return failAtLine("too many levels of indentation", kind: .indentationError)
            }
            if alternate <= current.alternate { return inconsistentTabs() }
            indents.append((column, alternate))
            start = lineStart
            append(.indent)
            return true
        }
        while column < indents[indents.count - 1].column {
            indents.removeLast()
            if column > indents[indents.count - 1].column {
                var end = position
                while base[end] != 10, base[end] != 0 { end += 1 }
                position = end
                _ = fail(
                    "unindent does not match any outer indentation level", kind: .indentationError,
                    overrides: false)
                error!.column += 1
                error!.endColumn = -1
                return false
            }
            append(.dedent)
        }
        if alternate != indents[indents.count - 1].alternate { return inconsistentTabs() }
        return true
    }

    private mutating func inconsistentTabs() -> Bool {
        failAtLine("inconsistent use of tabs and spaces in indentation", kind: .tabError)
    }

    /// An error of the whole line.
    private mutating func failAtLine(_ message: String, kind: SyntaxError.Kind) -> Bool {
        _ = fail(message, kind: kind, overrides: false)
        error!.column = 1
        error!.endColumn = 0
        return false
    }

    /// After a backslash: the rest of the line must be empty.
    private mutating func continueLine() -> Bool {
        guard base[position] == 10 else {
            position += 1
            _ = fail("unexpected character after line continuation character", overrides: false)
            error!.endColumn = 0
            return false
        }
        position += 1
        newLine()
        if position >= source.count {
            if let open = brackets.last {
                return fail("'\(character(open.open))' was never closed", unclosed: open)
            }
            line -= 1
            lineStart = position - 1
            while lineStart > 0, base[lineStart - 1] != 10 { lineStart -= 1 }
            _ = fail("unexpected EOF while parsing", overrides: false)
            error!.endColumn = -1
            return false
        }
        return true
    }

    // MARK: Tokens

    private mutating func readToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 97...122, 65...90, 95, 128...255: return readNameOrString()
        case 48...57: return readNumber(byte)
        case 46:
            if base[position + 1] >= 48, base[position + 1] <= 57 { return readFraction() }
            if base[position + 1] == 46, base[position + 2] == 46 { return take(.ellipsis, 3) }
            return take(.dot, 1)
        case 34, 39: return readString(prefixRaw: false)
        case 92:
            position += 1
            return continueLine()
        default: return readOperator(byte)
        }
    }

    private mutating func take(_ kind: TokenKind, _ length: Int) -> Bool {
        position += length
        append(kind)
        return true
    }

    private mutating func readNameOrString() -> Bool {
        var bytes = false
        var unicode = false
        var raw = false
        var format = false
        var ascii = true
        while true {
            let byte = base[position]
            if !bytes, !unicode, !format, byte == 98 || byte == 66 {
                bytes = true
            } else if !bytes, !unicode, !raw, !format, byte == 117 || byte == 85 {
                unicode = true
            } else if !raw, !unicode, byte == 114 || byte == 82 {
                raw = true
            } else if !format, !bytes, !unicode, byte == 102 || byte == 70 {
                format = true
            } else {
                break
            }
            position += 1
            if base[position] == 34 || base[position] == 39 {
                return format ? startFormatString(raw: raw) : readString(prefixRaw: raw)
            }
        }
        while true {
            let byte = base[position]
            if byte >= 128 {
                ascii = false
            } else if !isIdentifierByte(byte) {
                break
            }
            position += 1
        }
        if ascii {
            append(TokenKind.keyword(base + start, position - start))
            return true
        }
        guard checkIdentifier() else { return false }
        append(.name)
        return true
    }

    @inline(__always) func isIdentifierByte(_ byte: UInt8) -> Bool {
        (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57)
            || byte == 95 || byte >= 128
    }

    /// Refuses characters that cannot stand in an identifier.
    private mutating func checkIdentifier() -> Bool {
        let text = source.text(start, position)
        var offset = start
        var first = true
        for scalar in text.unicodeScalars {
            let valid =
                first
                ? Identifiers.canStart(scalar) : Identifiers.canContinue(scalar)
            offset += UTF8.width(scalar)
            first = false
            if !valid {
                position = offset
                var digits = String(scalar.value, radix: 16, uppercase: true)
                while digits.utf8.count < 4 { digits = "0" + digits }
                if Identifiers.isPrintable(scalar) {
                    return fail("invalid character '\(scalar)' (U+\(digits))")
                }
                return fail("invalid non-printable character U+\(digits)")
            }
        }
        return true
    }

    // MARK: Strings without fields

    private mutating func readString(prefixRaw: Bool) -> Bool {
        let quote = base[position]
        var size = 1
        position += 1
        if base[position] == quote {
            if base[position + 1] == quote {
                size = 3
                position += 2
            } else {
                position += 1
                append(.string)
                return true
            }
        }
        var run = 0
        var escapedQuote = false
        while run < size {
            let byte = base[position]
            if (byte == 0 && position >= source.count) || (size == 1 && byte == 10) {
                return unterminatedString(quote, size, escapedQuote)
            }
            position += 1
            if byte == quote {
                run += 1
                continue
            }
            run = 0
            if byte == 10 {
                newLine()
            } else if byte == 92 {
                if base[position] == 0, position >= source.count { continue }
                position += 1
                if base[position - 1] == 10 { newLine() }
                if base[position - 1] == quote { escapedQuote = true }
            }
        }
        append(.string)
        return true
    }

    private mutating func unterminatedString(
        _ quote: UInt8, _ size: Int, _ escapedQuote: Bool
    ) -> Bool {
        let detected = position >= source.count && line > 1 && lineStart >= source.count
            ? line - 1 : line
        position = start + 1
        line = startLine
        lineStart = startLineStart
        if let mode = modes.last, mode.quote == quote, mode.quoteSize == size {
            return fail("f-string: expecting '}'")
        }
        return fail(
            size == 3
                ? "unterminated triple-quoted string literal (detected at line \(detected))"
                : "unterminated string literal (detected at line \(detected))"
                    + (escapedQuote ? "; perhaps you escaped the end quote?" : ""))
    }

    // MARK: Operators

    private mutating func readOperator(_ byte: UInt8) -> Bool {
        let next = base[position + 1]
        let third = base[position + 2]
        switch byte {
        case 40: return open(byte, .leftParen)
        case 91: return open(byte, .leftBracket)
        case 123: return open(byte, .leftBrace)
        case 41: return close(byte, .rightParen)
        case 93: return close(byte, .rightBracket)
        case 125: return close(byte, .rightBrace)
        case 44: return take(.comma, 1)
        case 59: return take(.semicolon, 1)
        case 58:
            if let mode = modes.last, mode.depth - 1 == mode.expressionDepth {
                modes[modes.count - 1].inText = true
                modes[modes.count - 1].inFormatSpec = true
                return take(.colon, 1)
            }
            return next == 61 ? take(.colonEqual, 2) : take(.colon, 1)
        case 61: return next == 61 ? take(.equalEqual, 2) : take(.equal, 1)
        case 33: return next == 61 ? take(.notEqual, 2) : take(.exclamation, 1)
        case 43: return next == 61 ? take(.plusEqual, 2) : take(.plus, 1)
        case 45:
            if next == 62 { return take(.arrow, 2) }
            return next == 61 ? take(.minusEqual, 2) : take(.minus, 1)
        case 42:
            if next == 42 { return third == 61 ? take(.doubleStarEqual, 3) : take(.doubleStar, 2) }
            return next == 61 ? take(.starEqual, 2) : take(.star, 1)
        case 47:
            if next == 47 { return third == 61 ? take(.doubleSlashEqual, 3) : take(.doubleSlash, 2) }
            return next == 61 ? take(.slashEqual, 2) : take(.slash, 1)
        case 37: return next == 61 ? take(.percentEqual, 2) : take(.percent, 1)
        case 64: return next == 61 ? take(.atEqual, 2) : take(.at, 1)
        case 38: return next == 61 ? take(.ampersandEqual, 2) : take(.ampersand, 1)
        case 124: return next == 61 ? take(.barEqual, 2) : take(.bar, 1)
        case 94: return next == 61 ? take(.caretEqual, 2) : take(.caret, 1)
        case 126: return take(.tilde, 1)
        case 60:
            if next == 60 { return third == 61 ? take(.leftShiftEqual, 3) : take(.leftShift, 2) }
            if next == 62 { return take(.notEqual, 2) }
            return next == 61 ? take(.lessEqual, 2) : take(.less, 1)
        case 62:
            if next == 62 { return third == 61 ? take(.rightShiftEqual, 3) : take(.rightShift, 2) }
            return next == 61 ? take(.greaterEqual, 2) : take(.greater, 1)
        default:
            position += 1
            if byte < 32 || byte == 127 {
                var digits = String(byte, radix: 16, uppercase: true)
                while digits.utf8.count < 4 { digits = "0" + digits }
                return fail("invalid non-printable character U+\(digits)")
            }
            // `$`, `?` and the back quote are left to the parser, which finds no use for them.
            append(.unknown)
            return true
        }
    }

    private mutating func open(_ byte: UInt8, _ kind: TokenKind) -> Bool {
        position += 1
        if brackets.count >= Self.maxBrackets { return fail("too many nested parentheses") }
        brackets.append(
            Bracket(
                open: byte, line: Int32(truncatingIfNeeded: line),
                start: Int32(truncatingIfNeeded: start),
                column: Int32(truncatingIfNeeded: start - lineStart),
                lineStart: Int32(truncatingIfNeeded: lineStart)))
        if !modes.isEmpty { modes[modes.count - 1].depth += 1 }
        append(kind)
        return true
    }

    private mutating func close(_ byte: UInt8, _ kind: TokenKind) -> Bool {
        position += 1
        if let mode = modes.last, mode.depth == 0, byte == 125 {
            return fail("f-string: single '}' is not allowed")
        }
        guard let opening = brackets.popLast() else {
            return fail("unmatched '\(character(byte))'")
        }
        let matches =
            (opening.open == 40 && byte == 41) || (opening.open == 91 && byte == 93)
            || (opening.open == 123 && byte == 125)
        if !matches {
            if let mode = modes.last, opening.open == 123, mode.depth - 1 == mode.expressionDepth {
                return fail("f-string: unmatched '\(character(byte))'")
            }
            let place = Int(opening.line) == line ? "" : " on line \(opening.line)"
            return fail(
                "closing parenthesis '\(character(byte))' does not match opening parenthesis "
                    + "'\(character(opening.open))'\(place)")
        }
        if let mode = modes.last {
            let depth = mode.depth - 1
            if depth < 0 { return fail("f-string: unmatched '\(character(byte))'") }
            modes[modes.count - 1].depth = depth
            if byte == 125, depth == mode.expressionDepth {
                modes[modes.count - 1].expressionDepth -= 1
                modes[modes.count - 1].inText = true
                modes[modes.count - 1].inFormatSpec = false
            }
        }
        append(kind)
        return true
    }
}

// MARK: - f-strings

extension Lexer {
    fileprivate mutating func startFormatString(raw: Bool) -> Bool {
        let quote = base[position]
        var size = 1
        position += 1
        if base[position] == quote, base[position + 1] == quote {
            size = 3
            position += 2
        }
        if modes.count >= Self.maxStringModes { return fail("too many nested f-strings") }
        modes.append(
            StringMode(
                quote: quote, quoteSize: size, isRaw: raw, start: start, line: line,
                lineStart: lineStart))
        append(.fstringStart)
        return true
    }

    /// Reads the text of the innermost f-string up to a field, the end of a field or the end quote.
    fileprivate mutating func readText() -> Bool {
        let top = modes.count - 1
        let mode = modes[top]
        start = position
        startLine = line
        startLineStart = lineStart
        if base[position] == 123, base[position + 1] != 123 {
            return startField(top)
        }
        if isEndQuote(mode) {
            position += mode.quoteSize
            modes.removeLast()
            append(.fstringEnd)
            return true
        }
        var named = false
        while true {
            if isEndQuote(mode) {
                append(.fstringMiddle)
                return true
            }
            let byte = base[position]
            let inSpec = mode.inFormatSpec && mode.expressionDepth >= 0
            if (byte == 0 && position >= source.count) || (mode.quoteSize == 1 && byte == 10) {
                if inSpec, byte == 10 {
                    modes[top].inText = false
                    modes[top].inFormatSpec = false
                    append(.fstringMiddle)
                    return true
                }
                let detected = line > 1 && lineStart >= source.count ? line - 1 : line
                position = mode.start + 1
                line = mode.line
                lineStart = mode.lineStart
                return fail(
                    mode.quoteSize == 3
                        ? "unterminated triple-quoted f-string literal (detected at line \(detected))"
                        : "unterminated f-string literal (detected at line \(detected))")
            }
            position += 1
            switch byte {
            case 10: newLine()
            case 123:
                if base[position] == 123, !inSpec {
                    // The text ends before the second brace, the token after it.
                    append(.fstringMiddle)
                    tokens[tokens.count - 1].endColumn += 1
                    position += 1
                    return true
                }
                position -= 1
                if position > start { append(.fstringMiddle) }
                return startField(top)
            case 125:
                if named {
                    append(.fstringMiddle)
                    return true
                }
                if base[position] == 125, !inSpec, mode.depth == 0 {
                    // The text ends before the second brace, the token after it.
                    append(.fstringMiddle)
                    tokens[tokens.count - 1].endColumn += 1
                    position += 1
                    return true
                }
                position -= 1
                modes[top].inText = false
                append(.fstringMiddle)
                return true
            case 92:
                let next = base[position]
                if next == 123 || next == 125 || (next == 0 && position >= source.count) { continue }
                position += 1
                if next == 10 { newLine() }
                if !mode.isRaw, next == 78, base[position] == 123 {
                    named = true
                    position += 1
                }
            default: break
            }
        }
    }

    private func isEndQuote(_ mode: StringMode) -> Bool {
        if base[position] != mode.quote { return false }
        if mode.quoteSize == 1 { return true }
        return base[position + 1] == mode.quote && base[position + 2] == mode.quote
    }

    private mutating func startField(_ top: Int) -> Bool {
        modes[top].expressionDepth += 1
        if modes[top].expressionDepth >= Self.maxExpressionNesting {
            return fail("f-string: expressions nested too deeply")
        }
        modes[top].inText = false
        return true
    }
}
