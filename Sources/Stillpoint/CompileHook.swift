// Source text to code object: parser, compiler, loader; syntax errors become Python exceptions.
import StillBytecode
import StillCompiler
import StillObjects
import StillSyntax
import StillThreadRegistry
import StillVM

enum CompileHook {
    static func install() {
        VMHooks.compile = { (t, source, filename, mode) throws(PythonError) in
            let unit: CodeUnit
            do throws(SyntaxError) { unit = try make(source, filename, mode) } catch { throw raise(t, error) }
            return try CodeLoader.load(t, unit)
        }
    }

    private static func make(
        _ source: [UInt8], _ filename: String, _ mode: VMHooks.CompileMode
    ) throws(SyntaxError) -> CodeUnit {
        switch mode {
        case .expression:
            return try compile(
                expression: try parseExpression(source, filename: filename), filename: filename, source: source)
        case .interactive:
            return try compile(
                module: try parseInteractive(source, filename: filename), filename: filename, mode: .interactive,
                source: source)
        case .module:
            return try compile(
                module: try parseModule(source, filename: filename), filename: filename, mode: .module, source: source)
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
