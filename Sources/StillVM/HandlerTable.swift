// Handlers of the opcodes whose work is done in other files, and the table of all handlers.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

@inline(__always)
func opBuild(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Containers.build(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opUpdate(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Containers.update(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opUnpack(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Containers.unpack(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opGetIterator(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let source = regs.value(pc.b)
    if _fastPath(source.isObject) {
        let type = source.object.typeRaw
        if type == t.type(.list).raw || type == t.type(.tuple).raw {
            if _fastPath(pc.flags & InstructionFlags.loop != 0) { return loopOver(t, regs, pc, table) }
            if type == t.type(.list).raw { return iterateList(t, regs, pc, table) }
        }
    }
    return getIteratorOther(t, regs, pc, table)
}

@inline(never)
private func getIteratorOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    after(Iteration.get(t, regs, pc), t, regs, pc, table)
}

/// A list or tuple is its own iterator, with the index beside it: nobody but the loop can see that.
@inline(never)
private func loopOver(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    var bits = regs[pc.b]
    if pc.a != pc.b {
        if pc.flags & InstructionFlags.consumeB != 0 {
            regs[pc.b] = 0
        } else if bits & 7 == 0, _slowPath(!raiseOwn(Value(bits: bits).object, t)) {
            bits = t.retain(Value(bits: bits)).bits
        }
        regs[pc.a] = bits
    }
    regs[pc.a &+ 1] = Value(smallInt: 0).bits
    return go(t, regs, pc + 8, table)
}

@inline(never)
private func iterateList(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let iterator: Value
    do throws(PythonError) { iterator = try t.makeListIterator(regs.value(pc.b)) } catch { return fail(t, regs, pc, table) }
    if pc.flags & InstructionFlags.consumeB != 0 && pc.a != pc.b { regs.drop(t, pc.b) }
    return write(t, regs, pc.a, iterator.bits, pc + 8, table)
}

@inline(__always)
func opMakeIterator(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Generators.iterator(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opEndAsyncFor(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if !AsyncGenerators.endsLoop(t, regs, pc) { return fail(t, regs, pc, table) }
    return go(t, regs, pc + (8 &+ pc.wide &* 8), table)
}

@inline(__always)
func opMakeFunction(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Functions.make(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opClassOperation(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Functions.classOperation(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opIntrinsic(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Functions.intrinsic(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opMatch(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Matching.execute(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opImport(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    regs.savePC(pc + 8)
    return after(Imports.execute(t, regs, pc), t, regs, pc, table)
}

/// `except C:` for just this class.
@inline(__always)
func opMatchException(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let types = regs.value(pc.c)
    if _fastPath(types.isObject && pc.flags & (InstructionFlags.consumeB | InstructionFlags.consumeC) == 0),
        regs.value(pc.b).object.typeRaw == types.object.raw
    {
        return write(t, regs, pc.a, Value.true.bits, pc + 8, table)
    }
    return matchClass(t, regs, pc, table)
}

/// For some class.
@inline(never)
private func matchClass(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let types = regs.value(pc.c)
    if _fastPath(
        types.isObject && types.object.typeRaw == t.type(.type).raw && TypeRef(types).has(TypeFlags.exceptionSubclass)
            && pc.flags & (InstructionFlags.consumeB | InstructionFlags.consumeC) == 0)
    {
        let matches = t.isSubtype(t.typeOf(regs.value(pc.b)), TypeRef(types))
        return write(t, regs, pc.a, Value(matches).bits, pc + 8, table)
    }
    return matchOther(t, regs, pc, table)
}

@inline(__always)
private func matchOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    after(Exceptions.match(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opMatchExceptionGroup(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    matchOther(Thread(raw), regs, pc, table)
}

@inline(__always)
func opRaiseGroup(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Exceptions.raiseGroup(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opRaise(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    Exceptions.raise(t, regs, pc)
    return fail(t, regs, pc, table)
}

@inline(__always)
func opPushHandled(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    Exceptions.push(t, regs, pc)
    return go(t, regs, pc + 8, table)
}

@inline(__always)
func opPopHandled(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    Exceptions.pop(t, regs, pc)
    return go(t, regs, pc + 8, table)
}

@inline(__always)
func opReraise(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    Exceptions.reraise(t, regs, pc)
    return fail(t, regs, pc, table)
}

@inline(__always)
func opUnsupported(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    Functions.raiseUnsupported(t, regs, pc)
    return fail(t, regs, pc, table)
}

extension VM {
    /// Written once, before the first run.
    nonisolated(unsafe) static let handlers: UnsafeMutablePointer<Handler> = {
        guard let memory = rawAllocate(256 * MemoryLayout<Handler>.stride) else { stillBug("no memory for the table of handlers") }
        let table = memory.bindMemory(to: Handler.self, capacity: 256)
        table.initialize(repeating: opUnsupported, count: 256)
        for opcode in Opcode.allCases { table[Int(opcode.rawValue)] = handler(of: opcode) }
        return table
    }()

    private static func handler(of opcode: Opcode) -> Handler {
        switch opcode {
        case .nop: opNop
        case .move: opMove
        case .borrow: opBorrow
        case .loadConstant: opLoadConstant
        case .loadSmallInt: opLoadSmallInt
        case .deleteLocal: opDeleteLocal
        case .clear: opClear
        case .loadGlobal: opLoadGlobal
        case .storeGlobal: opStoreGlobal
        case .deleteGlobal: opDeleteGlobal
        case .loadName, .loadNameOrFree: opLoadName
        case .storeName: opStoreName
        case .deleteName: opDeleteName
        case .makeCell: opMakeCell
        case .loadCell: opLoadCell
        case .storeCell: opStoreCell
        case .deleteCell: opDeleteCell
        case .loadFree: opLoadFree
        case .storeFree: opStoreFree
        case .deleteFree: opDeleteFree
        case .loadFreeCell: opLoadFreeCell
        case .loadAttribute: opLoadAttribute
        case .storeAttribute: opStoreAttribute
        case .deleteAttribute: opDeleteAttribute
        case .loadMethod: opLoadMethod
        case .loadSuperAttribute: opLoadSuperAttribute
        case .add: opAdd
        case .subtract: opSubtract
        case .multiply: opMultiply
        case .trueDivide: opTrueDivide
        case .floorDivide: opFloorDivide
        case .modulo: opModulo
        case .power: opPower
        case .leftShift: opLeftShift
        case .rightShift: opRightShift
        case .bitAnd: opBitAnd
        case .bitOr: opBitOr
        case .bitXor: opBitXor
        case .matrixMultiply: opMatrixMultiply
        case .addSmall: opAddSmall
        case .subtractSmall: opSubtractSmall
        case .multiplySmall: opMultiplySmall
        case .floorDivideSmall: opFloorDivideSmall
        case .moduloSmall: opModuloSmall
        case .bitAndSmall: opBitAndSmall
        case .negate: opNegate
        case .positive: opPositive
        case .invert: opInvert
        case .not: opNot
        case .less: opLess
        case .lessEqual: opLessEqual
        case .equal: opEqual
        case .notEqual: opNotEqual
        case .greater: opGreater
        case .greaterEqual: opGreaterEqual
        case .isSame: opIsSame
        case .isNotSame: opIsNotSame
        case .contains, .notContains: opContains
        case .jumpLess: opJumpLess
        case .jumpLessEqual: opJumpLessEqual
        case .jumpEqual: opJumpEqual
        case .jumpNotEqual: opJumpNotEqual
        case .jumpGreater: opJumpGreater
        case .jumpGreaterEqual: opJumpGreaterEqual
        case .jumpLessSmall: opJumpLessSmall
        case .jumpLessEqualSmall: opJumpLessEqualSmall
        case .jumpEqualSmall: opJumpEqualSmall
        case .jumpNotEqualSmall: opJumpNotEqualSmall
        case .jumpGreaterSmall: opJumpGreaterSmall
        case .jumpGreaterEqualSmall: opJumpGreaterEqualSmall
        case .jumpIsSame: opJumpIsSame
        case .jump: opJump
        case .jumpBack: opJumpBack
        case .jumpIfTrue: opJumpIfTrue
        case .jumpIfFalse: opJumpIfFalse
        case .jumpIfNone: opJumpIfNone
        case .jumpIfNotNone: opJumpIfNotNone
        case .jumpIfTrueOrPop: opJumpIfTrueOrPop
        case .jumpIfFalseOrPop: opJumpIfFalseOrPop
        case .buildTuple: opBuildTuple
        case .buildList: opBuildList
        case .buildSet, .buildDict: opBuild
        case .buildString: opBuildString
        case .formatValue: opFormatValue
        case .buildSlice: opBuildSlice
        case .listAppend: opListAppend
        case .dictAdd: opDictAdd
        case .setAdd, .listExtend, .setUpdate, .dictUpdate, .dictMerge, .listToTuple: opUpdate
        case .loadSubscript: opLoadSubscript
        case .storeSubscript: opStoreSubscript
        case .deleteSubscript: opDeleteSubscript
        case .unpackSequence: opUnpackSequence
        case .unpackStarred: opUnpack
        case .getIterator: opGetIterator
        case .forIterate: opForIterate
        case .call: opCall
        case .callMethod: opCallMethod
        case .callSpread: opCallSpread
        case .returnValue: opReturnValue
        case .returnConstant: opReturnConstant
        case .yieldValue: opYieldValue
        case .getYieldFromIterator, .getAwaitable, .getAsyncIterator, .getAsyncNext: opMakeIterator
        case .delegate: opDelegate
        case .endAsyncFor: opEndAsyncFor
        case .makeFunction: opMakeFunction
        case .makeGeneratorExpression: opMakeGeneratorExpression
        case .loadBuildClass, .loadLocals, .setupAnnotations: opClassOperation
        case .raise: opRaise
        case .pushHandled: opPushHandled
        case .popHandled: opPopHandled
        case .matchException: opMatchException
        case .matchExceptionGroup, .loadAssertionError: opMatchExceptionGroup
        case .reraise: opReraise
        case .raiseGroup: opRaiseGroup
        case .loadSpecial: opLoadSpecial
        case .importName, .importFrom, .importStar: opImport
        case .matchMapping, .matchSequence, .matchKeys, .matchClass, .getLength, .mappingRest: opMatch
        case .intrinsic: opIntrinsic
        case .unsupported: opUnsupported
        case .makeGenerator: opMakeGenerator
        }
    }
}
