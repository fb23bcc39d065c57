import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Testing

@Suite(.serialized) struct AddressTests {
    @Test func whose() throws {
        let fixture = try HeapFixture()
        let other = try HeapFixtureOfAnother.make()
        defer { other.end(fixture) }
        let t = fixture.thread
        let id = fixture.interpreter.id
        func info(_ raw: UnsafeMutableRawPointer) throws -> AddressInfo { try #require(InterpreterHeap.whose(raw)) }

        let small = Allocation.buffer(t, bytes: 100)!
        #expect(try info(small + 50).kind == .buffer)
        #expect(try info(small + 50).blockStart == UInt(bitPattern: small))
        #expect(try info(small).blockBytes == 104)
        #expect(try info(small).interpreterID == id)
        let object = HeapFixture.object(t)
        #expect(try info(object.raw + 47).kind == .plainObject)
        #expect(try info(object.raw + 47).blockStart == UInt(bitPattern: object.raw))
        #expect(try info(HeapFixture.object(t, collectable: true).raw).kind == .collectableObject)
        let medium = Allocation.buffer(t, bytes: 8000)!
        #expect(try info(medium + 7999).kind == .mediumBuffer)
        #expect(try info(medium + 7999).blockStart == UInt(bitPattern: medium))
        let second = Allocation.buffer(t, bytes: 8000)!
        #expect(try info(second).block == info(medium).block + 1)
        let run = Allocation.buffer(t, bytes: 100_000)!
        #expect(try info(run + 99_999).kind == .run)
        #expect(try info(run + 99_999).blockBytes == 100_000)
        let large = Allocation.buffer(t, bytes: 9_000_000)!
        #expect(try info(large + 8_999_999).kind == .largeBuffer)
        #expect(try info(large + 8_999_999).blockStart == UInt(bitPattern: large))
        #expect(try info(large + 8_999_999).blockBytes == 9_000_000)
        #expect(InterpreterHeap.interpreterID(of: other.block) == other.id)

        var onStack = 0
        #expect(withUnsafeMutableBytes(of: &onStack) { InterpreterHeap.whose($0.baseAddress!) } == nil)
        Allocation.freeBuffer(t, large, bytes: 9_000_000)
        #expect(InterpreterHeap.interpreterID(of: large) == nil)
        Allocation.freeBuffer(t, run, bytes: 100_000)
        #expect(try info(run).kind == .freeUnit)
        fixture.check()
        Allocation.freeBuffer(t, small, bytes: 100)
        Allocation.freeBuffer(t, medium, bytes: 8000)
        Allocation.freeBuffer(t, second, bytes: 8000)
    }

    @Test func foundBySeveralThreadsWhileArenasComeAndGo() throws {
        let fixture = try HeapFixture()
        let id = fixture.interpreter.id
        let kept = Allocation.buffer(fixture.thread, bytes: 64)!
        let sent = Sent(raw: kept)
        let done = Guarded(false)
        let asker = try OSThread.start(name: "asker") {
            var asked = 0
            while !done.withLock({ $0 }) || asked == 0 {
                asked += 1
                if InterpreterHeap.interpreterID(of: sent.raw) != id { stillBug("the address map forgot an address") }
                let near = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: sent.raw) + UInt(asked % 64) << 21)!
                let found = InterpreterHeap.interpreterID(of: near)
                if found != nil && found! < 0 { stillBug("the address map answered \(found!)") }
            }
        }
        for _ in 0..<200 {
            let large = (1...20).map { Allocation.buffer(fixture.thread, bytes: $0 << 20)! }
            for (index, buffer) in large.enumerated() { Allocation.freeBuffer(fixture.thread, buffer, bytes: (index + 1) << 20) }
        }
        done.withLock { $0 = true }
        fixture.thread.detached { asker.join() }
        Allocation.freeBuffer(fixture.thread, kept, bytes: 64)
        fixture.end()
    }

    // MARK: Misuse, in checking builds

    @Test(.enabled(if: BuildOptions.checksInvariants)) func doubleFreeTraps() async {
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture().thread
            let block = Allocation.buffer(t, bytes: 64)!
            Allocation.freeBuffer(t, block, bytes: 64)
            Allocation.freeBuffer(t, block, bytes: 64)
        }
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture().thread
            let block = Allocation.buffer(t, bytes: 40_000)!
            Allocation.freeBuffer(t, block, bytes: 40_000)
            Allocation.freeBuffer(t, block, bytes: 40_000)
        }
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture().thread
            let object = HeapFixture.object(t)
            Allocation.free(object, t)
            Allocation.free(object, t)
        }
    }

    @Test(.enabled(if: BuildOptions.checksInvariants)) func interiorFreeTraps() async {
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture().thread
            Allocation.freeBuffer(t, Allocation.buffer(t, bytes: 64)! + 16, bytes: 64)
        }
        await #expect(processExitsWith: .failure) {
            let t = try HeapFixture().thread
            Allocation.freeBuffer(t, Allocation.buffer(t, bytes: 64)!, bytes: 200)
        }
    }

    @Test(.enabled(if: BuildOptions.checksInvariants)) func foreignFreeTraps() async {
        await #expect(processExitsWith: .failure) {
            let fixture = try HeapFixture()
            let other = try HeapFixtureOfAnother.make()
            Allocation.freeBuffer(fixture.thread, other.block, bytes: 64)
        }
    }
}

/// A second interpreter, made by another OS thread, with one block.
struct HeapFixtureOfAnother: @unchecked Sendable {
    let block: UnsafeMutableRawPointer
    let id: Int64
    private let fixture: HeapFixture

    static func make() throws -> HeapFixtureOfAnother {
        let made = Guarded<HeapFixtureOfAnother?>(nil)
        let maker = try OSThread.start(name: "maker") {
            guard let fixture = try? HeapFixture(), let block = Allocation.buffer(fixture.thread, bytes: 64) else { return }
            fixture.thread.detach()
            made.withLock { $0 = HeapFixtureOfAnother(block: block, id: fixture.interpreter.id, fixture: fixture) }
        }
        maker.join()
        return try #require(made.withLock { $0 })
    }

    /// Ends both.
    func end(_ other: HeapFixture) {
        other.end()
        fixture.thread.attach()
        fixture.end()
    }
}
