// Sleeping until the world goes on, and waking those who sleep.
//
// Protocol  All stopped threads of the process sleep on one word, so that a pauser wakes them with one call of the system. It wakes one of them only
//           and moves the others to the word of the chain; each thread that wakes first wakes two more of the chain. Whoever is on the chain was
//           asleep when a pause ended, and whoever leaves it hands on: so the chain ends when it is empty, and not before.
// Why       A pauser that wakes sixteen threads on two processors waits behind them before it comes back from the call.
// Napping   Even the one that it wakes may take its processor, and then all the others have their turns before it. So a pause that stops more threads
//           than there are processors asks for a napper: one of the sleepers looks at the word at intervals, and begins the chain when it
//           has changed. The pauser changes the word and is done.
// Word      bit 0: somebody naps; bit 1: a napper is wanted; above: how often worlds have been resumed. One word, so that a pauser that sees the
//           napper's bit has changed the word before the napper takes its bit back, and the napper sees that then.
// Strangers A thread of a world that is still stopped may sleep on the word, too. It hands on like the others, sees its state, and sleeps again: on
//           the word, not on the chain. It may be the napper.
// Ordering  (R1) who resumes changes the word after the threads' states, who sleeps reads it before its state: either it sees the new
//           state, or the word has changed and it does not sleep. The chain's word never changes.
import StillPlatform
import Synchronization

extension Runtime {
    private static var resumeWord: UnsafeMutablePointer<Atomic<UInt32>> { GlobalWords.word(192) }
    private static var chainWord: UnsafeMutablePointer<Atomic<UInt32>> { GlobalWords.word(196) }
    private static let naps: UInt32 = 1
    private static let wanted: UInt32 = 2
    private static let oneResumption: UInt32 = 4
    /// A nap in nanoseconds: an eighth of the time that the napper has slept, within these bounds. So much later the others run.
    private static let shortestNap: UInt64 = 50_000
    private static let longestNap: UInt64 = 500_000

    /// A pause has asked so many threads to stop.
    static func expectSleepers(_ asked: Int) {
        if asked > OSThread.processorCount { resumeWord.pointee.bitwiseOr(wanted, ordering: .relaxed) }
    }

    /// Wakes the threads that sleep, or leaves that to the napper. After their states have changed; without locks: the system may well run one of them
    /// in place of the caller.
    static func wakeResumed() {
        var seen = resumeWord.pointee.load(ordering: .relaxed)
        while true {
            SchedulingNoise.point()
            let (exchanged, original) = resumeWord.pointee.compareExchange(
                expected: seen, desired: (seen &+ oneResumption) & ~wanted, ordering: .acquiringAndReleasing)  // R1
            if exchanged { break }
            seen = original
        }
        if seen & naps == 0 { Parker.wakeOne(resumeWord, movingOthersTo: chainWord) }
    }

    /// Sleeps while `sleeps()` holds and nobody is resumed. May come back early.
    static func sleepUntilResumed(while sleeps: () -> Bool) {
        let seen = resumeWord.pointee.load(ordering: .acquiring)  // R1
        SchedulingNoise.point()
        guard sleeps() else { return }
        if seen & (wanted | naps) == wanted {
            if resumeWord.pointee.compareExchange(expected: seen, desired: seen | naps, ordering: .acquiringAndReleasing).exchanged {
                napUntilResumed(seen | naps, while: sleeps)
            }
            return
        }
        Parker.wait(on: resumeWord, while: seen)
        if !FaultInjection.isActive(.breakWakeChain) { Parker.wake(chainWord, 2) }
    }

    private static func napUntilResumed(_ seen: UInt32, while sleeps: () -> Bool) {
        func isOver(_ word: UInt32) -> Bool { word / oneResumption != seen / oneResumption }
        let start = Clock.monotonicNanoseconds()
        repeat {
            OSThread.sleep(nanoseconds: min(longestNap, max(shortestNap, (Clock.monotonicNanoseconds() - start) / 8)))
        } while !isOver(resumeWord.pointee.load(ordering: .acquiring)) && sleeps()
        SchedulingNoise.point()
        let last = resumeWord.pointee.bitwiseAnd(~naps, ordering: .acquiringAndReleasing).oldValue
        if isOver(last) && !FaultInjection.isActive(.napAlone) { Parker.wakeOne(resumeWord, movingOthersTo: chainWord) }
    }

    /// In a forked child, whose napper is gone.
    static func forgetNapper() { resumeWord.pointee.bitwiseAnd(~(naps | wanted), ordering: .relaxed) }
}
