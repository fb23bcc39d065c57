// The entry points: a syntax tree in, a code unit out. No runtime is involved.

public import StillBytecode
public import StillSyntax

/// What the code is for.
public enum CompileMode: Sendable {
    /// Statements; the unit returns None.
    case module
    /// One expression, whose value the unit returns.
    case expression
    /// Statements typed at a prompt: values of expression statements are printed.
    case interactive
}

/// Compiles a parsed module or interactive input.
///
/// - Parameters:
///   - mode: with `.expression` the module must consist of one expression statement.
///   - source: the text that was parsed; it gives errors their column in characters and their line.
///   - warnings: gets what the compiler warns about; the parser's warnings are in `module`.
/// - Throws: `SyntaxError` for what the grammar alone cannot see, with Python's wording.
/// - Threads: any with 1 MiB of stack (4 MiB in debug builds); deeper trees are refused. Keeps nothing
///   of the tree.
public func compile(
    module: Module, filename: String, mode: CompileMode = .module, source: [UInt8]? = nil, warnings: SyntaxWarnings? = nil
) throws(SyntaxError) -> CodeUnit {
    if mode == .expression {
        guard module.body.count == 1, case .expr(let value) = module.body[0].kind else {
            let reporter = ErrorReporter(filename: filename, source: source, warnings: warnings)
            throw reporter.error(
                "invalid syntax",
                module.body.first?.span
                    ?? SourceSpan(line: 1, column: 0, endLine: 1, endColumn: 0))
        }
        return try compile(value: value, filename: filename, source: source, warnings: warnings)
    }
    let reporter = ErrorReporter(filename: filename, source: source, warnings: warnings)
    let features = try FutureFeatures(module.body, reporter)
    let builder = SymbolTableBuilder(reporter: reporter)
    try builder.visit(module.body)
    let generator = try makeGenerator(builder, filename: filename, mode: mode)
    generator.shared.postponesAnnotations = features.annotations
    return try generator.compileModule(module.body)
}

/// Compiles a parsed expression: the unit returns its value.
public func compile(
    expression: ExpressionTree, filename: String, source: [UInt8]? = nil, warnings: SyntaxWarnings? = nil
) throws(SyntaxError) -> CodeUnit {
    try compile(value: expression.body, filename: filename, source: source, warnings: warnings)
}

private func compile(
    value: Expr, filename: String, source: [UInt8]?, warnings: SyntaxWarnings?
) throws(SyntaxError) -> CodeUnit {
    let reporter = ErrorReporter(filename: filename, source: source, warnings: warnings)
    let builder = SymbolTableBuilder(reporter: reporter)
    try builder.visitRoot(value)
    let generator = try makeGenerator(builder, filename: filename, mode: .expression)
    return try generator.compileExpression(value)
}

private func makeGenerator(
    _ builder: SymbolTableBuilder, filename: String, mode: CompileMode
) throws(SyntaxError) -> CodeGenerator {
    let root = builder.root
    try SymbolAnalysis(reporter: builder.reporter).run(root)
    let shared = Compilation(
        reporter: builder.reporter, filename: filename, mode: mode,
        table: SymbolTable(root: root, scopes: builder.scopes, wrappers: builder.wrappers))
    return CodeGenerator(
        shared, host: root, qualifiedName: "<module>", enclosing: nil, span: root.span)
}

extension CodeGenerator {
    func compileModule(_ body: [Stmt]) throws(SyntaxError) -> CodeUnit {
        startBlock(isGenerator: false)
        let docstring = shared.mode == .module ? docstring(of: body) : nil
        if let docstring {
            let register = allocate()
            load(.string(docstring), into: register)
            emitRead(.storeName, temporary(register), b: try nameIndex("__doc__"))
            top = localCount
        }
        if host.hasAnnotations { code.emit(.setupAnnotations) }
        try lower(docstring == nil ? body[...] : body.dropFirst())
        code.emit(.returnConstant, wide: wideConstantIndex(.none))
        return try finish(
            name: "<module>", flags: [], arguments: nil, docstring: docstring, firstLine: 1)
    }

    func compileExpression(_ value: Expr) throws(SyntaxError) -> CodeUnit {
        startBlock(isGenerator: false)
        let register = allocate()
        try evaluate(value, into: register)
        emitRead(.returnValue, temporary(register))
        return try finish(
            name: "<module>", flags: [], arguments: nil, docstring: nil, firstLine: 1)
    }
}

/// The `from __future__ import ...` statements of a module.
private struct FutureFeatures {
    private(set) var annotations = false
    private static let known: Set<String> = [
        "nested_scopes", "generators", "division", "absolute_import", "with_statement",
        "print_function", "unicode_literals", "barry_as_FLUFL", "generator_stop", "annotations",
    ]

    init(_ body: [Stmt], _ reporter: ErrorReporter) throws(SyntaxError) {
        var isStart = true
        for (index, statement) in body.enumerated() {
            switch statement.kind {
            case .importFrom("__future__"?, let names, 0):
                if !isStart {
                    throw reporter.error(
                        "from __future__ imports must occur at the beginning of the file",
                        statement.span)
                }
                for alias in names { try add(alias, statement.span, reporter) }
            case .expr(let value):
                if index > 0 || !isString(value) { isStart = false }
            default: isStart = false
            }
        }
    }

    private func isString(_ value: Expr) -> Bool {
        if case .constant(.string) = value.kind { true } else { false }
    }

    private mutating func add(
        _ alias: Alias, _ span: SourceSpan, _ reporter: ErrorReporter
    ) throws(SyntaxError) {
        if alias.name == "braces" { throw reporter.error("not a chance", span) }
        if !Self.known.contains(alias.name) {
            throw reporter.error("future feature \(alias.name) is not defined", span)
        }
        if alias.name == "annotations" { annotations = true }
    }
}
