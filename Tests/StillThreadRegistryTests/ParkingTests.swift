import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite struct ParkingTests {
    /// Without a hand-over the thread that has just given the lock back would take it again at once.
    @Test func whoHasWaitedIsHandedTheLock() throws {
        let account = Account(), got = Word()
        for round in 1...10 {
            ObjectLock.lock(account.lock)
            let handle = try start {
                ObjectLock.lock(account.lock)
                got.add()
                ObjectLock.unlock(account.lock)
            }
            eventually { ObjectLock.hasWaiters(account.lock) }
            OSThread.sleep(nanoseconds: 5_000_000)
            ObjectLock.unlock(account.lock)
            ObjectLock.lock(account.lock)
            #expect(got.value == UInt64(round))
            ObjectLock.unlock(account.lock)
            handle.join()
        }
        #expect(ObjectLock.tryLock(account.lock))
        ObjectLock.unlock(account.lock)
    }

    /// Many locks in few buckets, all with sleepers: a lost wake-up would leave a thread asleep.
    @Test func everySleeperIsWoken() throws {
        // 257 * 16 bytes apart: all in one bucket.
        let distance = 257 * 16
        let memory = UnsafeMutableRawPointer.allocate(byteCount: distance * 4, alignment: 64)
        nonisolated(unsafe) let bytes = (0..<4).map { index in
            (memory + index * distance).bindMemory(to: Atomic<UInt8>.self, capacity: 1)
        }
        for byte in bytes { byte.initialize(to: Atomic(0)) }
        let plain = (0..<4).map { _ in Plain() }
        let handles = try (0..<8).map { number in
            try start {
                for round in 0..<2000 {
                    let index = (number + round) % 4
                    ObjectLock.lock(bytes[index])
                    plain[index].number += 1
                    if round % 32 == 0 { OSThread.yield() }
                    ObjectLock.unlock(bytes[index])
                }
            }
        }
        for handle in handles { handle.join() }
        #expect(plain.map(\.number) == [4000, 4000, 4000, 4000])
        for byte in bytes { #expect(byte.pointee.load(ordering: .relaxed) == 0) }
        memory.deallocate()
    }
}

@Suite struct RWLockTests {
    @Test func readersShareAndWritersDoNot() {
        let lock = RWLock()
        lock.lockRead(nil)
        #expect(lock.tryRead())
        #expect(lock.inside == 2)
        #expect(!lock.tryWrite())
        lock.unlockRead()
        lock.unlockRead()
        #expect(lock.tryWrite())
        #expect(!lock.tryRead() && !lock.tryWrite())
        #expect(lock.inside == -1)
        lock.unlockWrite()
        #expect(lock.reading(nil) { lock.inside } == 1)
        #expect(lock.writing(nil) { lock.inside } == -1)
        #expect(lock.inside == 0)
    }

    /// A writer that waits comes before readers that arrive later.
    @Test func firstComeFirstServed() throws {
        let lock = RWLock(), order = Word(), writer = Word(), reader = Word()
        lock.lockRead(nil)
        let writes = try start {
            lock.lockWrite(nil)
            order.add()
            writer.value = order.value
            lock.unlockWrite()
        }
        eventually { !lock.tryReadAndLeave() }
        let reads = try start {
            lock.lockRead(nil)
            order.add()
            reader.value = order.value
            lock.unlockRead()
        }
        OSThread.sleep(nanoseconds: 5_000_000)
        #expect(order.value == 0)
        lock.unlockRead()
        writes.join()
        reads.join()
        #expect(writer.value == 1 && reader.value == 2)
    }

    @Test func waitingThreadsLetTheWorldStop() throws {
        try withInterpreter { interpreter, t in
            let lock = RWLock(), waiting = Word(), done = Word()
            lock.lockWrite(t)
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                other.attach()
                waiting.value = 1
                lock.reading(other) { done.value = 1 }
                other.destroy()
            }
            t.detached { eventually { waiting.value == 1 } }
            for _ in 0..<20 { t.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in #expect(done.value == 0) } }
            lock.unlockWrite()
            t.detached { handle.join() }
            #expect(done.value == 1 && lock.inside == 0)
        }
    }

    @Test func storm() throws {
        final class Pair: @unchecked Sendable { var first = 0, second = 0 }
        let lock = RWLock(), pair = Pair(), torn = Word()
        let handles = try (0..<6).map { number in
            try start {
                for round in 0..<2000 {
                    if number < 2 {
                        lock.writing(nil) {
                            pair.first += 1
                            if round % 64 == 0 { OSThread.yield() }
                            pair.second += 1
                        }
                    } else {
                        lock.reading(nil) { if pair.first != pair.second { torn.add() } }
                    }
                }
            }
        }
        for handle in handles { handle.join() }
        #expect(torn.value == 0 && pair.first == 4000 && pair.second == 4000 && lock.inside == 0)
    }
}

extension RWLock {
    fileprivate func tryReadAndLeave() -> Bool {
        guard tryRead() else { return false }
        unlockRead()
        return true
    }
}
