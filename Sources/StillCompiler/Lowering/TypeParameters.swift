// Generic definitions: the function around them is made and called at once (Symbols/GenericWrapper.swift).
import StillBytecode
import StillSyntax

extension CodeGenerator {
    private static let intrinsics: [String: Intrinsic] = [
        ".typevar": .makeTypeVariable, ".paramspec": .makeParamSpec, ".typevartuple": .makeTypeVariableTuple, ".alias": .makeTypeAlias,
        ".generic": .makeGenericBase,
    ]

    /// Calls that are instructions. - Returns: false for ordinary ones.
    func lowerHiddenCall(_ function: Expr, _ arguments: [Expr], _ destination: Int) throws(SyntaxError) -> Bool {
        guard case .name(let id, _) = function.kind, id.hasPrefix(".") else { return false }
        if id == ".locals" {
            code.emit(.loadLocals, a: destination)
            return true
        }
        guard let intrinsic = Self.intrinsics[id] else { return false }
        let register = topmost(destination)
        try lowerSequence(arguments, .buildTuple, register)
        code.emit(.intrinsic, a: register, b: register, c: Int(intrinsic.rawValue))
        top = register + 1
        move(to: destination, from: temporary(register))
        return true
    }

    /// Makes and calls the wrapper; what it returns is left in `base`, a temporary.
    func lowerWrapper(_ wrapper: GenericWrapper, _ statement: Stmt, into base: Int) throws(SyntaxError) {
        guard let function = wrapper.function else {
            top = base + 1
            if let value = wrapper.value { try evaluate(value, into: base) }
            return
        }
        let inner = shared.scope(of: function)
        let generator = CodeGenerator(
            shared, host: inner, qualifiedName: childQualifiedName(inner), enclosing: self, span: statement.span)
        let unit = try generator.compileFunction(
            function.arguments, name: function.name, body: function.body, value: nil, firstLine: statement.span.line)
        top = base + 1
        try emitFunction(unit, inner, base, parts: 0)
        var register = base + FrameLayout.argumentOffset
        if wrapper.isInClass {
            top = register + 1
            code.emit(.loadLocals, a: register)
            register += 1
        }
        for argument in wrapper.arguments {
            top = register + 1
            try evaluate(argument, into: register)
            register += 1
        }
        code.emit(.call, a: base, b: register - base - FrameLayout.argumentOffset, c: 0xFFFF)
        top = base + 1
    }

    /// A name that the mapping of a class may have.
    func loadFromClass(_ mapping: Int, _ name: String, into destination: Int) throws(SyntaxError) {
        let mark = top
        let key = allocate()
        let found = allocate()
        load(.text(name), into: key)
        code.emit(.contains, a: found, b: key, c: mapping)
        let missing = code.makeLabel()
        let end = code.makeLabel()
        jump(.jumpIfFalse, temporary(found), to: missing)
        code.emit(.loadSubscript, a: key, b: mapping, c: key)
        code.jump(.jump, to: end)
        code.place(missing)
        code.emit(.loadGlobal, a: key, b: try nameIndex(name))
        code.place(end)
        move(to: destination, from: temporary(key))
        top = mark
    }
}
