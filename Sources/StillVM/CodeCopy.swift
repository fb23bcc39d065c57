// `code.replace(…)`: a copy of a code object with some attributes changed.
//
// The copy has instructions of its own, whose inline caches are empty, and a version of its own. What bytecode means can't be given: only names,
// places and flags.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVersions

enum CodeCopy {
    private static let names = ["co_flags", "co_name", "co_qualname", "co_filename", "co_firstlineno"]

    /// Owned.
    static func replace(
        _ t: Thread, _ code: CodeRef, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        var record = code.record.pointee
        if k != 0 {
            let keywords = TupleRef(Value(bits: k))
            for index in 0..<keywords.count {
                let word = StrRef(keywords.item(index)).string
                let value = Value(bits: a[n + index])
                switch word {
                case "co_flags":
                    record.flags = record.flags & ~CodeFlags.visible | UInt32(truncatingIfNeeded: try t.indexInt(value)) & CodeFlags.visible
                case "co_firstlineno": record.firstLine = Int32(truncatingIfNeeded: try t.indexInt(value))
                case "co_name": record.name = try text(t, value, word)
                case "co_qualname": record.qualifiedName = try text(t, value, word)
                case "co_filename": record.filename = try text(t, value, word)
                default:
                    throw word.hasPrefix("co_")
                        ? t.raise(.notImplementedError, "code.replace() can't change \(word): only \(names.joined(separator: ", "))")
                        : t.raise(.typeError, "replace() got an unexpected keyword argument '\(word)'")
                }
            }
        }
        return try copy(t, record)
    }

    private static func text(_ t: Thread, _ value: Value, _ word: String) throws(PythonError) -> Value {
        guard t.isStr(value) else { throw t.raise(.typeError, "\(word) must be str, not \(t.typeName(value))") }
        return Interning.intern(StrRef(value).string)
    }

    private static func copy(_ t: Thread, _ source: CodeRecord) throws(PythonError) -> Value {
        var record = source
        var memory: [UnsafeMutableRawPointer] = []
        func array<T>(_ from: UnsafeMutablePointer<T>, _ count: Int) -> UnsafeMutablePointer<T>? {
            guard let raw = rawAllocate(max(1, count) * MemoryLayout<T>.stride) else { return nil }
            memory.append(raw)
            let made = raw.bindMemory(to: T.self, capacity: max(1, count))
            made.initialize(from: from, count: count)
            return made
        }
        let code = rawAllocateZeroed((Int(source.instructionCount) + 1) * 8)
        guard code != nil, let constants = array(source.constants, Int(source.constantCount)),
            let names = array(source.names, Int(source.nameCount)),
            let handlers = array(source.handlers, Int(source.handlerCount)),
            let lines = array(source.lines, Int(source.lineCount)),
            let localNames = array(source.localNames, Int(source.localCount)),
            let freeNames = array(source.freeNames, Int(source.freeCount)),
            let cells = array(source.cells, Int(source.cellCount)),
            let space = rawAllocate(MemoryLayout<CodeRecord>.stride),
            let object = Allocation.object(t, type: t.type(.code).raw, bytes: 32, collectable: true)
        else {
            if let code { rawFree(code) }
            for one in memory { rawFree(one) }
            throw t.noMemory()
        }
        // Other threads may write caches: those are left out, and start empty.
        let instructions = code!.bindMemory(to: UInt64.self, capacity: Int(source.instructionCount) + 1)
        var index = 0
        while index < Int(source.instructionCount) {
            instructions[index] = source.instructions[index]
            index += 1 + (Opcode(rawValue: UInt8(truncatingIfNeeded: instructions[index]))?.cacheWords ?? 0)
        }
        for number in 0..<Int(source.constantCount) {
            let value = Value(bits: constants[number])
            if value.isObject { _ = t.retain(value) }
        }
        (record.instructions, record.constants, record.names) = (instructions, constants, names)
        (record.handlers, record.lines) = (handlers, lines)
        (record.localNames, record.freeNames, record.cells) = (localNames, freeNames, cells)
        record.version = InterpreterVersions(t.interpreter).nextFunction()
        record.object = object.raw
        let target = space.bindMemory(to: CodeRecord.self, capacity: 1)
        target.initialize(to: record)
        object.setField(24, target)
        ReferenceCount.makeDeferred(object)
        return Value(object)
    }
}
