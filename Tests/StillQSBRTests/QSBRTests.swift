import StillPlatform
import StillQSBR
import Testing

@Suite struct QSBRTests {
    @Test func goalWaitsForOnlineSlots() throws {
        let domain = try #require(QSBRDomain.make())
        defer { domain.destroy() }
        let reader = try #require(domain.makeSlot())
        let idle = try #require(domain.makeSlot())
        domain.goOnline(reader)
        let goal = domain.advance()
        #expect(!domain.isReached(goal))  // the reader may still hold what was unlinked
        domain.quiescent(reader)
        #expect(domain.isReached(goal))
        let next = domain.advance()
        #expect(!domain.isReached(next))
        domain.goOffline(reader)
        #expect(domain.isReached(next))  // offline slots hold nothing back
        domain.releaseSlot(reader)
        domain.releaseSlot(idle)
    }

    @Test func slotsGrowWithoutMoving() throws {
        let domain = try #require(QSBRDomain.make())
        defer { domain.destroy() }
        var slots: [QSBRSlot] = []
        for _ in 0..<200 { slots.append(try #require(domain.makeSlot())) }
        #expect(Set(slots.map { UInt(bitPattern: $0.raw) }).count == 200)
        domain.goOnline(slots[199])
        let goal = domain.advance()
        #expect(!domain.isReached(goal))
        domain.goOffline(slots[199])
        #expect(domain.isReached(goal))
        let freed = slots[100]
        domain.releaseSlot(freed)
        #expect(domain.makeSlot() == freed)  // reused
    }

    @Test func retiredBlocksWaitForTheirGoal() throws {
        let domain = try #require(QSBRDomain.make())
        defer { domain.destroy() }
        let reader = try #require(domain.makeSlot())
        domain.goOnline(reader)
        var queue = DelayedFreeQueue()
        for _ in 0..<(BuildOptions.retireBatchCount * 2) {
            let block = try #require(rawAllocate(16))
            _ = queue.retire(block, bytes: 16, domain: domain)
        }
        let free: DelayedFreeQueue.Free = { _, block, _ in rawFree(block) }
        #expect(queue.process(domain: domain, context: nil, free: free) == 0)
        #expect(queue.heldBytes == BuildOptions.retireBatchCount * 2 * 16)
        domain.quiescent(reader)
        #expect(queue.process(domain: domain, context: nil, free: free) == BuildOptions.retireBatchCount * 2)
        #expect(queue.heldBlocks == 0)
        domain.goOffline(reader)
    }
}
