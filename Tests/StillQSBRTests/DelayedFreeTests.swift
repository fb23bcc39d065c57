import StillPlatform
import StillQSBR
import Testing

/// Collects what is freed, in order.
final class Freed {
    var blocks: [UInt] = []
    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
    static let free: DelayedFreeQueue.Free = { context, block, bytes in
        Unmanaged<Freed>.fromOpaque(context!).takeUnretainedValue().blocks.append(UInt(bitPattern: block))
    }
}

/// Blocks are never touched by the queue, so any address will do.
func block(_ number: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: number * 16 + 16)! }

@Suite struct DelayedFreeTests {
    @Test func blocksWaitForTheReaderAndComeOldestFirst() throws {
        try withDomain { domain in
            let reader = try #require(domain.makeSlot())
            domain.goOnline(reader)
            var queue = DelayedFreeQueue()
            let freed = Freed()
            var asked = 0
            let count = BuildOptions.retireBatchCount
            for number in 0..<count where queue.retire(block(number), bytes: 16, domain: domain) == true { asked += 1 }
            #expect(asked == 1)
            #expect(queue.heldBlocks == count)
            #expect(queue.heldBytes == count * 16)
            let early = queue.process(domain: domain, context: freed.context, free: Freed.free)
            #expect(early == 0)
            domain.quiescent(reader)
            let late = queue.process(domain: domain, context: freed.context, free: Freed.free)
            #expect(late == count)
            #expect(freed.blocks == (0..<count).map { UInt(bitPattern: block($0)) })
            #expect(queue.heldBytes == 0)
            domain.goOffline(reader)
            domain.releaseSlot(reader)
        }
    }

    @Test func oneLargeBlockAsksForItsOwnGoal() throws {
        try withDomain { domain in
            var queue = DelayedFreeQueue()
            let freed = Freed()
            let full = queue.retire(block(1), bytes: BuildOptions.retireBatchBytes, domain: domain)
            #expect(full == true)
            let count = queue.process(domain: domain, context: freed.context, free: Freed.free)
            #expect(count == 1)
        }
    }

    @Test func heldMemoryIsBoundedWithoutSlowReaders() throws {
        try withDomain { domain in
            let own = try #require(domain.makeSlot())
            domain.goOnline(own)
            var queue = DelayedFreeQueue()
            let freed = Freed()
            var most = 0
            for number in 0..<20_000 {
                if queue.retire(block(number), bytes: 4096, domain: domain) == true {
                    domain.quiescent(own)
                    queue.process(domain: domain, context: freed.context, free: Freed.free)
                }
                most = max(most, queue.heldBytes)
            }
            #expect(most <= BuildOptions.retireBatchBytes + 4096)
            queue.freeAll(context: freed.context, free: Freed.free)
            #expect(freed.blocks == (0..<20_000).map { UInt(bitPattern: block($0)) })
            domain.goOffline(own)
            domain.releaseSlot(own)
        }
    }

    @Test func aSlowReaderMakesTheQueueAskAgain() throws {
        try withDomain { domain in
            let slow = try #require(domain.makeSlot())
            domain.goOnline(slow)
            var queue = DelayedFreeQueue()
            let freed = Freed()
            var asked = 0
            for number in 0..<(BuildOptions.retireBatchCount * 10)
            where queue.retire(block(number), bytes: 16, domain: domain) == true {
                asked += 1
                queue.process(domain: domain, context: freed.context, free: Freed.free)
            }
            #expect(asked >= 10)
            #expect(queue.isFarBehind)
            #expect(freed.blocks.isEmpty)
            domain.goOffline(slow)
            domain.releaseSlot(slow)
            queue.closeBatch(domain: domain)
            queue.process(domain: domain, context: freed.context, free: Freed.free)
            #expect(queue.heldBlocks == 0)
            #expect(freed.blocks.count == BuildOptions.retireBatchCount * 10)
        }
    }

    @Test func anEndedThreadsBlocksAreServedByOthers() throws {
        try withDomain { domain in
            let reader = try #require(domain.makeSlot())
            domain.goOnline(reader)
            var queue = DelayedFreeQueue()
            let freed = Freed()
            for number in 0..<5 { _ = queue.retire(block(number), bytes: 16, domain: domain) }
            let waits = queue.abandon(to: domain)
            #expect(waits)
            #expect(queue.heldBlocks == 0)
            #expect(domain.abandonedBlocks == 5)
            domain.processAbandoned(context: freed.context, free: Freed.free)
            #expect(freed.blocks.isEmpty)
            domain.goOffline(reader)
            domain.processAbandoned(context: freed.context, free: Freed.free)
            #expect(freed.blocks.count == 5)
            #expect(domain.abandonedBlocks == 0)
            domain.releaseSlot(reader)
        }
    }
}
