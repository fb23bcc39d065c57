// Forked children of scenarios: they run a body, end with a code, and are waited for with a limit.
//
// ThreadSanitizer ends a child that starts threads unless TSAN_OPTIONS says die_after_fork=0; `tools/sanitize` sets it.
import StillPlatform
import StillThreadRegistry

enum ForkedChild {
    static let success: Int32 = 42

    /// - Throws: says how to run a forking scenario under ThreadSanitizer.
    static func checkSanitizer() throws {
        if Sanitizer.isThreadSanitizer, Environment.get("TSAN_OPTIONS")?.contains("die_after_fork=0") != true {
            throw SkippedScenario(
                reason: "ThreadSanitizer ends forked children that start threads: set TSAN_OPTIONS=die_after_fork=0")
        }
    }

    /// How long a child may take: it shares the processors with all workers, and with what else the machine does.
    private static func patienceSeconds(_ threads: Int) -> Int {
        let base = Sanitizer.isThreadSanitizer ? 25 : FaultInjection.isAnyActive ? 6 : 20
        return base * max(1, threads / (8 * OSThread.processorCount))
    }

    /// Waits for a child of one of so many workers, kills it when it takes too long. - Returns: what is wrong with how it ended.
    static func wait(for child: Int32, beside threads: Int) -> String? {
        let patience = patienceSeconds(threads)
        let limit = Clock.monotonicNanoseconds() + UInt64(patience) * 1_000_000_000
        while true {
            let found: (id: Int32, status: Int32)
            do throws(ProcessError) { found = try ChildProcess.wait(child, options: ChildProcess.noHang) } catch {
                if error.code == 4 { continue }
                return "waiting for a child failed: \(error)"
            }
            if found.id == child {
                if ChildProcess.wasSignalled(found.status) {
                    return "a forked child died by signal \(ChildProcess.terminationSignal(found.status))"
                }
                let code = ChildProcess.exitCode(found.status)
                return code == success ? nil : "a forked child ended with code \(code)"
            }
            if Clock.monotonicNanoseconds() > limit {
                try? ChildProcess.send(signal: 9, to: child)
                _ = try? ChildProcess.wait(child, options: 0)
                return "a forked child did not end within \(patience) seconds"
            }
            OSThread.sleep(nanoseconds: 500_000)
        }
    }
}

/// Thrown when a scenario cannot run in this process; the run says why and goes on.
public struct SkippedScenario: Error, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }
}
