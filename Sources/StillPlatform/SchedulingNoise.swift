// Random yields and short sleeps at protocol steps, in checking builds, so that rare interleavings become common.
// The seed fixes the choices, not the schedule.
import Synchronization

public enum SchedulingNoise {
    private static let seed = Atomic<UInt64>(0)
    private static let counter = Atomic<UInt64>(0)

    public static func enable(seed value: UInt64) { seed.store(value | 1, ordering: .relaxed) }
    public static func disable() { seed.store(0, ordering: .relaxed) }

    @inlinable @inline(__always) public static func point() {
        if BuildOptions.checksInvariants { disturb() }
    }

    @usableFromInline @inline(never) static func disturb() {
        let base = seed.load(ordering: .relaxed)
        if base == 0 { return }
        var bits = base &+ counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits ^= bits >> 27
        switch bits & 63 {
        case 0...3: OSThread.yield()
        case 4: OSThread.sleep(nanoseconds: bits >> 8 & 0xFFFF)
        case 5...15: for _ in 0..<(bits >> 8 & 127) { cpuRelax() }
        default: break
        }
    }
}
