import StillPlatform
import Synchronization
import Testing

import StillThreadRegistry

@Suite struct PauseLogTests {
    /// All words of a record follow from one number.
    private static func record(_ number: UInt64) -> PauseRecord {
        PauseRecord(
            sequence: 0, interpreter: Int64(number), reason: .test, detail: UInt32(truncatingIfNeeded: number), requester: number,
            requesterOSThread: number, requestedAt: number, queuedNanoseconds: number, timeToStopNanoseconds: number, wallNanoseconds: number,
            cpuNanoseconds: number, lastToStop: number)
    }
    private static func isWhole(_ record: PauseRecord) -> Bool {
        var expected = Self.record(record.requester)
        expected.sequence = record.sequence
        return record == expected
    }

    @Test func recordsComeBackInOrder() {
        let ring = PauseRing(capacity: 8)
        for number in 1...5 { ring.append(Self.record(UInt64(number))) }
        let (records, lost, next) = ring.read(from: 0)
        #expect(records.map(\.requester) == [1, 2, 3, 4, 5])
        #expect(records.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(lost == 0)
        #expect(next == 6)
        #expect(ring.read(from: next).records.isEmpty)
        ring.unmap()
    }

    @Test func overwrittenRecordsAreCounted() {
        let ring = PauseRing(capacity: 8)
        for number in 1...20 { ring.append(Self.record(UInt64(number))) }
        let (records, lost, next) = ring.read(from: 3)
        #expect(records.map(\.requester) == Array(13...20))
        #expect(lost == 10)
        #expect(next == 21)
        ring.unmap()
    }

    /// Writers lap each other and the reader all the time: no mixed record comes out, and each number is either read or counted as lost.
    @Test func tornRecordsAreNeverRead() throws {
        let ring = PauseRing(capacity: 4)
        let stop = Word()
        let each: UInt64 = 40_000
        SchedulingNoise.enable(seed: 7)
        let reader = try start {
            var next: UInt64 = 1
            var read = 0
            var lost = 0
            func take() {
                let (records, missed, on) = ring.read(from: next)
                for record in records {
                    if !Self.isWhole(record) { Issue.record("mixed record \(record)") }
                    if record.sequence < next || record.sequence >= on { Issue.record("number \(record.sequence) outside \(next)..<\(on)") }
                }
                #expect(records.count + missed == Int(on - next))
                read += records.count
                lost += missed
                next = on
            }
            while stop.value == 0 { take() }
            take()
            #expect(read > 0)
            #expect(lost > 0)
        }
        let writers = try (0..<3).map { writer in
            try start { for number in 0..<each { ring.append(Self.record(UInt64(writer) << 32 | number)) } }
        }
        for writer in writers { writer.join() }
        stop.value = 1
        reader.join()
        SchedulingNoise.disable()
        #expect(ring.nextSequence == 3 * each + 1)
        ring.unmap()
    }

    @Test func theLastThreadToStopIsNamed() throws {
        try withInterpreter { interpreter, thread in
            let ids = [Word(), Word()]
            let ready = Word(), stop = Word(), slow = Word()
            let handles = try (0..<2).map { index in
                try start {
                    guard let other = try? interpreter.makeThread() else { return }
                    other.attach()
                    ids[index].value = other.id
                    ready.add()
                    while stop.value == 0 {
                        other.safepoint()
                        // The first one hesitates when it is told.
                        if index == 0 && slow.value == 1 {
                            OSThread.sleep(nanoseconds: 3_000_000)
                            slow.value = 2
                        }
                    }
                    other.destroy()
                }
            }
            thread.detached { eventually { ready.value == 2 } }
            let from = PauseLog.nextSequence
            slow.value = 1
            // It may see the flag before or after it is asked; again until it was asleep when asked.
            var found = false
            for _ in 0..<100 where !found {
                slow.value = 1
                OSThread.sleep(nanoseconds: 500_000)
                thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
                let record = PauseLog.read(from: from).last { $0.requester == thread.id }
                if let record, record.timeToStopNanoseconds > 1_000_000, slow.value == 2 {
                    found = record.lastToStop == ids[0].value
                }
            }
            #expect(found)
            // Nobody runs: nobody was last.
            stop.value = 1
            thread.detached { for handle in handles { handle.join() } }
            let alone = PauseLog.nextSequence
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
            let record = PauseLog.read(from: alone).first { $0.requester == thread.id }
            #expect(record?.lastToStop == 0)
            #expect(record?.timeToStopNanoseconds == 0)
        }
    }
}
