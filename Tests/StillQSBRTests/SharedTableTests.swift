import StillPlatform
import StillQSBR
import Synchronization
import Testing

extension SharedTable {
    func lookup(_ key: String) -> UInt? { Array(key.utf8).withUnsafeBytes { lookup($0) } }
    func remove(_ key: String) -> UInt? { Array(key.utf8).withUnsafeBytes { remove($0) } }
    func add(_ key: String, _ value: UInt) throws -> (value: UInt, added: Bool) {
        try Array(key.utf8).withUnsafeBytes { try addOrGet($0, value) }
    }
}

@Suite struct SharedTableTests {
    @Test func addLookupRemove() throws {
        let table = try SharedTable()
        #expect(table.lookup("spam") == nil)
        #expect(try table.add("spam", 1) == (1, true))
        #expect(try table.add("spam", 2) == (1, false))
        #expect(try table.add("", 3) == (3, true))
        #expect(table.lookup("spam") == 1)
        #expect(table.lookup("") == 3)
        #expect(table.lookup("spa") == nil)
        #expect(table.count == 2)
        #expect(table.remove("spam") == 1)
        #expect(table.remove("spam") == nil)
        #expect(table.lookup("spam") == nil)
        #expect(table.count == 1)
        SharedTable.waitForReaders()
    }

    @Test func growsFarBeyondItsFirstSize() throws {
        let table = try SharedTable(buckets: 1)
        for number in 0..<5000 { #expect(try table.add("key \(number)", UInt(number)).added) }
        #expect(table.count == 5000)
        for number in 0..<5000 { #expect(table.lookup("key \(number)") == UInt(number)) }
        table.removeAll()
        #expect(table.count == 0)
        SharedTable.waitForReaders()
    }

    /// Of several adders of one key exactly one wins, and all see the winner's value with what it points to.
    @Test func oneAdderWins() throws {
        let table = try SharedTable()
        let wins = Guarded<[Int]>([])
        let keys = 500
        let threads = try (0..<4).map { number in
            try OSThread.start(name: "adder", stackBytes: 1 << 20) {
                for key in 0..<keys {
                    let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1)
                    memory.pointee = key
                    guard let result = try? table.add("k\(key)", UInt(bitPattern: memory)) else { return }
                    let found = UnsafeMutablePointer<Int>(bitPattern: result.value)!
                    if found.pointee != key { wins.withLock { $0.append(-1) } }
                    if result.added { wins.withLock { $0.append(key) } } else { memory.deallocate() }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(wins.withLock { $0.sorted() } == Array(0..<keys))
        #expect(table.count == keys)
        for key in 0..<keys { UnsafeMutablePointer<Int>(bitPattern: table.remove("k\(key)") ?? 0)?.deallocate() }
        #expect(table.count == 0)
        SharedTable.waitForReaders()
    }

    @Test func lookupsRaceWithRemovals() throws {
        let table = try SharedTable()
        let wrong = Guarded(0)
        let threads = try (0..<4).map { number in
            try OSThread.start(name: "churn", stackBytes: 1 << 20) {
                for round in 0..<3000 {
                    let key = (round &* 7 &+ number) % 16
                    if round % 3 == 0 {
                        _ = try? table.add("k\(key)", UInt(key))
                    } else if round % 3 == 1 {
                        if let value = table.lookup("k\(key)"), value != UInt(key) { wrong.withLock { $0 += 1 } }
                    } else if let value = table.remove("k\(key)"), value != UInt(key) {
                        wrong.withLock { $0 += 1 }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(wrong.withLock { $0 } == 0)
        SharedTable.waitForReaders()
    }
}
