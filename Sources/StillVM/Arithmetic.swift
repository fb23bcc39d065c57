// Slow halves of arithmetic and comparison: everything that is not two small ints or two common floats.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum Arithmetic {
    @inline(__always) static func floorDivide(_ x: Int, _ y: Int) -> UInt64 {
        let quotient = x / y
        return Value(smallInt: (x % y != 0 && (x < 0) != (y < 0)) ? quotient &- 1 : quotient).bits
    }
    @inline(__always) static func modulo(_ x: Int, _ y: Int) -> UInt64 {
        let remainder = x % y
        return Value(smallInt: remainder < 0 ? remainder &+ y : remainder).bits
    }
    /// `operation` in the order of CompareOperator.
    @inline(__always) static func holds(_ operation: Int, _ x: Int64, _ y: Int64) -> Bool {
        switch operation {
        case 0: x < y
        case 1: x <= y
        case 2: x == y
        case 3: x != y
        case 4: x > y
        default: x >= y
        }
    }

    /// A float and a number that becomes one exactly, or the quotient of two ints that do. Null: not such operands.
    @inline(__always)
    static func mixed(_ x: Value, _ y: Value, _ op: BinaryOperator) -> Value {
        let (a, b) = (exactDouble(x), exactDouble(y))
        guard !a.isNaN, !b.isNaN, op == .trueDivide || !(x.isSmallInt && y.isSmallInt) else { return .null }
        switch op {
        case .add: return .immediate(a + b)
        case .subtract: return .immediate(a - b)
        case .multiply: return .immediate(a * b)
        case .trueDivide: return b == 0 ? .null : .immediate(a / b)
        case .power: return a > 0 ? .immediate(LibM.pow(a, b)) : .null  // too large is no immediate
        default: return .null
        }
    }

    /// Not a number when it is not one, or is an int that a Double may round.
    @inline(__always)
    private static func exactDouble(_ value: Value) -> Double {
        if value.isImmediateFloat { return value.immediateFloat }
        if value.isSmallInt && value.smallInt.magnitude <= 1 << 53 { return Double(value.smallInt) }
        if value.bits == Value.floatZero.bits { return 0 }
        return .nan
    }

    @inline(never)
    static func binary(
        _ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ op: BinaryOperator
    ) -> Bool {
        do throws(PythonError) {
            let x = try NameAccess.bound(t, regs, pc.b)
            let y = try NameAccess.bound(t, regs, pc.c)
            regs.savePC(pc + 8)
            let result =
                pc.flags & InstructionFlags.inPlace != 0
                ? try t.inPlace(op, x, y) : try t.binary(op, x, y)
            regs.consume(t, pc)
            regs.put(t, pc.a, result.bits)
            return true
        } catch { return false }
    }

    @inline(never)
    static func binarySmall(
        _ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ op: BinaryOperator
    ) -> Bool {
        do throws(PythonError) {
            let x = try NameAccess.bound(t, regs, pc.b)
            let y = Value(smallInt: pc.signedC)
            regs.savePC(pc + 8)
            let result =
                pc.flags & InstructionFlags.inPlace != 0
                ? try t.inPlace(op, x, y) : try t.binary(op, x, y)
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            regs.put(t, pc.a, result.bits)
            return true
        } catch { return false }
    }

    @inline(never)
    static func unary(
        _ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ op: UnaryOperator
    ) -> Bool {
        do throws(PythonError) {
            let result = try t.unary(op, NameAccess.bound(t, regs, pc.b))
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            regs.put(t, pc.a, result.bits)
            return true
        } catch { return false }
    }

    /// 1, 0, or -1 with an exception.
    @inline(never)
    static func truth(_ t: Thread, _ regs: Registers, _ index: Int) -> Int {
        let value = regs.value(index)
        if value.isSmallInt { return value.smallInt != 0 ? 1 : 0 }
        if value.isNone { return 0 }
        if value.isTrue { return 1 }
        if value.isObject && value.object.typeRaw == t.type(.list).raw { return ListRef(value).count != 0 ? 1 : 0 }
        do throws(PythonError) { return try t.isTrue(NameAccess.bound(t, regs, index)) ? 1 : 0 } catch { return -1 }
    }

    @inline(never)
    static func compare(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ operation: Int) -> Bool {
        do throws(PythonError) {
            let x = try NameAccess.bound(t, regs, pc.b)
            let y = try NameAccess.bound(t, regs, pc.c)
            let result: Value
            if x.isImmediateFloat && y.isImmediateFloat {
                result = Value(floatsHold(operation, x.immediateFloat, y.immediateFloat))
            } else {
                result = try t.compare(CompareOperator(rawValue: operation)!, x, y)
            }
            regs.consume(t, pc)
            regs.put(t, pc.a, result.bits)
            return true
        } catch { return false }
    }

    @inline(__always) static func floatsHold(_ operation: Int, _ x: Double, _ y: Double) -> Bool {
        switch operation {
        case 0: x < y
        case 1: x <= y
        case 2: x == y
        case 3: x != y
        case 4: x > y
        default: x >= y
        }
    }

    /// Truth of a comparison; consumes the operands as the instruction says. -1 with an exception.
    @inline(never)
    static func compareTruth(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ operation: Int) -> Int {
        do throws(PythonError) {
            let x = try NameAccess.bound(t, regs, pc.b)
            let y = try NameAccess.bound(t, regs, pc.c)
            if x.isImmediateFloat && y.isImmediateFloat {
                return floatsHold(operation, x.immediateFloat, y.immediateFloat) ? 1 : 0
            }
            if operation & ~1 == 2 && x.isObject && y.isObject {
                let str = t.type(.str).raw
                if x.object.typeRaw == str && y.object.typeRaw == str {
                    let result = StrRef.equal(StrRef(x), StrRef(y)) == (operation == 2)
                    if pc.flags & (InstructionFlags.consumeB | InstructionFlags.consumeC) != 0 { regs.consume(t, pc) }
                    return result ? 1 : 0
                }
            }
            let result = try t.compareBool(CompareOperator(rawValue: operation)!, x, y)
            regs.consume(t, pc)
            return result ? 1 : 0
        } catch { return -1 }
    }

    @inline(never)
    static func compareSmallTruth(
        _ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ operation: Int
    ) -> Int {
        do throws(PythonError) {
            let x = try NameAccess.bound(t, regs, pc.b)
            if x.isImmediateFloat {
                return floatsHold(operation, x.immediateFloat, Double(pc.signedC)) ? 1 : 0
            }
            let result = try t.compareBool(
                CompareOperator(rawValue: operation)!, x, Value(smallInt: pc.signedC))
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            return result ? 1 : 0
        } catch { return -1 }
    }

    @inline(never)
    static func contains(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        do throws(PythonError) {
            let item = try NameAccess.bound(t, regs, pc.b)
            let container = try NameAccess.bound(t, regs, pc.c)
            let found: Bool
            if container.isObject && container.object.typeRaw == t.type(.dict).raw {
                regs.savePC(pc + 8)
                found = try DictRef(container).has(t, item, hash: t.quickHash(item))
            } else {
                found = try t.contains(container, item)
            }
            let wanted = pc.load(as: UInt8.self) == Opcode.contains.rawValue
            regs.consume(t, pc)
            regs.put(t, pc.a, Value(found == wanted).bits)
            return true
        } catch { return false }
    }
}
