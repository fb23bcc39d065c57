// The harness itself: a run ends and says why, wherever a scenario hangs, throws or does too little.
import StillPlatform
import StressScenarios
import Synchronization
import Testing

/// Hangs in one place until it is let go.
private final class Hanging: StressScenario, @unchecked Sendable {
    enum Place: CaseIterable { case make, enter, step, leave, finish, nowhere }
    let place: Place
    let go = Atomic<Bool>(false)

    init(_ place: Place) { self.place = place }

    func hang(_ here: Place) {
        if here != place { return }
        while !go.load(ordering: .relaxed) { OSThread.sleep(nanoseconds: 5_000_000) }
    }
    func enter(worker: Int) { hang(.enter) }
    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        if worker == 1 { hang(.step) }
        counters.claimChecks += 1
        OSThread.yield()
        return nil
    }
    func leave(worker: Int) { hang(.leave) }
    func finish() -> String? {
        hang(.finish)
        return nil
    }
}

@Suite(.serialized) struct HarnessTests {
    private struct NotMade: Error {}

    private func description(_ scenario: Hanging, windows: UInt64 = 0) -> ScenarioDescription {
        ScenarioDescription(
            name: "hanging", claim: "nothing hangs", faults: [], minimumClaimChecks: 1, minimumRaceWindows: windows
        ) { _, _ in
            scenario.hang(.make)
            return scenario
        }
    }
    private func run(_ description: ScenarioDescription) throws -> StressCounters {
        // Longer than the patience: a worker that hangs is noticed before the run would end.
        var run = StressRun(seed: 1, threads: 2, seconds: 1.5)
        run.patienceSeconds = 0.5
        return try run.run(description)
    }

    @Test(arguments: Hanging.Place.allCases)
    private func noticesAHang(place: Hanging.Place) throws {
        let scenario = Hanging(place)
        defer { scenario.go.store(true, ordering: .relaxed) }
        let began = Clock.monotonicNanoseconds()
        if place == .nowhere {
            #expect(try run(description(scenario)).claimChecks > 0)
        } else {
            let failure = #expect(throws: StressFailure.self) { try run(description(scenario)) }
            #expect(failure?.claimBroken == false)
            let words = ["make": "making", "enter": "no step", "step": "no step", "leave": "did not end", "finish": "last look"]
            #expect(failure?.detail.contains(words["\(place)"]!) == true, "\(failure?.detail ?? "")")
        }
        #expect(Clock.monotonicNanoseconds() - began < 10_000_000_000)
    }

    @Test func saysWhatCannotBeMade() {
        let description = ScenarioDescription(
            name: "unmade", claim: "", faults: [], minimumClaimChecks: 0, minimumRaceWindows: 0) { _, _ in throw NotMade() }
        #expect(throws: NotMade.self) { try run(description) }
    }

    @Test func wantsItsMinima() {
        let failure = #expect(throws: StressFailure.self) { try run(description(Hanging(.nowhere), windows: 1_000_000)) }
        #expect(failure?.claimBroken == false)
        #expect(failure?.detail.contains("entries into the race window") == true)
    }
}
