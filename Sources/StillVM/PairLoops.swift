// `for a, b in …`: the pair is unpacked as it is made, without a tuple, where the iterator makes one that nobody else sees.
//
// Which     the iterators of dict items, enumerate and zip of two (StillObjects, PairIterators.swift).
// How       the instruction behind `forIterate` (and the jump at its end) unpacks what the loop has got: both are done in one step.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum PairLoops {
    /// Whether the loop's item is at once unpacked into two registers, and given up.
    @inline(__always)
    static func unpacks(_ pc: PC) -> Bool {
        let next = pc + 16
        return next.load(as: UInt8.self) == Opcode.unpackSequence.rawValue && next.c == 2 && next.b == pc.a
            && (next.flags & InstructionFlags.consumeB != 0 || next.a == pc.a)
    }

    /// 1: both values are in place, 0: the iterator is exhausted, and dropped, -1: exception; nil: another iterator, nothing has happened.
    @inline(__always)
    static func next(_ t: Thread, _ regs: Registers, _ pc: PC, _ type: Raw) -> Int? {
        var first = Value.null
        var second = Value.null
        let iterator = regs.value(pc.b)
        regs.savePC(pc + 8)
        switch PairIterators.next(t, iterator, type, &first, &second) {
        case .unsuited: return nil
        case .found:
            let target = (pc + 16).a
            regs.put(t, target, first.bits)
            regs.put(t, target &+ 1, second.bits)
            return 1
        case .exhausted:
            regs.drop(t, pc.b)
            return 0
        case .failed:
            if !t.matchesRaised(.stopIteration) { return -1 }
            t.clearRaised()
            regs.drop(t, pc.b)
            return 0
        }
    }
}
