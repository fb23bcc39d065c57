// The dispatch loop: runs frames until the entry frame returns, yields or is unwound.
//
// Each case of the switch is one opcode's fast path; anything that may call Python code, raise or take long is a
// function of another file that gets (thread, registers, pc). A case that succeeds continues the loop; one that fails
// leaves the switch with the exception set, and the code behind the switch unwinds.
// The running frame is in `t.currentFrame` whenever other code can look; its pc is saved where it calls out.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

public enum VM {
    /// Runs from `pc` in the frame `entry` (already linked and current).
    ///
    /// - Parameter raising: begin by unwinding with the exception that is set.
    /// - Returns: the owned result of the entry frame, 0 with an exception set.
    @inline(never)
    static func run(
        _ t: Thread, _ entry: Registers, _ start: UnsafeMutableRawPointer, raising: Bool = false
    ) -> UInt64 {
        var regs = entry
        var pc = start
        var failing = raising
        let functionType = t.type(.function).raw
        let rangeIteratorType = t.type(.rangeIterator).raw

        dispatch: while true {
            if _slowPath(failing) {
                failing = false
                switch Unwind.unwind(t, regs, pc) {
                case .handler(let newRegs, let newPC):
                    regs = newRegs
                    pc = newPC
                case .exit:
                    return 0
                }
            }
            instructions: while true {
                switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
                // MARK: Moves
                case .nop:
                    pc += 8
                    continue instructions
                case .move:
                    let value = regs[pc.b]
                    if _slowPath(value == 0) {
                        NameAccess.raiseUnbound(t, regs, pc.b)
                        break
                    }
                    if pc.flags & InstructionFlags.consumeB != 0 {
                        regs[pc.b] = 0
                    } else if value & 7 == 0 {
                        ReferenceCount.retain(Value(bits: value).object, t)
                    }
                    regs.put(t, pc.a, value)
                    pc += 8
                    continue instructions
                case .loadConstant:
                    // Constants are immortal, code is deferred: uncounted either way.
                    regs.put(t, pc.a, regs.code.pointee.constants[pc.wide])
                    pc += 8
                    continue instructions
                case .loadSmallInt:
                    regs.put(t, pc.a, Value(smallInt: pc.wide).bits)
                    pc += 8
                    continue instructions
                case .deleteLocal:
                    if regs[pc.a] == 0 {
                        NameAccess.raiseUnbound(t, regs, pc.a)
                        break
                    }
                    regs.drop(t, pc.a)
                    pc += 8
                    continue instructions
                case .clear:
                    regs.drop(t, pc.a)
                    pc += 8
                    continue instructions

                // MARK: Names
                case .loadGlobal:
                    // Written out: this is too much for the compiler to inline here. Only names found in the globals or builtins before,
                    // with values that registers hold uncounted.
                    let place = pc.cache(1).pointee.load(ordering: .relaxed)
                    let function = regs.function
                    let inGlobals = place & NameAccess.inBuiltins == 0
                    let dict = DictRef(inGlobals ? function.globals : function.builtins)
                    if _fastPath(
                        place != 0
                            && (inGlobals
                                || DictRef(function.globals).keysVersion == pc.cache(0).pointee.load(ordering: .relaxed))),
                        let table = dict.table
                    {
                        let number = Int((place & ~NameAccess.inBuiltins) &- 1)
                        let name = regs.code.pointee.names[pc.b]
                        if _fastPath(number < table.capacity),
                            _fastPath((table.key(number).pointee.load(ordering: .acquiring) ^ name) & ~4 == 0)
                        {
                            let word = table.value(number)
                            let bits = word.pointee.load(ordering: .acquiring)
                            if bits & 7 != 0 {
                                regs.put(t, pc.a, bits)
                                pc += 24
                                continue instructions
                            }
                            // The block may have become another object between the two loads: only if the slot still says so.
                            if _fastPath(
                                bits != 0
                                    && Value(bits: bits).object.sharedWord.pointee.load(ordering: .relaxed)
                                        & (SharedFlags.deferred | SharedFlags.immortal) != 0
                                    && word.pointee.load(ordering: .acquiring) == bits)
                            {
                                regs.put(t, pc.a, bits | 4)
                                pc += 24
                                continue instructions
                            }
                        }
                    }
                    let value = NameAccess.loadGlobal(t, regs, pc)
                    if _slowPath(value == 0) { break }
                    regs.put(t, pc.a, value)
                    pc += 24
                    continue instructions
                case .storeGlobal:
                    if !NameAccess.storeGlobal(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .deleteGlobal:
                    if !NameAccess.deleteGlobal(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .loadName, .loadNameOrFree:
                    if !NameAccess.loadName(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .storeName:
                    if !NameAccess.storeName(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .deleteName:
                    if !NameAccess.deleteName(t, regs, pc) { break }
                    pc += 8
                    continue instructions

                // MARK: Cells
                case .makeCell:
                    if !Cells.make(t, regs, pc.a) { break }
                    pc += 8
                    continue instructions
                case .loadCell:
                    let value = Cells.load(t, regs.value(pc.b).object)
                    if _slowPath(value == 0) {
                        NameAccess.raiseUnbound(t, regs, pc.b)
                        break
                    }
                    regs.put(t, pc.a, value)
                    pc += 8
                    continue instructions
                case .storeCell:
                    let value = regs[pc.a]
                    if _slowPath(value == 0) {
                        NameAccess.raiseUnbound(t, regs, pc.a)
                        break
                    }
                    Cells.store(t, regs.value(pc.b).object, t.retain(Value(bits: value)))
                    if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
                    pc += 8
                    continue instructions
                case .deleteCell:
                    if !Cells.delete(t, regs.value(pc.b).object) {
                        NameAccess.raiseUnbound(t, regs, pc.b)
                        break
                    }
                    pc += 8
                    continue instructions
                case .loadFree:
                    let cell = TupleRef(regs.function.closure).item(pc.b).object
                    let value = Cells.load(t, cell)
                    if _slowPath(value == 0) {
                        NameAccess.raiseUnboundFree(t, regs, pc.b)
                        break
                    }
                    regs.put(t, pc.a, value)
                    pc += 8
                    continue instructions
                case .storeFree:
                    let value = regs[pc.a]
                    if _slowPath(value == 0) {
                        NameAccess.raiseUnbound(t, regs, pc.a)
                        break
                    }
                    Cells.store(t, TupleRef(regs.function.closure).item(pc.b).object, t.retain(Value(bits: value)))
                    if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
                    pc += 8
                    continue instructions
                case .deleteFree:
                    if !Cells.delete(t, TupleRef(regs.function.closure).item(pc.b).object) {
                        NameAccess.raiseUnboundFree(t, regs, pc.b)
                        break
                    }
                    pc += 8
                    continue instructions
                case .loadFreeCell:
                    regs.put(t, pc.a, t.retain(TupleRef(regs.function.closure).item(pc.b)).bits)
                    pc += 8
                    continue instructions

                // MARK: Attributes
                case .loadAttribute:
                    let value = Attributes.load(t, regs, pc)
                    if _slowPath(value == 0) { break }
                    if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
                    regs.put(t, pc.a, value)
                    pc += 24
                    continue instructions
                case .storeAttribute:
                    if _slowPath(!Attributes.store(t, regs, pc)) { break }
                    pc += 24
                    continue instructions
                case .deleteAttribute:
                    if !Attributes.delete(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .loadMethod:
                    if _slowPath(!Attributes.loadMethod(t, regs, pc)) { break }
                    pc += 32
                    continue instructions
                case .loadSuperAttribute:
                    if !Attributes.loadSuper(t, regs, pc) { break }
                    pc += 8
                    continue instructions

                // MARK: Arithmetic
                case .add:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0) {
                        let (sum, overflow) = Int64(bitPattern: x).addingReportingOverflow(Int64(bitPattern: y &- 1))
                        if _fastPath(!overflow) {
                            regs.put(t, pc.a, UInt64(bitPattern: sum))
                            pc += 8
                            continue instructions
                        }
                    } else if x & 3 == 2 && y & 3 == 2 {
                        let result = Value.immediate(
                            Value(bits: x).immediateFloat + Value(bits: y).immediateFloat)
                        if _fastPath(!result.isNull) {
                            regs.put(t, pc.a, result.bits)
                            pc += 8
                            continue instructions
                        }
                    }
                    if !Arithmetic.binary(t, regs, pc, .add) { break }
                    pc += 8
                    continue instructions
                case .subtract:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0) {
                        let (difference, overflow) = Int64(bitPattern: x).subtractingReportingOverflow(
                            Int64(bitPattern: y &- 1))
                        if _fastPath(!overflow) {
                            regs.put(t, pc.a, UInt64(bitPattern: difference))
                            pc += 8
                            continue instructions
                        }
                    } else if x & 3 == 2 && y & 3 == 2 {
                        let result = Value.immediate(
                            Value(bits: x).immediateFloat - Value(bits: y).immediateFloat)
                        if _fastPath(!result.isNull) {
                            regs.put(t, pc.a, result.bits)
                            pc += 8
                            continue instructions
                        }
                    }
                    if !Arithmetic.binary(t, regs, pc, .subtract) { break }
                    pc += 8
                    continue instructions
                case .multiply:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0) {
                        // (x - 1) is twice the number, (y >> 1) the number: the product is twice the result.
                        let (product, overflow) = Int64(bitPattern: x &- 1).multipliedReportingOverflow(
                            by: Int64(bitPattern: y) &>> 1)
                        if _fastPath(!overflow) {
                            regs.put(t, pc.a, UInt64(bitPattern: product) | 1)
                            pc += 8
                            continue instructions
                        }
                    } else if x & 3 == 2 && y & 3 == 2 {
                        let result = Value.immediate(
                            Value(bits: x).immediateFloat * Value(bits: y).immediateFloat)
                        if _fastPath(!result.isNull) {
                            regs.put(t, pc.a, result.bits)
                            pc += 8
                            continue instructions
                        }
                    }
                    if !Arithmetic.binary(t, regs, pc, .multiply) { break }
                    pc += 8
                    continue instructions
                case .trueDivide:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if x & 3 == 2 && y & 3 == 2 {
                        let result = Value.immediate(
                            Value(bits: x).immediateFloat / Value(bits: y).immediateFloat)
                        if _fastPath(!result.isNull) {
                            regs.put(t, pc.a, result.bits)
                            pc += 8
                            continue instructions
                        }
                    }
                    if !Arithmetic.binary(t, regs, pc, .trueDivide) { break }
                    pc += 8
                    continue instructions
                case .floorDivide:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0 && Int64(bitPattern: y) > 1) {
                        regs.put(t, pc.a, Arithmetic.floorDivide(Value(bits: x).smallInt, Value(bits: y).smallInt))
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binary(t, regs, pc, .floorDivide) { break }
                    pc += 8
                    continue instructions
                case .modulo:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0 && Int64(bitPattern: y) > 1) {
                        regs.put(t, pc.a, Arithmetic.modulo(Value(bits: x).smallInt, Value(bits: y).smallInt))
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binary(t, regs, pc, .modulo) { break }
                    pc += 8
                    continue instructions
                case .power:
                    if !Arithmetic.binary(t, regs, pc, .power) { break }
                    pc += 8
                    continue instructions
                case .leftShift:
                    if !Arithmetic.binary(t, regs, pc, .leftShift) { break }
                    pc += 8
                    continue instructions
                case .rightShift:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0 && y < 128) {
                        let shift = min(Value(bits: y).smallInt, 63)
                        regs.put(t, pc.a, Value(smallInt: Value(bits: x).smallInt &>> shift).bits)
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binary(t, regs, pc, .rightShift) { break }
                    pc += 8
                    continue instructions
                case .bitAnd:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0) {
                        regs.put(t, pc.a, x & y)
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binary(t, regs, pc, .and) { break }
                    pc += 8
                    continue instructions
                case .bitOr:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0) {
                        regs.put(t, pc.a, x | y)
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binary(t, regs, pc, .or) { break }
                    pc += 8
                    continue instructions
                case .bitXor:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0) {
                        regs.put(t, pc.a, (x ^ y) | 1)
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binary(t, regs, pc, .xor) { break }
                    pc += 8
                    continue instructions
                case .matrixMultiply:
                    if !Arithmetic.binary(t, regs, pc, .matrixMultiply) { break }
                    pc += 8
                    continue instructions
                case .addSmall:
                    let x = regs[pc.b]
                    if _fastPath(x & 1 != 0) {
                        let (sum, overflow) = Int64(bitPattern: x).addingReportingOverflow(Int64(pc.signedC) &* 2)
                        if _fastPath(!overflow) {
                            regs.put(t, pc.a, UInt64(bitPattern: sum))
                            pc += 8
                            continue instructions
                        }
                    }
                    if !Arithmetic.binarySmall(t, regs, pc, .add) { break }
                    pc += 8
                    continue instructions
                case .subtractSmall:
                    let x = regs[pc.b]
                    if _fastPath(x & 1 != 0) {
                        let (difference, overflow) = Int64(bitPattern: x).subtractingReportingOverflow(
                            Int64(pc.signedC) &* 2)
                        if _fastPath(!overflow) {
                            regs.put(t, pc.a, UInt64(bitPattern: difference))
                            pc += 8
                            continue instructions
                        }
                    }
                    if !Arithmetic.binarySmall(t, regs, pc, .subtract) { break }
                    pc += 8
                    continue instructions
                case .multiplySmall:
                    let x = regs[pc.b]
                    if _fastPath(x & 1 != 0) {
                        let (product, overflow) = Int64(bitPattern: x &- 1).multipliedReportingOverflow(
                            by: Int64(pc.signedC))
                        if _fastPath(!overflow) {
                            regs.put(t, pc.a, UInt64(bitPattern: product) | 1)
                            pc += 8
                            continue instructions
                        }
                    }
                    if !Arithmetic.binarySmall(t, regs, pc, .multiply) { break }
                    pc += 8
                    continue instructions
                case .floorDivideSmall:
                    let x = regs[pc.b]
                    if _fastPath(x & 1 != 0 && pc.signedC > 0) {
                        regs.put(t, pc.a, Arithmetic.floorDivide(Value(bits: x).smallInt, pc.signedC))
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binarySmall(t, regs, pc, .floorDivide) { break }
                    pc += 8
                    continue instructions
                case .moduloSmall:
                    let x = regs[pc.b]
                    if _fastPath(x & 1 != 0 && pc.signedC > 0) {
                        regs.put(t, pc.a, Arithmetic.modulo(Value(bits: x).smallInt, pc.signedC))
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binarySmall(t, regs, pc, .modulo) { break }
                    pc += 8
                    continue instructions
                case .bitAndSmall:
                    let x = regs[pc.b]
                    if _fastPath(x & 1 != 0) {
                        regs.put(t, pc.a, x & Value(smallInt: pc.signedC).bits)
                        pc += 8
                        continue instructions
                    }
                    if !Arithmetic.binarySmall(t, regs, pc, .and) { break }
                    pc += 8
                    continue instructions
                case .negate:
                    if !Arithmetic.unary(t, regs, pc, .negate) { break }
                    pc += 8
                    continue instructions
                case .positive:
                    if !Arithmetic.unary(t, regs, pc, .positive) { break }
                    pc += 8
                    continue instructions
                case .invert:
                    if !Arithmetic.unary(t, regs, pc, .invert) { break }
                    pc += 8
                    continue instructions
                case .not:
                    let x = regs[pc.b]
                    if _fastPath(x == Value.true.bits || x == Value.false.bits) {
                        regs.put(t, pc.a, Value(x == Value.false.bits).bits)
                    } else {
                        let truth = Arithmetic.truth(t, regs, pc.b)
                        if truth < 0 { break }
                        if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
                        regs.put(t, pc.a, Value(truth == 0).bits)
                    }
                    pc += 8
                    continue instructions

                // MARK: Comparisons
                case .less, .lessEqual, .equal, .notEqual, .greater, .greaterEqual:
                    let operation = Int(pc.load(as: UInt8.self) - Opcode.less.rawValue)
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    if _fastPath(x & y & 1 != 0) {
                        regs.put(
                            t, pc.a,
                            Value(Arithmetic.holds(operation, Int64(bitPattern: x), Int64(bitPattern: y))).bits)
                    } else {
                        if !Arithmetic.compare(t, regs, pc, operation) { break }
                    }
                    pc += 8
                    continue instructions
                case .isSame, .isNotSame:
                    let x = regs.value(pc.b)
                    let y = regs.value(pc.c)
                    if _slowPath(x.isNull || y.isNull) {
                        NameAccess.raiseUnbound(t, regs, x.isNull ? pc.b : pc.c)
                        break
                    }
                    let same = x.isSame(y)
                    let wanted = pc.load(as: UInt8.self) == Opcode.isSame.rawValue
                    regs.consume(t, pc)
                    regs.put(t, pc.a, Value(same == wanted).bits)
                    pc += 8
                    continue instructions
                case .contains, .notContains:
                    if !Arithmetic.contains(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .jumpLess:
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    let wanted = pc.flags & InstructionFlags.jumpIfFalse == 0
                    if _fastPath(x & y & 1 != 0) {
                        pc += (8 &+ ((Int64(bitPattern: x) < Int64(bitPattern: y)) == wanted ? pc.signedA &* 8 : 0))
                        continue instructions
                    }
                    let truth = Arithmetic.compareTruth(t, regs, pc, 0)
                    if _slowPath(truth < 0) { break }
                    pc += (8 &+ ((truth == 1) == wanted ? pc.signedA &* 8 : 0))
                    continue instructions
                case .jumpLessEqual, .jumpEqual, .jumpNotEqual, .jumpGreater, .jumpGreaterEqual:
                    let operation = Int(pc.load(as: UInt8.self) - Opcode.jumpLess.rawValue)
                    let x = regs[pc.b]
                    let y = regs[pc.c]
                    let wanted = pc.flags & InstructionFlags.jumpIfFalse == 0
                    let truth: Bool
                    if _fastPath(x & y & 1 != 0) {
                        truth = Arithmetic.holds(operation, Int64(bitPattern: x), Int64(bitPattern: y))
                    } else {
                        let result = Arithmetic.compareTruth(t, regs, pc, operation)
                        if _slowPath(result < 0) { break }
                        truth = result == 1
                    }
                    pc += (8 &+ (truth == wanted ? pc.signedA &* 8 : 0))
                    continue instructions
                case .jumpLessSmall:
                    let x = regs[pc.b]
                    let wanted = pc.flags & InstructionFlags.jumpIfFalse == 0
                    if _fastPath(x & 1 != 0) {
                        pc += (8 &+ ((Int64(bitPattern: x) &>> 1 < Int64(pc.signedC)) == wanted ? pc.signedA &* 8 : 0))
                        continue instructions
                    }
                    let truth = Arithmetic.compareSmallTruth(t, regs, pc, 0)
                    if _slowPath(truth < 0) { break }
                    pc += (8 &+ ((truth == 1) == wanted ? pc.signedA &* 8 : 0))
                    continue instructions
                case .jumpLessEqualSmall, .jumpEqualSmall, .jumpNotEqualSmall, .jumpGreaterSmall,
                    .jumpGreaterEqualSmall:
                    let operation = Int(pc.load(as: UInt8.self) - Opcode.jumpLessSmall.rawValue)
                    let x = regs[pc.b]
                    let wanted = pc.flags & InstructionFlags.jumpIfFalse == 0
                    let truth: Bool
                    if _fastPath(x & 1 != 0) {
                        truth = Arithmetic.holds(operation, Int64(bitPattern: x) &>> 1, Int64(pc.signedC))
                    } else {
                        let result = Arithmetic.compareSmallTruth(t, regs, pc, operation)
                        if _slowPath(result < 0) { break }
                        truth = result == 1
                    }
                    pc += (8 &+ (truth == wanted ? pc.signedA &* 8 : 0))
                    continue instructions
                case .jumpIsSame:
                    let x = regs.value(pc.b)
                    let y = regs.value(pc.c)
                    if _slowPath(x.isNull || y.isNull) {
                        NameAccess.raiseUnbound(t, regs, x.isNull ? pc.b : pc.c)
                        break
                    }
                    let wanted = pc.flags & InstructionFlags.jumpIfFalse == 0
                    let jumps = x.isSame(y) == wanted
                    regs.consume(t, pc)
                    pc += (8 &+ (jumps ? pc.signedA &* 8 : 0))
                    continue instructions

                // MARK: Jumps
                case .jump:
                    pc += (8 &+ pc.wide &* 8)
                    continue instructions
                case .jumpBack:
                    pc += (8 &+ pc.wide &* 8)
                    if _slowPath(t.hasRequest) {
                        regs.savePC(pc)
                        if !Safepoints.serve(t) { break }
                    }
                    continue instructions
                case .jumpIfTrue, .jumpIfFalse:
                    let x = regs[pc.a]
                    let wanted = pc.load(as: UInt8.self) == Opcode.jumpIfTrue.rawValue
                    let truth: Bool
                    if _fastPath(x == Value.true.bits || x == Value.false.bits) {
                        truth = x == Value.true.bits
                    } else {
                        let result = Arithmetic.truth(t, regs, pc.a)
                        if _slowPath(result < 0) { break }
                        if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
                        truth = result == 1
                    }
                    pc += (8 &+ (truth == wanted ? pc.wide &* 8 : 0))
                    continue instructions
                case .jumpIfNone, .jumpIfNotNone:
                    let x = regs[pc.a]
                    if _slowPath(x == 0) {
                        NameAccess.raiseUnbound(t, regs, pc.a)
                        break
                    }
                    let wanted = pc.load(as: UInt8.self) == Opcode.jumpIfNone.rawValue
                    let jumps = (x == Value.none.bits) == wanted
                    if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
                    pc += (8 &+ (jumps ? pc.wide &* 8 : 0))
                    continue instructions
                case .jumpIfTrueOrPop, .jumpIfFalseOrPop:
                    let result = Arithmetic.truth(t, regs, pc.a)
                    if _slowPath(result < 0) { break }
                    let wanted = pc.load(as: UInt8.self) == Opcode.jumpIfTrueOrPop.rawValue
                    if (result == 1) == wanted {
                        pc += (8 &+ pc.wide &* 8)
                    } else {
                        regs.drop(t, pc.a)
                        pc += 8
                    }
                    continue instructions

                // MARK: Containers
                case .buildTuple, .buildList, .buildSet, .buildDict, .buildString, .buildSlice:
                    if !Containers.build(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .listAppend, .setAdd, .dictAdd, .listExtend, .setUpdate, .dictUpdate, .dictMerge,
                    .listToTuple, .formatValue:
                    if !Containers.update(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .loadSubscript:
                    if !Subscripts.load(t, regs, pc) { break }
                    pc += 16
                    continue instructions
                case .storeSubscript:
                    if !Subscripts.store(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .deleteSubscript:
                    if !Subscripts.delete(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .unpackSequence, .unpackStarred:
                    if !Containers.unpack(t, regs, pc) { break }
                    pc += 8
                    continue instructions

                // MARK: Iteration
                case .getIterator:
                    if !Iteration.get(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .forIterate:
                    let iterator = regs.value(pc.b).object
                    if _fastPath(iterator.typeRaw == rangeIteratorType) {
                        let value = RangeIteratorRef(iterator.raw).nextSmall()
                        if _fastPath(!value.isNull) {
                            regs.put(t, pc.a, value.bits)
                            pc += 16
                            continue instructions
                        }
                    }
                    let outcome = Iteration.next(t, regs, pc)
                    if _slowPath(outcome < 0) { break }
                    pc += (8 &+ outcome &* 8)
                    continue instructions

                // MARK: Calls
                case .call:
                    let base = pc.a
                    let callee = Value(bits: regs[base])
                    if _fastPath(
                        callee.isObject && callee.object.typeRaw == functionType && pc.c == 0xFFFF)
                    {
                        let function = FunctionRef(callee.object.raw)
                        let code = function.guarded
                        let frame = regs + base + FrameLayout.argumentOffset
                        if _fastPath(
                            Int(code.pointee.simpleArgumentCount) == pc.b
                                && Calls.hasRoom(t, frame, code))
                        {
                            regs.savePC(pc + 24)
                            Calls.push(t, frame, caller: regs, code: code, function: function.raw, bound: pc.b)
                            regs = frame
                            pc = UnsafeMutableRawPointer(code.pointee.instructions)
                            if _slowPath(t.hasRequest) && !Safepoints.serve(t) { break }
                            continue instructions
                        }
                    }
                    regs.savePC(pc + 24)
                    let next = Calls.call(
                        t, regs, pc, base: base, arguments: regs + base + FrameLayout.argumentOffset, count: pc.b,
                        names: pc.c)
                    if _slowPath(next == nil) { break }
                    if next == regs {
                        pc += 24
                    } else {
                        regs = next.unsafelyUnwrapped
                        pc = UnsafeMutableRawPointer(regs.code.pointee.instructions)
                    }
                    if _slowPath(t.hasRequest) && !Safepoints.serve(t) { break }
                    continue instructions
                case .callMethod:
                    let base = pc.a
                    let callee = Value(bits: regs[base])
                    let hasReceiver = regs[base + FrameLayout.argumentOffset] != 0
                    let frame = regs + base + FrameLayout.argumentOffset + (hasReceiver ? 0 : 1)
                    let count = pc.b + (hasReceiver ? 1 : 0)
                    if _fastPath(callee.isObject && callee.object.typeRaw == functionType) {
                        let function = FunctionRef(callee.object.raw)
                        let code = function.guarded
                        if _fastPath(
                            Int(code.pointee.simpleArgumentCount) == count && Calls.hasRoom(t, frame, code))
                        {
                            regs.savePC(pc + 24)
                            Calls.push(t, frame, caller: regs, code: code, function: function.raw, bound: count)
                            regs = frame
                            pc = UnsafeMutableRawPointer(code.pointee.instructions)
                            if _slowPath(t.hasRequest) && !Safepoints.serve(t) { break }
                            continue instructions
                        }
                    }
                    regs.savePC(pc + 24)
                    let next = Calls.call(t, regs, pc, base: base, arguments: frame, count: count, names: 0xFFFF)
                    if _slowPath(next == nil) { break }
                    if next == regs {
                        pc += 24
                    } else {
                        regs = next.unsafelyUnwrapped
                        pc = UnsafeMutableRawPointer(regs.code.pointee.instructions)
                    }
                    if _slowPath(t.hasRequest) && !Safepoints.serve(t) { break }
                    continue instructions
                case .callSpread:
                    regs.savePC(pc + 24)
                    let next = Calls.spread(t, regs, pc)
                    if _slowPath(next == nil) { break }
                    if next == regs {
                        pc += 24
                    } else {
                        regs = next.unsafelyUnwrapped
                        pc = UnsafeMutableRawPointer(regs.code.pointee.instructions)
                    }
                    if _slowPath(t.hasRequest) && !Safepoints.serve(t) { break }
                    continue instructions
                case .returnValue, .returnConstant:
                    let result: UInt64
                    if pc.load(as: UInt8.self) == Opcode.returnValue.rawValue {
                        result = regs[pc.a]
                        if _slowPath(result == 0) {
                            NameAccess.raiseUnbound(t, regs, pc.a)
                            break
                        }
                        regs[pc.a] = 0  // the frame ends: a local's reference moves too
                    } else {
                        result = regs.code.pointee.constants[pc.wide]
                    }
                    let flags = regs.frameFlags
                    Calls.releaseLocals(t, regs)
                    if _slowPath(flags & (FrameFlags.entry | FrameFlags.generator | FrameFlags.initializer) != 0) {
                        if flags & FrameFlags.initializer != 0 {
                            regs = regs.callerFrame.unsafelyUnwrapped
                            t.currentFrame = regs
                            Calls.noteReturn(t, regs)
                            t.objects.pointee.recursionDepth &-= 1
                            pc = regs.savedPC
                            if _fastPath(result == Value.none.bits) { continue instructions }
                            pc -= 24
                            Instantiation.raiseWrongResult(t, result)
                            break
                        }
                        t.currentFrame = regs.callerFrame
                        t.objects.pointee.recursionDepth &-= 1
                        return t.ownedForm(result)
                    }
                    regs = regs.callerFrame.unsafelyUnwrapped
                    t.currentFrame = regs
                    Calls.noteReturn(t, regs)
                    t.objects.pointee.recursionDepth &-= 1
                    pc = regs.savedPC
                    // call, callMethod and callSpread are three words with their caches.
                    regs.put(t, (pc - 24).a, result)
                    continue instructions

                // MARK: Generators
                case .makeGenerator:
                    // The generator takes the frame; the call's result is the generator.
                    let generator = Generators.make(t, regs, pc + 8)
                    if _slowPath(generator == 0) { break }
                    let flags = regs.frameFlags
                    t.objects.pointee.recursionDepth &-= 1
                    t.currentFrame = regs.callerFrame
                    if flags & FrameFlags.entry != 0 { return generator }
                    regs = regs.callerFrame.unsafelyUnwrapped
                    Calls.noteReturn(t, regs)
                    pc = regs.savedPC
                    regs.put(t, (pc - 24).a, generator)
                    continue instructions
                case .yieldValue:
                    if _slowPath(regs[pc.b] == 0) {
                        NameAccess.raiseUnbound(t, regs, pc.b)
                        break
                    }
                    return Generators.yield(t, regs, pc)
                case .delegate:
                    let outcome = Generators.delegate(t, regs, pc)
                    if outcome == .failed { break }
                    if outcome == .yielded { return Generators.takeYielded(t) }
                    pc += 8
                    continue instructions
                case .getYieldFromIterator, .getAwaitable, .getAsyncIterator, .getAsyncNext:
                    if !Generators.iterator(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .endAsyncFor:
                    if !AsyncGenerators.endsLoop(t, regs, pc) { break }
                    pc += (8 &+ pc.wide &* 8)
                    continue instructions

                // MARK: Functions and classes
                case .makeFunction:
                    if !Functions.make(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .loadBuildClass, .loadLocals, .setupAnnotations:
                    if !Functions.classOperation(t, regs, pc) { break }
                    pc += 8
                    continue instructions

                // MARK: Exceptions
                case .raise:
                    Exceptions.raise(t, regs, pc)
                    break
                case .pushHandled:
                    Exceptions.push(t, regs, pc)
                    pc += 8
                    continue instructions
                case .popHandled:
                    Exceptions.pop(t, regs, pc)
                    pc += 8
                    continue instructions
                case .matchException, .matchExceptionGroup, .loadAssertionError:
                    if !Exceptions.match(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .reraise:
                    Exceptions.reraise(t, regs, pc)
                    break
                case .raiseGroup:
                    if !Exceptions.raiseGroup(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .loadSpecial:
                    if !Attributes.loadSpecial(t, regs, pc) { break }
                    pc += 8
                    continue instructions

                // MARK: Imports
                case .importName, .importFrom, .importStar:
                    regs.savePC(pc + 8)
                    if !Imports.execute(t, regs, pc) { break }
                    pc += 8
                    continue instructions

                // MARK: match
                case .matchMapping, .matchSequence, .matchKeys, .matchClass, .getLength, .mappingRest:
                    if !Matching.execute(t, regs, pc) { break }
                    pc += 8
                    continue instructions

                case .intrinsic:
                    if !Functions.intrinsic(t, regs, pc) { break }
                    pc += 8
                    continue instructions
                case .unsupported:
                    Functions.raiseUnsupported(t, regs, pc)
                    break
                }
                // A case that failed comes here.
                failing = true
                continue dispatch
            }
        }
    }
}
