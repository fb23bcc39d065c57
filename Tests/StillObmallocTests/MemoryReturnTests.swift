import StillObmalloc
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Testing

@Suite(.serialized) struct MemoryReturnTests {
    /// 96 MB of small and medium buffers and runs come and go: the process's memory does too. In a process of its own, as other tests allocate.
    @Test func residentMemoryFalls() async {
        await #expect(processExitsWith: .success) { try MemoryReturnTests.comeAndGo() }
    }

    static func comeAndGo() throws {
        let fixture = try HeapFixture()
        var blocks: [(UnsafeMutableRawPointer, Int)] = []
        let before = ResidentMemory.bytes()
        for (bytes, share) in [(64, 16 << 20), (512, 16 << 20), (3000, 32 << 20), (40_000, 32 << 20)] {
            for _ in 0..<share / bytes {
                let block = Allocation.buffer(fixture.thread, bytes: bytes)!
                fillBytes(block, 7, bytes)
                blocks.append((block, bytes))
            }
        }
        let full = ResidentMemory.bytes()
        if !Sanitizer.isAddressSanitizer { #expect(full - before > 90 << 20) }
        for (block, bytes) in blocks { Allocation.freeBuffer(fixture.thread, block, bytes: bytes) }
        fixture.settle()
        let after = fixture.heap.statistics()
        #expect(after.arenas <= 8, "\(after)")
        #expect(after.committedLimit < 8 << 20, "\(after)")
        #expect(full - ResidentMemory.bytes() > 80 << 20, "from \(full) to \(ResidentMemory.bytes())")
        fixture.check()
        fixture.end()
    }

    /// A reader that has not passed a quiescent state keeps emptied pools of objects as they are.
    @Test func poolsOfObjectsRestForReaders() throws {
        let fixture = try HeapFixture()
        let interpreter = fixture.interpreter
        // A second thread state, attached by nobody's safepoint: it stands for a thread in the middle of a read.
        let reader = try interpreter.makeThread()
        interpreter.qsbr.goOnline(reader.qsbr)
        var objects = (0..<40_000).map { _ in HeapFixture.object(fixture.thread) }
        let used = fixture.heap.statistics().unitsInUse
        for object in objects { ReferenceCount.release(object, fixture.thread) }
        fixture.settle()
        let held = fixture.heap.statistics()
        #expect(held.restingPools > 100, "\(held)")
        #expect(held.unitsInUse == used)
        // New objects of another size may not have them.
        objects = (0..<1000).map { _ in HeapFixture.object(fixture.thread, bytes: 200) }
        #expect(fixture.heap.statistics().restingPools == held.restingPools)
        interpreter.qsbr.goOffline(reader.qsbr)
        fixture.settle()
        let free = fixture.heap.statistics()
        #expect(free.restingPools == 0 && free.unitsInUse < used / 2, "\(free)")
        for object in objects { ReferenceCount.release(object, fixture.thread) }
        fixture.check()
        fixture.thread.detached {
            reader.attach()
            reader.destroy()
        }
        #expect(fixture.end() == 0)
    }

    /// What a dead thread allocated and others freed is given back although nobody takes its slot.
    @Test func vacantSlotsAreTrimmed() throws {
        let fixture = try HeapFixture()
        nonisolated(unsafe) var blocks: [UnsafeMutableRawPointer] = []
        try fixture.onOtherThread { other in
            for _ in 0..<20_000 { blocks.append(Allocation.buffer(other, bytes: 256)!) }
        }
        let used = fixture.heap.statistics().unitsInUse
        for block in blocks { Allocation.freeBuffer(fixture.thread, block, bytes: 256) }
        fixture.check()
        fixture.settle()
        #expect(fixture.heap.statistics().unitsInUse < used / 10)
        fixture.check()
        fixture.end()
    }

    /// Buffers of every size, kept whole, in any order, with the books right at all times.
    @Test func buffersOfAllSizes() throws {
        let fixture = try HeapFixture()
        var random = SystemRandomNumberGenerator()
        var live: [(UnsafeMutableRawPointer, Int, UInt8)] = []
        for step in 0..<6000 {
            if live.count > 100 || (step % 3 == 0 && !live.isEmpty) {
                let (block, bytes, mark) = live.remove(at: Int.random(in: 0..<live.count, using: &random))
                #expect(block.load(as: UInt8.self) == mark && block.load(fromByteOffset: bytes - 1, as: UInt8.self) == mark)
                Allocation.freeBuffer(fixture.thread, block, bytes: bytes)
            } else {
                let limit = [512, 8192, 600_000, 3_000_000][step % 4]
                let bytes = Int.random(in: 1...limit, using: &random)
                let block = Allocation.buffer(fixture.thread, bytes: bytes)!
                let mark = UInt8(truncatingIfNeeded: step)
                block.storeBytes(of: mark, as: UInt8.self)
                (block + (bytes - 1)).storeBytes(of: mark, as: UInt8.self)
                live.append((block, bytes, mark))
            }
            if step % 1000 == 0 { fixture.check() }
        }
        for (block, bytes, _) in live { Allocation.freeBuffer(fixture.thread, block, bytes: bytes) }
        fixture.settle()
        let end = fixture.heap.statistics()
        #expect(end.runs == 0 && end.runBytes == 0 && end.largeBuffers == 0 && end.largeBytes == 0)
        fixture.check()
        fixture.end()
    }

    @Test func theEndUnmapsEverything() async {
        await #expect(processExitsWith: .success) {
            try HeapFixture().end()  // the address map's nodes stay
            let mapped = VirtualMemory.mappedBytes
            let fixture = try HeapFixture()
            for step in 0..<5000 { precondition(Allocation.buffer(fixture.thread, bytes: 1 + step * 300) != nil) }
            let figures = fixture.heap.statistics()
            precondition(figures.largeBuffers > 1000 && figures.runs > 1000 && figures.arenas > 100)
            precondition(VirtualMemory.mappedBytes - mapped >= figures.mappedBytes)
            fixture.end()
            let left = VirtualMemory.mappedBytes - mapped
            precondition(left < 4 << 20, "\(left) bytes stay mapped")  // nodes of the address map
        }
    }

    @Test func mediumClasses() {
        for bytes in 513...8192 {
            let index = MediumClass.index(bytes: bytes)
            #expect(MediumClass.bytes(index: index) >= bytes)
            #expect(index == 0 || MediumClass.bytes(index: index - 1) < bytes)
        }
    }
}
