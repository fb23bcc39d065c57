import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite struct LockTests {
    @Test func objectLocksExclude() throws {
        nonisolated(unsafe) let byte = UnsafeMutablePointer<Atomic<UInt8>>.allocate(capacity: 1)
        byte.initialize(to: Atomic(0))
        let plain = Plain()
        let threads = try (0..<4).map { _ in
            try start {
                for round in 0..<5000 {
                    ObjectLock.lock(byte)
                    plain.number += 1
                    if round % 512 == 0 { OSThread.yield() }
                    ObjectLock.unlock(byte)
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(plain.number == 20_000)
        #expect(ObjectLock.tryLock(byte))
        #expect(!ObjectLock.tryLock(byte))
        ObjectLock.unlock(byte)
        byte.deallocate()
    }

    @Test func aBlockingLockLetsTheWorldStop() throws {
        try withInterpreter { interpreter, thread in
            let lock = BlockingLock()
            #expect(lock.acquire(thread, timeoutNanoseconds: nil))
            let waiting = Word(), got = Word()
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                other.attach()
                waiting.value = 1
                if lock.acquire(other, timeoutNanoseconds: nil) { got.value = 1 }
                lock.release()
                other.destroy()
            }
            eventually { waiting.value == 1 }
            for _ in 0..<20 { thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in #expect(got.value == 0) } }
            lock.release()
            thread.detached { handle.join() }
            #expect(got.value == 1)
            #expect(!lock.isLocked)
        }
    }

    @Test func blockingLocksExclude() throws {
        try withInterpreter { interpreter, thread in
            let lock = BlockingLock(), plain = Plain()
            let handles = try (0..<4).map { _ in
                try start {
                    guard let other = try? interpreter.makeThread() else { return }
                    other.attach()
                    for _ in 0..<500 {
                        guard lock.acquire(other, timeoutNanoseconds: nil) else { continue }
                        plain.number += 1
                        other.safepoint()
                        lock.release()
                    }
                    other.destroy()
                }
            }
            thread.detached { for handle in handles { handle.join() } }
            #expect(plain.number == 2000)
        }
    }

    @Test func timeoutsAndInterrupts() throws {
        try withInterpreter { _, thread in
            let lock = BlockingLock()
            #expect(lock.tryAcquire())
            let began = Clock.monotonicNanoseconds()
            #expect(!lock.acquire(thread, timeoutNanoseconds: 5_000_000))
            #expect(Clock.monotonicNanoseconds() - began >= 5_000_000)
            #expect(!lock.acquire(thread, timeoutNanoseconds: 0))
            #expect(!lock.acquire(thread, timeoutNanoseconds: nil, interrupted: { true }))
            lock.release()
            #expect(lock.acquire(thread, timeoutNanoseconds: 0))
            #expect(thread.isAttached)
        }
    }

    @Test func oneTimeEvents() throws {
        let event = OneTimeEvent()
        #expect(!event.hasHappened)
        #expect(!event.wait(nil, timeoutNanoseconds: 1_000_000))
        let plain = Plain(), seen = Word()
        let handles = try (0..<3).map { _ in
            try start { if event.wait(nil) && plain.number == 5 { seen.add() } }
        }
        plain.number = 5
        event.set()
        event.set()
        for handle in handles { handle.join() }
        #expect(seen.value == 3)
        try withInterpreter { _, thread in
            #expect(event.wait(thread))
            #expect(thread.isAttached)
        }
    }
}
