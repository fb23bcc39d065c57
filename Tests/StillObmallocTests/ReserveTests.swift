import StillObmalloc
import StillPlatform
import Testing

@Suite(.serialized) struct ReserveTests {
    @Test(.enabled(if: BuildOptions.checksInvariants)) func theReserveStandsIn() async {
        await #expect(processExitsWith: .success) {
            rawFree(RawReserve.allocate(100))  // fills it
            AllocationFailure.arm(nth: 1, more: 1000)
            let blocks = (1...20).map { (RawReserve.allocate($0 * 100), $0 * 100) }
            let large = RawReserve.allocate(500_000)
            precondition(AllocationFailure.disarm() == 21)
            for (block, bytes) in blocks {
                for offset in 0..<bytes { precondition(block.load(fromByteOffset: offset, as: UInt8.self) == 0) }
                fillBytes(block, 1, bytes)
            }
            for (block, _) in blocks { rawFree(block) }
            rawFree(large)
            // The gaps are filled again by the next request.
            rawFree(RawReserve.allocate(100))
            AllocationFailure.arm(nth: 1, more: 1000)
            for _ in 0..<64 { rawFree(RawReserve.allocate(100)) }
            AllocationFailure.disarm()
        }
        await #expect(processExitsWith: .failure) {
            rawFree(RawReserve.allocate(100))
            AllocationFailure.arm(nth: 1, more: 1000)
            _ = RawReserve.allocate(2 << 20)
        }
    }

    /// A refusal in the middle of a heap's life: nil, and everything goes on.
    @Test(.enabled(if: BuildOptions.checksInvariants)) func aHeapGoesOnAfterARefusal() async {
        await #expect(processExitsWith: .success) {
            let fixture = try HeapFixture()
            var refused = 0
            for nth in 1...40 {
                AllocationFailure.arm(nth: nth)
                for bytes in [40, 700, 20_000, 3_000_000] {
                    var blocks: [UnsafeMutableRawPointer] = []
                    for _ in 0..<200 {
                        guard let block = Allocation.buffer(fixture.thread, bytes: bytes) else {
                            refused += 1
                            continue
                        }
                        blocks.append(block)
                    }
                    for block in blocks { Allocation.freeBuffer(fixture.thread, block, bytes: bytes) }
                }
                AllocationFailure.disarm()
                fixture.check()
            }
            precondition(refused > 20, "\(refused) requests were refused")
            precondition(fixture.heap.statistics().largeBuffers == 0)
            fixture.end()
        }
    }
}
