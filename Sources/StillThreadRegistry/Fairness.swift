// Back-to-back pauses must not starve a thread.
//
// Rule      Before a new outermost pause begins, the threads that waited to attach when the last one of their interpreter ended have been
//           attached once, or 10 ms have passed since. Threads that will never attach again do not count: ended ones, and trapped ones (`forgive`).
// Protocol  The end of a pause marks each waiting thread as owed and counts them in the interpreter; under the lock of the list of threads. Attaching pays.
//           The next requester looks before it asks, holding the pause lock: it spins a little, then sleeps, detached, on the count. It
//           looks again under the lock of the list, where a pause of all interpreters may have come in between.
// Ordering  All relaxed: a count and nothing behind it. Who sleeps sets the upper bit of the count with a compare-and-swap; who pays the last debt sees
//           it in the same step.
import StillPlatform
import Synchronization

enum Fairness {
    static let patienceNanoseconds: UInt64 = 10_000_000
    /// Bit of `owedThreads`: the requester sleeps on it.
    static let sleeps: UInt32 = 1 << 31
}

extension Interpreter {
    var owedWord: UnsafeMutablePointer<Atomic<UInt32>> { (raw + 36).assumingMemoryBound(to: Atomic<UInt32>.self) }
    var owedThreads: Int { Int(record.pointee.owedThreads.load(ordering: .relaxed) & ~Fairness.sleeps) }

    /// A pause may begin, as far as the last one goes.
    func isNobodyOwed(at now: UInt64) -> Bool {
        owedThreads == 0 || now > record.pointee.lastPauseEnd.load(ordering: .relaxed) &+ Fairness.patienceNanoseconds
            || FaultInjection.isActive(.skipOwedThreads)
    }

    /// Waits for the owed threads of the last pause; gives up when somebody wants to stop all interpreters, or the time is over.
    ///
    /// - Threads: with the pause lock. A thread state is attached, and detached while this sleeps.
    func waitForOwedThreads(_ thread: ThreadState?) {
        if owedThreads == 0 || FaultInjection.isActive(.skipOwedThreads) { return }
        for _ in 0..<Spinning.beforeSleep {
            cpuRelax()
            if owedThreads == 0 { return }
        }
        thread?.detach()
        while true {
            let seen = record.pointee.owedThreads.load(ordering: .relaxed)
            let now = Clock.monotonicNanoseconds()
            let limit = record.pointee.lastPauseEnd.load(ordering: .relaxed) &+ Fairness.patienceNanoseconds
            if seen & ~Fairness.sleeps == 0 || now > limit || record.pointee.globalStop.load(ordering: .relaxed) != 0 { break }
            let asleep = seen | Fairness.sleeps
            if seen != asleep && !record.pointee.owedThreads.compareExchange(expected: seen, desired: asleep, ordering: .relaxed).exchanged {
                continue
            }
            SchedulingNoise.point()
            // The millisecond is for a pause of all interpreters, which nobody announces here.
            Parker.wait(on: owedWord, while: asleep, timeoutNanoseconds: min(limit &- now &+ 1, 1_000_000))
        }
        thread?.attach()
    }

    /// Under the list's lock, when a pause begins: what was not paid in time is forgotten.
    func forgiveAll() {
        if owedThreads == 0 { return }
        forEachLocked { $0.forgive() }
    }

    /// Under the list's lock, at the end of a pause.
    func mark(_ thread: ThreadState) {
        if thread.record.pointee.waiting.load(ordering: .relaxed) != 0 && thread.record.pointee.owed.exchange(1, ordering: .relaxed) == 0 {
            record.pointee.owedThreads.wrappingAdd(1, ordering: .relaxed)
        }
    }
}

extension ThreadState {
    /// The thread is attached, or will never be again: nobody waits for it. Any thread.
    func forgive() {
        guard record.pointee.owed.load(ordering: .relaxed) != 0 && record.pointee.owed.exchange(0, ordering: .relaxed) != 0 else { return }
        let interpreter = self.interpreter
        SchedulingNoise.point()
        var seen = interpreter.record.pointee.owedThreads.load(ordering: .relaxed)
        while true {
            let left = (seen & ~Fairness.sleeps) - 1
            let (exchanged, original) = interpreter.record.pointee.owedThreads.compareExchange(
                expected: seen, desired: left == 0 ? 0 : left | seen & Fairness.sleeps, ordering: .relaxed)
            if exchanged {
                if left == 0 && seen & Fairness.sleeps != 0 { Parker.wake(interpreter.owedWord) }
                return
            }
            seen = original
        }
    }
}
