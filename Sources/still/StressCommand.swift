// `still stress`: runs scenarios that provoke races and check claims.
public import ArgumentParser
public import StillPlatform
import StressScenarios

extension InjectedFault: ExpressibleByArgument {
    public init?(argument: String) {
        guard let fault = InjectedFault.allCases.first(where: { "\($0)" == argument }) else { return nil }
        self = fault
    }
}

struct StressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stress", abstract: "Provoke races and check that nothing breaks.",
        discussion: "Names scenarios to run; without names, or with --all, every scenario. Ends with 1 when one fails.")

    @Argument(help: "Scenarios to run.") var names: [String] = []
    @Flag(help: "Run every scenario.") var all = false
    @Flag(help: "List the scenarios with their claims and faults.") var list = false
    @Option(help: "Seed of all random choices; drawn and printed when absent.") var seed: String?
    @Option(help: "Seconds for each scenario.") var seconds = 5.0
    @Option(help: "Worker threads.") var threads = 4
    @Option(help: "Disable a line of production code (checking builds): the scenario must fail.") var fault: InjectedFault = .none

    func validate() throws {
        guard threads >= 1, threads <= 1024 else { throw ValidationError("--threads is 1 to 1024.") }
        guard seconds > 0, seconds <= 86_400 else { throw ValidationError("--seconds is more than 0 and at most 86400.") }
        for name in names where StressCatalog.named(name) == nil {
            let known = StressCatalog.all.map(\.name).joined(separator: ", ")
            throw ValidationError("There is no scenario '\(name)'. There are: \(known).")
        }
        if let seed, Self.number(seed) == nil { throw ValidationError("--seed '\(seed)' is not a number.") }
    }

    private static func number(_ text: String) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    func run() throws {
        if list {
            for scenario in StressCatalog.all {
                print("\(scenario.name)\n  claim   \(scenario.claim)\n  faults  \(scenario.faults.map { "\($0)" }.joined(separator: ", "))")
            }
            return
        }
        let chosen = names.isEmpty ? StressCatalog.all : names.compactMap(StressCatalog.named)
        let seed = self.seed.flatMap(Self.number) ?? Process.randomWord() >> 16
        // First of all, in case the process dies.
        print("seed 0x\(String(seed, radix: 16)), \(threads) threads, \(seconds) seconds each")
        var failed = false
        for scenario in chosen {
            let name = scenario.name
            let run = StressRun(seed: seed, threads: threads, seconds: seconds) { passed, counters in
                if StandardError.isTerminal {
                    StandardError.write(Array("\r\(name): \(Int(passed)) s, \(counters.claimChecks) checks".utf8))
                }
            }
            do {
                let counters = try run.run(scenario, fault: fault)
                if StandardError.isTerminal { StandardError.write(Array("\r\u{1B}[K".utf8)) }
                print("passed \(name): \(counters.claimChecks) claim checks, \(counters.raceWindows) race windows")
            } catch let skipped as SkippedScenario {
                print("SKIPPED \(name): \(skipped.reason)")
            } catch {
                failed = true
                if StandardError.isTerminal { StandardError.write(Array("\r\u{1B}[K".utf8)) }
                print("\(error)")
            }
        }
        if failed { throw ExitCode(1) }
    }
}
