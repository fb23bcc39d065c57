// Holding one or two objects while Python code may run: for native code whose steps would otherwise be seen half done.
//
// Rule      A thread holds the locks of its innermost section at most, and only between two points where it may stop:
//
//             detach, safepoint, own pause, section inside, waiting for an object lock   the locks are given up
//             attach, end of the safepoint, of the pause, of the section inside           they are taken again
//
//           So sections never deadlock, whatever they call, and no stopped or detached thread holds an object. The price: what the
//           section guards may have changed at each of these points. `hold` says whether it was interrupted since it was last asked, and makes
//           sure that the locks are held.
// Order     Two locks are taken by address; the first is held while waiting for the second.
// Waiting   for an object lock inside a section gives the section up, as the lock may be its own; the section is then taken again at the next of the
//           points above, or by `hold`.
// Record    on the native stack, linked from the thread's record. Touched by its own thread only.
// Source    CPython 3.13 Include/internal/pycore_critical_section.h for the idea; there, a section inside keeps the outer locks unless it must wait.
import StillPlatform
public import Synchronization

/// A section that is open, on the stack of the thread.
struct SectionRecord {
    var outer: UnsafeMutablePointer<SectionRecord>?
    /// In the order of addresses; nil for a section of one object.
    let first: UnsafeMutablePointer<Atomic<UInt8>>
    let second: UnsafeMutablePointer<Atomic<UInt8>>?
    var isHeld = false
    /// How often the locks were given up.
    var interruptions = 0

    mutating func take() {
        ObjectLock.lockUnranked(first)
        if let second, !FaultInjection.isActive(.skipSecondLock) { ObjectLock.lockUnranked(second) }
        isHeld = true
    }
    mutating func give() {
        isHeld = false
        if let second, !FaultInjection.isActive(.skipSecondLock) { ObjectLock.unlockUnranked(second) }
        ObjectLock.unlockUnranked(first)
    }
}

/// The right to use the section's objects. Only `withCriticalSection` makes one, and only lends it.
public struct CriticalSection: ~Copyable {
    fileprivate let thread: ThreadState
    fileprivate let record: UnsafeMutablePointer<SectionRecord>
    private var seen = 0

    fileprivate init(_ thread: ThreadState, _ record: UnsafeMutablePointer<SectionRecord>) {
        self.thread = thread
        self.record = record
    }

    /// Whether the locks are held now. They are, unless this thread has waited for an object lock inside.
    public var isHeld: Bool { record.pointee.isHeld }

    /// Makes sure that the locks are held, after anything that may have given them up.
    ///
    /// - Returns: true when they were given up since this was last asked: what was read under them may be stale.
    /// - Precondition: the section is the thread's innermost one.
    public mutating func hold() -> Bool {
        precondition(
            thread.record.pointee.criticalSection == UnsafeMutableRawPointer(record),
            "hold() on a critical section inside which another one is open. End that one first.")
        if !record.pointee.isHeld { record.pointee.take() }
        defer { seen = record.pointee.interruptions }
        return record.pointee.interruptions != seen
    }
}

@available(*, unavailable) extension CriticalSection: Sendable {}

extension ThreadState {
    /// Runs `body` holding an object's lock, which is given up whenever the thread may stop.
    ///
    /// - Threads: attached, not inside a pause, holding no object lock.
    public func withCriticalSection<R, E: Error>(
        _ lock: UnsafeMutablePointer<Atomic<UInt8>>, _ body: (inout CriticalSection) throws(E) -> R
    ) throws(E) -> R {
        try open(lock, nil, body)
    }

    /// The same for two objects, which may be the same one.
    public func withCriticalSection<R, E: Error>(
        _ one: UnsafeMutablePointer<Atomic<UInt8>>, _ other: UnsafeMutablePointer<Atomic<UInt8>>,
        _ body: (inout CriticalSection) throws(E) -> R
    ) throws(E) -> R {
        if one == other { return try open(one, nil, body) }
        return try one < other ? open(one, other, body) : open(other, one, body)
    }

    private func open<R, E: Error>(
        _ first: UnsafeMutablePointer<Atomic<UInt8>>, _ second: UnsafeMutablePointer<Atomic<UInt8>>?,
        _ body: (inout CriticalSection) throws(E) -> R
    ) throws(E) -> R {
        var record = SectionRecord(outer: section, first: first, second: second)
        return try withUnsafeMutablePointer(to: &record) { (record) throws(E) -> R in
            giveUpSection()  // the outer one
            self.record.pointee.criticalSection = UnsafeMutableRawPointer(record)
            record.pointee.take()
            defer {
                if record.pointee.isHeld { record.pointee.give() }
                self.record.pointee.criticalSection = UnsafeMutableRawPointer(record.pointee.outer)
                retakeSection()
            }
            var right = CriticalSection(self, record)
            return try body(&right)
        }
    }

    private var section: UnsafeMutablePointer<SectionRecord>? {
        record.pointee.criticalSection?.assumingMemoryBound(to: SectionRecord.self)
    }

    /// Gives the innermost section's locks up. Own thread: before it stops, detaches or blocks.
    func giveUpSection() {
        guard let section, section.pointee.isHeld else { return }
        section.pointee.interruptions += 1
        section.pointee.give()
    }

    /// Takes the innermost section's locks again. Own thread, attached.
    func retakeSection() {
        guard let section, !section.pointee.isHeld else { return }
        section.pointee.take()
    }

    /// Gives the section up for a pause that this thread makes: those who wait for its objects are attached and could not stop. Attaching
    /// meanwhile does not take it again.
    func setSectionAside() -> UnsafeMutableRawPointer? {
        guard let section = record.pointee.criticalSection else { return nil }
        giveUpSection()
        record.pointee.criticalSection = nil
        return section
    }
    /// After the pause.
    func putSectionBack(_ section: UnsafeMutableRawPointer?) {
        guard let section else { return }
        record.pointee.criticalSection = section
        retakeSection()
    }

    /// Asks all threads of the interpreter to give their sections up for a moment: somebody has waited long for an object lock.
    func askForSections() {
        interpreter.forEachThread { other in
            if other != self && other.record.pointee.evalBreaker.load(ordering: .relaxed) & RequestBits.giveUpSections == 0 {
                other.request(RequestBits.giveUpSections)
            }
        }
    }
}
