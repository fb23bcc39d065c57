// The thread that makes a scenario and takes the last look, so that a hang in either is noticed like one in a step.
import StillPlatform
import Synchronization

final class StressHost: @unchecked Sendable {
    private let scenario = Guarded<Result<any StressScenario, any Error>?>(nil)
    private let problem = Guarded<String?>(nil)
    /// 0 wait, 1 take the last look, 2 end without it.
    private let order = Atomic<UInt32>(0)
    let hasMade = Atomic<Bool>(false)
    let hasEnded = Atomic<Bool>(false)

    /// - Throws: `OSThreadError`.
    func start(_ make: @escaping @Sendable () throws -> any StressScenario) throws -> OSThread {
        try OSThread.start(name: "stress-host") { [self] in
            let result = Result { try make() }
            scenario.withLock { $0 = result }
            hasMade.store(true, ordering: .releasing)
            while order.load(ordering: .acquiring) == 0 { OSThread.sleep(nanoseconds: 1_000_000) }
            if order.load(ordering: .relaxed) == 1, case .success(let scenario) = result {
                let found = scenario.finish()
                problem.withLock { $0 = found }
            }
            hasEnded.store(true, ordering: .releasing)
        }
    }

    /// When `hasMade`.
    func made() throws -> any StressScenario { try scenario.withLock { $0! }.get() }
    func end(looking: Bool) { order.store(looking ? 1 : 2, ordering: .releasing) }
    /// When `hasEnded`: what the last look found.
    func found() -> String? { problem.withLock { $0 } }
}
