import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

/// The order of locks is checked in checking builds.
@Suite(.enabled(if: BuildOptions.checksInvariants)) struct LockRankTests {
    private static func word() -> UnsafeMutablePointer<Atomic<UInt32>> {
        rawAllocateZeroed(64, alignment: 64)!.assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @Test func heldLocksAreRecorded() {
        let outer = Self.word(), inner = Self.word()
        WordLock.lock(outer, .ownerSlot)
        WordLock.lock(inner, .heap)
        #expect(LockCheck.held == [.ownerSlot, .heap])
        // Given back in any order.
        WordLock.unlock(outer, .ownerSlot)
        #expect(LockCheck.held == [.heap])
        WordLock.unlock(inner, .heap)
        #expect(LockCheck.held.isEmpty)
        #expect(WordLock.tryLock(inner, .heap))
        // A try waits for nobody: any order.
        #expect(WordLock.tryLock(outer, .ownerSlot))
        WordLock.unlock(outer, .ownerSlot)
        WordLock.unlock(inner, .heap)
        rawFree(outer)
        rawFree(inner)
    }

    @Test func theWrongOrderTraps() async {
        await #expect(processExitsWith: .failure) {
            WordLock.lock(Self.word(), .heap)
            WordLock.lock(Self.word(), .object)
        }
        await #expect(processExitsWith: .failure) {
            WordLock.lock(Self.word(), .heap)
            WordLock.lock(Self.word(), .heap)
        }
        await #expect(processExitsWith: .failure) { WordLock.unlock(Self.word(), .heap) }
    }

    @Test func objectsAreLockedByAddress() async {
        let bytes = rawAllocateZeroed(64)!.assumingMemoryBound(to: Atomic<UInt8>.self)
        ObjectLock.lock(bytes)
        ObjectLock.lock(bytes + 1)
        ObjectLock.unlock(bytes + 1)
        ObjectLock.unlock(bytes)
        rawFree(bytes)
        await #expect(processExitsWith: .failure) {
            let bytes = rawAllocateZeroed(64)!.assumingMemoryBound(to: Atomic<UInt8>.self)
            ObjectLock.lock(bytes + 1)
            ObjectLock.lock(bytes)
        }
    }

    @Test func noLockIsHeldAtASafepoint() async {
        await #expect(processExitsWith: .failure) {
            let thread = try Runtime.makeInterpreter().makeThread()
            thread.attach()
            let byte = rawAllocateZeroed(64)!.assumingMemoryBound(to: Atomic<UInt8>.self)
            ObjectLock.lock(byte)
            thread.detach()
        }
    }

    @Test func aPauserDoesNotWait() async {
        await #expect(processExitsWith: .failure) {
            let thread = try Runtime.makeInterpreter().makeThread()
            thread.attach()
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in thread.detached {} }
        }
    }

    @Test func nothingIsAllocatedUnderTheRegistrysLocks() async {
        await #expect(processExitsWith: .failure) {
            let interpreter = try Runtime.makeInterpreter()
            _ = try interpreter.makeThread()
            interpreter.forEachThread { _ in _ = rawAllocate(16) }
        }
    }
}
