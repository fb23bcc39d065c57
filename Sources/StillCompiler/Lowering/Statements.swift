// Statements other than definitions, try and with.

import StillBytecode
import StillSyntax

extension CodeGenerator {
    func lower(_ statements: ArraySlice<Stmt>) throws(SyntaxError) {
        for statement in statements { try lower(statement) }
    }

    func lower(_ statements: [Stmt]) throws(SyntaxError) { try lower(statements[...]) }

    func lower(_ statement: Stmt) throws(SyntaxError) {
        try enter(statement.span)
        let mark = top
        code.span = statement.span
        try lowerStatement(statement)
        top = mark
        depth -= 1
    }

    private func lowerStatement(_ statement: Stmt) throws(SyntaxError) {
        let span = statement.span
        switch statement.kind {
        case .expr(let value): try lowerExpressionStatement(value)
        case .assign(let targets, let value): try lowerAssign(targets, value)
        case .augAssign(let target, let op, let value):
            try lowerAugmented(target, op, value, span)
        case .annAssign(let target, let annotation, let value, let isSimple):
            try lowerAnnotated(target, annotation, value, isSimple)
        case .return(let value): try lowerReturn(value, span)
        case .if: try lowerIf(statement)
        case .while(let test, let body, let orElse): try lowerWhile(test, body, orElse)
        case .for(let target, let iterable, let body, let orElse):
            try lowerFor(target, iterable, body, orElse, isAsync: false)
        case .functionDef(let def), .asyncFunctionDef(let def):
            try lowerFunctionDef(def, statement)
        case .classDef(let def): try lowerClassDef(def, statement)
        case .pass: break
        case .break: try lowerBreak(span)
        case .continue: try lowerContinue(span)
        case .global, .nonlocal: break
        default: try lowerRareStatement(statement)
        }
    }

    private func lowerRareStatement(_ statement: Stmt) throws(SyntaxError) {
        let span = statement.span
        switch statement.kind {
        case .delete(let targets): for target in targets { try delete(target) }
        case .typeAlias(let name, _, _):
            let base = allocate()
            try lowerWrapper(shared.wrapper(of: statement), statement, into: base)
            try store(name, from: temporary(base))
        case .asyncFor(let target, let iterable, let body, let orElse):
            try checkAsyncStatement("for", span)
            try lowerFor(target, iterable, body, orElse, isAsync: true)
        case .with(let items, let body):
            try lowerWith(items[...], body, isAsync: false, span)
        case .asyncWith(let items, let body):
            try checkAsyncStatement("with", span)
            try lowerWith(items[...], body, isAsync: true, span)
        case .match(let subject, let cases): try lowerMatch(subject, cases)
        case .raise(let exception, let cause): try lowerRaise(exception, cause)
        case .try(let body, let handlers, let orElse, let finalBody):
            try lowerTry(body, handlers, orElse, finalBody, isStar: false)
        case .tryStar(let body, let handlers, let orElse, let finalBody):
            try lowerTry(body, handlers, orElse, finalBody, isStar: true)
        case .assert(let test, let message): try lowerAssert(test, message, span)
        case .import(let names): try lowerImport(names)
        case .importFrom(let module, let names, let level):
            try lowerImportFrom(module, names, level, span)
        default: preconditionFailure("still bug: a statement was not lowered")
        }
    }

    private func checkAsyncStatement(_ word: String, _ span: SourceSpan) throws(SyntaxError) {
        if !isAsyncBlock { throw error("'async \(word)' outside async function", span) }
    }

    private func lowerExpressionStatement(_ value: Expr) throws(SyntaxError) {
        if host.kind == .module, shared.mode == .interactive {
            let register = allocate()
            try evaluate(value, into: register)
            code.emit(
                .intrinsic, a: register, b: register, c: Int(Intrinsic.printExpression.rawValue))
            clear(register)
            return
        }
        if case .constant = value.kind { return }
        try discard(value)
    }

    // MARK: Assignment

    private func lowerAssign(_ targets: [Expr], _ value: Expr) throws(SyntaxError) {
        if targets.count == 1 {
            if let register = localRegister(of: targets[0]) {
                try evaluate(value, into: register)
                return
            }
            if try lowerParallel(targets[0], value) { return }
        }
        let source: Operand
        if targets.count == 1, !isName(targets[0]) {
            source = try operand(value, before: targets)
        } else if targets.count == 1 {
            source = try operand(value)
        } else {
            // Stores read it several times, so it is kept in a temporary.
            source = temporary(allocate())
            try evaluate(value, into: source.register)
        }
        for (index, target) in targets.enumerated() {
            var each = source
            if index < targets.count - 1 { each.isTemporary = false }
            try storeKeeping(target, from: each)
        }
    }

    private func isName(_ expression: Expr) -> Bool {
        if case .name = expression.kind { true } else { false }
    }

    /// Stores a value that may be needed again: `unpackSequence` would otherwise overwrite it.
    private func storeKeeping(_ target: Expr, from value: Operand) throws(SyntaxError) {
        let mark = top
        try store(target, from: value)
        top = mark
    }

    /// `a, b = x, y` without building a tuple.
    private func lowerParallel(_ target: Expr, _ value: Expr) throws(SyntaxError) -> Bool {
        let targets: [Expr]
        switch target.kind {
        case .tuple(let elements, _), .list(let elements, _): targets = elements
        default: return false
        }
        guard case .tuple(let values, _) = value.kind, values.count == targets.count,
            targets.count >= 2, targets.count <= 8
        else { return false }
        for element in targets + values {
            if case .starred = element.kind { return false }
        }
        let registers = targets.compactMap { localRegister(of: $0) }
        let areLocals =
            registers.count == targets.count && Set(registers).count == registers.count
        let base = top
        for (index, value) in values.enumerated() {
            if areLocals, index == values.count - 1 {
                top = base + index
                try evaluate(value, into: registers[index])
            } else {
                top = base + index + 1
                try evaluate(value, into: base + index)
            }
        }
        for (index, target) in targets.enumerated() {
            if areLocals, index == targets.count - 1 { break }
            try store(target, from: temporary(base + index))
        }
        return true
    }

    /// Stores `value` in `target`; a temporary is given up.
    func store(_ target: Expr, from value: Operand) throws(SyntaxError) {
        try enter(target.span)
        let mark = top
        let saved = code.span
        code.span = target.span
        switch target.kind {
        case .name(let id, _): try storeName(id, from: value)
        case .attribute(let object, let attribute, _):
            if attribute == "__debug__" { throw error("cannot assign to __debug__", target.span) }
            if case .name("self", _) = object.kind { announce(attribute) }
            let object = try operand(object)
            code.emit(
                .storeAttribute,
                flags: flag(object, InstructionFlags.consumeA)
                    | flag(value, InstructionFlags.consumeB),
                a: object.register, b: value.register, c: try nameIndex(mangled(attribute)))
        case .subscript(let object, let index, _):
            let object = try operand(object, before: [index])
            let key = try operand(index)
            emitStoreSubscript(object, key, value)
        case .tuple(let elements, _), .list(let elements, _):
            try unpack(elements, from: value, target.span)
        case .starred:
            throw error("starred assignment target must be in a list or tuple", target.span)
        default: throw error("cannot assign to expression", target.span)
        }
        code.span = saved
        top = mark
        depth -= 1
    }

    /// Notes an attribute of `self` for the class around this block.
    private func announce(_ attribute: String) {
        var block = enclosing
        while let at = block {
            if at.host.kind == .classBody {
                if !at.staticAttributes.contains(attribute) { at.staticAttributes.append(attribute) }
                return
            }
            block = at.enclosing
        }
    }

    private func emitStoreSubscript(_ object: Operand, _ key: Operand, _ value: Operand) {
        code.emit(
            .storeSubscript,
            flags: flag(object, InstructionFlags.consumeA) | flag(key, InstructionFlags.consumeB)
                | flag(value, InstructionFlags.consumeC),
            a: object.register, b: key.register, c: value.register)
    }

    private func unpack(
        _ elements: [Expr], from value: Operand, _ span: SourceSpan
    ) throws(SyntaxError) {
        var starred: Int?
        for (index, element) in elements.enumerated() {
            guard case .starred = element.kind else { continue }
            if starred != nil {
                throw error("multiple starred expressions in assignment", span)
            }
            starred = index
        }
        if elements.count > Limits.registers {
            throw error("too many targets in assignment", span)
        }
        if starred == nil, let first = consecutiveLocals(elements) {
            code.emit(
                .unpackSequence, flags: flag(value, InstructionFlags.consumeB), a: first,
                b: value.register, c: elements.count)
            return
        }
        let base = allocate(elements.count)
        if let starred {
            let after = elements.count - starred - 1
            if starred > 255 || after > 255 {
                throw error("too many expressions in star-unpacking assignment", span)
            }
            code.emit(
                .unpackStarred, flags: flag(value, InstructionFlags.consumeB, unless: base),
                a: base, b: value.register, c: starred | after << 8)
        } else {
            code.emit(
                .unpackSequence, flags: flag(value, InstructionFlags.consumeB, unless: base),
                a: base, b: value.register, c: elements.count)
        }
        for (index, element) in elements.enumerated() {
            let item = temporary(base + index)
            if case .starred(let target, _) = element.kind {
                try store(target, from: item)
            } else {
                try store(element, from: item)
            }
        }
    }

    /// The first register, when the targets are local variables that lie side by side.
    private func consecutiveLocals(_ elements: [Expr]) -> Int? {
        guard let firstElement = elements.first, let first = localRegister(of: firstElement)
        else { return nil }
        for (index, element) in elements.enumerated()
        where localRegister(of: element) != first + index {
            return nil
        }
        return first
    }

    private func lowerAugmented(
        _ target: Expr, _ op: BinaryOperator, _ value: Expr, _ span: SourceSpan
    ) throws(SyntaxError) {
        let inPlace = InstructionFlags.inPlace
        switch target.kind {
        case .name(let id, _):
            if let register = localRegister(of: target) {
                let left = try operand(target, before: [value])
                code.span = span
                try emitBinary(op, left, value, register, flags: inPlace)
                return
            }
            let register = allocate()
            try at(target.span) { () throws(SyntaxError) in try loadName(id, into: register) }
            try emitBinary(op, temporary(register), value, register, flags: inPlace)
            try at(target.span) { () throws(SyntaxError) in
                try storeName(id, from: temporary(register))
            }
        case .attribute(let object, let attribute, _):
            let object = try operand(object, before: [value])
            let name = try nameIndex(mangled(attribute))
            let register = allocate()
            try at(target.span) { () throws(SyntaxError) in
                code.emit(.loadAttribute, a: register, b: object.register, c: name)
            }
            try emitBinary(op, temporary(register), value, register, flags: inPlace)
            try at(target.span) { () throws(SyntaxError) in
                code.emit(
                    .storeAttribute,
                    flags: flag(object, InstructionFlags.consumeA) | InstructionFlags.consumeB,
                    a: object.register, b: register, c: name)
            }
        case .subscript(let object, let index, _):
            let object = try operand(object, before: [index, value])
            let key = try operand(index, before: [value])
            let register = allocate()
            try at(target.span) { () throws(SyntaxError) in
                code.emit(.loadSubscript, a: register, b: object.register, c: key.register)
            }
            try emitBinary(op, temporary(register), value, register, flags: inPlace)
            try at(target.span) { () throws(SyntaxError) in
                emitStoreSubscript(object, key, temporary(register))
            }
        default: throw error("illegal expression for augmented assignment", target.span)
        }
    }

    private func lowerAnnotated(
        _ target: Expr, _ annotation: Expr, _ value: Expr?, _ isSimple: Bool
    ) throws(SyntaxError) {
        if let value { try lowerAssign([target], value) }
        let mark = top
        switch target.kind {
        case .name(let id, _):
            guard isSimple, host.kind != .function else { break }
            let register = allocate()
            try lowerAnnotation(annotation, into: register)
            let mapping = allocate()
            code.emit(.loadName, a: mapping, b: try nameIndex("__annotations__"))
            let key = allocate()
            load(.text(mangled(id)), into: key)
            emitStoreSubscript(temporary(mapping), temporary(key), temporary(register))
            top = mark
            return
        case .attribute(let object, _, _): if value == nil { try discard(object) }
        case .subscript(let object, let index, _):
            if value == nil {
                try discard(object)
                try discard(index)
            }
        default: break
        }
        // Annotations of other targets are only evaluated.
        if host.kind != .function, !isSimple, !shared.postponesAnnotations {
            try discard(annotation)
        }
        top = mark
    }

    private func delete(_ target: Expr) throws(SyntaxError) {
        try enter(target.span)
        let mark = top
        let saved = code.span
        code.span = target.span
        switch target.kind {
        case .name(let id, _): try deleteName(id)
        case .attribute(let object, let attribute, _):
            emitRead(
                .deleteAttribute, try operand(object), c: try nameIndex(mangled(attribute)))
        case .subscript(let object, let index, _):
            let object = try operand(object, before: [index])
            let key = try operand(index)
            code.emit(
                .deleteSubscript,
                flags: flag(object, InstructionFlags.consumeA)
                    | flag(key, InstructionFlags.consumeB),
                a: object.register, b: key.register)
        case .tuple(let elements, _), .list(let elements, _):
            for element in elements { try delete(element) }
        default: throw error("cannot delete expression", target.span)
        }
        code.span = saved
        top = mark
        depth -= 1
    }

    // MARK: Branches and loops

    private func lowerIf(_ statement: Stmt) throws(SyntaxError) {
        let end = code.makeLabel()
        var current = statement
        while case .if(let test, let body, let orElse) = current.kind {
            let otherwise = code.makeLabel()
            try jump(if: test, is: false, to: otherwise)
            try lower(body)
            if orElse.isEmpty {
                code.place(otherwise)
                break
            }
            code.jump(.jump, to: end)
            code.place(otherwise)
            if orElse.count == 1, case .if = orElse[0].kind {
                current = orElse[0]
                code.span = current.span
            } else {
                try lower(orElse)
                break
            }
        }
        code.place(end)
    }

    private func lowerWhile(
        _ test: Expr, _ body: [Stmt], _ orElse: [Stmt]
    ) throws(SyntaxError) {
        let start = code.makeLabel()
        let otherwise = code.makeLabel()
        let exit = code.makeLabel()
        code.place(start)
        try jump(if: test, is: false, to: otherwise)
        pushBlock(ControlBlock(.loop(iterator: nil, exit: exit, again: start)))
        try lower(body)
        popBlock()
        code.jump(.jumpBack, to: start)
        code.place(otherwise)
        try lower(orElse)
        code.place(exit)
    }

    private func lowerFor(
        _ target: Expr, _ iterable: Expr, _ body: [Stmt], _ orElse: [Stmt], isAsync: Bool
    ) throws(SyntaxError) {
        let iterator = allocate()
        try evaluateLoopIterable(iterable, isAsync: isAsync, into: iterator)
        _ = allocate()  // the loop's index
        let start = code.makeLabel()
        let exhausted = code.makeLabel()
        let exit = code.makeLabel()
        try lowerIteration(
            target: target, iterator: iterator, isAsync: isAsync, span: iterable.span,
            start: start, end: exhausted)
        pushBlock(ControlBlock(.loop(iterator: iterator, exit: exit, again: start)))
        try lower(body)
        popBlock()
        code.jump(.jumpBack, to: start)
        try finishIteration(iterator, isAsync: isAsync, end: exhausted)
        try lower(orElse)
        code.place(exit)
    }

    // MARK: Others

    private func lowerRaise(_ exception: Expr?, _ cause: Expr?) throws(SyntaxError) {
        guard let exception else {
            code.emit(.raise, c: 0)
            return
        }
        let object = try operand(exception, before: cause.map { [$0] } ?? [])
        guard let cause else {
            emitRead(.raise, object, c: 1)
            return
        }
        let other = try operand(cause)
        code.emit(
            .raise,
            flags: flag(object, InstructionFlags.consumeA)
                | flag(other, InstructionFlags.consumeB),
            a: object.register, b: other.register, c: 2)
    }

    private func lowerAssert(
        _ test: Expr, _ message: Expr?, _ span: SourceSpan
    ) throws(SyntaxError) {
        let end = code.makeLabel()
        try jump(if: test, is: true, to: end)
        code.span = test.span
        let register = allocate()
        code.emit(.loadAssertionError, a: register)
        if let message { try emitCall(register, [message], []) }
        emitRead(.raise, temporary(register), c: 1)
        code.place(end)
    }

    private func importModule(_ name: String, level: Int, from list: CodeConstant) throws(SyntaxError)
        -> Int
    {
        let register = allocate()
        let fromList = allocate()
        load(.int(Int64(level)), into: register)
        load(list, into: fromList)
        code.emit(.importName, a: register, b: try nameIndex(name))
        top = register + 1
        return register
    }

    private func lowerImport(_ names: [Alias]) throws(SyntaxError) {
        for alias in names {
            let mark = top
            let register = try importModule(alias.name, level: 0, from: .none)
            let parts = alias.name.split(separator: ".")
            if let asName = alias.asName {
                for part in parts.dropFirst() {
                    code.emit(
                        .importFrom, a: register, b: register, c: try nameIndex(String(part)))
                }
                try storeName(asName, from: temporary(register))
            } else {
                try storeName(String(parts[0]), from: temporary(register))
            }
            top = mark
        }
    }

    private func lowerImportFrom(
        _ module: String?, _ names: [Alias], _ level: Int, _ span: SourceSpan
    ) throws(SyntaxError) {
        let list = CodeConstant.tuple(names.map { .text($0.name) })
        let register = try importModule(module ?? "", level: level, from: list)
        if names.count == 1, names[0].name == "*" {
            emitRead(.importStar, temporary(register))
            return
        }
        for alias in names {
            let mark = top
            let item = allocate()
            // The name itself is not mangled, the variable is.
            code.emit(.importFrom, a: item, b: register, c: try nameIndex(alias.name))
            try storeName(alias.asName ?? alias.name, from: temporary(item))
            top = mark
        }
        clear(register)
    }
}
