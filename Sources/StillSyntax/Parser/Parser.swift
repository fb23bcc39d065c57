// Recursive descent over the token list; operators by precedence climbing.
//
// Two passes   The first pass only accepts or fails. After a failure the same code runs again with
//              `reporting` on, and at the places where a mistake is recognizable throws a specific
//              message. If nothing is recognized the error is "invalid syntax" at `furthest`, the
//              last token the first pass looked at.
// Speculation  `attempt` runs a rule and takes the position back when it fails. Rules under it may
//              throw a definite error (`failure` is set), which is passed on.
// Depth        `depth` bounds recursion (1 MiB of stack in a release build, 4 MiB in a debug build,
//              suffices for everything accepted); chains of operators, trailers, `elif` and conditional
//              expressions are loops. `fuel` bounds the work of the reporting pass.
// Ownership    `pool` holds every node made (see AST/Module.swift).
//
// Threads      One parser serves one call on one thread.

/// A rule did not match. The reason, if definite, is in `Parser.failure`.
struct Mismatch: Error {}

final class Parser {
    static let maxDepth = 500

    let source: SourceText
    let filename: String
    let tokens: UnsafeMutablePointer<Token>
    let tokenCount: Int
    let lexicalError: LexicalError?
    let pool = NodePool()

    var position = 0
    var kind: TokenKind
    var furthest = 0
    /// The last token either pass looked at.
    var fetched = 0
    var reporting = false
    var fuel = 2_000_000
    var depth = 0
    /// The operand that starts here is read without reports.
    var quietOperand = -1
    /// An operator or trailer that cannot be completed ends the expression before it.
    var dropsOperators = false
    var failure: SyntaxError?
    let warnings = SyntaxWarnings()
    /// Offsets of line starts; built when an error needs one.
    var lineStarts: [Int] = []

    init(_ bytes: [UInt8], filename: String) throws(SyntaxError) {
        source = try SourceText(bytes, filename: filename)
        self.filename = filename
        var lexer = Lexer(source)
        lexer.run()
        tokenCount = lexer.tokens.count
        let copy = UnsafeMutablePointer<Token>.allocate(capacity: lexer.tokens.count)
        lexer.tokens.withUnsafeBufferPointer { from in
            if let first = from.baseAddress { copy.initialize(from: first, count: from.count) }
        }
        tokens = copy
        lexicalError = lexer.error
        kind = tokens[0].kind
        for warning in lexer.warnings { warnings.add(make(warning)) }
    }

    deinit { tokens.deallocate() }

    // MARK: Tokens

    @inline(__always) func advance() {
        if position + 1 < tokenCount { position += 1 }
        kind = tokens[position].kind
    }

    /// The kind of the token `offset` places ahead.
    @inline(__always) func peek(_ offset: Int) -> TokenKind {
        position + offset < tokenCount ? tokens[position + offset].kind : .endMarker
    }

    func rewind(_ to: Int) {
        if position > furthest, !reporting { furthest = position }
        if position > fetched { fetched = position }
        position = to
        kind = tokens[to].kind
    }

    @inline(__always) func accept(_ expected: TokenKind) -> Bool {
        if kind != expected { return false }
        advance()
        return true
    }

    @inline(__always) func expect(_ expected: TokenKind) throws(Mismatch) {
        if kind != expected { throw mismatch() }
        advance()
    }

    /// The furthest token is where a generic error is shown.
    func mismatch() -> Mismatch {
        if position > furthest, !reporting { furthest = position }
        if position > fetched { fetched = position }
        if kind == .failure, failure == nil { failure = lexicalFailure() }
        return Mismatch()
    }

    /// Notes that a rule looked at the token `offset` places ahead.
    @inline(__always) func touch(_ offset: Int) {
        if !reporting, position + offset > furthest { furthest = position + offset }
    }

    func spell(_ index: Int) -> String {
        source.text(Int(tokens[index].start), Int(tokens[index].end))
    }

    /// Whether the token is this word.
    func isWord(_ index: Int, _ word: StaticString) -> Bool {
        guard index < tokenCount, tokens[index].kind == .name else { return false }
        let start = Int(tokens[index].start)
        guard Int(tokens[index].end) - start == word.utf8CodeUnitCount else { return false }
        var offset = 0
        while offset < word.utf8CodeUnitCount {
            if source.base[start + offset] != word.utf8Start[offset] { return false }
            offset += 1
        }
        return true
    }

    /// An identifier, normalized.
    func identifier() throws(Mismatch) -> String {
        if kind != .name { throw mismatch() }
        let name = identifier(at: position)
        advance()
        return name
    }

    func identifier(at index: Int) -> String {
        var offset = Int(tokens[index].start)
        let end = Int(tokens[index].end)
        while offset < end {
            if source.base[offset] >= 0x80 {
                return Identifiers.normalize(spell(index))
            }
            offset += 1
        }
        return spell(index)
    }

    // MARK: Spans

    @inline(__always) var here: SourceSpan { tokens[position].span }

    /// The last token before the current one that is not only layout.
    func lastToken() -> Token {
        var index = position - 1
        while index > 0 {
            switch tokens[index].kind {
            case .newline, .indent, .dedent, .endMarker: index -= 1
            default: return tokens[index]
            }
        }
        return tokens[max(index, 0)]
    }

    /// From `start` to the last token consumed.
    @inline(__always) func span(from start: SourceSpan) -> SourceSpan {
        let last = lastToken()
        return SourceSpan(
            line: start.line, column: start.column, endLine: last.endLine,
            endColumn: last.endColumn)
    }

    @inline(__always) func make(_ kind: ExprKind, _ span: SourceSpan) -> Expr {
        let node = Expr(kind, span)
        pool.keep(node)
        return node
    }

    @inline(__always) func make(_ kind: StmtKind, _ span: SourceSpan) -> Stmt {
        let node = Stmt(kind, span)
        pool.keep(node)
        return node
    }

    // MARK: Control

    /// Runs a rule; when it does not match, restores the position and returns nil.
    func attempt<R>(_ rule: () throws(Mismatch) -> R) throws(Mismatch) -> R? {
        let mark = position
        let level = depth
        do throws(Mismatch) {
            return try rule()
        } catch {
            depth = level
            if failure != nil { throw error }
            rewind(mark)
            return nil
        }
    }

    /// Like `attempt`, without the reports of the second pass.
    func attemptQuietly<R>(_ rule: () throws(Mismatch) -> R) throws(Mismatch) -> R? {
        let wasReporting = reporting
        let mark = furthest
        reporting = false
        defer {
            reporting = wasReporting
            if wasReporting { furthest = mark }
        }
        return try attempt(rule)
    }

    /// Whether the second pass may still look for specific errors here.
    var mayReport: Bool {
        guard reporting else { return false }
        fuel -= 1
        return fuel > 0
    }
}

// MARK: - Entry points

/// Parses a whole file.
///
/// - Parameters:
///   - source: the file's bytes, in the encoding it declares (UTF-8, Latin-1 or ASCII).
///   - filename: used in errors only.
/// - Threads: any; no shared state.
public func parseModule(_ source: [UInt8], filename: String) throws(SyntaxError) -> Module {
    let parser = try Parser(source, filename: filename)
    return try parser.run { () throws(Mismatch) in
        Module(body: try parser.fileStatements(), pool: parser.pool, warnings: parser.warnings.all)
    }
}

/// Parses one interactive statement: a line of simple statements, or a compound statement.
public func parseInteractive(_ source: [UInt8], filename: String) throws(SyntaxError) -> Module {
    let parser = try Parser(source, filename: filename)
    return try parser.run { () throws(Mismatch) in
        Module(body: try parser.interactiveStatements(), pool: parser.pool, warnings: parser.warnings.all)
    }
}

/// Parses an expression, as `eval` does. Leading blanks must have been removed.
public func parseExpression(
    _ source: [UInt8], filename: String
) throws(SyntaxError) -> ExpressionTree {
    let parser = try Parser(source, filename: filename)
    return try parser.run { () throws(Mismatch) in
        ExpressionTree(body: try parser.evalInput(), pool: parser.pool, warnings: parser.warnings.all)
    }
}

extension Parser {
    func run<R>(_ rule: () throws(Mismatch) -> R) throws(SyntaxError) -> R {
        do throws(Mismatch) {
            return try rule()
        } catch {
            if failure == nil {
                if position > furthest { furthest = position }
                if tokens[furthest].kind != .failure {
                    reporting = true
                    dropsOperators = true
                    position = 0
                    kind = tokens[0].kind
                    depth = 0
                    _ = try? rule()
                }
            }
            throw finalError()
        }
    }

    func fileStatements() throws(Mismatch) -> [Stmt] {
        var body: [Stmt] = []
        while kind == .newline { advance() }
        while kind != .endMarker { try statement(into: &body) }
        return body
    }

    func interactiveStatements() throws(Mismatch) -> [Stmt] {
        var body: [Stmt] = []
        while kind == .newline { advance() }
        if kind == .endMarker { return body }
        try statement(into: &body)
        while kind == .newline { advance() }
        if kind != .endMarker {
            throw raise("multiple statements found while compiling a single statement", at: here)
        }
        return body
    }

    func evalInput() throws(Mismatch) -> Expr {
        let body = try expressions()
        while kind == .newline { advance() }
        if kind != .endMarker { throw mismatch() }
        return body
    }
}
