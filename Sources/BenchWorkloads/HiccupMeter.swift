// The machine's own hiccups: how much later than asked a thread wakes that does nothing but sleep.
//
// What it shows is the floor: no program on this machine can promise shorter wall-clock pauses, and what it shows beside a running
// program is what the scheduler adds. Missed wake-ups are filled in (PauseHistogram).
import Foundation
import StillPlatform
import Synchronization

final class HiccupMeter: Sendable {
    static let intervalNanoseconds: UInt64 = 1_000_000
    private let histogram = Guarded(PauseHistogram())
    /// Relaxed: only asks the thread to end; joining it orders its results.
    private let stopping = Atomic<Bool>(false)
    private let thread = Guarded<OSThread?>(nil)

    func start() throws {
        let started = try OSThread.start(name: "hiccups", stackBytes: 1 << 20) { [self] in
            while !stopping.load(ordering: .relaxed) {
                let before = Clock.monotonicNanoseconds()
                Thread.sleep(forTimeInterval: Double(Self.intervalNanoseconds) / 1e9)
                let passed = Clock.monotonicNanoseconds() - before
                let late = passed > Self.intervalNanoseconds ? passed - Self.intervalNanoseconds : 0
                histogram.withLock { $0.record(late, expectedInterval: Self.intervalNanoseconds) }
            }
        }
        thread.withLock { $0 = started }
    }

    /// Ends the thread.
    func stop() -> PauseHistogram {
        stopping.store(true, ordering: .relaxed)
        thread.withLock {
            $0?.join()
            $0 = nil
        }
        return histogram.withLock { $0 }
    }

    /// Measures while the caller sleeps.
    static func idle(seconds: Double) throws -> PauseHistogram {
        let meter = HiccupMeter()
        try meter.start()
        Thread.sleep(forTimeInterval: seconds)
        return meter.stop()
    }
}
