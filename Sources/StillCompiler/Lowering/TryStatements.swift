// try, except, except*, finally.
//
// A handler starts with the exception in register r. `pushHandled` makes it the one being handled and
// keeps the previous one in r+1; `popHandled` undoes that. While both are live, an inner handler
// catches what the handler's own code raises, undoes pushHandled, and raises on. The final body
// is compiled once for each way out.

import StillBytecode
import StillSyntax

extension CodeGenerator {
    func lowerTry(
        _ body: [Stmt], _ handlers: [ExceptHandler], _ orElse: [Stmt], _ finalBody: [Stmt],
        isStar: Bool
    ) throws(SyntaxError) {
        if finalBody.isEmpty {
            try lowerHandlers(body, handlers, orElse, isStar)
            return
        }
        let base = top
        let region = makeRegion(firstReleased: base, exceptionRegister: base)
        pushBlock(ControlBlock(.finally(body: finalBody), region: region))
        if handlers.isEmpty {
            try lower(body)
        } else {
            try lowerHandlers(body, handlers, orElse, isStar)
        }
        popBlock()
        let end = code.makeLabel()
        try lower(finalBody)
        code.jump(.jump, to: end)
        // Errors in unreachable code are still found by compiling it.
        let saved = code.span
        if code.placeHandler(of: region) {
            try inHandler(base) { () throws(SyntaxError) in try self.lower(finalBody) }
        }
        code.span = saved
        code.place(end)
        top = base
    }

    /// Runs `body` as an exception handler that ends by raising the exception in `base` again.
    private func inHandler(
        _ base: Int, _ body: () throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        top = base + 2
        code.emit(.pushHandled, a: base)
        let cleanup = makeRegion(firstReleased: base + 2, exceptionRegister: base + 2)
        pushBlock(ControlBlock(.handled(base), region: cleanup))
        try body()
        popBlock()
        copy(to: base + 2, from: base)
        finishHandler(base, cleanup)
    }

    /// Whatever was raised inside a handler is in base+2: raises it with the handler undone.
    private func finishHandler(_ base: Int, _ cleanup: Region) {
        if code.placeHandler(of: cleanup) {
            code.emit(.popHandled, a: base)
            emitRead(.reraise, temporary(base + 2))
        }
    }

    private func lowerHandlers(
        _ body: [Stmt], _ handlers: [ExceptHandler], _ orElse: [Stmt], _ isStar: Bool
    ) throws(SyntaxError) {
        for handler in handlers.dropLast() where handler.type == nil {
            throw error("default 'except:' must be last", handler.span)
        }
        let base = top
        let region = makeRegion(firstReleased: base, exceptionRegister: base)
        pushBlock(ControlBlock(.plain, region: region))
        try lower(body)
        popBlock()
        try lower(orElse)
        let end = code.makeLabel()
        code.jump(.jump, to: end)
        let saved = code.span
        _ = code.placeHandler(of: region)
        top = base + 2
        code.emit(.pushHandled, a: base)
        if isStar {
            try lowerStarClauses(handlers, base, end)
        } else {
            try lowerClauses(handlers, base, end)
        }
        code.span = saved
        code.place(end)
        top = base
    }

    private func lowerClauses(
        _ handlers: [ExceptHandler], _ base: Int, _ end: Label
    ) throws(SyntaxError) {
        let cleanup = makeRegion(firstReleased: base + 2, exceptionRegister: base + 2)
        let handled = ControlBlock(.handled(base), region: cleanup)
        pushBlock(handled)
        for handler in handlers {
            let next = code.makeLabel()
            code.span = handler.span
            if let type = handler.type {
                let match = allocate()
                let types = try operand(type, scratch: match)
                try at(type.span) { () throws(SyntaxError) in
                    code.emit(
                        .matchException, flags: flag(types, InstructionFlags.consumeC, unless: match),
                        a: match, b: base, c: types.register)
                    jump(.jumpIfFalse, temporary(match), to: next)
                }
                top = match
            }
            if let name = handler.name {
                try storeName(name, from: Operand(register: base, isTemporary: false))
                let unnaming = makeRegion(firstReleased: base + 2, exceptionRegister: base + 2)
                pushBlock(ControlBlock(.handlerName(name), region: unnaming))
                try lower(handler.body)
                popBlock()
                popBlock()
                code.emit(.popHandled, a: base)
                try unbind(name)
                code.jump(.jump, to: end)
                pushBlock(handled)
                if code.placeHandler(of: unnaming) {
                    top = base + 3
                    try unbind(name)
                    top = base + 2
                    code.jump(.jump, to: cleanup.handler)
                }
            } else {
                try lower(handler.body)
                popBlock()
                code.emit(.popHandled, a: base)
                code.jump(.jump, to: end)
                pushBlock(handled)
            }
            code.place(next)
        }
        popBlock()
        copy(to: base + 2, from: base)
        finishHandler(base, cleanup)
    }

    /// base+2: the exceptions to raise in the end; base+3: what no clause has matched yet;
    /// base+4: what the current clause has matched.
    private func lowerStarClauses(
        _ handlers: [ExceptHandler], _ base: Int, _ end: Label
    ) throws(SyntaxError) {
        let list = base + 2
        let rest = base + 3
        let match = base + 4
        let cleanup = makeRegion(firstReleased: base + 2, exceptionRegister: base + 2)
        pushBlock(ControlBlock(.handled(base), region: cleanup))
        pushBlock(ControlBlock(.exceptStar))
        code.emit(.buildList, a: list, b: list, c: 0)
        copy(to: rest, from: base)
        for handler in handlers {
            let next = code.makeLabel()
            code.span = handler.span
            top = match + 1
            guard let type = handler.type else { continue }
            let types = try operand(type)
            try at(type.span) { () throws(SyntaxError) in
                code.emit(
                    .matchExceptionGroup, flags: flag(types, InstructionFlags.consumeC),
                    a: rest, b: rest, c: types.register)
            }
            top = match + 1
            code.jump(.jumpIfNone, to: next, a: match)
            if let name = handler.name {
                try storeName(name, from: Operand(register: match, isTemporary: false))
            }
            let failed = makeRegion(firstReleased: match + 1, exceptionRegister: match + 1)
            pushBlock(
                ControlBlock(handler.name.map { .handlerName($0) } ?? .plain, region: failed))
            try lower(handler.body)
            popBlock()
            if let name = handler.name { try unbind(name) }
            let done = code.makeLabel()
            code.jump(.jump, to: done)
            if code.placeHandler(of: failed) {
                top = match + 2
                if let name = handler.name { try unbind(name) }
                emit(.listAppend, list, temporary(match + 1))
                top = match + 1
            }
            code.place(done)
            // Before the match is given up.
            top = match + 2
            code.emit(.intrinsic, a: match + 1, b: base, c: Int(Intrinsic.handle.rawValue))
            clear(match + 1)
            top = match + 1
            code.place(next)
            clear(match)
        }
        emit(.listAppend, list, temporary(rest))
        emitRead(.raiseGroup, temporary(list), b: base)
        popBlock()
        popBlock()
        code.emit(.popHandled, a: base)
        code.jump(.jump, to: end)
        finishHandler(base, cleanup)
    }

    // MARK: with

    func lowerWith(
        _ items: ArraySlice<WithItem>, _ body: [Stmt], isAsync: Bool, _ span: SourceSpan
    ) throws(SyntaxError) {
        guard let item = items.first else {
            try lower(body)
            return
        }
        try enter(span)
        let exit = allocate()
        let value = allocate()
        top = exit + 1
        try evaluate(item.contextExpr, into: exit)
        top = value + 1
        let contextSpan = item.contextExpr.span
        code.span = contextSpan
        code.emit(.loadSpecial, a: value, b: exit, c: isAsync ? 2 : 0)
        code.emit(.loadSpecial, a: exit, b: exit, c: isAsync ? 3 : 1)
        if isAsync {
            // The entered value is awaited: its iterator takes the next register.
            try lowerAwait(value, kind: 1) { (register) throws(SyntaxError) in
                self.move(to: register, from: self.temporary(value))
                self.code.emit(.call, a: register, b: 0, c: 0xFFFF)
            }
        } else {
            code.emit(.call, a: value, b: 0, c: 0xFFFF)
        }
        top = exit + 1
        let region = makeRegion(firstReleased: exit + 1, exceptionRegister: exit + 1)
        pushBlock(
            ControlBlock(.with(exit: exit, isAsync: isAsync, span: contextSpan), region: region))
        if let target = item.optionalVars {
            top = value + 1
            try store(target, from: temporary(value))
            top = exit + 1
        } else {
            clear(value)
        }
        try lowerWith(items.dropFirst(), body, isAsync: isAsync, span)
        popBlock()
        code.span = contextSpan
        try callExit(exit, isAsync: isAsync)
        let end = code.makeLabel()
        code.jump(.jump, to: end)
        if code.placeHandler(of: region) { try lowerExitHandler(exit, isAsync, end) }
        code.place(end)
        top = exit
        depth -= 1
    }

    /// Normal end of a `with`: exit(None, None, None). Gives `exit` up.
    func callExit(_ exit: Int, isAsync: Bool) throws(SyntaxError) {
        let mark = top
        let base = allocate()
        let call = { (callee: Int) in
            self.move(to: callee, from: self.temporary(exit))
            let first = callee + FrameLayout.argumentOffset
            self.top = first + 3
            for register in first..<first + 3 { self.load(.none, into: register) }
            self.code.emit(.call, a: callee, b: 3, c: 0xFFFF)
            self.top = callee + 1
        }
        if isAsync {
            try lowerAwait(base, kind: 2) { (register) throws(SyntaxError) in call(register) }
        } else {
            call(base)
        }
        clear(base)
        top = mark
    }

    /// The exception is in exit+1.
    private func lowerExitHandler(
        _ exit: Int, _ isAsync: Bool, _ end: Label
    ) throws(SyntaxError) {
        let exception = exit + 1
        top = exception + 2
        code.emit(.pushHandled, a: exception)
        let cleanup = makeRegion(
            firstReleased: exception + 2, exceptionRegister: exception + 2)
        let base = allocate()
        let suppressed = code.makeLabel()
        let call = { (callee: Int) in
            self.move(to: callee, from: self.temporary(exit))
            self.pushBlock(ControlBlock(.handled(exception), region: cleanup))
            let first = callee + FrameLayout.argumentOffset
            self.top = first + 3
            self.code.emit(
                .intrinsic, a: first, b: exception, c: Int(Intrinsic.exceptionType.rawValue))
            self.copy(to: first + 1, from: exception)
            self.code.emit(
                .intrinsic, a: first + 2, b: exception,
                c: Int(Intrinsic.exceptionTraceback.rawValue))
            self.code.emit(.call, a: callee, b: 3, c: 0xFFFF)
            self.top = callee + 1
        }
        if isAsync {
            try lowerAwait(base, kind: 2) { (register) throws(SyntaxError) in call(register) }
        } else {
            call(base)
        }
        jump(.jumpIfTrue, temporary(base), to: suppressed)
        popBlock()
        copy(to: exception + 2, from: exception)
        finishHandler(exception, cleanup)
        code.place(suppressed)
        code.emit(.popHandled, a: exception)
        code.jump(.jump, to: end)
    }
}
