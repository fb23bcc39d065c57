import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite(.serialized) struct GuardTests {
    static let allocated = Atomic<Int>(0)
    static let freed = Atomic<Int>(0)

    static var observer: AllocationObserver {
        AllocationObserver(
            context: nil, allocated: { _, _, _, bytes in GuardTests.allocated.wrappingAdd(bytes, ordering: .relaxed) },
            freed: { _, _, _, bytes in GuardTests.freed.wrappingAdd(bytes, ordering: .relaxed) })
    }

    /// The flag is right wherever in the stack the guards lie, and so are the addresses of objects.
    @Test(arguments: [0, 1, 2]) func anyStackingOrder(place: Int) throws {
        var configuration = AllocatorConfiguration()
        for domain in [AllocatorConfiguration.Domain.mem, .object] {
            for layer in 0..<3 {
                configuration.wrap(domain, in: layer == place ? .debug : .observer(Self.observer))
            }
            #expect(configuration.isGuarded(domain))
        }
        let before = Self.allocated.load(ordering: .relaxed) - Self.freed.load(ordering: .relaxed)
        let fixture = try HeapFixture(allocators: configuration)
        let t = fixture.thread
        var objects: [ObjectRef] = []
        var buffers: [(UnsafeMutableRawPointer, Int)] = []
        for step in 1...3000 {
            objects.append(HeapFixture.object(t, bytes: 32 + step % 15 * 32, collectable: step & 1 == 0))
            let bytes = step % 100 == 0 ? step * 30 : step % 2000 + 1
            let buffer = Allocation.buffer(t, bytes: bytes)!
            fillBytes(buffer, 1, bytes)
            buffers.append((buffer, bytes))
            if step % 3 == 0 {
                ReferenceCount.release(objects.remove(at: step % objects.count), t)
                let (gone, size) = buffers.remove(at: step % buffers.count)
                Allocation.freeBuffer(t, gone, bytes: size)
            }
        }
        // The collector's way of finding objects: block by block.
        for object in objects { #expect(Pool.containing(object.raw).block(at: Pool.containing(object.raw).index(of: object.raw)) == object.raw) }
        fixture.check()
        // Another thread frees half of it all.
        nonisolated(unsafe) let half = (Array(objects.prefix(500)), Array(buffers.prefix(500)))
        try fixture.onOtherThread { other in
            for object in half.0 { Allocation.free(object, other) }
            for (buffer, bytes) in half.1 { Allocation.freeBuffer(other, buffer, bytes: bytes) }
        }
        for object in objects.dropFirst(500) { ReferenceCount.release(object, t) }
        for (buffer, bytes) in buffers.dropFirst(500) { Allocation.freeBuffer(t, buffer, bytes: bytes) }
        fixture.settle()
        fixture.check()
        #expect(fixture.end() == 0)
        #expect(Self.allocated.load(ordering: .relaxed) - Self.freed.load(ordering: .relaxed) == before)
    }

    @Test func nothingIsHookedUnlessAsked() throws {
        #expect(!AllocatorConfiguration.processDefault.isHooked(.mem))
        let fixture = try HeapFixture()
        let first = Allocation.buffer(fixture.thread, bytes: 64)!
        let second = Allocation.buffer(fixture.thread, bytes: 64)!
        #expect(second - first == 64)
        fixture.end()
    }

    @Test func overrunsTrap() async {
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture(allocators: .debug).thread
            let buffer = Allocation.buffer(t, bytes: 61)!
            buffer.storeBytes(of: 0, toByteOffset: 61, as: UInt8.self)
            Allocation.freeBuffer(t, buffer, bytes: 61)
        }
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture(allocators: .debug).thread
            let buffer = Allocation.buffer(t, bytes: 5000)!
            (buffer - 1).storeBytes(of: 0, as: UInt8.self)
            Allocation.freeBuffer(t, buffer, bytes: 5000)
        }
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture(allocators: .debug).thread
            let buffer = Allocation.buffer(t, bytes: 50_000)!
            buffer.storeBytes(of: 0, toByteOffset: 50_000, as: UInt8.self)
            Allocation.freeBuffer(t, buffer, bytes: 50_000)
        }
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture(allocators: .debug).thread
            let object = HeapFixture.object(t, bytes: 40)
            object.raw.storeBytes(of: 0, toByteOffset: 40, as: UInt8.self)
            ReferenceCount.release(object, t)
        }
    }

    @Test func writesAfterTheFreeTrap() async {
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture(allocators: .debug).thread
            let buffer = Allocation.buffer(t, bytes: 64)!
            Allocation.freeBuffer(t, buffer, bytes: 64)
            buffer.storeBytes(of: 1, toByteOffset: 40, as: UInt8.self)
            _ = Allocation.buffer(t, bytes: 64)
        }
    }

    @Test(.enabled(if: BuildOptions.checksInvariants)) func rawOverrunsTrap() async {
        await #expect(processExitsWith: .failure) {
            RawGuards.install()
            let memory = rawAllocate(10)!
            memory.storeBytes(of: 1, toByteOffset: 10, as: UInt8.self)
            rawFree(memory)
        }
        await #expect(processExitsWith: .success) {
            AllocatorConfiguration.processDefault = .debug
            let fixture = try HeapFixture(allocators: .processDefault)
            let buffer = Allocation.buffer(fixture.thread, bytes: 100)!
            Allocation.freeBuffer(fixture.thread, buffer, bytes: 100)
            fixture.check()
            fixture.end()
        }
    }
}
