// `still stress`: runs scenarios that provoke races and check claims.
public import ArgumentParser
import Foundation
public import StillPlatform
import StressScenarios

extension InjectedFault: ExpressibleByArgument {
    public init?(argument: String) {
        guard let fault = InjectedFault.allCases.first(where: { "\($0)" == argument }) else { return nil }
        self = fault
    }
    public static var allValueStrings: [String] { allCases.filter { $0 != .none }.map { "\($0)" } }
}

struct StressCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stress", abstract: "Provoke races and check that nothing breaks.",
        discussion: """
            Names scenarios to run; without names, or with --all, every scenario. Ends with 1 when one fails, with 64 when the arguments are \
            wrong. A run that dies of a signal says how to repeat it.
            """)

    @Argument(help: "Scenarios to run.") var names: [String] = []
    @Flag(help: "Run every scenario.") var all = false
    @Flag(help: "List the scenarios with their claims, minima and faults.") var list = false
    @Option(help: "Seed of all random choices; drawn and printed when absent.") var seed: String?
    @Option(help: "Seconds for each scenario.") var seconds = 5.0
    @Option(help: "Worker threads.") var threads = 4
    @Option(help: "Disable a line of production code (checking builds): the scenario must fail.") var fault: InjectedFault = .none
    @Flag(help: "Run each scenario with each of its faults, which it must notice (checking builds).") var faults = false
    @Option(help: "Also write the results to this file.") var json: String?

    func validate() throws {
        guard threads >= 1, threads <= 1024 else { throw ValidationError("--threads is 1 to 1024.") }
        guard seconds > 0, seconds <= 86_400 else { throw ValidationError("--seconds is more than 0 and at most 86400.") }
        for name in names where StressCatalog.named(name) == nil {
            let known = StressCatalog.all.map(\.name).joined(separator: ", ")
            throw ValidationError("There is no scenario '\(name)'. There are: \(known).")
        }
        if all && !names.isEmpty { throw ValidationError("Give names or --all, not both.") }
        if let seed, Self.number(seed) == nil { throw ValidationError("--seed '\(seed)' is not a number below 2 to the 64.") }
        if faults && fault != .none { throw ValidationError("Give --fault or --faults, not both.") }
        if (faults || fault != .none) && !BuildOptions.checksInvariants {
            throw ValidationError("Faults exist in checking builds only: build with STILL_CHECKS=1.")
        }
        if fault != .none && names.isEmpty && !all && scenariosOfFault.isEmpty {
            throw ValidationError("No scenario is there to notice \(fault): name one.")
        }
    }

    private static func number(_ text: String) -> UInt64? {
        text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
    }

    private var scenariosOfFault: [ScenarioDescription] { StressCatalog.all.filter { $0.faults.contains(fault) } }
    /// Without names: all, or those that are there to notice the fault.
    private var chosen: [ScenarioDescription] {
        if !names.isEmpty { return names.compactMap(StressCatalog.named) }
        return fault != .none && !all ? scenariosOfFault : StressCatalog.all
    }

    func run() throws {
        if list { return Self.printList() }
        let seed = self.seed.flatMap(Self.number) ?? Process.randomWord() >> 16
        // First of all, in case the process dies.
        Self.say("seed 0x\(String(seed, radix: 16)), \(threads) threads, \(seconds) seconds each")
        var report = StressReport(seed: seed, threads: threads, seconds: seconds)
        if let json { try report.write(to: json) }
        for scenario in chosen {
            for fault in faults ? scenario.faults : [fault] {
                report.results.append(runOne(scenario, fault, seed))
                // After each: a later one may end the process.
                if let json { try report.write(to: json) }
            }
        }
        if report.results.contains(where: { !$0.passed }) { throw ExitCode(1) }
    }

    private func runOne(_ scenario: ScenarioDescription, _ fault: InjectedFault, _ seed: UInt64) -> StressReport.Result {
        let isTerminal = StandardError.isTerminal
        let run = StressRun(seed: seed, threads: threads, seconds: seconds) { passed, counters in
            if isTerminal { StandardError.write(Array("\r\(scenario.name): \(Int(passed)) s, \(counters.claimChecks) checks".utf8)) }
        }
        var result = StressReport.Result(scenario: scenario, fault: fault, reproduce: run.reproduceLine(scenario, fault: fault))
        let began = Clock.monotonicNanoseconds()
        var text: String
        do {
            result.count(try run.run(scenario, fault: fault))
            result.passed = !faults
            text = faults
                ? "MISSED \(fault): \(scenario.name) has not noticed it\n  reproduce: \(result.reproduce)"
                : "passed \(scenario.name): \(result.claimChecks) claim checks, \(result.raceWindows) race windows"
        } catch let skipped as SkippedScenario {
            result.passed = true
            result.detail = "skipped: \(skipped.reason)"
            text = "SKIPPED \(scenario.name): \(skipped.reason)"
        } catch let failure as StressFailure {
            result.count(failure.counters)
            result.detail = failure.detail
            result.claimBroken = failure.claimBroken
            result.passed = faults && failure.claimBroken
            text = result.passed ? "noticed \(fault): \(scenario.name): \(failure.detail)" : "\(failure)"
        } catch {
            result.detail = "\(error)"
            text = "FAILED \(scenario.name): it cannot be made: \(error)\n  reproduce: \(result.reproduce)"
        }
        result.seconds = Double(Clock.monotonicNanoseconds() - began) / 1e9
        if isTerminal { StandardError.write(Array("\r\u{1B}[K".utf8)) }
        if faults { text += result.passed ? String(format: " (%.1f s)", result.seconds) : "" }
        Self.say(text)
        return result
    }

    private static func printList() {
        for scenario in StressCatalog.all {
            say(
                """
                \(scenario.name)
                  claim   \(scenario.claim)
                  minima  \(scenario.minimumClaimChecks) claim checks, \(scenario.minimumRaceWindows) race windows
                  faults  \(scenario.faults.map { "\($0)" }.joined(separator: ", "))
                """)
        }
    }

    /// At once: what is still in a buffer is lost when the process dies.
    private static func say(_ text: String) { StandardOutput.write(Array("\(text)\n".utf8)) }
}

/// What `--json` writes.
private struct StressReport: Encodable {
    struct Result: Encodable {
        let scenario: String
        let claim: String
        let fault: String?
        let reproduce: String
        var passed = false
        var claimBroken = false
        var detail: String?
        var claimChecks: UInt64 = 0
        var raceWindows: UInt64 = 0
        var seconds = 0.0

        init(scenario: ScenarioDescription, fault: InjectedFault, reproduce: String) {
            self.scenario = scenario.name
            claim = scenario.claim
            self.fault = fault == .none ? nil : "\(fault)"
            self.reproduce = reproduce
        }
        mutating func count(_ counters: StressCounters) {
            claimChecks = counters.claimChecks
            raceWindows = counters.raceWindows
        }
    }
    let seed: String
    let threads: Int
    let seconds: Double
    let checkingBuild = BuildOptions.checksInvariants
    let sanitizer = Sanitizer.isThreadSanitizer ? "thread" : Sanitizer.isAddressSanitizer ? "address" : nil
    var results: [Result] = []

    init(seed: UInt64, threads: Int, seconds: Double) {
        self.seed = "0x\(String(seed, radix: 16))"
        self.threads = threads
        self.seconds = seconds
    }
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { try encoder.encode(self).write(to: URL(fileURLWithPath: path)) } catch {
            throw ValidationError("The file \(path) can't be written: \(error.localizedDescription)")
        }
    }
}
