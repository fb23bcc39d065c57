// What encloses a statement and has something to do when control leaves it.
//
// `return`, `break` and `continue` leave blocks from the inside out. Each block's clean-up runs with
// the block itself, and the exception handler that belongs to it, already left.

import StillBytecode
import StillSyntax

final class ControlBlock {
    enum Kind {
        /// Only a handler.
        case plain
        case loop(iterator: Int?, exit: Label, again: Label)
        case finally(body: [Stmt])
        /// A handler is running: registers r and r+1 belong to pushHandled.
        case handled(Int)
        /// The name of `except ... as name`, unbound at the end.
        case handlerName(String)
        /// The exit function is in the register.
        case with(exit: Int, isAsync: Bool, span: SourceSpan)
        /// A value that waits in a temporary.
        case value(Int)
        /// The clause of an `except*`.
        case exceptStar
    }

    let kind: Kind
    let region: Region?

    init(_ kind: Kind, region: Region? = nil) {
        self.kind = kind
        self.region = region
    }
}

extension CodeGenerator {
    func makeRegion(firstReleased: Int, exceptionRegister: Int) -> Region {
        let saved = top
        top = max(top, exceptionRegister + 1)
        top = saved
        return Region(
            handler: code.makeLabel(), firstReleased: firstReleased,
            exceptionRegister: exceptionRegister, depth: blocks.count + 1)
    }

    func pushBlock(_ block: ControlBlock) {
        blocks.append(block)
        if let region = block.region { code.open(region) }
    }

    func popBlock() {
        if let region = blocks.removeLast().region { code.close(region) }
    }

    /// Leaves all blocks above the first `count`, then runs `leave`, which ends the flow of control.
    func unwind(
        to count: Int, keeping value: Int? = nil,
        _ leave: () throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let saved = blocks
        while blocks.count > count {
            let block = blocks[blocks.count - 1]
            popBlock()
            try cleanUp(block, keeping: value)
        }
        try leave()
        for block in saved[blocks.count...] { pushBlock(block) }
    }

    private func cleanUp(_ block: ControlBlock, keeping value: Int?) throws(SyntaxError) {
        switch block.kind {
        case .plain, .exceptStar: break
        case .loop(let iterator, _, _): if let iterator { clear(iterator) }
        case .finally(let body):
            if let value { pushBlock(ControlBlock(.value(value))) }
            try lower(body[...])
            if value != nil { popBlock() }
        case .handled(let register): code.emit(.popHandled, a: register)
        case .handlerName(let name): try unbind(name)
        case .with(let exit, let isAsync, let span):
            try at(span) { () throws(SyntaxError) in
                try callExit(exit, isAsync: isAsync)
            }
        case .value(let register): clear(register)
        }
    }

    /// The end of `except ... as name`: `name = None; del name`.
    func unbind(_ id: String) throws(SyntaxError) {
        let name = mangled(id)
        if case .local(let register) = access(name) {
            clear(register)
            return
        }
        let mark = top
        let register = allocate()
        load(.none, into: register)
        try storeName(id, from: temporary(register))
        try deleteName(id)
        top = mark
    }

    // MARK: Leaving statements

    func lowerReturn(_ value: Expr?, _ span: SourceSpan) throws(SyntaxError) {
        guard host.kind == .function else { throw error("'return' outside function", span) }
        let constant = value.map { ConstantFolder.value(of: $0) } ?? CodeConstant.none
        try rejectInExceptStar(constant == nil ? span : value?.span ?? span)
        if let constant {
            try unwind(to: 0) { () throws(SyntaxError) in
                self.code.emit(.returnConstant, wide: self.wideConstantIndex(constant))
            }
            return
        }
        guard let value else { return }
        let mark = top
        var result: Operand
        // Leaving a block may change the variable that is returned, and that the variable is unbound
        // must be noticed inside.
        if blocks.contains(where: { $0.region != nil && $0.region !== generatorRegion }) {
            result = temporary(allocate())
            try evaluate(value, into: result.register)
        } else {
            result = try operand(value)
        }
        if result.isTemporary { top = result.register + 1 }
        try unwind(to: 0, keeping: result.isTemporary ? result.register : nil) {
            () throws(SyntaxError) in
            self.emitRead(.returnValue, result)
        }
        top = mark
    }

    private func rejectInExceptStar(
        _ span: SourceSpan, downTo count: Int = 0
    ) throws(SyntaxError) {
        for block in blocks[count...] {
            if case .exceptStar = block.kind {
                throw error(
                    "'break', 'continue' and 'return' cannot appear in an except* block", span)
            }
        }
    }

    func lowerBreak(_ span: SourceSpan) throws(SyntaxError) {
        guard let index = innermostLoop, case .loop(let iterator, let exit, _) = blocks[index].kind
        else { throw error("'break' outside loop", span) }
        try rejectInExceptStar(span, downTo: index)
        try unwind(to: index + 1) { () throws(SyntaxError) in
            if let iterator { self.clear(iterator) }
            self.code.jump(.jump, to: exit)
        }
    }

    func lowerContinue(_ span: SourceSpan) throws(SyntaxError) {
        guard let index = innermostLoop, case .loop(_, _, let again) = blocks[index].kind else {
            throw error("'continue' not properly in loop", span)
        }
        try rejectInExceptStar(span, downTo: index)
        try unwind(to: index + 1) { () throws(SyntaxError) in
            self.code.jump(.jumpBack, to: again)
        }
    }

    private var innermostLoop: Int? {
        blocks.lastIndex { if case .loop = $0.kind { true } else { false } }
    }
}
