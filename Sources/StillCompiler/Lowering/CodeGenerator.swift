// Generates the code of one block (module, class body, function).
//
// Registers: the block's variables first, then temporaries, handed out like a stack: `top` is the first
// free one, and every construct puts `top` back where it was. Which temporaries hold something is
// known at each instruction; the verifier in StillBytecode checks it.
//
// Destinations: an expression is evaluated *into* a register. When that register is a variable, it
// is written by the last instruction only, so that an exception, or a use of the variable inside the
// expression, still finds its old value. When it is a temporary, it may serve as scratch space.
//
// Operands: a plain local variable is used where it lies, without copying, unless an expression that
// is evaluated before the instruction runs could rebind it with `:=`.

import StillBytecode
import StillSyntax

/// A register that an instruction reads. Temporaries are given up by the instruction.
struct Operand {
    var register: Int
    var isTemporary: Bool
}

/// Where a name lives, as seen from the current scope.
enum NameAccess {
    case local(Int)
    case cell(Int)
    case free(Int)
    case global
    /// The block's locals mapping, then globals, then builtins.
    case mapping
    /// Class body: the locals mapping, else the free variable.
    case mappingOrFree(Int)
    /// Within the definition of a generic in a class body: the class's mapping in that register, then globals, then builtins.
    case classMapping(Int)
}

/// What all blocks of one compilation share.
final class Compilation {
    let reporter: ErrorReporter
    let filename: String
    let mode: CompileMode
    let table: SymbolTable
    /// `from __future__ import annotations`
    var postponesAnnotations = false

    init(reporter: ErrorReporter, filename: String, mode: CompileMode, table: SymbolTable) {
        self.reporter = reporter
        self.filename = filename
        self.mode = mode
        self.table = table
    }

    func wrapper(of node: AnyObject) -> GenericWrapper {
        guard let wrapper = table.wrappers[ObjectIdentifier(node)] else {
            preconditionFailure("still bug: a generic definition was not entered into the symbol table")
        }
        return wrapper
    }

    func scope(of node: AnyObject) -> Scope {
        guard let scope = table.scopes[ObjectIdentifier(node)] else {
            preconditionFailure("still bug: a scope was not entered into the symbol table")
        }
        return scope
    }
}

final class CodeGenerator {
    let shared: Compilation
    let host: Scope
    /// The host, or the comprehension being compiled.
    var scope: Scope
    let qualifiedName: String
    /// The block this one is defined in.
    let enclosing: CodeGenerator?
    var code: Assembler
    private(set) var constants = ConstantPool()
    private(set) var names = NamePool()
    let localCount: Int
    var top: Int { didSet { if top > registerCount { registerCount = top } } }
    private(set) var registerCount: Int
    var blocks: [ControlBlock] = []
    /// Asynchronous loops whose end is still to be emitted.
    var pendingAsyncLoops: [(iterator: Int, region: Region)] = []
    /// Covers the body of a generator.
    var generatorRegion: Region?
    var depth = 0
    /// Class body: attributes that its functions store in `self`, in order of the source.
    var staticAttributes: [String] = []

    init(
        _ shared: Compilation, host: Scope, qualifiedName: String, enclosing: CodeGenerator?,
        span: SourceSpan
    ) {
        self.shared = shared
        self.host = host
        self.scope = host
        self.qualifiedName = qualifiedName
        self.enclosing = enclosing
        code = Assembler(span: span)
        localCount = host.localNames.count
        top = localCount
        registerCount = localCount
    }

    // MARK: Registers

    func allocate(_ count: Int = 1) -> Int {
        let register = top
        top += count
        return register
    }

    func isTemporary(_ register: Int) -> Bool { register >= localCount }

    /// A temporary at the top of the stack: `register` itself when it is that, otherwise a new one.
    func topmost(_ register: Int) -> Int {
        isTemporary(register) && register == top - 1 ? register : allocate()
    }

    func temporary(_ register: Int) -> Operand { Operand(register: register, isTemporary: true) }

    // MARK: Emission

    func error(_ message: String, _ span: SourceSpan) -> SyntaxError {
        shared.reporter.error(message, span)
    }

    func flag(_ operand: Operand, _ bit: UInt8, unless destination: Int? = nil) -> UInt8 {
        operand.isTemporary && operand.register != destination ? bit : 0
    }

    /// `a = op b`
    func emit(_ opcode: Opcode, _ a: Int, _ b: Operand, c: Int = 0, flags: UInt8 = 0) {
        code.emit(
            opcode, flags: flags | flag(b, InstructionFlags.consumeB, unless: a), a: a,
            b: b.register, c: c)
    }

    /// `a = b op c`
    func emit(_ opcode: Opcode, _ a: Int, _ b: Operand, _ c: Operand, flags: UInt8 = 0) {
        code.emit(
            opcode,
            flags: flags | flag(b, InstructionFlags.consumeB, unless: a)
                | flag(c, InstructionFlags.consumeC, unless: a),
            a: a, b: b.register, c: c.register)
    }

    /// Reads a only: stores, returns.
    func emitRead(_ opcode: Opcode, _ a: Operand, b: Int = 0, c: Int = 0) {
        code.emit(
            opcode, flags: flag(a, InstructionFlags.consumeA), a: a.register, b: b, c: c)
    }

    func move(to destination: Int, from source: Operand) {
        if source.register == destination { return }
        emit(.move, destination, source)
    }

    func copy(to destination: Int, from source: Int) {
        code.emit(.move, a: destination, b: source)
    }

    func clear(_ register: Int) { code.emit(.clear, a: register) }

    func jump(_ opcode: Opcode, _ operand: Operand, to label: Label) {
        code.jump(
            opcode, to: label, flags: flag(operand, InstructionFlags.consumeA),
            a: operand.register)
    }

    func load(_ constant: CodeConstant, into register: Int) {
        if case .int(let value) = constant, let small = Int32(exactly: value) {
            code.emit(.loadSmallInt, a: register, wide: Int(small))
        } else {
            code.emit(.loadConstant, a: register, wide: constants.index(of: constant))
        }
    }

    /// Index of a constant in a 16-bit operand.
    func constantIndex(_ constant: CodeConstant) throws(SyntaxError) -> Int {
        let index = constants.index(of: constant)
        if index > Limits.operandIndex { throw error("too many constants in one block", code.span) }
        return index
    }

    func wideConstantIndex(_ constant: CodeConstant) -> Int { constants.index(of: constant) }

    func nameIndex(_ name: String) throws(SyntaxError) -> Int {
        let index = names.index(of: name)
        if index > Limits.operandIndex { throw error("too many names in one block", code.span) }
        return index
    }

    /// Runs `body` with instructions attributed to `span`.
    func at<Result>(
        _ span: SourceSpan, _ body: () throws(SyntaxError) -> Result
    ) throws(SyntaxError) -> Result {
        let saved = code.span
        code.span = span
        let result = try body()
        code.span = saved
        return result
    }

    func enter(_ span: SourceSpan) throws(SyntaxError) {
        depth += 1
        if depth > Limits.nesting { throw shared.reporter.tooDeep(span) }
        if top > Limits.registers { throw error("too many values in one expression", span) }
    }

    // MARK: Names

    func mangled(_ name: String) -> String { mangle(name, in: scope.privateClass) }

    /// - Parameter name: mangled.
    func access(_ name: String) -> NameAccess {
        var current = scope
        while current.kind == .comprehension {
            switch current.symbols[name]?.resolution {
            case .local: return .local(current.registers[name]!)
            case .cell: return .cell(current.registers[name]!)
            case .globalExplicit: return .global
            default: break
            }
            guard let parent = current.parent else { break }
            current = parent
        }
        let isInner = scope !== host
        let resolution = host.symbols[name]?.resolution
        switch host.kind {
        case .function, .comprehension:
            switch resolution {
            case .local: return .local(host.registers[name]!)
            case .cell: return .cell(host.registers[name]!)
            case .free: return freeAccess(name)
            case .globalExplicit: return .global
            default:
                if let register = host.registers[GenericWrapper.classMapping] { return .classMapping(register) }
                return .global
            }
        case .module:
            return resolution == .globalExplicit ? .global : .mapping
        case .classBody:
            if isInner {
                if name == "__class__", host.needsClassCell { return .cell(0) }
                return host.freeIndex(name).map(NameAccess.free) ?? .global
            }
            switch resolution {
            case .globalExplicit: return .global
            case .free:
                let index = host.freeIndex(name)!
                let isDeclared = host.symbols[name]!.flags.contains(.nonlocal)
                return isDeclared ? .free(index) : .mappingOrFree(index)
            default: return .mapping
            }
        }
    }

    /// Generator expressions have the cells or values of free variables in registers, behind the iterator.
    private func freeAccess(_ name: String) -> NameAccess {
        let index = host.freeIndex(name)!
        if host.comprehension != .generator { return .free(index) }
        return host.valueNames.contains(name) ? .local(1 + index) : .cell(1 + index)
    }

    func loadName(_ id: String, into destination: Int) throws(SyntaxError) {
        let name = mangled(id)
        switch access(name) {
        case .local(let register): copy(to: destination, from: register)
        case .cell(let register): code.emit(.loadCell, a: destination, b: register)
        case .free(let index): code.emit(.loadFree, a: destination, b: index)
        case .global: code.emit(.loadGlobal, a: destination, b: try nameIndex(name))
        case .mapping: code.emit(.loadName, a: destination, b: try nameIndex(name))
        case .mappingOrFree(let index):
            code.emit(.loadNameOrFree, a: destination, b: try nameIndex(name), c: index)
        case .classMapping(let register): try loadFromClass(register, name, into: destination)
        }
    }

    func storeName(_ id: String, from value: Operand) throws(SyntaxError) {
        let name = mangled(id)
        switch access(name) {
        case .local(let register): move(to: register, from: value)
        case .cell(let register):
            code.emit(
                .storeCell, flags: flag(value, InstructionFlags.consumeA), a: value.register,
                b: register)
        case .free(let index): emitRead(.storeFree, value, b: index)
        case .global, .classMapping: emitRead(.storeGlobal, value, b: try nameIndex(name))
        case .mapping, .mappingOrFree: emitRead(.storeName, value, b: try nameIndex(name))
        }
    }

    func deleteName(_ id: String) throws(SyntaxError) {
        let name = mangled(id)
        switch access(name) {
        case .local(let register): code.emit(.deleteLocal, a: register)
        case .cell(let register): code.emit(.deleteCell, b: register)
        case .free(let index): code.emit(.deleteFree, b: index)
        case .global, .classMapping: code.emit(.deleteGlobal, b: try nameIndex(name))
        case .mapping, .mappingOrFree: code.emit(.deleteName, b: try nameIndex(name))
        }
    }

    /// The register of a plain local variable.
    func localRegister(of expression: Expr) -> Int? {
        guard case .name(let id, _) = expression.kind else { return nil }
        if id == "__debug__" { return nil }
        guard case .local(let register) = access(mangled(id)) else { return nil }
        return register
    }

    // MARK: Finishing

    func finish(
        name: String, flags: CodeFlags, arguments: Arguments?, docstring: [UInt32]?,
        firstLine: Int32, freeNames: [String]? = nil
    ) throws(SyntaxError) -> CodeUnit {
        if registerCount > Limits.registers {
            throw error("too many values in one block", code.span)
        }
        let assembled = code.assemble()
        let positional = (arguments?.positionalOnly.count ?? 0) + (arguments?.positional.count ?? 0)
        let isGeneratorExpression = host.comprehension == .generator
        return CodeUnit(
            name: name, qualifiedName: qualifiedName, filename: shared.filename,
            firstLine: firstLine, flags: flags,
            argumentCount: isGeneratorExpression ? 1 : positional,
            positionalOnlyCount: arguments?.positionalOnly.count ?? 0,
            keywordOnlyCount: arguments?.keywordOnly.count ?? 0,
            localNames: host.localNames, cellRegisters: host.cellRegisters.map { UInt16($0) },
            freeNames: host.freeNames, registerCount: registerCount, names: names.names,
            constants: constants.constants, instructions: assembled.instructions,
            exceptionTable: assembled.exceptionTable, lineTable: assembled.lineTable,
            docstring: docstring)
    }
}
