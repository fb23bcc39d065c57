// Functions, lambdas and classes: the code that makes them, and the blocks they run.

import StillBytecode
import StillSyntax

extension CodeGenerator {
    // MARK: Making functions

    /// Qualified name of a block defined here.
    func childQualifiedName(_ child: Scope) -> String {
        // As if the function around a generic definition were not there.
        if host.isGenericWrapper, let enclosing { return enclosing.childQualifiedName(child) }
        switch host.kind {
        case .module: return child.name
        case .classBody:
            return isDeclaredGlobal(child) ? child.name : qualifiedName + "." + child.name
        case .function, .comprehension:
            return isDeclaredGlobal(child)
                ? child.name : qualifiedName + ".<locals>." + child.name
        }
    }

    private func isDeclaredGlobal(_ child: Scope) -> Bool {
        guard !child.isLambda, child.comprehension == nil else { return false }
        return host.symbols[mangled(child.name)]?.resolution == .globalExplicit
    }

    /// Makes a function from `unit`; the parts named in `parts` are already in the registers from
    /// `base`, in order.
    func emitFunction(
        _ unit: CodeUnit, _ inner: Scope, _ base: Int, parts: UInt16, partCount: Int = 0
    ) throws(SyntaxError) {
        var parts = parts
        if !inner.freeNames.isEmpty {
            let first = base + partCount
            for (index, name) in inner.freeNames.enumerated() {
                top = first + index + 1
                loadCell(itself: name, into: first + index)
            }
            code.emit(.buildTuple, a: first, b: first, c: inner.freeNames.count)
            parts |= FunctionParts.closure
        }
        let constant = try constantIndex(.code(unit))
        code.emit(.makeFunction, a: base, b: constant, c: Int(parts))
        top = base + 1
    }

    /// The cell that holds `name`, to hand it to an inner function; or its value, if that is what a generator expression gets.
    func loadCell(itself name: String, into register: Int) {
        if host.kind == .classBody, name == "__class__", host.needsClassCell {
            copy(to: register, from: 0)
            return
        }
        var current = scope
        while current.kind == .comprehension {
            if current.symbols[name]?.resolution == .cell, let cell = current.registers[name] {
                copy(to: register, from: cell)
                return
            }
            guard let parent = current.parent else { break }
            current = parent
        }
        let resolution = host.symbols[name]?.resolution
        if host.kind == .function, resolution == .cell || resolution == .local, let own = host.registers[name] {
            copy(to: register, from: own)
        } else if let index = host.freeIndex(name), host.comprehension == .generator {
            copy(to: register, from: 1 + index)
        } else if let index = host.freeIndex(name) {
            code.emit(.loadFreeCell, a: register, b: index)
        } else {
            preconditionFailure("still bug: no cell for '\(name)'")
        }
    }

    /// Defaults into the registers from `base`; returns the parts and how many registers they take.
    private func lowerDefaults(
        _ arguments: Arguments, _ base: Int
    ) throws(SyntaxError) -> (parts: UInt16, count: Int) {
        var parts: UInt16 = 0
        var count = 0
        if !arguments.defaults.isEmpty {
            top = base + 1
            if let values = ConstantFolder.tuple(arguments.defaults) {
                load(.tuple(values), into: base)
            } else {
                try lowerSequence(arguments.defaults, .buildTuple, base)
            }
            parts |= FunctionParts.defaults
            count += 1
        }
        let first = base + count
        var pairs = 0
        for (parameter, value) in zip(arguments.keywordOnly, arguments.keywordDefaults) {
            guard let value else { continue }
            let register = first + 2 * pairs
            top = register + 2
            load(.text(mangled(parameter.name)), into: register)
            try evaluate(value, into: register + 1)
            pairs += 1
        }
        if pairs > 0 {
            top = first + 1
            code.emit(.buildDict, a: first, b: first, c: pairs)
            parts |= FunctionParts.keywordDefaults
            count += 1
        }
        top = base + max(count, 1)
        return (parts, count)
    }

    private func lowerAnnotations(
        _ def: FunctionDef, _ first: Int
    ) throws(SyntaxError) -> Bool {
        var pairs = 0
        func add(_ name: String, _ annotation: Expr) throws(SyntaxError) {
            let register = first + 2 * pairs
            top = register + 2
            load(.text(mangled(name)), into: register)
            try lowerAnnotation(annotation, into: register + 1)
            pairs += 1
        }
        for parameter in def.arguments.all {
            if let annotation = parameter.annotation { try add(parameter.name, annotation) }
        }
        if let returns = def.returns { try add("return", returns) }
        if pairs == 0 { return false }
        top = first + 1
        code.emit(.buildDict, a: first, b: first, c: pairs)
        return true
    }

    func lowerAnnotation(_ annotation: Expr, into register: Int) throws(SyntaxError) {
        if shared.postponesAnnotations {
            load(.text(sourceText(of: annotation)), into: register)
        } else if case .starred(let value, _) = annotation.kind {
            try evaluate(value, into: register)
            code.emit(.unpackSequence, a: register, b: register, c: 1)
        } else {
            try evaluate(annotation, into: register)
        }
    }

    func lowerLambda(
        _ node: Expr, _ arguments: Arguments, _ body: Expr, _ destination: Int
    ) throws(SyntaxError) {
        let inner = shared.scope(of: node)
        let base = topmost(destination)
        let (parts, count) = try lowerDefaults(arguments, base)
        let generator = CodeGenerator(
            shared, host: inner, qualifiedName: childQualifiedName(inner), enclosing: self,
            span: node.span)
        let unit = try generator.compileFunction(
            arguments, name: "<lambda>", body: nil, value: body, firstLine: node.span.line)
        try emitFunction(unit, inner, base, parts: parts, partCount: count)
        move(to: destination, from: temporary(base))
    }

    func lowerFunctionDef(_ def: FunctionDef, _ statement: Stmt) throws(SyntaxError) {
        let mark = top
        let (base, decorators) = try startDecorators(def.decorators)
        let stored = host.isGenericWrapper ? GenericWrapper.inner : def.name
        if !def.typeParams.isEmpty {
            try lowerWrapper(shared.wrapper(of: def), statement, into: base)
            finishDecorators(decorators, def.decorators)
            try storeName(stored, from: temporary(decorators.first ?? base))
            top = mark
            return
        }
        var (parts, count) = try lowerDefaults(def.arguments, base)
        if try lowerAnnotations(def, base + count) {
            parts |= FunctionParts.annotations
            count += 1
        }
        let inner = shared.scope(of: def)
        let firstLine = def.decorators.first?.span.line ?? statement.span.line
        let generator = CodeGenerator(
            shared, host: inner, qualifiedName: childQualifiedName(inner), enclosing: self,
            span: statement.span)
        let unit = try generator.compileFunction(
            def.arguments, name: def.name, body: def.body, value: nil, firstLine: firstLine)
        try emitFunction(unit, inner, base, parts: parts, partCount: count)
        finishDecorators(decorators, def.decorators)
        try storeName(stored, from: temporary(decorators.first ?? base))
        top = mark
    }

    /// Evaluates decorators, each the callee of a pending call. Returns where the object to decorate goes.
    private func startDecorators(
        _ decorators: [Expr]
    ) throws(SyntaxError) -> (base: Int, calls: [Int]) {
        var calls: [Int] = []
        var register = allocate()
        for decorator in decorators {
            try evaluate(decorator, into: register)
            calls.append(register)
            register += FrameLayout.argumentOffset
            top = register + 1
        }
        return (register, calls)
    }

    private func finishDecorators(_ calls: [Int], _ decorators: [Expr]) {
        let saved = code.span
        for (call, decorator) in zip(calls, decorators).reversed() {
            code.span = decorator.span
            code.emit(.call, a: call, b: 1, c: 0xFFFF)
            top = call + 1
        }
        code.span = saved
    }

    // MARK: Function blocks

    /// The marker of generators, and the cells.
    func startBlock(isGenerator: Bool) {
        if isGenerator { code.emit(.makeGenerator) }
        for register in host.cellRegisters where isOwnCell(register) {
            code.emit(.makeCell, a: register)
        }
    }

    /// Cells of comprehension variables are made when the comprehension starts.
    private func isOwnCell(_ register: Int) -> Bool {
        !host.localNames[register].hasPrefix(".") || host.localNames[register] == ".0"
    }

    /// Covers a generator's body: a StopIteration that escapes becomes a RuntimeError.
    func openGeneratorRegion() -> Region {
        let region = makeRegion(firstReleased: localCount, exceptionRegister: localCount)
        generatorRegion = region
        pushBlock(ControlBlock(.plain, region: region))
        return region
    }

    func closeGeneratorRegion(_ region: Region) {
        popBlock()
        if code.placeHandler(of: region) {
            let register = localCount
            top = max(top, register + 1)
            code.emit(
                .intrinsic, a: register, b: register,
                c: Int(Intrinsic.stopIterationError.rawValue))
            emitRead(.reraise, temporary(register))
        }
    }

    /// Within a function, at whatever distance: methods of a module's classes are not.
    private var isNested: Bool {
        var outer = enclosing
        while let scope = outer {
            if scope.host.kind != .module && scope.host.kind != .classBody { return true }
            outer = scope.enclosing
        }
        return false
    }

    func compileFunction(
        _ arguments: Arguments, name: String, body: [Stmt]?, value: Expr?, firstLine: Int32
    ) throws(SyntaxError) -> CodeUnit {
        var flags: CodeFlags = [.optimized, .newLocals]
        if isNested { flags.insert(.nested) }
        if arguments.varArgs != nil { flags.insert(.variadicPositional) }
        if arguments.keywordArgs != nil { flags.insert(.variadicKeyword) }
        if host.isAsyncFunction {
            flags.insert(host.isGenerator ? .asyncGenerator : .coroutine)
            if host.isGenerator, let span = host.returnValueSpan {
                throw error("'return' with value in async generator", span)
            }
        } else if host.isGenerator {
            flags.insert(.generator)
        }
        let suspends = host.isGenerator || host.isAsyncFunction
        let docstring = body.flatMap(docstring(of:))
        if let docstring { _ = wideConstantIndex(.string(docstring)) }
        startBlock(isGenerator: suspends)
        let region = suspends ? openGeneratorRegion() : nil
        if let body {
            try lower(docstring == nil ? body[...] : body.dropFirst())
            code.emit(.returnConstant, wide: wideConstantIndex(.none))
        } else if let value {
            try lowerReturn(value, value.span)
        }
        if let region { closeGeneratorRegion(region) }
        return try finish(
            name: name, flags: flags, arguments: arguments, docstring: docstring,
            firstLine: firstLine)
    }

    /// The docstring of a body, with its indentation removed.
    func docstring(of body: [Stmt]) -> [UInt32]? {
        guard let first = body.first, case .expr(let value) = first.kind,
            case .constant(.string(let text)) = value.kind
        else { return nil }
        return cleanDocstring(text.codePoints)
    }

    // MARK: Classes

    func lowerClassDef(_ def: ClassDef, _ statement: Stmt) throws(SyntaxError) {
        let mark = top
        let (base, decorators) = try startDecorators(def.decorators)
        let stored = host.isGenericWrapper ? GenericWrapper.inner : def.name
        if !def.typeParams.isEmpty {
            try lowerWrapper(shared.wrapper(of: def), statement, into: base)
            finishDecorators(decorators, def.decorators)
            try storeName(stored, from: temporary(decorators.first ?? base))
            top = mark
            return
        }
        code.emit(.loadBuildClass, a: base)
        let inner = shared.scope(of: def)
        let firstLine = def.decorators.first?.span.line ?? statement.span.line
        let generator = CodeGenerator(
            shared, host: inner, qualifiedName: childQualifiedName(inner), enclosing: self,
            span: statement.span)
        let unit = try generator.compileClass(def, firstLine: firstLine)
        let first = base + FrameLayout.argumentOffset
        top = first + 1
        try emitFunction(unit, inner, first, parts: 0)
        top = first + 2
        load(.text(def.name), into: first + 1)
        try emitCall(base, def.bases, def.keywords, placed: 2)
        finishDecorators(decorators, def.decorators)
        try storeName(stored, from: temporary(decorators.first ?? base))
        top = mark
    }

    private func compileClass(_ def: ClassDef, firstLine: Int32) throws(SyntaxError) -> CodeUnit {
        let docstring = docstring(of: def.body)
        if let docstring { _ = wideConstantIndex(.string(docstring)) }
        startBlock(isGenerator: false)
        let register = allocate()
        code.emit(.loadName, a: register, b: try nameIndex("__name__"))
        emitRead(.storeName, temporary(register), b: try nameIndex("__module__"))
        load(.text(qualifiedName), into: register)
        emitRead(.storeName, temporary(register), b: try nameIndex("__qualname__"))
        if let docstring {
            load(.string(docstring), into: register)
            emitRead(.storeName, temporary(register), b: try nameIndex("__doc__"))
        }
        top = localCount
        if host.hasAnnotations { code.emit(.setupAnnotations) }
        try lower(docstring == nil ? def.body[...] : def.body.dropFirst())
        let announced = allocate()
        load(.tuple(staticAttributes.map { .text($0) }), into: announced)
        emitRead(.storeName, temporary(announced), b: try nameIndex("__static_attributes__"))
        top = announced
        if host.needsClassCell {
            let cell = allocate()
            copy(to: cell, from: 0)
            emitRead(.storeName, temporary(cell), b: try nameIndex("__classcell__"))
            copy(to: cell, from: 0)
            emitRead(.returnValue, temporary(cell))
        } else {
            code.emit(.returnConstant, wide: wideConstantIndex(.none))
        }
        return try finish(
            name: def.name, flags: isNested ? .nested : [], arguments: nil,
            docstring: docstring, firstLine: firstLine)
    }
}

/// Removes the common indentation of all lines after the first, as `inspect.cleandoc` does, but keeps
/// blank lines at the end.
func cleanDocstring(_ text: [UInt32]) -> [UInt32] {
    let space: UInt32 = 32
    let newline: UInt32 = 10
    // Tabs become spaces first.
    var expanded: [UInt32] = []
    var column = 0
    for point in text {
        switch point {
        case 9:
            let width = 8 - column % 8
            expanded.append(contentsOf: repeatElement(space, count: width))
            column += width
        case newline, 13:
            expanded.append(point)
            column = 0
        default:
            expanded.append(point)
            column += 1
        }
    }
    let lines = expanded.split(separator: newline, omittingEmptySubsequences: false)
    var margin = Int.max
    for line in lines.dropFirst() {
        let indent = line.prefix(while: { $0 == space }).count
        if indent < line.count { margin = min(margin, indent) }
    }
    if margin == .max { margin = 0 }
    var result: [UInt32] = Array(lines[0].drop(while: { $0 == space }))
    for line in lines.dropFirst() {
        result.append(newline)
        result.append(contentsOf: line.dropFirst(min(margin, line.prefix { $0 == space }.count)))
    }
    return result
}
