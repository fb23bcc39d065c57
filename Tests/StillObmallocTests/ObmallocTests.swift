import StillObmalloc
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Testing

@Suite(.serialized) struct ObmallocTests {
    @Test func sizeClasses() {
        for bytes in 1...512 {
            let index = SizeClass.index(bytes: bytes)
            #expect(SizeClass.bytes(index: index) >= bytes)
            #expect(SizeClass.bytes(index: index) - bytes < 16)
        }
    }

    @Test func layoutsFit() {
        #expect(MemoryLayout<ThreadRecord>.size <= ThreadState.privateOffset)
        #expect(ThreadState.privateOffset + ThreadHeap.totalBytes <= 6144)
        #expect(MemoryLayout<InterpreterRecord>.size <= Interpreter.privateOffset)
        #expect(MemoryLayout<Pool.Fields>.size <= Arena.recordBytes)
        #expect(MemoryLayout<TypeMemorySlots>.size == 56)
    }

    @Test func blocksComeBackFromOtherThreads() throws {
        let interpreter = try Runtime.makeInterpreter()
        let heap = try InterpreterHeap.make(for: interpreter)
        let thread = try interpreter.makeThread()
        thread.attach()
        try heap.takeSlot(for: thread)
        var blocks: [UInt] = []
        for _ in 0..<5000 {
            let block = try #require(Allocation.buffer(thread, bytes: 64))
            blocks.append(UInt(bitPattern: block))
        }
        #expect(Set(blocks).count == 5000)
        let mapped = heap.arenaBytesMapped
        // Another thread frees them all; afterwards the owner allocates as many without new arenas.
        let given = blocks
        let other = try OSThread.start(name: "other") {
            guard let state = try? interpreter.makeThread() else { return }
            state.attach()
            guard (try? heap.takeSlot(for: state)) != nil else { return }
            for address in given { Allocation.freeBuffer(state, UnsafeMutableRawPointer(bitPattern: address)!, bytes: 64) }
            heap.leaveSlot(of: state)
            state.destroy()
        }
        thread.detached { other.join() }
        var again = Set<UInt>()
        for _ in 0..<5000 { again.insert(UInt(bitPattern: try #require(Allocation.buffer(thread, bytes: 64)))) }
        #expect(again.count == 5000)
        #expect(heap.arenaBytesMapped == mapped)
        heap.leaveSlot(of: thread)
        thread.destroy()
        heap.destroy()
        interpreter.destroy()
    }

    /// A pool's next page is touched when nothing is free in the others.
    @Test func freedBlocksComeBeforeFreshPages() throws {
        let fixture = try HeapFixture()
        let t = fixture.thread
        let inPool = Pool.bytes / 512
        let first = try (0..<inPool).map { _ in try #require(Allocation.buffer(t, bytes: 512)) }
        // One page of the second pool.
        let second = try (0..<4096 / 512).map { _ in try #require(Allocation.buffer(t, bytes: 512)) }
        #expect(Set(second.map { Pool.containing($0).raw }).count == 1)
        #expect(Pool.containing(second[0]) != Pool.containing(first[0]))
        for block in first[3..<6] { Allocation.freeBuffer(t, block, bytes: 512) }
        let again = try (0..<3).map { _ in try #require(Allocation.buffer(t, bytes: 512)) }
        #expect(Set(again) == Set(first[3..<6]))
        fixture.check()
        // Then the second pool again, to its end, before a third one.
        let rest = try (0..<inPool - 4096 / 512).map { _ in try #require(Allocation.buffer(t, bytes: 512)) }
        #expect(Set(rest.map { Pool.containing($0).raw }) == [Pool.containing(second[0]).raw])
        let third = try #require(Allocation.buffer(t, bytes: 512))
        #expect(Pool.containing(third) != Pool.containing(second[0]))
        for block in first + second + rest + [third] { Allocation.freeBuffer(t, block, bytes: 512) }
        fixture.check()
        fixture.end()
    }
}
