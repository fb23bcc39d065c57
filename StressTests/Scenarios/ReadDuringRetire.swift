// Readers under retirement: a writer replaces a cell that others read, and retires the old one.
//
// Nothing is really freed: what the reclaimer gets is poisoned and put aside, so that a broken protocol is reported instead of reading
// recycled memory that happens to look right. The payload is plain on purpose: ThreadSanitizer then sees a missing edge.
// Race window: a reader holds a pointer across other threads' retirements.
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization

final class ReadDuringRetire: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "read-during-retire", claim: "no reader sees a cell after it was reclaimed",
        faults: [.skipQuiescentScan], minimumClaimChecks: 20_000, minimumRaceWindows: 2_000,
        make: { threads, _ in try ReadDuringRetire(threads) })

    static let live: UInt64 = 0x11FE_11FE_11FE_11FE
    static let poison: UInt64 = 0xDEAD_DEAD_DEAD_DEAD
    static let cellBytes = 64
    static let places = 8

    private let interpreter: Interpreter
    private let cells: UnsafeMutablePointer<Atomic<UInt>>
    private let threads: Guarded<[ThreadState?]>
    /// Cells given back by the reclaimer, reused after a while so that memory stays bounded.
    private struct Graveyard {
        var cells: [UInt] = []
        var oldest = 0
        /// The oldest cell, once enough younger ones lie on it.
        mutating func exhume() -> UInt? {
            guard cells.count - oldest > 4096 else { return nil }
            oldest += 1
            let cell = cells[oldest - 1]
            if oldest == 4096 {
                cells.removeFirst(oldest)
                oldest = 0
            }
            return cell
        }
    }
    private static let graveyard = Guarded(Graveyard())
    static let replaced = Atomic<UInt64>(0)

    init(_ count: Int) throws {
        interpreter = try Runtime.makeInterpreter()
        cells = .allocate(capacity: Self.places)
        threads = Guarded(Array(repeating: nil, count: count))
        var hooks = InterpreterHooks()
        hooks.freeBlock = { _, block, _ in
            block.storeBytes(of: ReadDuringRetire.poison, as: UInt64.self)
            ReadDuringRetire.graveyard.withLock { $0.cells.append(UInt(bitPattern: block)) }
        }
        interpreter.hooks = hooks
        for place in 0..<Self.places { (cells + place).initialize(to: Atomic(UInt(bitPattern: Self.newCell()))) }
    }

    private static func newCell() -> UnsafeMutableRawPointer {
        let reused = graveyard.withLock { $0.exhume() }
        let cell =
            reused.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
            ?? UnsafeMutableRawPointer.allocate(byteCount: cellBytes, alignment: 16)
        cell.storeBytes(of: live, as: UInt64.self)
        return cell
    }

    func enter(worker: Int) {
        guard let thread = try? interpreter.makeThread() else { return }
        thread.attach()
        threads.withLock { $0[worker] = thread }
    }

    func leave(worker: Int) { ThreadState.current?.destroy() }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let thread = ThreadState.current else { return "no memory for a thread state" }
        let place = Int(random.next() % UInt64(Self.places))
        if worker == 0 || random.next() % 16 == 0 {
            let fresh = Self.newCell()
            let old = cells[place].exchange(UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)
            Self.replaced.wrappingAdd(1, ordering: .relaxed)
            thread.retire(UnsafeMutableRawPointer(bitPattern: old)!, bytes: Self.cellBytes)
        } else {
            let before = Self.replaced.load(ordering: .relaxed)
            let cell = UnsafeMutableRawPointer(bitPattern: cells[place].load(ordering: .acquiring))!
            // Without a second processor nobody retires in the middle of a read unless it lasts.
            if random.next() % 64 == 0 { OSThread.yield() }
            for _ in 0..<Int(random.next() % 8 + 1) {
                for _ in 0..<Int(random.next() % 40) { cpuRelax() }
                SchedulingNoise.point()
                let payload = cell.load(as: UInt64.self)
                counters.claimChecks += 1
                if payload != Self.live {
                    return "the cell at \(cell) was reclaimed under a reader (payload \(String(payload, radix: 16)))"
                }
            }
            if Self.replaced.load(ordering: .relaxed) != before { counters.raceWindows += 1 }
        }
        switch random.next() % 64 {
        case 0: thread.detached { OSThread.yield() }
        case 1...8: thread.request(RequestBits.delayedFrees)
        default: break
        }
        thread.safepoint()
        return nil
    }

    func finish() -> String? {
        interpreter.destroy()
        for place in 0..<Self.places { UnsafeMutableRawPointer(bitPattern: cells[place].load(ordering: .relaxed))?.deallocate() }
        cells.deallocate()
        return nil
    }
}
