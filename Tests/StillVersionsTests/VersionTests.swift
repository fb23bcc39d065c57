import StillPlatform
import StillThreadRegistry
import StillVersions
import Synchronization
import Testing

func withInterpreter(_ body: (Interpreter, ThreadState) throws -> Void) throws {
    let interpreter = try Runtime.makeInterpreter()
    let thread = try interpreter.makeThread()
    thread.attach()
    try body(interpreter, thread)
    InterpreterVersions(interpreter).end()
    thread.destroy()
    interpreter.destroy()
}

/// A type with nothing but what versions need.
struct FakeType: VersionedType {
    final class Body: @unchecked Sendable {
        var bases: [FakeType] = []
        var subclasses: [FakeType] = []
        var isStatic = false
        var isReady = true
    }
    let body = Body()
    let versionWord = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
    let versionBook = UnsafeMutablePointer<TypeVersionBook>.allocate(capacity: 1)

    init(_ bases: FakeType...) {
        versionWord.initialize(to: Atomic(0))
        versionBook.initialize(to: TypeVersionBook())
        for base in bases {
            body.bases += [base] + base.body.bases
            base.body.subclasses.append(self)
        }
    }
    var isStaticType: Bool { body.isStatic }
    var hasOrder: Bool { body.isReady }
    func forEachInOrder(_ body: (FakeType) -> Bool) { for base in self.body.bases where !body(base) { return } }
    func forEachSubclass(_ body: (FakeType) -> Void) { self.body.subclasses.forEach(body) }
    var tag: UInt32 { versionWord.pointee.load(ordering: .relaxed) }
}

/// A record of an object: count, version, registered, lock.
struct FakeFunction: VersionedFunction {
    let raw: UnsafeMutableRawPointer
    init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    static func make(version: UInt32) -> FakeFunction {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 16)
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: 32)
        let function = FakeFunction(raw)
        function.count.pointee.store(1, ordering: .relaxed)
        function.versionWord.pointee.store(version, ordering: .relaxed)
        return function
    }
    var count: UnsafeMutablePointer<Atomic<Int>> { (raw + 8).assumingMemoryBound(to: Atomic<Int>.self) }
    var versionWord: UnsafeMutablePointer<Atomic<UInt32>> { (raw + 16).assumingMemoryBound(to: Atomic<UInt32>.self) }
    private var registered: UnsafeMutablePointer<Atomic<UInt32>> { (raw + 20).assumingMemoryBound(to: Atomic<UInt32>.self) }
    var isRegistered: Bool {
        get { registered.pointee.load(ordering: .relaxed) != 0 }
        nonmutating set { registered.pointee.store(newValue ? 1 : 0, ordering: .relaxed) }
    }
    func clearVersion() { versionWord.pointee.store(VersionRange.cleared, ordering: .relaxed) }
    var functionLock: UnsafeMutablePointer<Atomic<UInt8>> { (raw + 24).assumingMemoryBound(to: Atomic<UInt8>.self) }
    func tryHold(_ t: ThreadState) -> Bool {
        var seen = count.pointee.load(ordering: .relaxed)
        while seen > 0 {
            let (done, now) = count.pointee.compareExchange(expected: seen, desired: seen + 1, ordering: .acquiring)
            if done { return true }
            seen = now
        }
        return false
    }
    func giveUp(_ t: ThreadState) { count.pointee.wrappingSubtract(1, ordering: .releasing) }
    var version: UInt32 { versionWord.pointee.load(ordering: .relaxed) }
}

func pauses() -> Int { PauseLog.read().count { $0.reason == .versionInvalidation } }

@Suite(.serialized) struct VersionTests {
    @Test func classesGetTagsOnDemandBasesFirst() throws {
        try withInterpreter { _, t in
            let base = FakeType(), middle = FakeType(base), low = FakeType(middle)
            let tag = TypeVersion.assign(low, t)
            #expect(tag >= VersionRange.firstOfInterpreter)
            #expect(base.tag != 0 && middle.tag != 0 && Set([base.tag, middle.tag, tag]).count == 3)
            #expect(TypeVersion.assign(low, t) == tag)
        }
    }

    @Test func interpretersHaveTheirOwnRanges() throws {
        var tags: [UInt32] = []
        for _ in 0..<2 { try withInterpreter { _, t in tags.append(TypeVersion.assign(FakeType(), t)) } }
        #expect(tags == [VersionRange.firstOfInterpreter, VersionRange.firstOfInterpreter])
    }

    @Test func staticNumbersStayBelow() {
        // The process has one range: the other tests want some of it.
        let numbers = (0..<50).map { _ in VersionRange.nextStatic() }
        #expect(Set(numbers).count == 50)
        #expect(numbers.allSatisfy { $0 >= VersionRange.firstStatic && $0 < VersionRange.firstOfInterpreter })
    }

    @Test func aStaticTypeNeverGetsAnInterpretersTag() throws {
        try withInterpreter { _, t in
            let type = FakeType()
            type.body.isStatic = true
            #expect(TypeVersion.assign(type, t) == 0)
            #expect(TypeVersion.assign(FakeType(type), t) == 0)
        }
    }

    @Test func anEmptyRangeGivesNoneForGood() throws {
        try withInterpreter { interpreter, t in
            InterpreterVersions(interpreter).spend(typesLeft: 1, functionsLeft: 1)
            #expect(TypeVersion.assign(FakeType(), t) == UInt32.max - 1)
            let late = FakeType()
            for _ in 0..<3 { #expect(TypeVersion.assign(late, t) == 0) }
            #expect(InterpreterVersions(interpreter).nextFunction() == UInt32.max - 1)
            for _ in 0..<3 { #expect(InterpreterVersions(interpreter).nextFunction() == 0) }
            // Looked up without a tag: a change must stop the world all the same.
            let before = pauses()
            TypeVersion.modify(late, t) {}
            #expect(pauses() == before + 1)
        }
    }

    @Test func onlyATypeInUseStopsTheWorld() throws {
        try withInterpreter { _, t in
            let base = FakeType(), low = FakeType(base)
            let before = pauses()
            var changes = 0
            TypeVersion.modify(base, t) { changes += 1 }
            #expect(pauses() == before)
            _ = TypeVersion.assign(low, t)
            TypeVersion.modify(base, t) { changes += 1 }
            #expect(pauses() == before + 1)
            #expect(base.tag == 0 && low.tag == 0)
            TypeVersion.modify(low, t) { changes += 1 }
            #expect(pauses() == before + 1 && changes == 3)
            TypeVersion.modify(low, t, unguarded: true) { changes += 1 }
            #expect(pauses() == before + 2)
        }
    }

    @Test func aLookupWithoutTagUsesTheBases() throws {
        try withInterpreter { _, t in
            let base = FakeType(), middle = FakeType(base), low = FakeType(middle)
            // The lowest one has used up its tags, the others have not.
            low.versionBook.pointee.given = TypeVersion.mostTagsOfAClass
            for changed in [base, middle, low] {
                #expect(TypeVersion.assign(low, t) == 0)
                let before = pauses()
                TypeVersion.modify(changed, t) {}
                #expect(pauses() == before + 1)
            }
        }
    }

    @Test func aClassThatChangesTooOftenGoesWithout() throws {
        try withInterpreter { _, t in
            let type = FakeType(), low = FakeType(type)
            for _ in 0..<TypeVersion.mostTagsOfAClass {
                #expect(TypeVersion.assign(type, t) != 0)
                TypeVersion.modify(type, t) {}
            }
            #expect(TypeVersion.assign(type, t) == 0)
            #expect(TypeVersion.assign(low, t) == 0)
            let before = pauses()
            TypeVersion.modify(low, t) {}
            #expect(pauses() == before + 1)
        }
    }

    @Test func failuresOfAChangeComeBack() throws {
        struct Refused: Error {}
        try withInterpreter { _, t in
            let type = FakeType()
            _ = TypeVersion.assign(type, t)
            #expect(throws: Refused.self) { try TypeVersion.modify(type, t) { () throws(Refused) in throw Refused() } }
            #expect(type.tag == 0)
        }
    }

    @Test func functionsAreFoundByVersionUntilTheyChange() throws {
        try withInterpreter { interpreter, t in
            let version = InterpreterVersions(interpreter).nextFunction()
            let one = FakeFunction.make(version: version), two = FakeFunction.make(version: version)
            #expect(FunctionVersion.function(of: version, t, as: FakeFunction.self) == nil)
            FunctionVersion.register(one, t)
            #expect(FunctionVersion.function(of: version, t, as: FakeFunction.self)?.raw == one.raw)
            #expect(one.count.pointee.load(ordering: .relaxed) == 2)
            FunctionVersion.register(two, t)
            FunctionVersion.forget(one, interpreter)  // another has taken its place
            #expect(FunctionVersion.function(of: version, t, as: FakeFunction.self)?.raw == two.raw)
            var value = 0
            let before = pauses()
            FunctionVersionInvalidation.change(two, t) { value = 1 }
            #expect(pauses() == before + 1)
            #expect(two.version == VersionRange.cleared && one.version == version)
            #expect(FunctionVersion.function(of: version, t, as: FakeFunction.self) == nil)
            // Later changes stop nobody, and a cleared function never comes back.
            for _ in 0..<10 { FunctionVersionInvalidation.change(two, t) { value += 1 } }
            #expect(pauses() == before + 1 && value == 11)
            FunctionVersion.register(two, t)
            #expect(FunctionVersion.function(of: VersionRange.cleared, t, as: FakeFunction.self) == nil)
            // Another version of the same place.
            #expect(FunctionVersion.function(of: version + UInt32(FunctionVersion.tableSize), t, as: FakeFunction.self) == nil)
            one.raw.deallocate()
            two.raw.deallocate()
        }
    }

    @Test func aDyingFunctionIsNotFound() throws {
        try withInterpreter { interpreter, t in
            let version = InterpreterVersions(interpreter).nextFunction()
            let function = FakeFunction.make(version: version)
            FunctionVersion.register(function, t)
            function.giveUp(t)
            #expect(FunctionVersion.function(of: version, t, as: FakeFunction.self) == nil)
            function.raw.deallocate()
        }
    }

    /// Two plain numbers that change together, read behind a guard by threads that reach safepoints in between. ThreadSanitizer
    /// checks that a pause orders the accesses.
    @Test func guardsHoldUntilTheNextSafepoint() throws {
        final class Pair: @unchecked Sendable { var first = 0, second = 0 }
        try withInterpreter { interpreter, t in
            let pair = Pair()
            let function = FakeFunction.make(version: InterpreterVersions(interpreter).nextFunction())
            let torn = Atomic<Int>(0), guarded = Atomic<Int>(0), stop = Atomic<Bool>(false)
            nonisolated(unsafe) let shared = (pair, function)
            try withUnsafePointer(to: torn) { torn in
                try withUnsafePointer(to: guarded) { guarded in
                    try withUnsafePointer(to: stop) { stop in
                        nonisolated(unsafe) let words = (torn, guarded, stop)
                        let handles = try (0..<3).map { _ in
                            try OSThread.start(name: "reader", stackBytes: 1 << 20) {
                                guard let own = try? interpreter.makeThread() else { return }
                                own.attach()
                                while !words.2.pointee.load(ordering: .relaxed) {
                                    let (pair, function) = shared
                                    if FunctionVersion.isValid(function.version) {
                                        let first = pair.first
                                        SchedulingNoise.point()
                                        if pair.second != first { words.0.pointee.wrappingAdd(1, ordering: .relaxed) }
                                        words.1.pointee.wrappingAdd(1, ordering: .relaxed)
                                    } else {
                                        ObjectLock.lock(function.functionLock)
                                        if pair.second != pair.first { words.0.pointee.wrappingAdd(1, ordering: .relaxed) }
                                        ObjectLock.unlock(function.functionLock)
                                    }
                                    own.safepoint()
                                }
                                own.destroy()
                            }
                        }
                        while guarded.pointee.load(ordering: .relaxed) < 100 { t.detached { OSThread.yield() } }
                        for round in 1...2000 {
                            FunctionVersionInvalidation.change(function, t) {
                                pair.first = round
                                pair.second = round
                            }
                            t.safepoint()
                        }
                        stop.pointee.store(true, ordering: .relaxed)
                        t.detached { for handle in handles { handle.join() } }
                    }
                }
            }
            #expect(torn.load(ordering: .relaxed) == 0)
            #expect(function.version == VersionRange.cleared)
            function.raw.deallocate()
        }
    }
}
