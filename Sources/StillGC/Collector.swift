// One interpreter's collector: its record, pacing, and the way from request to slice.
//
// Who works  Whoever serves the collect request at a safepoint, or calls collect(). One thread at a time: `busy`. Slices up to the
//            verdict run with the world stopped; finalizing and breaking run in that thread with the world running.
// Pacing     is decided in Pacing.swift; threads ask for slices when they have allocated something.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

/// Figures of all collections of an interpreter.
@frozen public struct CollectorStatistics: Sendable {
    public var collections = 0
    /// Unreachable objects that were broken up.
    public var collected = 0
    public var uncollectable = 0
    public var slices = 0
    /// Objects found reachable by marking.
    public var marked = 0
    /// Objects that were suspects.
    public var examined = 0
    public var finalized = 0
    /// Collectable objects alive at the end of the last collection.
    public var live = 0
    /// Young collections, and what they broke up.
    public var youngCollections = 0
    public var youngCollected = 0
    public init() {}
}

/// Supplied by the VM and the gc module, before the first collection. First argument: a thread's record.
public enum CollectorRoots {
    public typealias Scan = @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Bool
    /// (thread, visitor, part): visits references in a thread's frames. `scanStart`: the newest frames; `scanSince`: those
    /// that ran since the last call; `scanDeeper`: the next older ones. True: no older frames are left unscanned.
    nonisolated(unsafe) public static var scanFrames: Scan?
    public static let scanStart = 0
    public static let scanSince = 1
    public static let scanDeeper = 2
    /// All, and nothing is remembered: VerdictCheck.swift.
    public static let scanAll = 3
    /// What to call an object in a message. Set by the host of the runtime; world stopped.
    nonisolated(unsafe) public static var describe: (@Sendable (UnsafeMutableRawPointer) -> String)?
    /// (interpreter's record, visitor): visits what the interpreter itself refers to.
    nonisolated(unsafe) public static var visitInterpreter: (@convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void)?
    /// (thread, object): runs the finalizer once; the object is alive. (thread, object, run callbacks): clears weak references.
    nonisolated(unsafe) public static var finalize: (@convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void)?
    nonisolated(unsafe) public static var clearWeakReferences: (@convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Bool) -> Void)?
    /// (thread, start, collected, uncollectable): a collection begins or has ended; world running.
    nonisolated(unsafe) public static var notify: (@convention(c) (UnsafeMutableRawPointer, Bool, Int, Int) -> Void)?
    /// (thread, start, collected, nanoseconds of its pause): the same for a young collection.
    nonisolated(unsafe) public static var notifyYoung: (@convention(c) (UnsafeMutableRawPointer, Bool, Int, UInt64) -> Void)?
    /// (thread, object): a condemned object, for `CollectorDebug`; world running, the object is alive.
    nonisolated(unsafe) public static var reportCondemned: (@convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void)?
}

@frozen public struct CollectorFields: ~Copyable {
    /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte,
    /// so no atomic may lie there.
    let base: UInt64
    public let busy: Atomic<UInt8>
    public let enabled: Atomic<UInt8>
    /// CollectionPhase; changed in pauses or by the busy thread.
    public let phase: Atomic<UInt8>
    /// 1 from a verdict until weak references are cleared: no new reference to a white object.
    public let doomed: Atomic<UInt8>
    public let budgetNanoseconds: Atomic<UInt64>
    /// When the last pause ended and how long it took, monotonic nanoseconds. Written by the busy thread; relaxed: it is only time.
    let lastPauseEnd: Atomic<UInt64>
    let lastPauseTook: Atomic<UInt64>
    /// Time of the present collection's steps.
    let spentNanoseconds: Atomic<UInt64>
    /// Threads inside a step of breaking (Breaking.swift).
    let breakers: Atomic<Int>
    /// One for each owner slot.
    let shares: UnsafeMutablePointer<ThreadShare>
    var heapRaw: UnsafeMutableRawPointer
    var statistics: CollectorStatistics
    var pacing: Pacing
    var tally: CollectionTally
    /// Objects that were frozen (Freezing.swift). Some may have died since.
    var frozen: Int
    /// `CollectorDebug`.
    public let debug: Atomic<UInt32>
    /// Objects that the present collection has condemned, less those that the second pass has rescued: most die by count, when others are broken up.
    var condemned: Int
    /// 1: what the present collection has condemned was shown to the hook.
    let condemnedShown: Atomic<UInt8>
    /// `statistics.marked` when the collection started, and what its marking added up to the first flagging.
    var markedBefore: Int
    var reached: Int
    /// Bytes of buffers that breaking freed.
    let bufferBytesFreed: Atomic<Int>
    // Walks: next pool in the list of pools, next block in it, next item of that block.
    var cursor: Int
    var blockCursor: Int
    var itemCursor: Int
    var white: UInt8
    var black: UInt8
    var secondPass: Bool
    /// Part of the finalizing phase, and what the condemned objects have: see Finalization.swift.
    var finalizingPart: FinalizingPart
    var weaklyReferencedFound: Bool
    var finalizersFound: Bool
    /// `statistics.collected` when the collection started.
    var collectedBefore: Int
    /// Pools that held suspects when they were flagged.
    var suspectPools: UnsafeMutablePointer<UnsafeMutableRawPointer>?
    var suspectPoolCount: Int
    var suspectPoolCapacity: Int
    /// Marker.swift.
    let markers: UnsafeMutableRawPointer
    /// Greys that a marker has given away for those that have none.
    let handoff: UnsafeMutablePointer<UnsafeMutableRawPointer>
    let handoffLock: Atomic<UInt32>
    let partialLock: Atomic<UInt32>
    let handoffCount: Atomic<Int>
    /// Helpers that mark, and markers that have run out.
    let helpers: Atomic<Int>
    let hungry: Atomic<Int>
    /// 1: helpers shall stop.
    let calledOff: Atomic<UInt32>
    var sliceDeadline: UInt64
    /// References that wait to be counted.
    var edgeCount: Int
    /// Containers with many items, in the middle of being scanned; each counted by the collector.
    var partial: UnsafeMutablePointer<UnsafeMutableRawPointer>
    var partialItem: UnsafeMutablePointer<Int>
    let partialCount: Atomic<Int>
    /// Counts to give up when the world runs again.
    var finished: UnsafeMutablePointer<UnsafeMutableRawPointer>
    var finishedCount: Int
    /// Whose references `checkVerdict` looks at.
    var checked: UnsafeMutableRawPointer?
    /// How many references it has told of, and the sum of their addresses.
    var checkedCount: Int
    var checkedSum: UInt
    /// Of what is condemned.
    var checkedColour: UInt8
    var threadRaw: UnsafeMutableRawPointer
    /// Address of the busy thread's record, 0: none. Relaxed: a thread finds its own exactly when it has written it last; what another one has done is
    /// only looked at when that can never run again.
    let busyThread: Atomic<UInt>
}

@frozen public struct Collector: @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    /// The interpreter's collector.
    public init(of thread: ThreadState) { raw = InterpreterHeap(of: thread).fields.pointee.collector! }

    @inlinable public var fields: UnsafeMutablePointer<CollectorFields> { raw.assumingMemoryBound(to: CollectorFields.self) }
    var heap: InterpreterHeap { InterpreterHeap(fields.pointee.heapRaw) }

    static let partialCapacity = 64
    static let chunkItems = 1024
    private static let sharesOffset = (Marker.totalBytes + 4095) / 4096 * 4096
    static let youngOffset = sharesOffset + ThreadShare.bytes
    private static let mappedBytes = youngOffset + YoungTable.bytes
    /// Longest time in nanoseconds that a slice works, unless set otherwise.
    public static let defaultBudgetNanoseconds: UInt64 = 500_000

    public static func make(for heap: InterpreterHeap) throws(HeapError) {
        let raw = rawAllocateZeroed(MemoryLayout<CollectorFields>.size, alignment: 64)
        let markers = try? VirtualMemory.map(bytes: mappedBytes, alignment: 4096)
        let partial = rawAllocate(partialCapacity * 8)
        let (items, finished) = (rawAllocate(partialCapacity * 8), rawAllocate(partialCapacity * 8))
        guard let raw, let markers, let partial, let items, let finished else {
            if let markers { VirtualMemory.unmap(markers, bytes: mappedBytes) }
            for memory in [raw, partial, items, finished] { rawFree(memory) }
            throw .outOfMemory(bytes: mappedBytes)
        }
        Marker.makeAll(in: markers, raw)
        raw.assumingMemoryBound(to: CollectorFields.self).initialize(
            to: CollectorFields(
                base: 0, busy: Atomic(0), enabled: Atomic(1), phase: Atomic(0), doomed: Atomic(0),
                budgetNanoseconds: Atomic(defaultBudgetNanoseconds), lastPauseEnd: Atomic(0), lastPauseTook: Atomic(0),
                spentNanoseconds: Atomic(0), breakers: Atomic(0),
                shares: (markers + sharesOffset).assumingMemoryBound(to: ThreadShare.self), heapRaw: heap.raw,
                statistics: CollectorStatistics(), pacing: Pacing(), tally: CollectionTally(), frozen: 0, debug: Atomic(0),
                condemned: 0, condemnedShown: Atomic(0), markedBefore: 0, reached: 0, bufferBytesFreed: Atomic(0), cursor: 0,
                blockCursor: 0, itemCursor: 0, white: Colour.second, black: Colour.first, secondPass: false,
                finalizingPart: .counting, weaklyReferencedFound: false, finalizersFound: false,
                collectedBefore: 0, suspectPools: nil, suspectPoolCount: 0, suspectPoolCapacity: 0,
                markers: markers, handoff: (markers + Marker.handoffOffset).assumingMemoryBound(to: UnsafeMutableRawPointer.self),
                handoffLock: Atomic(0), partialLock: Atomic(0), handoffCount: Atomic(0), helpers: Atomic(0), hungry: Atomic(0),
                calledOff: Atomic(0), sliceDeadline: 0, edgeCount: 0,
                partial: partial.assumingMemoryBound(to: UnsafeMutableRawPointer.self),
                partialItem: items.assumingMemoryBound(to: Int.self), partialCount: Atomic(0),
                finished: finished.assumingMemoryBound(to: UnsafeMutableRawPointer.self), finishedCount: 0, checked: nil, checkedCount: 0, checkedSum: 0, checkedColour: 0,
                threadRaw: raw, busyThread: Atomic(0)))
        heap.fields.pointee.collector = raw
    }

    public func destroy() {
        rawFree(fields.pointee.suspectPools)
        VirtualMemory.unmap(fields.pointee.markers, bytes: Collector.mappedBytes)
        rawFree(fields.pointee.partial)
        rawFree(fields.pointee.partialItem)
        rawFree(fields.pointee.finished)
        rawFree(raw)
    }

    public var phase: CollectionPhase {
        CollectionPhase(rawValue: fields.pointee.phase.load(ordering: .acquiring))!
    }
    func enter(_ phase: CollectionPhase) {
        fields.pointee.phase.store(phase.rawValue, ordering: .releasing)
        fields.pointee.cursor = 0
        fields.pointee.blockCursor = 0
        fields.pointee.itemCursor = 0
    }
    /// A copy; exact while the caller is busy, else possibly a moment old.
    public func statistics(_ thread: ThreadState) -> CollectorStatistics {
        var copy = CollectorStatistics()
        thread.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in copy = fields.pointee.statistics }
        return copy
    }

    /// Collectable objects that exist beyond those that the last collection found alive.
    public func grownSinceCollection(_ thread: ThreadState) -> Int {
        HeapCounts.report(thread)
        var count = 0
        thread.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in
            count = heap.existingObjects - fields.pointee.pacing.aliveObjects
        }
        return max(0, count)
    }

    // MARK: Requests

    /// Serves a collect request at a safepoint: perhaps a slice, perhaps nothing.
    public func serve(_ thread: ThreadState) {
        let own = ThreadHeap(thread).fields
        if own.pointee.trimWanted != 0 { ThreadHeap(thread).serveTrim() }
        if own.pointee.birthsAreMany { serveYoung(thread) }
        if isBreaking {
            if isDue(thread, breaks: true) { serveBreaking(thread) }
            return
        }
        guard take(thread) else { return }
        defer { give() }
        let (objects, bytes) = (heap.existingObjects, heap.existingBufferBytes)
        let now = Clock.monotonicNanoseconds()
        HeapLook.note(at: now, interpreter: thread.interpreter.id, objects: objects, bufferBytes: bytes)
        if phase == .idle {
            guard fields.pointee.enabled.load(ordering: .relaxed) != 0, fields.pointee.pacing.isDue(objects: objects, bytes: bytes, at: now) else { return }
        } else if isBreaking || !isDue(thread, breaks: phase == .finalizing || phase == .settling) {
            return
        }
        step(thread)
    }

    /// Whether all threads break what was condemned.
    private var isBreaking: Bool { phase == .breaking && !CollectorDebug.isWanted(self) }

    /// Whether the thread may take a step now: see Pacing.swift.
    private func isDue(_ thread: ThreadState, breaks: Bool) -> Bool {
        let (objects, bytes) = (heap.existingObjects, heap.existingBufferBytes)
        if !breaks {
            let used = fields.pointee.pacing.used(objects: objects, bytes: bytes, born: heap.bornObjects)
            if !fields.pointee.pacing.wantsStep(used: used, spent: fields.pointee.spentNanoseconds.load(ordering: .relaxed)) { return false }
        }
        let now = Clock.monotonicNanoseconds()
        let debt = fields.pointee.pacing.debt(objects: objects, bytes: bytes)
        let (ended, took) = (fields.pointee.lastPauseEnd.load(ordering: .relaxed), fields.pointee.lastPauseTook.load(ordering: .relaxed))
        let share = self.share(of: thread)
        return Pacing.allows(now, debt: debt, ended: ended, took: took)
            && Pacing.allows(now, debt: debt, ended: share.pointee.ended, took: share.pointee.took)
    }

    /// A step of breaking of a thread that is not busy.
    private func serveBreaking(_ thread: ThreadState) {
        if isInside(thread) { return }
        let began = Clock.monotonicNanoseconds()
        let done = breakSome(thread)
        noteStep(thread, began, Clock.monotonicNanoseconds(), paused: false)
        guard done, take(thread) else { return }
        if phase == .breaking && fields.pointee.breakers.load(ordering: .acquiring) == 0 { enter(.settling) }  // K2
        give()
    }

    /// A step that took much longer than the budget did not work all that time: the system ran something else.
    private func noteStep(_ thread: ThreadState, _ began: UInt64, _ ended: UInt64, paused: Bool) {
        let took = min(ended - began, 2 * fields.pointee.budgetNanoseconds.load(ordering: .relaxed))
        if paused {
            fields.pointee.lastPauseTook.store(took, ordering: .relaxed)
            fields.pointee.lastPauseEnd.store(ended, ordering: .relaxed)
        } else {
            noteLoss(thread, ended, took)
        }
        fields.pointee.spentNanoseconds.wrappingAdd(took, ordering: .relaxed)
    }

    /// The thread has lost `nanoseconds` to the collector just now. The thread itself, or in a pause.
    func noteLoss(_ thread: ThreadState, _ now: UInt64, _ nanoseconds: UInt64) { noteLoss(thread, now, nanoseconds, debt: presentDebt) }
    private func noteLoss(_ thread: ThreadState, _ now: UInt64, _ nanoseconds: UInt64, debt: Double) {
        let share = self.share(of: thread)
        share.pointee.took = Pacing.together(now, debt: debt, ended: share.pointee.ended, took: share.pointee.took, more: nanoseconds)
        share.pointee.ended = now
    }
    /// In a pause that began its work at `began`: all threads have lost the time since.
    func noteLoss(_ world: borrowing StoppedWorld, since began: UInt64) {
        let now = Clock.monotonicNanoseconds()
        let nanoseconds = min(now - began, 2 * fields.pointee.budgetNanoseconds.load(ordering: .relaxed))
        let debt = presentDebt
        world.forEachThread { noteLoss($0, now, nanoseconds, debt: debt) }
    }
    private var presentDebt: Double { fields.pointee.pacing.debt(objects: heap.existingObjects, bytes: heap.existingBufferBytes) }

    func take(_ thread: ThreadState) -> Bool {
        guard fields.pointee.busy.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged else { return false }
        fields.pointee.busyThread.store(UInt(bitPattern: thread.raw), ordering: .relaxed)
        return true
    }
    func give() {
        fields.pointee.busyThread.store(0, ordering: .relaxed)
        fields.pointee.busy.store(0, ordering: .releasing)
    }

    /// Waits for another thread's step. False: it does not come to an end (a finalizer may wait for this thread), or this thread itself is collecting.
    private func takeSoon(_ thread: ThreadState) -> Bool {
        var tries = 0
        while !take(thread) {
            if tries > 10_000 || fields.pointee.busyThread.load(ordering: .relaxed) == UInt(bitPattern: thread.raw) { return false }
            thread.safepoint()
            if tries > 100 && (phase == .finalizing || phase == .breaking) {
                thread.detached { OSThread.sleep(nanoseconds: 50_000) }
                tries += 10
            } else {
                OSThread.yield()
                tries += 1
            }
        }
        return true
    }

    /// Completes the collection in progress, if any, and runs a whole one. World running between slices.
    ///
    /// - Returns: unreachable objects broken up meanwhile; 0 at once when another thread, or this one in a finalizer, is collecting.
    public func collect(_ thread: ThreadState) -> Int {
        guard !isInside(thread), takeSoon(thread) else { return 0 }
        defer { give() }
        let before = fields.pointee.statistics.collected + fields.pointee.statistics.uncollectable
        var waits = 0
        var begun = phase == .idle ? 1 : 0
        repeat {
            step(thread)
            thread.safepoint()
            if phase == .idle { begun += 1 }
            // The others may be in destructors that wait for this thread.
            if phase == .breaking && share(of: thread).pointee.part == 2 { waits += 1 }
        } while (phase != .idle || begun < 2) && waits < 10_000
        return fields.pointee.statistics.collected + fields.pointee.statistics.uncollectable - before
    }

    /// One slice of whatever is to be done. The caller is busy.
    func step(_ thread: ThreadState) {
        let stepPhase = phase
        if stepPhase == .idle { CollectorRoots.notify?(thread.raw, true, 0, 0) }
        let began = Clock.monotonicNanoseconds()
        switch stepPhase {
        case .idle:
            fields.pointee.tally.begin(
                fields.pointee.statistics, interpreter: thread.interpreter.id, objects: heap.existingObjects, bytes: heap.existingBufferBytes,
                at: began)
            start(thread)
        case .marking, .flagging, .comparing, .verdict:
            slice(thread)
        case .finalizing:
            finalize(thread)
        case .breaking:
            if CollectorDebug.isWanted(self) {
                reportCondemned(thread)
            } else if breakSome(thread) {
                enter(.settling)
            } else if share(of: thread).pointee.part == 2 {
                thread.detached { OSThread.sleep(nanoseconds: 20_000) }
            }
        case .settling:
            settle(thread)
        }
        let ended = Clock.monotonicNanoseconds()
        noteStep(thread, began, ended, paused: stepPhase.rawValue <= CollectionPhase.verdict.rawValue)
        fields.pointee.tally.add(stepPhase, nanoseconds: ended - began)
        HeapLook.note(
            at: ended, interpreter: thread.interpreter.id, objects: heap.existingObjects, bufferBytes: heap.existingBufferBytes)
        if stepPhase == .settling && phase == .idle {
            fields.pointee.tally.end(
                fields.pointee.statistics, reached: fields.pointee.reached, worked: fields.pointee.spentNanoseconds.load(ordering: .relaxed),
                bytesFreed: fields.pointee.bufferBytesFreed.load(ordering: .relaxed),
                objects: heap.existingObjects, bytes: heap.existingBufferBytes, at: ended)
            CollectorRoots.notify?(thread.raw, false, fields.pointee.tally.last.freed, fields.pointee.tally.last.uncollectable)
        }
    }

    /// The last collection that has ended. For the busy thread, as in callbacks.
    public var lastCollection: CollectionRecord { fields.pointee.tally.last }
}
