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
            // Chance decides when a fault shows. A run that only missed its minimum, or hung, has not noticed anything.
            var missed: [String] = []
            for seed in 1...3 {
                do {
                    let counters = try StressRun(seed: UInt64(seed), threads: 4, seconds: 10).run(scenario, fault: fault)
                    missed.append("seed \(seed): nothing noticed in \(counters)")
                } catch let failure as StressFailure {
                    if failure.claimBroken {
                        missed = []
                        break
                    }
                    missed.append("seed \(seed): \(failure)")
                }
            }
            #expect(missed.isEmpty, "\(name) does not notice \(fault)")
        }
    }
}
