// Faults: each disables one line of production code, to show that a stress scenario would notice. Checking builds only.
public import Synchronization

public enum InjectedFault: UInt32, CaseIterable, Sendable {
    case none
    /// The scan for a reached QSBR goal is skipped: every goal counts as reached.
    case skipQuiescentScan
    /// A thread attaches although it is suspended.
    case ignoreSuspension
    /// Overwritten references are not shaded while the collector marks or examines suspects.
    case dropDeletionBarrier
    /// Suspects are condemned although counted from outside.
    case ignoreOutsideCounts
    /// A young collection condemns what is counted from outside.
    case ignoreYoungCounts
    /// The collector does not look at what frames refer to.
    case skipFrames
    /// Some objects are marked without a look at what they refer to.
    case loseMarks
    /// A lock-free reader does not look at its slot again after taking a count.
    case skipSlotRecheck
    /// A frozen object whose class changes stays frozen.
    case keepFrozen
    /// A pauser goes on while threads still help it.
    case leaveHelpers
    /// A thread that is born in a pause starts detached.
    case bornRunning
    /// A pause of one interpreter begins although all are being stopped.
    case overlookGlobalPause
    /// A pause begins although threads that waited at the end of the last one have not been attached.
    case skipOwedThreads
    /// A thread that is woken after a pause does not wake others.
    case breakWakeChain
    /// A napping thread that finds its pause over wakes nobody.
    case napAlone
    /// The arenas of a closed interpreter stay mapped.
    case keepArenas
    /// A block is read after it was freed. Only AddressSanitizer can notice.
    case readFreedBlock
    /// A batch of blocks for another slot is not sent.
    case dropBatch
    /// Blocks that strangers freed are still counted as used.
    case skipReturnCount
    /// The pools of a vacant slot are not given to the next thread.
    case forgetVacantPools
    /// Retired bytes do not end a batch of delayed frees.
    case ignoreRetiredBytes
    /// Readers that hold retired memory back are not asked for a report.
    case leaveReadersAlone
    /// A saturated count goes on being counted.
    case skipSaturation
    /// An emptied pool of objects is free at once, whoever may still look at its headers.
    case skipPoolRest
    /// Threads are not trapped when an interpreter is shut down.
    case forgetToTrap
    /// In a forked child the reclaiming thread of process-wide tables is not started again.
    case forgetReclaimer
    /// In a forked child a collection that another thread was running stays its own.
    case keepCollectorBusy
    /// Leaving a nested scope does not attach the outer thread state again.
    case forgetOuterThread
    /// A critical section keeps its locks when the thread detaches.
    case keepSections
    /// A critical section of two objects takes the first lock only.
    case skipSecondLock
    /// A type that changes keeps its version tag.
    case keepTypeVersion
    /// A function's first change does not wait for those who have passed a guard.
    case changeFunctionRunning
    /// The parts of a changed function are read without its lock.
    case tearFunctionSnapshot
    /// The counts of a cache are raised in two steps.
    case tearCacheCounts
    /// The ring of a deque is used without its lock.
    case takeWithoutLock
    /// A context is entered although a thread is in it.
    case enterContextTwice
    /// A thread goes on without object locks when a second one is born.
    case stayAlone
    /// A generator is resumed although another thread is in it.
    case resumeTwice
    /// A step of an asynchronous generator begins in the middle of another.
    case stepTwice
    /// A module is imported although another thread is importing it.
    case importTwice
    /// A module in the making is not waited for.
    case seeHalfModules
    /// A weak reference gives an object that a verdict has condemned.
    case reviveDoomed
    /// The death of a weak dictionary's value takes out whatever is under its key.
    case removeReplacedEntry
    /// An object is finalized each time that its count falls to zero.
    case finalizeTwice
    /// An exception's traceback is taken out and put back in two steps.
    case loseTraceback
    /// Who finds an inline value missing does not look whether it is being moved to the dict.
    case missMovingValue
    /// Dead objects that wait on a list are left there.
    case leaveWaiting
}

public enum FaultInjection {
    @usableFromInline static let active = Atomic<UInt32>(0)

    public static func activate(_ fault: InjectedFault) { active.store(fault.rawValue, ordering: .sequentiallyConsistent) }
    public static func deactivate() { active.store(0, ordering: .sequentiallyConsistent) }

    /// Whether any is: invariants that a fault breaks before the scenario sees it are then left alone.
    @inlinable @inline(__always)
    public static var isAnyActive: Bool {
        if BuildOptions.checksInvariants { return active.load(ordering: .relaxed) != 0 }
        return false
    }

    @inlinable @inline(__always)
    public static func isActive(_ fault: InjectedFault) -> Bool {
        if BuildOptions.checksInvariants { return active.load(ordering: .relaxed) == fault.rawValue }
        return false
    }
}
