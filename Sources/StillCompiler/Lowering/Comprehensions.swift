// Comprehensions run in the block around them, with variables of their own; generator expressions are code blocks whose generator is made at
// once, without a function. The outermost iterable is evaluated before either begins.

import StillBytecode
import StillSyntax

extension CodeGenerator {
    func lowerComprehension(_ node: Expr, _ destination: Int) throws(SyntaxError) {
        switch node.kind {
        case .listComp(let element, let generators):
            try lowerInline(node, .buildList, generators, destination) {
                (result) throws(SyntaxError) in
                self.emit(.listAppend, result, try self.operand(element))
            }
        case .setComp(let element, let generators):
            try lowerInline(node, .buildSet, generators, destination) {
                (result) throws(SyntaxError) in
                self.emit(.setAdd, result, try self.operand(element))
            }
        case .dictComp(let key, let value, let generators):
            try lowerInline(node, .buildDict, generators, destination) {
                (result) throws(SyntaxError) in
                let key = try self.operand(key, before: [value])
                let value = try self.operand(value)
                self.emit(.dictAdd, result, key, value)
            }
        case .generatorExp(let element, let generators):
            try lowerGenerator(node, element, generators, destination)
        default: preconditionFailure("still bug: not a comprehension")
        }
    }

    private func checkAsync(
        _ inner: Scope, _ generators: [Comprehension], _ span: SourceSpan
    ) throws(SyntaxError) {
        guard inner.hasAwait, generators.contains(where: \.isAsync) || inner.hasAwait else {
            return
        }
        if !isAsyncBlock {
            throw error(
                "asynchronous comprehension outside of an asynchronous function", span)
        }
    }

    private func lowerInline(
        _ node: Expr, _ build: Opcode, _ generators: [Comprehension], _ destination: Int,
        _ element: (Int) throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let inner = shared.scope(of: node)
        if generators.contains(where: \.isAsync) || inner.hasAwait {
            try checkAsync(inner, generators, node.span)
        }
        let result = topmost(destination)
        let iterator = allocate()
        try evaluateIterable(generators[0], into: iterator)
        _ = allocate()  // the loop's index
        code.emit(build, a: result, b: result, c: 0)
        let outer = scope
        scope = inner
        for name in inner.order where inner.symbols[name]!.resolution == .cell {
            clear(inner.registers[name]!)
            code.emit(.makeCell, a: inner.registers[name]!)
        }
        try lowerClause(generators, 0, iterator) { () throws(SyntaxError) in
            let mark = self.top
            try element(result)
            self.top = mark
        }
        for name in inner.order {
            if let register = inner.registers[name] { clear(register) }
        }
        scope = outer
        top = result + 1
        move(to: destination, from: temporary(result))
    }

    private func evaluateIterable(
        _ generator: Comprehension, into iterator: Int
    ) throws(SyntaxError) {
        try evaluateLoopIterable(generator.iterable, isAsync: generator.isAsync, into: iterator)
    }

    /// Leaves the iterator of a loop in `iterator`. The next register is the index of the loop (`indexRegister`).
    func evaluateLoopIterable(
        _ iterable: Expr, isAsync: Bool, into iterator: Int
    ) throws(SyntaxError) {
        let object: Operand
        if !isAsync, case .list(let elements, _) = iterable.kind,
            let values = ConstantFolder.tuple(elements)
        {
            // The loop cannot tell a constant list from a tuple.
            load(.tuple(values), into: iterator)
            object = temporary(iterator)
        } else {
            object = try operand(iterable, scratch: iterator)
        }
        try at(iterable.span) { () throws(SyntaxError) in
            emit(isAsync ? .getAsyncIterator : .getIterator, iterator, object, flags: isAsync ? 0 : InstructionFlags.loop)
        }
    }

    /// The loop of clause `index` and all inside it, over the iterator in `iterator`.
    private func lowerClause(
        _ generators: [Comprehension], _ index: Int, _ iterator: Int,
        _ body: () throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let generator = generators[index]
        let mark = top
        let again = code.makeLabel()
        try lowerLoop(
            target: generator.target, iterator: iterator, isAsync: generator.isAsync,
            span: generator.iterable.span
        ) { () throws(SyntaxError) in
            for condition in generator.conditions {
                try self.jump(if: condition, is: false, to: again)
            }
            if index + 1 < generators.count {
                let next = self.allocate()
                try self.evaluateIterable(generators[index + 1], into: next)
                _ = self.allocate()  // its index
                try self.lowerClause(generators, index + 1, next, body)
            } else {
                try body()
            }
            self.code.place(again)
        }
        top = mark
    }

    /// A `for` loop without `break`: the iterator is in `iterator` and is given up at the end.
    private func lowerLoop(
        target: Expr, iterator: Int, isAsync: Bool, span: SourceSpan,
        _ body: () throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let start = code.makeLabel()
        let end = code.makeLabel()
        try lowerIteration(
            target: target, iterator: iterator, isAsync: isAsync, span: span, start: start,
            end: end)
        try body()
        code.jump(.jumpBack, to: start)
        try finishIteration(iterator, isAsync: isAsync, end: end)
    }

    /// Takes the next item and stores it in `target`; at the end goes to `end`.
    func lowerIteration(
        target: Expr, iterator: Int, isAsync: Bool, span: SourceSpan, start: Label, end: Label
    ) throws(SyntaxError) {
        let mark = top
        code.place(start)
        let saved = code.span
        code.span = span
        if isAsync {
            let item = allocate()
            let region = makeRegion(firstReleased: item, exceptionRegister: item)
            code.open(region)
            let awaitable = allocate()
            code.emit(.getAsyncNext, a: awaitable, b: iterator)
            load(.none, into: item)
            code.emit(.delegate, a: item, b: awaitable, c: top)
            code.close(region)
            pendingAsyncLoops.append((iterator, region))
            code.span = saved
            try store(target, from: temporary(item))
        } else if let register = localRegister(of: target) {
            code.emit(.forIterate, a: register, b: iterator, c: indexRegister(iterator))
            code.jump(.jump, to: end)
            code.span = saved
        } else {
            let item = allocate()
            code.emit(.forIterate, a: item, b: iterator, c: indexRegister(iterator))
            code.jump(.jump, to: end)
            code.span = saved
            try store(target, from: temporary(item))
        }
        top = mark
    }

    /// Where the index of a loop is, if it goes over a list or tuple.
    private func indexRegister(_ iterator: Int) -> Int {
        isTemporary(iterator) ? iterator + 1 : 1 + host.freeNames.count
    }

    /// Where the loop goes when its iterator is exhausted.
    func finishIteration(_ iterator: Int, isAsync: Bool, end: Label) throws(SyntaxError) {
        if isAsync, let pending = pendingAsyncLoops.popLast() {
            if code.placeHandler(of: pending.region) {
                code.jump(.endAsyncFor, to: end, a: pending.region.exceptionRegister)
            }
            code.place(end)
            clear(iterator)
        } else {
            code.place(end)
        }
    }

    // MARK: Generator expressions

    private func lowerGenerator(
        _ node: Expr, _ element: Expr, _ generators: [Comprehension], _ destination: Int
    ) throws(SyntaxError) {
        let inner = shared.scope(of: node)
        let base = topmost(destination)
        let generator = CodeGenerator(
            shared, host: inner, qualifiedName: childQualifiedName(inner), enclosing: self,
            span: node.span)
        let unit = try generator.compileGeneratorExpression(node, element, generators)
        try evaluateIterable(generators[0], into: base)
        top = base + 2
        for (index, name) in inner.freeNames.enumerated() {
            top = base + index + 2
            loadCell(itself: name, into: base + index + 1)
        }
        code.emit(.makeGeneratorExpression, a: base, b: try constantIndex(.code(unit)), c: inner.freeNames.count)
        top = base + 1
        move(to: destination, from: temporary(base))
    }

    private func compileGeneratorExpression(
        _ node: Expr, _ element: Expr, _ generators: [Comprehension]
    ) throws(SyntaxError) -> CodeUnit {
        let isAsync = host.hasAwait
        startBlock(isGenerator: true)
        let region = openGeneratorRegion()
        // The parameter is used as the loop's iterator where it lies.
        try lowerClause(generators, 0, 0) { () throws(SyntaxError) in
            let mark = self.top
            let object = self.wrapForAsyncGenerator(try self.operand(element))
            let sent = object.isTemporary ? object.register : self.allocate()
            self.emit(.yieldValue, sent, object, c: max(self.top, sent + 1, object.register + 1))
            self.clear(sent)
            self.top = mark
        }
        code.emit(.returnConstant, wide: wideConstantIndex(.none))
        closeGeneratorRegion(region)
        return try finish(
            name: "<genexpr>",
            flags: [
                .optimized, .newLocals, .nested, .freeInRegisters, isAsync ? .asyncGenerator : .generator,
            ], arguments: nil, docstring: nil, firstLine: node.span.line)
    }
}
