// Source text, or a syntax tree of Python objects, to code object: parser, compiler, loader; syntax errors become Python exceptions.
import StillBytecode
import StillCompiler
import StillModules
import StillObjects
import StillSyntax
import StillThreadRegistry
import StillVM

enum CompileHook {
    static func install() {
        VMHooks.compile = { (t, source, filename, mode) throws(PythonError) in
            let tree: Tree
            do throws(SyntaxError) { tree = try parse(source, filename, mode) } catch { throw raise(t, error) }
            try warn(t, tree.warnings)
            let unit: CodeUnit
            let warnings = SyntaxWarnings()
            do throws(SyntaxError) { unit = try lower(tree, source, filename, warnings) } catch {
                // Behind the parser CPython reads the line from the file: code that is in none has none.
                var error = error
                if filename.hasPrefix("<") { error.text = nil }
                throw raise(t, error)
            }
            try warn(t, warnings.all)
            return try CodeLoader.load(t, unit)
        }
        VMHooks.parseTree = { (t, source, filename, mode) throws(PythonError) in
            let tree: Tree
            do throws(SyntaxError) { tree = try parse(source, filename, mode) } catch { throw raise(t, error) }
            try warn(t, tree.warnings)
            let writer = try TreeWriter(t)
            defer { writer.end() }
            switch tree {
            case .expression(let tree): return try writer.expression(tree)
            case .module(let module, let mode): return try writer.module(module, interactive: mode == .interactive)
            }
        }
        VMHooks.compileTree = { (t, node, filename, mode) throws(PythonError) in
            let reader = try TreeReader(t)
            defer { reader.end() }
            let wanted = mode == .expression ? "Expression" : mode == .interactive ? "Interactive" : "Module"
            let found = reader.kind(node)
            if found != wanted { throw t.raise(.typeError, "expected \(wanted) node, got \(t.typeName(node))") }
            let tree: Tree =
                mode == .expression
                ? .expression(try reader.expression(node))
                : .module(try reader.module(node), mode == .interactive ? .interactive : .module)
            let unit: CodeUnit
            let warnings = SyntaxWarnings()
            do throws(SyntaxError) { unit = try lower(tree, nil, filename, warnings) } catch { throw raise(t, error) }
            try warn(t, warnings.all)
            return try CodeLoader.load(t, unit)
        }
    }

    private enum Tree {
        case expression(ExpressionTree)
        case module(Module, CompileMode)

        var warnings: [SyntaxWarning] {
            switch self {
            case .expression(let tree): tree.warnings
            case .module(let module, _): module.warnings
            }
        }
    }

    /// Shows warnings as the program's filters want it; without a library they go to standard error.
    ///
    /// - Throws: SyntaxError where filters turn them into errors, or what a hook of the program raises.
    private static func warn(_ t: ThreadState, _ warnings: [SyntaxWarning]) throws(PythonError) {
        if warnings.isEmpty { return }
        if t.interpreterState.pointee.stdlib.isNull {
            for warning in warnings {
                TextStream.write(t, to: "stderr", "\(warning.asError.filename):\(warning.line): SyntaxWarning: \(warning.message)\n")
            }
            return
        }
        let module = try Imports.load(t, "warnings")
        defer { t.release(module) }
        for warning in warnings {
            let message = try t.makeString(warning.message)
            defer { t.release(message) }
            let filename = try t.makeString(warning.asError.filename)
            defer { t.release(filename) }
            do throws(PythonError) {
                t.release(
                    try t.callMethod(
                        module, Interning.intern("warn_explicit"), message, t.exceptionType(.syntaxWarning).value, filename,
                        Value(smallInt: warning.line)))
            } catch {
                guard t.matchesRaised(.syntaxWarning) else { throw error }
                t.clearRaised()
                throw raise(t, warning.asError)
            }
        }
    }

    private static func parse(
        _ source: [UInt8], _ filename: String, _ mode: VMHooks.CompileMode
    ) throws(SyntaxError) -> Tree {
        switch mode {
        case .expression: .expression(try parseExpression(source, filename: filename))
        case .interactive: .module(try parseInteractive(source, filename: filename), .interactive)
        case .module: .module(try parseModule(source, filename: filename), .module)
        }
    }

    private static func lower(
        _ tree: Tree, _ source: [UInt8]?, _ filename: String, _ warnings: SyntaxWarnings
    ) throws(SyntaxError) -> CodeUnit {
        switch tree {
        case .expression(let tree): try compile(expression: tree, filename: filename, source: source, warnings: warnings)
        case .module(let module, let mode):
            try compile(module: module, filename: filename, mode: mode, source: source, warnings: warnings)
        }
    }

    private static func raise(_ t: ThreadState, _ error: SyntaxError) -> PythonError {
        let id: ExceptionID
        switch error.kind {
        case .syntaxError: id = .syntaxError
        case .indentationError: id = .indentationError
        case .tabError: id = .tabError
        }
        return t.raiseSyntaxError(
            error.message, file: error.filename, line: error.line, offset: error.column, text: error.text,
            endLine: error.endLine, endOffset: error.endColumn, id)
    }
}
