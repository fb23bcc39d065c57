import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

/// An object's lock byte and a plain payload that only sections touch.
final class Account: @unchecked Sendable {
    let lock = UnsafeMutablePointer<Atomic<UInt8>>.allocate(capacity: 1)
    var amount = 1000
    init() { lock.initialize(to: Atomic(0)) }
    deinit { lock.deallocate() }
}

/// `#expect` cannot look into a value that cannot be copied.
private func expect(_ holds: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(holds, sourceLocation: sourceLocation)
}

@Suite struct CriticalSectionTests {
    @Test func oneAndTwoObjectsAreHeldAndGivenBack() throws {
        try withInterpreter { _, t in
            let one = Account(), two = Account()
            let result = t.withCriticalSection(one.lock, two.lock) { section in
                expect(section.isHeld && ObjectLock.isHeld(one.lock) && ObjectLock.isHeld(two.lock))
                expect(!section.hold())
                return 5
            }
            #expect(result == 5)
            t.withCriticalSection(one.lock, one.lock) { _ in #expect(ObjectLock.isHeld(one.lock)) }
            #expect(!ObjectLock.isHeld(one.lock) && !ObjectLock.isHeld(two.lock))
        }
    }

    @Test func errorsGiveTheLocksBack() throws {
        struct Failed: Error {}
        try withInterpreter { _, t in
            let one = Account()
            #expect(throws: Failed.self) {
                try t.withCriticalSection(one.lock) { (_) throws(Failed) in throw Failed() }
            }
            #expect(!ObjectLock.isHeld(one.lock))
        }
    }

    @Test func aSectionIsGivenUpWhileDetached() throws {
        try withInterpreter { _, t in
            let one = Account(), two = Account()
            t.withCriticalSection(one.lock, two.lock) { section in
                t.detached {
                    #expect(!ObjectLock.isHeld(one.lock))
                    #expect(!ObjectLock.isHeld(two.lock))
                }
                expect(section.isHeld && ObjectLock.isHeld(one.lock) && ObjectLock.isHeld(two.lock))
                expect(section.hold())
                expect(!section.hold())
            }
        }
    }

    @Test func aSectionInsideGivesTheOuterOneUp() throws {
        try withInterpreter { _, t in
            let one = Account(), two = Account()
            t.withCriticalSection(one.lock) { outer in
                t.withCriticalSection(two.lock) { inner in
                    #expect(!ObjectLock.isHeld(one.lock) && ObjectLock.isHeld(two.lock))
                    expect(!inner.hold())
                }
                #expect(ObjectLock.isHeld(one.lock) && !ObjectLock.isHeld(two.lock))
                expect(outer.hold())
                // The same object again.
                t.withCriticalSection(one.lock) { _ in #expect(ObjectLock.isHeld(one.lock)) }
                expect(outer.hold())
            }
        }
    }

    @Test func aShortLockOfTheSectionsOwnObjectDoesNotHang() throws {
        try withInterpreter { _, t in
            let one = Account()
            t.withCriticalSection(one.lock) { section in
                ObjectLock.lock(one.lock)
                expect(!section.isHeld)
                ObjectLock.unlock(one.lock)
                expect(section.hold())
                expect(section.isHeld && ObjectLock.isHeld(one.lock))
            }
            #expect(!ObjectLock.isHeld(one.lock))
        }
    }

    @Test func nobodyHoldsAnObjectInAStoppedWorld() throws {
        try withInterpreter { interpreter, t in
            let one = Account(), inside = Word(), stop = Word()
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                other.attach()
                other.withCriticalSection(one.lock) { section in
                    inside.value = 1
                    while stop.value == 0 { other.safepoint() }
                    expect(section.hold())
                }
                other.destroy()
            }
            t.detached { eventually { inside.value == 1 } }
            for _ in 0..<50 {
                t.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in #expect(!ObjectLock.isHeld(one.lock)) }
                t.safepoint()
            }
            // The requester's own section is given up, too.
            t.withCriticalSection(one.lock) { section in
                t.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in #expect(!ObjectLock.isHeld(one.lock)) }
                expect(section.hold())
            }
            stop.value = 1
            t.detached { handle.join() }
        }
    }

    /// The holder runs on and is asked for nothing but by the waiting thread itself.
    @Test func aThreadThatWaitsLongGetsASectionsLock() throws {
        try withInterpreter { interpreter, t in
            let one = Account(), inside = Word(), stop = Word()
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                other.attach()
                other.withCriticalSection(one.lock) { _ in
                    inside.value = 1
                    while stop.value == 0 { other.safepoint() }
                }
                other.destroy()
            }
            t.detached { eventually { inside.value == 1 } }
            for _ in 0..<20 {
                ObjectLock.lock(one.lock)
                ObjectLock.unlock(one.lock)
            }
            stop.value = 1
            t.detached { handle.join() }
        }
    }

    @Test func transfersKeepTheSum() throws {
        try withInterpreter { interpreter, t in
            let accounts = (0..<4).map { _ in Account() }
            let handles = try (0..<4).map { number in
                try start {
                    guard let own = try? interpreter.makeThread() else { return }
                    own.attach()
                    for round in 0..<3000 {
                        let from = accounts[(number + round) % 4], to = accounts[(number &* 3 + round / 7) % 4]
                        own.withCriticalSection(from.lock, to.lock) { section in
                            if round % 64 == 0 { own.safepoint() }
                            if round % 128 == 1 { own.detached { OSThread.yield() } }
                            _ = section.hold()
                            from.amount -= 1
                            to.amount += 1
                        }
                        own.safepoint()
                    }
                    own.destroy()
                }
            }
            for _ in 0..<100 {
                t.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in #expect(accounts.map(\.amount).reduce(0, +) == 4000) }
                t.safepoint()
            }
            t.detached { for handle in handles { handle.join() } }
            #expect(accounts.map(\.amount).reduce(0, +) == 4000)
        }
    }
}
