// Code objects: a compiled block, ready to run.
//
// The object (type `code`) owns a raw CodeRecord with the instructions (whose inline caches are written while they run), the
// constants and the names. Constants and names are immortal: registers hold them without counting, and threads
// that share code never write a shared count.
// The object is deferred: frames and registers refer to it uncounted, the collector frees it.
public import StillBytecode
public import StillObjects
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVersions

@frozen public struct CodeRecord {
    public var instructions: UnsafeMutablePointer<UInt64>
    public var constants: UnsafeMutablePointer<UInt64>
    public var names: UnsafeMutablePointer<UInt64>
    /// Argument count when the frame needs nothing but its positional arguments, else -1.
    public var simpleArgumentCount: Int32
    public var registerCount: Int32
    public var localCount: Int32
    public var argumentCount: Int32
    public var positionalOnlyCount: Int32
    public var keywordOnlyCount: Int32
    public var flags: UInt32
    public var instructionCount: Int32
    public var constantCount: Int32
    public var nameCount: Int32
    public var firstLine: Int32
    public var handlerCount: Int32
    public var lineCount: Int32
    public var freeCount: Int32
    /// Version of the functions made from it (StillVersions/FunctionVersion.swift); 0 when there was none left.
    public var version: UInt32
    public var handlers: UnsafeMutablePointer<ExceptionTableEntry>
    public var lines: UnsafeMutablePointer<LineTableEntry>
    public var localNames: UnsafeMutablePointer<UInt64>
    public var freeNames: UnsafeMutablePointer<UInt64>
    public var name: Value
    public var qualifiedName: Value
    public var filename: Value
    public var docstring: Value
    public var object: UnsafeMutableRawPointer
    /// Registers that hold cells.
    public var cells: UnsafeMutablePointer<UInt16>
    public var cellCount: Int32

    /// Stand for the code of functions without valid version: they fit no call.
    nonisolated(unsafe) static let cleared = placeholder(version: VersionRange.cleared)
    nonisolated(unsafe) static let unversioned = placeholder(version: VersionRange.none)

    private static func placeholder(version: UInt32) -> UnsafeMutablePointer<CodeRecord> {
        guard let memory = rawAllocateZeroed(MemoryLayout<CodeRecord>.stride, alignment: 16) else {
            stillBug("no memory for a code record")
        }
        let record = memory.assumingMemoryBound(to: CodeRecord.self)
        record.pointee.simpleArgumentCount = -1
        record.pointee.version = version
        return record
    }

    @inlinable public func has(_ flag: CodeFlags) -> Bool { flags & flag.rawValue != 0 }
    public var isGeneratorLike: Bool { flags & 0x2A0 != 0 }

    /// Source position of the instruction word at `index`.
    public func position(at index: Int) -> LineTableEntry {
        var low = 0
        var high = Int(lineCount)
        while low < high {
            let middle = (low + high) / 2
            if Int(lines[middle].start) <= index { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return LineTableEntry(start: 0, line: firstLine, column: -1, endLine: -1, endColumn: -1) }
        return lines[low - 1]
    }
}

@frozen public struct CodeRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable @inline(__always) public var record: UnsafeMutablePointer<CodeRecord> {
        ObjectRef(raw).field(24, as: UnsafeMutablePointer<CodeRecord>.self)
    }
    public var value: Value { Value(ObjectRef(raw)) }
    public var freeVariableCount: Int { Int(record.pointee.freeCount) }
}

public enum CodeLoader {
    /// What a code object is made of, while it is being made: freed when a part cannot be had.
    private struct Parts {
        let t: Thread
        var memory: [UnsafeMutableRawPointer] = []
        /// Code of nested functions: owned. Other constants are immortal.
        var nested: [ObjectRef] = []

        mutating func array<T>(_ count: Int, of: T.Type) throws(PythonError) -> UnsafeMutablePointer<T> {
            guard let raw = rawAllocate(max(1, count) * MemoryLayout<T>.stride) else { throw t.noMemory() }
            memory.append(raw)
            return raw.bindMemory(to: T.self, capacity: max(1, count))
        }

        mutating func strings(_ list: [String]) throws(PythonError) -> UnsafeMutablePointer<UInt64> {
            let array = try array(list.count, of: UInt64.self)
            for (index, name) in list.enumerated() { array[index] = Interning.intern(name).bits | 4 }
            return array
        }
    }

    /// Makes the code object of a unit. Owned.
    public static func load(_ t: Thread, _ unit: CodeUnit) throws(PythonError) -> Value {
        var parts = Parts(t: t)
        do throws(PythonError) { return try load(t, unit, &parts) } catch {
            for memory in parts.memory { rawFree(memory) }
            for code in parts.nested { t.release(code) }
            throw error
        }
    }

    private static func load(_ t: Thread, _ unit: CodeUnit, _ parts: inout Parts) throws(PythonError) -> Value {
        let record = try parts.array(1, of: CodeRecord.self)
        let instructions = try parts.array(unit.instructions.count + 1, of: UInt64.self)
        for index in 0..<unit.instructions.count { instructions[index] = unit.instructions[index] }
        instructions[unit.instructions.count] = 0
        let constants = try parts.array(unit.constants.count, of: UInt64.self)
        for index in 0..<unit.constants.count {
            let value = try constant(t, unit.constants[index]).borrowedForm
            constants[index] = value.bits
            if case .code = unit.constants[index] { parts.nested.append(value.object) }
        }
        let names = try parts.strings(unit.names)
        let handlers = try parts.array(unit.exceptionTable.count, of: ExceptionTableEntry.self)
        for (index, entry) in unit.exceptionTable.enumerated() { (handlers + index).initialize(to: entry) }
        let lines = try parts.array(unit.lineTable.count, of: LineTableEntry.self)
        for (index, entry) in unit.lineTable.enumerated() { (lines + index).initialize(to: entry) }
        let simple =
            unit.keywordOnlyCount == 0
            && unit.flags.isDisjoint(with: [.variadicPositional, .variadicKeyword])
        let cells = try parts.array(unit.cellRegisters.count, of: UInt16.self)
        for (index, register) in unit.cellRegisters.enumerated() { cells[index] = register }
        let localNames = try parts.strings(unit.localNames)
        let freeNames = try parts.strings(unit.freeNames)
        var docstring = Value.none
        if let text = unit.docstring { docstring = try immortal(t, t.makeString(codePoints: text)) }
        guard
            let object = Allocation.object(t, type: t.type(.code).raw, bytes: 32, collectable: true)
        else { throw t.noMemory() }
        record.initialize(
            to: CodeRecord(
                instructions: instructions, constants: constants, names: names,
                simpleArgumentCount: simple ? Int32(unit.argumentCount) : -1,
                registerCount: Int32(unit.registerCount), localCount: Int32(unit.localNames.count),
                argumentCount: Int32(unit.argumentCount),
                positionalOnlyCount: Int32(unit.positionalOnlyCount),
                keywordOnlyCount: Int32(unit.keywordOnlyCount), flags: unit.flags.rawValue,
                instructionCount: Int32(unit.instructions.count), constantCount: Int32(unit.constants.count),
                nameCount: Int32(unit.names.count), firstLine: unit.firstLine,
                handlerCount: Int32(unit.exceptionTable.count), lineCount: Int32(unit.lineTable.count),
                freeCount: Int32(unit.freeNames.count), version: InterpreterVersions(t.interpreter).nextFunction(), handlers: handlers, lines: lines,
                localNames: localNames, freeNames: freeNames,
                name: Interning.intern(unit.name), qualifiedName: Interning.intern(unit.qualifiedName),
                filename: Interning.intern(unit.filename), docstring: docstring, object: object.raw, cells: cells,
                cellCount: Int32(unit.cellRegisters.count)))
        object.setField(24, record)
        ReferenceCount.makeDeferred(object)
        return Value(object)
    }

    static func immortal(_ t: Thread, _ value: Value) -> Value {
        if value.isObject { ReferenceCount.makeImmortal(value.object) }
        return value
    }

    /// A constant's value; objects are immortal, except code.
    static func constant(_ t: Thread, _ constant: CodeConstant) throws(PythonError) -> Value {
        switch constant {
        case .none: return .none
        case .true: return .true
        case .false: return .false
        case .ellipsis: return .ellipsis
        case .int(let number): return try immortal(t, t.makeInt(Int(number)))
        case .bigInt(let hex): return try immortal(t, IntOps.parse(t, hex: hex))
        case .float(let bits): return try immortal(t, t.makeFloat(Double(bitPattern: bits)))
        case .complex(let real, let imaginary):
            return try immortal(t, t.makeComplex(Double(bitPattern: real), Double(bitPattern: imaginary)))
        case .string(let points):
            if points.count <= 64, points.allSatisfy({ $0 < 128 && (isalnum($0) || $0 == 95) }) {
                return Interning.intern(String(String.UnicodeScalarView(points.map { Unicode.Scalar($0)! })))
            }
            return try immortal(t, t.makeString(codePoints: points))
        case .bytes(let bytes): return try immortal(t, t.makeBytes(bytes))
        case .tuple(let items):
            let tuple = try t.makeTuple(items.count)
            for (index, item) in items.enumerated() {
                tuple.initialize(index, Value(bits: try self.constant(t, item).bits & ~0))
            }
            return immortalTuple(t, tuple.value)
        case .frozenSet(let items):
            let set = try t.makeFrozenSet()
            for item in items { try SetRef(set).add(t, try self.constant(t, item)) }
            return set
        case .code(let unit): return try load(t, unit)
        }
    }

    /// A constant tuple is never traced: it only refers to immortal objects. (Tuples that contain code do not occur.)
    static func immortalTuple(_ t: Thread, _ value: Value) -> Value {
        immortal(t, value)
    }

    static func isalnum(_ point: UInt32) -> Bool {
        (48...57).contains(point) || (65...90).contains(point) || (97...122).contains(point)
    }
}

enum CodeType {
    static func define() {
        StaticTypes.define(.code, "code", basicSize: 32, flags: TypeFlags.collectable) { b in
            b.record.pointee.memory.traverse = { object, visitor in
                let record = CodeRef(object).record
                guard UInt(bitPattern: record) != 0 else { return }
                for index in 0..<Int(record.pointee.constantCount) {
                    let value = Value(bits: record.pointee.constants[index])
                    // Only nested code is not immortal; the record owns a count on it.
                    if value.isObject { visitor.report(value.object.raw, true) }
                }
            }
            b.record.pointee.memory.clear = { _, _ in }
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let record = CodeRef(object).record
                if UInt(bitPattern: record) != 0 {
                    for index in 0..<Int(record.pointee.constantCount) {
                        let value = Value(bits: record.pointee.constants[index])
                        if value.isObject { t.release(value.object) }
                    }
                }
                // Functions and generators that are freed in the same collection still look at the record.
                DeadBlocks.add(ObjectRef(object), t) { object in
                    let record = CodeRef(object).record
                    if UInt(bitPattern: record) != 0 { CodeType.freeParts(record) }
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: v).object.raw).record.pointee
                    return try t.makeString(
                        "<code object \(StrRef(record.name).string) at 0x\(String(v & ~7, radix: 16)), file \"\(StrRef(record.filename).string)\", line \(record.firstLine)>")
                }
            }
            b.getter("co_name") { _, s in CodeRef(Value(bits: s).object.raw).record.pointee.name.bits }
            b.getter("co_qualname") { _, s in CodeRef(Value(bits: s).object.raw).record.pointee.qualifiedName.bits }
            b.getter("co_filename") { _, s in CodeRef(Value(bits: s).object.raw).record.pointee.filename.bits }
            b.getter("co_firstlineno") { _, s in
                Value(smallInt: Int(CodeRef(Value(bits: s).object.raw).record.pointee.firstLine)).bits
            }
            b.getter("co_argcount") { _, s in
                Value(smallInt: Int(CodeRef(Value(bits: s).object.raw).record.pointee.argumentCount)).bits
            }
            b.getter("co_posonlyargcount") { _, s in
                Value(smallInt: Int(CodeRef(Value(bits: s).object.raw).record.pointee.positionalOnlyCount)).bits
            }
            b.getter("co_kwonlyargcount") { _, s in
                Value(smallInt: Int(CodeRef(Value(bits: s).object.raw).record.pointee.keywordOnlyCount)).bits
            }
            b.getter("co_flags") { _, s in
                Value(smallInt: Int(CodeRef(Value(bits: s).object.raw).record.pointee.flags & CodeFlags.visible)).bits
            }
            b.getter("co_varnames") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: s).object.raw).record.pointee
                    return try CodeType.names(t, record.localNames, CodeType.variables(record))
                }
            }
            b.getter("co_cellvars") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: s).object.raw).record.pointee
                    return try CodeType.names(t, record.localNames, (0..<Int(record.cellCount)).map { Int(record.cells[$0]) })
                }
            }
            b.getter("co_stacksize") { _, s in
                let record = CodeRef(Value(bits: s).object.raw).record.pointee
                return Value(smallInt: Int(record.registerCount - record.localCount)).bits
            }
            b.getter("co_code") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let words = CodeType.words(CodeRef(Value(bits: s).object.raw).record.pointee)
                    var bytes: [UInt8] = []
                    bytes.reserveCapacity(words.count * 8)
                    for word in words { for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) } }
                    return try t.makeBytes(bytes)
                }
            }
            b.method("co_lines", 0, 0) { t, s, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: s).object.raw).record
                    let list = try t.makeList(capacity: 4)
                    defer { t.release(list) }
                    var start = 0
                    while start < Int(record.pointee.instructionCount) {
                        let line = record.pointee.position(at: start).line
                        var end = start + 1
                        while end < Int(record.pointee.instructionCount), record.pointee.position(at: end).line == line { end += 1 }
                        try ListRef(list).appendOwned(
                            t,
                            t.makeTuple([Value(smallInt: start * 2), Value(smallInt: end * 2), line < 0 ? .none : Value(smallInt: Int(line))]))
                        start = end
                    }
                    return try t.iterate(list)
                }
            }
            b.record.pointee.hash = { _, v in
                let record = CodeRef(Value(bits: v).object.raw).record.pointee
                var hash = StrRef(record.name).hash &* 31 &+ Int(record.firstLine) &* 7 &+ Int(record.argumentCount)
                for word in CodeType.words(record) { hash = hash &* 1_000_003 ^ Int(truncatingIfNeeded: word) }
                return hash == -1 ? -2 : hash
            }
            b.record.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    let op = CompareOperator(rawValue: op)!
                    guard op == .equal || op == .notEqual, t.typeOf(Value(bits: b)) == t.type(.code) else { return .notImplemented }
                    return Value(try CodeType.isEqual(t, a, b) == (op == .equal))
                }
            }
            b.getter("co_freevars") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: s).object.raw).record.pointee
                    return try CodeType.names(t, record.freeNames, Int(record.freeCount))
                }
            }
            b.getter("co_nlocals") { _, s in
                Value(smallInt: CodeType.variables(CodeRef(Value(bits: s).object.raw).record.pointee).count).bits
            }
            b.getter("co_consts") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: s).object.raw).record.pointee
                    return try CodeType.names(t, record.constants, Int(record.constantCount))
                }
            }
            b.method("co_positions", 0, 0) { t, s, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: s).object.raw).record
                    let list = try t.makeList(capacity: Int(record.pointee.instructionCount))
                    defer { t.release(list) }
                    func known(_ number: Int32) -> Value { number < 0 ? .none : Value(smallInt: Int(number)) }
                    for index in 0..<Int(record.pointee.instructionCount) {
                        let entry = record.pointee.position(at: index)
                        try ListRef(list).appendOwned(
                            t, t.makeTuple([known(entry.line), known(entry.endLine), known(entry.column), known(entry.endColumn)]))
                    }
                    return try t.iterate(list)
                }
            }
            b.method("replace", 0, 0, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try CodeCopy.replace(t, CodeRef(Value(bits: s).object.raw), a, n, k)
                }
            }
            b.getter("co_names") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let record = CodeRef(Value(bits: s).object.raw).record.pointee
                    return try CodeType.names(t, record.names, Int(record.nameCount))
                }
            }
        }
    }

    /// Registers of the variables that are parameters or live in no cell; without those that the compiler has made.
    private static func variables(_ record: CodeRecord) -> [Int] {
        var parameters = Int(record.argumentCount + record.keywordOnlyCount)
        if record.has(.variadicPositional) { parameters += 1 }
        if record.has(.variadicKeyword) { parameters += 1 }
        let cells = Set((0..<Int(record.cellCount)).map { Int(record.cells[$0]) })
        return (0..<Int(record.localCount)).filter { register in
            let name = StrRef(Value(bits: record.localNames[register]))
            if name.count > 0, name.codePoint(0) == 46, register >= parameters { return false }
            return register < parameters || !cells.contains(register)
        }
    }
    private static func names(_ t: Thread, _ list: UnsafeMutablePointer<UInt64>, _ indices: [Int]) throws(PythonError) -> Value {
        let tuple = try t.makeTuple(indices.count)
        for (place, index) in indices.enumerated() { tuple.initialize(place, t.retain(Value(bits: list[index]))) }
        return tuple.value
    }
    /// The instructions without their caches.
    private static func words(_ record: CodeRecord) -> [UInt64] {
        var words: [UInt64] = []
        var index = 0
        while index < Int(record.instructionCount) {
            words.append(record.instructions[index])
            index += 1 + (Opcode(rawValue: UInt8(truncatingIfNeeded: record.instructions[index]))?.cacheWords ?? 0)
        }
        return words
    }
    private static func isEqual(_ t: Thread, _ a: UInt64, _ b: UInt64) throws(PythonError) -> Bool {
        let x = CodeRef(Value(bits: a).object.raw).record.pointee
        let y = CodeRef(Value(bits: b).object.raw).record.pointee
        if x.object == y.object { return true }
        guard x.argumentCount == y.argumentCount, x.positionalOnlyCount == y.positionalOnlyCount, x.keywordOnlyCount == y.keywordOnlyCount,
            x.flags == y.flags, x.firstLine == y.firstLine, x.constantCount == y.constantCount, x.nameCount == y.nameCount,
            x.localCount == y.localCount, x.freeCount == y.freeCount, StrRef.equal(StrRef(x.name), StrRef(y.name)), words(x) == words(y)
        else { return false }
        func sameNames(_ a: UnsafeMutablePointer<UInt64>, _ b: UnsafeMutablePointer<UInt64>, _ count: Int32) -> Bool {
            (0..<Int(count)).allSatisfy { StrRef.equal(StrRef(Value(bits: a[$0])), StrRef(Value(bits: b[$0]))) }
        }
        guard sameNames(x.names, y.names, x.nameCount), sameNames(x.localNames, y.localNames, x.localCount),
            sameNames(x.freeNames, y.freeNames, x.freeCount)
        else { return false }
        for index in 0..<Int(x.constantCount) {
            let (left, right) = (Value(bits: x.constants[index]), Value(bits: y.constants[index]))
            if t.typeOf(left) != t.typeOf(right) { return false }
            if try !t.equal(left, right) { return false }
        }
        return true
    }

    /// A thread may be in the middle of an instruction's slow path only while a frame refers to the code, and then the collector does not free it.
    private static func freeParts(_ record: UnsafeMutablePointer<CodeRecord>) {
        rawFree(record.pointee.instructions)
        rawFree(record.pointee.constants)
        rawFree(record.pointee.names)
        rawFree(record.pointee.handlers)
        rawFree(record.pointee.lines)
        rawFree(record.pointee.localNames)
        rawFree(record.pointee.freeNames)
        rawFree(record.pointee.cells)
        rawFree(record)
    }

    static func names(_ t: Thread, _ list: UnsafeMutablePointer<UInt64>, _ count: Int) throws(PythonError) -> Value {
        let tuple = try t.makeTuple(count)
        for index in 0..<count { tuple.initialize(index, t.retain(Value(bits: list[index]))) }
        return tuple.value
    }
}
