// Process-wide tables (liburcu): threads add, look up and remove while the table grows and shrinks, also in forked children.
//
// Each worker has keys of its own, whose presence it knows exactly, and there are keys that all of them fight for. Worker 0 forks now and then: the child
// does the same with new threads, and waits until everything removed has been freed, which needs liburcu's reclaiming thread.
// The workers are attached to nothing: a fork does not stop them, and must find them outside of what it cannot repair.
// Race window: a contended key that another worker added or removed first, or a fork.
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization

final class SharedTableScenario: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-table", claim: "a key is found exactly while it is in the table, with its value, also in a forked child",
        faults: [.forgetReclaimer], minimumClaimChecks: 20_000, minimumRaceWindows: 50,
        make: { threads, _ in try SharedTableScenario(threads) })

    private static let ownKeys = 300
    private static let contendedKeys = 16
    private let table: SharedTable
    private let interpreter: Interpreter
    /// Which own keys of a worker are in the table. Touched by it alone.
    private let present: UnsafeMutablePointer<Bool>
    private let count: Int

    init(_ threads: Int) throws {
        try ForkedChild.checkSanitizer()
        count = threads
        table = try SharedTable(buckets: 4)
        interpreter = try Runtime.makeInterpreter()
        present = .allocate(capacity: threads * Self.ownKeys)
        present.initialize(repeating: false, count: threads * Self.ownKeys)
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        if worker == 0 && random.next() % 512 == 0 { return fork(&random, &counters) }
        if random.next() % 4 == 0 { return fight(table, &random, &counters) }
        let own = present + worker * Self.ownKeys
        // Many in a row in the same direction, so that the table is resized.
        let adds = random.next() % 2 == 0
        for _ in 0..<32 {
            let index = Int(random.next() % UInt64(Self.ownKeys))
            let key = UInt64(worker) << 32 | UInt64(index)
            counters.claimChecks += 1
            let found = withBytes(key) { table.lookup($0) }
            if found != (own[index] ? UInt(key) : nil) { return "key \(key) is \(own[index] ? "" : "not ")in the table, found \(String(describing: found))" }
            if adds && !own[index] {
                guard let result = try? withBytes(key, { try table.addOrGet($0, UInt(key)) }) else { return "no memory for an entry" }
                if !result.added { return "key \(key) was there when it was added" }
                own[index] = true
            } else if !adds && own[index] {
                if withBytes(key, { table.remove($0) }) != UInt(key) { return "key \(key) was not there when it was removed" }
                own[index] = false
            }
        }
        return nil
    }

    private func withBytes<R, E: Error>(_ key: UInt64, _ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        var key = key
        let result: Result<R, E> = withUnsafeBytes(of: &key) { bytes in
            do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// A key that anybody may add or remove; its value is the key's square.
    private func fight(_ table: SharedTable, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let key = 1 << 60 | random.next() % UInt64(Self.contendedKeys)
        let value = UInt(truncatingIfNeeded: key &* key)
        counters.claimChecks += 1
        if random.next() % 2 == 0 {
            guard let result = try? withBytes(key, { try table.addOrGet($0, value) }) else { return "no memory for an entry" }
            if result.value != value { return "contended key \(key) has the value \(result.value)" }
            if !result.added { counters.raceWindows += 1 }
        } else {
            guard let removed = withBytes(key, { table.remove($0) }) else {
                counters.raceWindows += 1
                return nil
            }
            if removed != value { return "contended key \(key) had the value \(removed)" }
        }
        return nil
    }

    private func fork(_ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let result: Result<String?, Never>
        do throws(RegistryError) {
            result = try interpreter.withAttachedThread { (attached: borrowing Attached) -> String? in
                do throws(ForkError) {
                    switch try attached.thread.fork() {
                    case .child: Process.exitNow(attached.thread.detached { child() })
                    case .parent(let child): return attached.thread.detached { ForkedChild.wait(for: child, beside: count) }
                    }
                } catch { return "\(error)" }
            }
        } catch { return "\(error)" }
        counters.claimChecks += 1
        counters.raceWindows += 1
        switch result { case .success(let problem): return problem }
    }

    /// In the child: what this worker knows of its keys still holds, new threads use the table, and all that is removed gets freed.
    private func child() -> Int32 {
        for index in 0..<Self.ownKeys where (withBytes(UInt64(index)) { table.lookup($0) } != nil) != present[index] { return 2 }
        var threads: [OSThread] = []
        for number in 0..<3 {
            let thread = try? OSThread.start(name: "child-\(number)", stackBytes: 1 << 20) { [self] in
                var random = SplitMix64(seed: UInt64(number))
                var counters = StressCounters()
                for _ in 0..<200 {
                    if fight(table, &random, &counters) != nil { Self.childProblems.store(3, ordering: .relaxed) }
                }
            }
            guard let thread else { return 4 }
            threads.append(thread)
        }
        for thread in threads { thread.join() }
        table.removeAll()
        if table.count != 0 { return 5 }
        SharedTable.waitForReaders()
        let code = Self.childProblems.load(ordering: .relaxed)
        return code == 0 ? ForkedChild.success : code
    }
    private static let childProblems = Atomic<Int32>(0)

    func finish() -> String? {
        table.removeAll()
        SharedTable.waitForReaders()
        if table.count != 0 { return "\(table.count) entries are left in an empty table" }
        interpreter.destroy()
        present.deallocate()
        return nil
    }
}
