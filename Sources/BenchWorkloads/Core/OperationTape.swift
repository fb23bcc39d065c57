// The operations of an allocator mix, made beforehand: the same in tools/peers/mix.c, word by word.
//
// Lifetimes are nearly last in, first out: bursts of up to 32 allocations or frees; of the frees a quarter picks among the newest 64. At
// the end everything is freed. A word is  free bit | remote bit | size << 16 | slot.

/// A generator that the peers have too.
struct SplitMix64 {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

enum OperationTape {
    static let slots = 4096
    static let freeBit: UInt32 = 0x8000_0000
    /// The block is left to the other thread.
    static let remoteBit: UInt32 = 0x4000_0000
    private static let burst: UInt64 = 32
    private static let newest = 64

    /// - Parameter remote: percent of the frees.
    /// - Returns: the tape, and the number of operations up to the moment of most blocks.
    static func make(operations: Int, remote: Int, seed: UInt64) -> (tape: [UInt32], deepest: Int) {
        var tape: [UInt32] = []
        tape.reserveCapacity(operations + Int(burst) + slots)
        var random = SplitMix64(state: seed)
        var order = (0..<slots).map { UInt16($0) }
        var sizes = [UInt32](repeating: 0, count: slots)
        var depth = 0
        var (most, deepest) = (0, 0)
        while tape.count < operations {
            let draw = random.next()
            let allocates = depth == 0 || (depth < slots && draw >> 32 & 1 == 1)
            for _ in 0...(draw % burst) {
                if allocates {
                    if depth == slots { break }
                    let size = 16 + UInt32(random.next() % 497)
                    let slot = order[depth]
                    depth += 1
                    sizes[Int(slot)] = size
                    tape.append(size << 16 | UInt32(slot))
                } else {
                    if depth == 0 { break }
                    let pick = random.next()
                    if pick & 3 == 0 { order.swapAt(depth - 1 - Int((pick >> 8) % UInt64(min(depth, newest))), depth - 1) }
                    depth -= 1
                    let away = Int((pick >> 32) % 100) < remote ? remoteBit : 0
                    tape.append(freeBit | away | sizes[Int(order[depth])] << 16 | UInt32(order[depth]))
                }
            }
            if depth > most { (most, deepest) = (depth, tape.count) }
        }
        while depth > 0 {
            depth -= 1
            tape.append(freeBit | sizes[Int(order[depth])] << 16 | UInt32(order[depth]))
        }
        return (tape, deepest)
    }
}
