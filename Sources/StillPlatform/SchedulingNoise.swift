// Random yields, pauses and sleeps at protocol steps, in checking builds, so that rare interleavings become common.
//
// Seed      Each thread has a stream of its own, made from the seed and the thread's number: the number that the harness gives its workers,
//           or the order in which other threads first come by. So a worker's choices do not depend on what the others do. The
//           seed fixes the choices, not the schedule.
// Mixture   of 128 points about 5 yield, 16 spin for up to a microsecond, 1 sleeps for up to 65 microseconds; one in 8192 sleeps for
//           0.1 to 2 milliseconds, longer than a pauser spins and than it sleeps at once.
// Cost      Off: one relaxed load. On: a thread-local stream, nothing shared is written.
internal import CStillShims
import Synchronization

public enum SchedulingNoise {
    private static let seed = Atomic<UInt64>(0)
    /// The number of the present run; 0 while there is no noise.
    private static let run = Atomic<UInt64>(0)
    private static let runs = Atomic<UInt64>(0)
    private static let arrivals = Atomic<UInt64>(0)

    public static func enable(seed value: UInt64) {
        seed.store(value, ordering: .relaxed)
        arrivals.store(0, ordering: .relaxed)
        run.store(runs.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .releasing)
    }
    public static func disable() { run.store(0, ordering: .relaxed) }

    /// Gives the calling thread the stream of this number, until the noise is enabled again.
    public static func useStream(_ number: Int) {
        if BuildOptions.checksInvariants { start(run.load(ordering: .acquiring), UInt64(truncatingIfNeeded: number)) }
    }

    /// A protocol step: between two accesses that other threads may come between.
    @inlinable @inline(__always) public static func point() {
        if BuildOptions.checksInvariants { disturb() }
    }

    private static func start(_ run: UInt64, _ stream: UInt64) {
        let own = still_noise()!
        own.pointee.run = run
        own.pointee.state = mixed(seed.load(ordering: .relaxed) ^ mixed(stream &+ 0x9E37_79B9_7F4A_7C15))
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        var bits = word
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    @usableFromInline @inline(never) static func disturb() {
        let current = run.load(ordering: .acquiring)
        if current == 0 { return }
        let own = still_noise()!
        // Threads without a number come behind all workers.
        if own.pointee.run != current { start(current, arrivals.wrappingAdd(1, ordering: .relaxed).newValue &+ 1 << 32) }
        own.pointee.state &+= 0x9E37_79B9_7F4A_7C15
        let bits = mixed(own.pointee.state)
        switch bits & 127 {
        case 0...4: OSThread.yield()
        case 5: OSThread.sleep(nanoseconds: bits >> 8 & 0xFFFF)
        case 6...21: for _ in 0..<(bits >> 8 & 127) { cpuRelax() }
        case 22 where bits >> 8 & 63 == 0: OSThread.sleep(nanoseconds: 100_000 + bits >> 16 & 0x1F_FFFF)
        default: break
        }
    }
}
