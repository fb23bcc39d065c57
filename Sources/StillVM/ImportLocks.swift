// Modules in the making, one interpreter's: who makes which, and who waits for whom.
//
// Claim     The thread that claims a name searches the module, compiles it and runs its body. Others that want it wait, detached, and look again. A
//           parent is imported before its child is claimed.
// Module    word 32 of a module object says how far it is: 0 finished, `failed`, or the number of its making. It is set before sys.modules gets
//           the module, and cleared when the body has run and the parent has it as an attribute: what has a 0 needs no lock.
// Failure   The module leaves sys.modules, then its word becomes `failed`: who found it before looks again.
// Cycles    A thread that waits is noted with what it waits for. One that would wait for a thread that waits for it, however indirectly, takes the
//           module as it is; so does the maker itself.
// Fork      In the child the makings of vanished threads are struck off. Who finds such a module (it has a number, and no making has it) makes it anew.
// Lock      A leaf, held by attached threads only, for a few steps in the two tables: so nobody holds it at a fork.
// Ordering  (I1) a maker clears the module's word releasing, who finds it clear acquires: it sees all that the body has stored.
//           (I2) the end of a making is stored releasing, who waits for it acquires.
import StillObjects
import StillPlatform
import StillThreadRegistry
import Synchronization

final class ImportLocks: Sendable {
    /// One thread's work on one module. Those who wait for it keep it.
    final class Making: @unchecked Sendable {
        let name: String
        let number: UInt64
        let thread: UInt64
        /// 1 when it is over.
        private let word: UnsafeMutablePointer<Atomic<UInt32>>

        init(name: String, number: UInt64, thread: UInt64) {
            self.name = name
            self.number = number
            self.thread = thread
            word = .allocate(capacity: 1)
            word.initialize(to: Atomic(0))
        }
        deinit { word.deallocate() }

        var isOver: Bool { word.pointee.load(ordering: .acquiring) != 0 }  // I2
        fileprivate func end() {
            word.pointee.store(1, ordering: .releasing)  // I2
            Parker.wake(word)
        }
        /// Until it is over, or for 50 ms, to notice signals.
        fileprivate func wait() { Parker.wait(on: word, while: 0, timeoutNanoseconds: 50_000_000) }
    }

    private struct Tables {
        var makings: [String: Making] = [:]
        /// By the waiting thread.
        var waits: [UInt64: Making] = [:]
        var lastNumber: UInt64 = 0

        /// Notes that the thread waits. - Returns: false when that would be for ever.
        mutating func note(_ thread: UInt64, waitsFor making: Making) -> Bool {
            var at: Making? = making
            while let next = at {
                if next.thread == thread { return false }
                at = waits[next.thread]
            }
            waits[thread] = making
            return true
        }
    }
    private let tables = Guarded(Tables(), rank: .leaf)

    static func of(_ t: Thread) -> ImportLocks {
        Unmanaged<ImportLocks>.fromOpaque(t.interpreterState.pointee.importLocks!).takeUnretainedValue()
    }

    enum Claim {
        /// To be ended with `end`.
        case begun(Making)
        /// By this thread, further out.
        case nested(Making)
        /// To be waited for with `wait`.
        case taken(Making)
        /// By a thread that waits for this one.
        case circular(Making)
    }
    func claim(_ t: Thread, _ name: String) -> Claim {
        tables.withLock { tables in
            if let found = tables.makings[name], !FaultInjection.isActive(.importTwice) {
                if found.thread == t.id { return .nested(found) }
                return tables.note(t.id, waitsFor: found) ? .taken(found) : .circular(found)
            }
            tables.lastNumber += 1
            let making = Making(name: name, number: tables.lastNumber, thread: t.id)
            tables.makings[name] = making
            return .begun(making)
        }
    }
    func end(_ making: Making) {
        tables.withLock { tables in
            if tables.makings[making.name] === making { tables.makings[making.name] = nil }
            if !tables.waits.isEmpty { tables.waits = tables.waits.filter { $0.value !== making } }
        }
        SchedulingNoise.point()
        making.end()
    }

    enum Progress {
        /// No thread makes it.
        case over
        /// Waiting for it would be for ever.
        case ours
        /// To be waited for with `wait`.
        case running(Making)
    }
    func progress(_ t: Thread, _ number: UInt64) -> Progress {
        tables.withLock { tables in
            guard let found = tables.makings.values.first(where: { $0.number == number }) else { return .over }
            return tables.note(t.id, waitsFor: found) ? .running(found) : .ours
        }
    }

    /// Waits, detached, for a making that the thread has been noted for; or a shorter time: the caller looks again.
    ///
    /// - Throws: what the handler of a signal raises.
    func wait(_ t: Thread, _ making: Making) throws(PythonError) {
        while !making.isOver {
            t.detached {
                SchedulingNoise.point()
                making.wait()
            }
            if t.isMainThread && t.interpreterState.pointee.interrupted.load(ordering: .relaxed) != 0 {
                // A handler may itself import.
                tables.withLock { $0.waits[t.id] = nil }
                return try VMHooks.serveSignals(t)
            }
        }
    }

    /// Strikes off what all threads but one were making: they never run again.
    func reset(_ survivor: Thread?) {
        let gone = tables.withLock { tables in
            let gone = tables.makings.values.filter { $0.thread != survivor?.id }
            for making in gone { tables.makings[making.name] = nil }
            tables.waits = [:]
            return gone
        }
        for making in gone { making.end() }
    }
}
