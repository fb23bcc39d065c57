// Sleeping until the world goes on, and waking those who sleep.
//
// Protocol  All stopped threads of the process sleep on one word, so that a pauser wakes them with one call of the system. It wakes one of them only
//           and moves the others to the word of the chain; each thread that wakes first wakes two more of the chain. Whoever is on the chain was
//           asleep when a pause ended, and whoever leaves it hands on: so the chain ends when it is empty, and not before.
// Why       A pauser that wakes sixteen threads on two processors waits behind them before it comes back from the call.
// Strangers A thread of a world that is still stopped may sleep on the word, too. It hands on like the others, sees its state, and sleeps again: on
//           the word, not on the chain.
// Ordering  (R1) who resumes changes the word after the threads' states, who sleeps reads it before its state: either it sees the new
//           state, or the word has changed and it does not sleep. The chain's word never changes.
import StillPlatform
import Synchronization

extension Runtime {
    private static var resumeWord: UnsafeMutablePointer<Atomic<UInt32>> { GlobalWords.word(192) }
    private static var chainWord: UnsafeMutablePointer<Atomic<UInt32>> { GlobalWords.word(196) }

    /// Wakes the threads that sleep. After their states have changed; without locks: the system may well run one of them in place of the caller.
    static func wakeResumed() {
        resumeWord.pointee.wrappingAdd(1, ordering: .releasing)  // R1
        Parker.wakeOne(resumeWord, movingOthersTo: chainWord)
    }

    /// Sleeps while `sleeps()` holds and nobody is resumed. May come back early.
    static func sleepUntilResumed(while sleeps: () -> Bool) {
        let seen = resumeWord.pointee.load(ordering: .acquiring)  // R1
        SchedulingNoise.point()
        guard sleeps() else { return }
        Parker.wait(on: resumeWord, while: seen)
        if !FaultInjection.isActive(.breakWakeChain) { Parker.wake(chainWord, 2) }
    }
}
