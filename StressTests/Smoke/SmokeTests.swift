// Every scenario for two seconds with seed 1, and each of its faults, which it must catch. Only in checking builds.
import StillPlatform
import StressScenarios
import Testing

@Suite(.serialized) struct SmokeTests {
    @Test(arguments: StressCatalog.all.map(\.name))
    func passes(name: String) throws {
        let scenario = try #require(StressCatalog.named(name))
        let counters = try StressRun(seed: 1, threads: 4, seconds: 2).run(scenario)
        #expect(counters.claimChecks >= scenario.minimumClaimChecks)
        #expect(counters.raceWindows >= scenario.minimumRaceWindows)
    }

    @Test(.enabled(if: BuildOptions.checksInvariants), arguments: StressCatalog.all.map(\.name))
    func catchesItsFaults(name: String) throws {
        let scenario = try #require(StressCatalog.named(name))
        #expect(!scenario.faults.isEmpty)
        for fault in scenario.faults {
            do {
                let counters = try StressRun(seed: 1, threads: 4, seconds: 10).run(scenario, fault: fault)
                Issue.record("\(name) does not notice \(fault) in \(counters)")
            } catch let failure as StressFailure {
                // A run that only missed its minimum has not noticed anything.
                #expect(failure.claimBroken, "\(failure)")
            }
        }
    }
}
