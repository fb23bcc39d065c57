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
        #expect(MemoryLayout<TypeMemorySlots>.size == 40)
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
}
