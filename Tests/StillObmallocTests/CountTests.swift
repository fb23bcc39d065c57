// Both halves of the count at their limits, and merge queues of owners that do not look.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite(.serialized) struct CountTests {
    @Test func localOverflowMovesIntoTheSharedHalf() throws {
        let fixture = try HeapFixture()
        let t = fixture.thread
        let object = HeapFixture.object(t)
        object.local.pointee = UInt32.max
        ReferenceCount.retain(object, t)
        #expect(ReferenceCount.count(object) == 1 << 32)
        #expect(object.local.pointee == 1 << 31)
        for _ in 0..<5 { ReferenceCount.retain(object, t) }
        #expect(ReferenceCount.count(object) == 1 << 32 + 5)
        // Down again: the owner's half runs out first, and the object lives on by the other.
        object.local.pointee = 1
        ReferenceCount.release(object, t)
        #expect(object.owner == 0)
        #expect(ReferenceCount.count(object) == 1 << 31)
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        #expect(word & (SharedFlags.dead | SharedFlags.immortal) == 0)
        // The last one.
        object.sharedWord.pointee.store(SharedFlags.one | SharedFlags.merged, ordering: .relaxed)
        let before = HeapFixture.deallocated.load(ordering: .relaxed)
        ReferenceCount.release(object, t)
        #expect(HeapFixture.deallocated.load(ordering: .relaxed) == before + 1)
        fixture.check()
        #expect(fixture.end() == 0)
    }

    private static func saturated(_ t: ThreadState, merged: Bool) -> ObjectRef {
        let object = HeapFixture.object(t)
        if merged { ReferenceCount.merge(object) }
        let flags = object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.all
        object.sharedWord.pointee.store(
            UInt64(ReferenceCount.saturation) << 8 | flags | SharedFlags.shared, ordering: .relaxed)
        return object
    }

    @Test(arguments: [false, true]) func saturatedSharedHalfMeansImmortal(merged: Bool) throws {
        let fixture = try HeapFixture()
        let t = fixture.thread
        let raised = Self.saturated(t, merged: merged)
        let tried = Self.saturated(t, merged: merged)
        nonisolated(unsafe) let both = (raised, tried)
        try fixture.onOtherThread { other in
            ReferenceCount.retain(both.0, other)
            if !ReferenceCount.tryRetain(both.1, other) { stillBug("a saturated count refuses readers") }
        }
        let before = HeapFixture.deallocated.load(ordering: .relaxed)
        for object in [raised, tried] {
            #expect(object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.immortal != 0)
            // No number of decrements brings it back.
            ReferenceCount.release(object, t)
            object.sharedWord.pointee.store(
                object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.all | SharedFlags.one, ordering: .relaxed)
            for _ in 0..<10 { ReferenceCount.releaseShared(object, t) }
            #expect(object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.dead == 0)
        }
        #expect(HeapFixture.deallocated.load(ordering: .relaxed) == before)
        #expect(fixture.end() == 0)  // immortal objects are no survivors
    }

    /// The owner is detached and stays so: a stranger that drops the last reference does not wait for it.
    @Test func detachedOwner() throws {
        let fixture = try HeapFixture()
        let t = fixture.thread
        let interpreter = fixture.interpreter
        let heap = fixture.heap
        nonisolated(unsafe) var object: ObjectRef?
        let made = Guarded(false)
        let finish = Guarded(false)
        let owner = try OSThread.start(name: "owner") {
            guard let state = try? interpreter.makeThread() else { return }
            state.attach()
            guard (try? heap.takeSlot(for: state)) != nil else { return }
            object = HeapFixture.object(state)
            state.detached {
                made.withLock { $0 = true }
                while !finish.withLock({ $0 }) { OSThread.sleep(nanoseconds: 1_000_000) }
            }
            state.destroy()
        }
        while !made.withLock({ $0 }) { OSThread.yield() }
        let before = HeapFixture.deallocated.load(ordering: .relaxed)
        ReferenceCount.release(object!, t)
        #expect(HeapFixture.deallocated.load(ordering: .relaxed) == before + 1)
        finish.withLock { $0 = true }
        t.detached { owner.join() }
        fixture.check()
        #expect(fixture.end() == 0)
    }

    /// The owner is dead; then its slot is taken by another thread, which owns what is left.
    @Test func deadOwnerAndItsHeir() throws {
        let fixture = try HeapFixture()
        let t = fixture.thread
        nonisolated(unsafe) var objects: [ObjectRef] = []
        try fixture.onOtherThread { other in for _ in 0..<300 { objects.append(HeapFixture.object(other)) } }
        let before = HeapFixture.deallocated.load(ordering: .relaxed)
        for object in objects.prefix(100) { ReferenceCount.release(object, t) }
        #expect(HeapFixture.deallocated.load(ordering: .relaxed) == before + 100)
        try fixture.onOtherThread { heir in
            for object in objects[100..<200] {
                if object.owner != heir.ownerSlot { stillBug("the heir has slot \(heir.ownerSlot), the object \(object.owner)") }
                ReferenceCount.release(object, heir)
            }
        }
        #expect(HeapFixture.deallocated.load(ordering: .relaxed) == before + 200)
        for object in objects[200...] { ReferenceCount.release(object, t) }
        fixture.settle()
        fixture.check()
        #expect(fixture.end() == 0)
    }

    /// A stranger lowers below zero while the owner is attached; the owner's safepoint settles it.
    @Test func queueIsServedAtASafepoint() throws {
        let fixture = try HeapFixture()
        let t = fixture.thread
        let object = HeapFixture.object(t)
        ReferenceCount.retain(object, t)
        nonisolated(unsafe) let shared = object
        let interpreter = fixture.interpreter
        let heap = fixture.heap
        let given = Guarded(false)
        let stranger = try OSThread.start(name: "stranger") {
            guard let state = try? interpreter.makeThread() else { return }
            state.attach()
            guard (try? heap.takeSlot(for: state)) != nil else { return }
            ReferenceCount.release(shared, state)
            ReferenceCount.release(shared, state)
            given.withLock { $0 = true }
            state.destroy()
        }
        while !given.withLock({ $0 }) { OSThread.yield() }
        let before = HeapFixture.deallocated.load(ordering: .relaxed)
        #expect(t.hasRequest)
        t.safepoint()
        #expect(HeapFixture.deallocated.load(ordering: .relaxed) == before + 1)
        t.detached { stranger.join() }
        #expect(fixture.end() == 0)
    }

    @Test func survivorsByType() throws {
        let fixture = try HeapFixture()
        let t = fixture.thread
        for _ in 0..<7 { _ = HeapFixture.object(t, bytes: 64) }
        let other = HeapFixture.object(t, bytes: 96, collectable: true)
        let typeOfOthers = HeapFixture.object(t, bytes: 200)
        other.typeRaw = typeOfOthers.raw
        ReferenceCount.makeImmortal(HeapFixture.object(t))
        ReferenceCount.release(HeapFixture.object(t), t)
        func name(_ type: UnsafeMutableRawPointer) -> String { type == typeOfOthers.raw ? "Other" : "Node" }
        let expected = [
            Survivor(typeName: "Node", count: 8, bytes: 7 * 64 + 208), Survivor(typeName: "Other", count: 1, bytes: 96),
        ]
        #expect(fixture.heap.survivors(typeName: name) == expected)
        // The type goes first: its name is not asked for.
        ReferenceCount.release(typeOfOthers, t)
        #expect(fixture.heap.survivors(typeName: name).map(\.typeName) == ["Node", "(freed type)"])
        #expect(fixture.end() == 8)
    }
}
