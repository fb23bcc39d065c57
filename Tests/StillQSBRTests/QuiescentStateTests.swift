import StillPlatform
import StillQSBR
import Synchronization
import Testing

/// A domain for one test.
func withDomain(_ body: (QSBRDomain) throws -> Void) throws {
    let domain = try #require(QSBRDomain.make())
    defer { domain.destroy() }
    try body(domain)
}

@Suite struct QuiescentStateTests {
    @Test func goalsAreOddAndGrowByTwo() throws {
        try withDomain { domain in
            var last: UInt64 = 1
            for _ in 0..<100 {
                let goal = domain.advance()
                #expect(goal.sequence == last + 2)
                #expect(goal.sequence & 1 == 1)
                last = goal.sequence
            }
        }
    }

    @Test func aGoalWaitsForReadersThatWereOnline() throws {
        try withDomain { domain in
            let reader = try #require(domain.makeSlot())
            let writer = try #require(domain.makeSlot())
            domain.goOnline(reader)
            domain.goOnline(writer)
            let goal = domain.advance()
            domain.quiescent(writer)
            #expect(!domain.isReached(goal))
            domain.quiescent(reader)
            #expect(domain.isReached(goal))

            let second = domain.advance()
            domain.goOffline(writer)
            #expect(!domain.isReached(second))
            domain.goOffline(reader)
            #expect(domain.isReached(second))
            domain.releaseSlot(reader)
            domain.releaseSlot(writer)
        }
    }

    @Test func aReaderThatComesLaterHoldsNothingBack() throws {
        try withDomain { domain in
            let goal = domain.advance()
            let reader = try #require(domain.makeSlot())
            domain.goOnline(reader)
            #expect(domain.isReached(goal))
            let later = domain.advance()
            #expect(!domain.isReached(later))
            domain.goOffline(reader)
            domain.releaseSlot(reader)
        }
    }

    @Test func slotsStayWhereTheyAreAndAreReused() throws {
        try withDomain { domain in
            let slots = try (0..<300).map { _ in try #require(domain.makeSlot()) }
            #expect(Set(slots.map(\.raw)).count == 300)
            for slot in slots { #expect(UInt(bitPattern: slot.raw) % 64 == 0) }
            for slot in slots { domain.goOnline(slot) }
            let goal = domain.advance()
            for slot in slots.dropLast() { domain.quiescent(slot) }
            #expect(!domain.isReached(goal))
            domain.quiescent(slots[299])
            #expect(domain.isReached(goal))
            for slot in slots {
                domain.goOffline(slot)
                domain.releaseSlot(slot)
            }
            let again = try (0..<300).map { _ in try #require(domain.makeSlot()) }
            #expect(Set(again.map(\.raw)) == Set(slots.map(\.raw)))
            for slot in again { domain.releaseSlot(slot) }
        }
    }

    @Test func moreThan65536SlotsAreRefused() throws {
        try withDomain { domain in
            for _ in 0..<65_536 { #expect(domain.makeSlot() != nil) }
            #expect(domain.makeSlot() == nil)
        }
    }

    /// Slots come and go while another thread scans; goals never go back.
    @Test func slotsAreMadeWhileGoalsAreAsked() throws {
        try withDomain { domain in
            let stop = Atomic<Bool>(false)
            try withUnsafePointer(to: stop) { flag in
                nonisolated(unsafe) let flag = flag
                let threads = try (0..<3).map { _ in
                    try OSThread.start(name: "slots", stackBytes: 1 << 20) {
                        while !flag.pointee.load(ordering: .relaxed) {
                            guard let slot = domain.makeSlot() else { return }
                            domain.goOnline(slot)
                            domain.quiescent(slot)
                            domain.goOffline(slot)
                            domain.releaseSlot(slot)
                        }
                    }
                }
                for _ in 0..<2000 {
                    let goal = domain.advance()
                    var tries = 0
                    while !domain.isReached(goal) && tries < 1_000_000 {
                        tries += 1
                        OSThread.yield()
                    }
                    #expect(domain.isReached(goal))
                    #expect(domain.isReached(QSBRGoal(goal.sequence - 2)))
                }
                flag.pointee.store(true, ordering: .relaxed)
                for thread in threads { thread.join() }
            }
        }
    }
}
