// Tokens: kinds, positions, spelling.

enum TokenKind: UInt8 {
    case endMarker, name, number, string, newline, indent, dedent, failure
    case fstringStart, fstringMiddle, fstringEnd
    /// A character with no meaning in Python.
    case unknown

    // Operators and delimiters.
    case leftParen, rightParen, leftBracket, rightBracket, leftBrace, rightBrace
    case comma, colon, semicolon, dot, ellipsis, at, equal, arrow, colonEqual, exclamation
    case plus, minus, star, slash, doubleSlash, percent, doubleStar
    case leftShift, rightShift, ampersand, bar, caret, tilde
    case less, greater, lessEqual, greaterEqual, equalEqual, notEqual
    case plusEqual, minusEqual, starEqual, slashEqual, doubleSlashEqual, percentEqual, atEqual
    case ampersandEqual, barEqual, caretEqual, leftShiftEqual, rightShiftEqual, doubleStarEqual

    // Keywords.
    case kwFalse, kwNone, kwTrue, kwAnd, kwAs, kwAssert, kwAsync, kwAwait, kwBreak, kwClass
    case kwContinue, kwDef, kwDel, kwElif, kwElse, kwExcept, kwFinally, kwFor, kwFrom, kwGlobal
    case kwIf, kwImport, kwIn, kwIs, kwLambda, kwNonlocal, kwNot, kwOr, kwPass, kwRaise
    case kwReturn, kwTry, kwWhile, kwWith, kwYield

    var isKeyword: Bool { rawValue >= TokenKind.kwFalse.rawValue }
}

/// A token. `start` and `end` are byte offsets into the source text; columns are bytes from 0.
struct Token {
    var kind: TokenKind
    /// Open brackets after this token.
    var level: UInt8
    var start: Int32
    var end: Int32
    var line: Int32
    var column: Int32
    var endLine: Int32
    var endColumn: Int32

    var span: SourceSpan {
        SourceSpan(line: line, column: column, endLine: endLine, endColumn: endColumn)
    }
}

extension TokenKind {
    /// The keyword spelled by these bytes, or `.name`.
    static func keyword(_ start: UnsafePointer<UInt8>, _ count: Int) -> TokenKind {
        guard count >= 2, count <= 8 else { return .name }
        var packed: UInt64 = 0
        var index = 0
        while index < count {
            packed = packed << 8 | UInt64(start[index])
            index += 1
        }
        switch packed {
        case pack("False"): return .kwFalse
        case pack("None"): return .kwNone
        case pack("True"): return .kwTrue
        case pack("and"): return .kwAnd
        case pack("as"): return .kwAs
        case pack("assert"): return .kwAssert
        case pack("async"): return .kwAsync
        case pack("await"): return .kwAwait
        case pack("break"): return .kwBreak
        case pack("class"): return .kwClass
        case pack("continue"): return .kwContinue
        case pack("def"): return .kwDef
        case pack("del"): return .kwDel
        case pack("elif"): return .kwElif
        case pack("else"): return .kwElse
        case pack("except"): return .kwExcept
        case pack("finally"): return .kwFinally
        case pack("for"): return .kwFor
        case pack("from"): return .kwFrom
        case pack("global"): return .kwGlobal
        case pack("if"): return .kwIf
        case pack("import"): return .kwImport
        case pack("in"): return .kwIn
        case pack("is"): return .kwIs
        case pack("lambda"): return .kwLambda
        case pack("nonlocal"): return .kwNonlocal
        case pack("not"): return .kwNot
        case pack("or"): return .kwOr
        case pack("pass"): return .kwPass
        case pack("raise"): return .kwRaise
        case pack("return"): return .kwReturn
        case pack("try"): return .kwTry
        case pack("while"): return .kwWhile
        case pack("with"): return .kwWith
        case pack("yield"): return .kwYield
        default: return .name
        }
    }

    /// At most eight ASCII bytes as one big-endian number.
    @inline(__always)
    private static func pack(_ text: StaticString) -> UInt64 {
        var packed: UInt64 = 0
        let bytes = text.utf8Start
        var index = 0
        while index < text.utf8CodeUnitCount {
            packed = packed << 8 | UInt64(bytes[index])
            index += 1
        }
        return packed
    }
}
