import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization
import Testing

@Suite(.serialized) struct RegistryTests {
    @Test func attachAndDetach() throws {
        let interpreter = try Runtime.makeInterpreter()
        let thread = try interpreter.makeThread()
        #expect(!thread.isAttached)
        thread.attach()
        #expect(thread.isAttached)
        #expect(ThreadState.current == thread)
        thread.detach()
        #expect(!thread.isAttached)
        #expect(ThreadState.current == nil)
        thread.attach()
        thread.destroy()
        #expect(interpreter.threadCount == 0)
        interpreter.destroy()
    }

    @Test func aStoppedWorldIsStopped() throws {
        final class Shared: @unchecked Sendable {
            let count = Atomic<Int>(0)
            let stop = Atomic<Bool>(false)
        }
        let shared = Shared()
        let interpreter = try Runtime.makeInterpreter()
        let worker = try OSThread.start(name: "busy") {
            guard let thread = try? interpreter.makeThread() else { return }
            thread.attach()
            while !shared.stop.load(ordering: .relaxed) {
                shared.count.wrappingAdd(1, ordering: .relaxed)
                thread.safepoint()
            }
            thread.destroy()
        }
        let thread = try interpreter.makeThread()
        thread.attach()
        while shared.count.load(ordering: .relaxed) == 0 { OSThread.yield() }
        let before = PauseLog.nextSequence
        for _ in 0..<100 {
            thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
                let seen = shared.count.load(ordering: .relaxed)
                for _ in 0..<100 { cpuRelax() }
                let now = shared.count.load(ordering: .relaxed)
                #expect(now == seen)
                // Nested: just runs.
                thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
            }
        }
        let mine = PauseLog.read(from: before).filter { $0.interpreter == interpreter.id }
        #expect(mine.count == 100)
        #expect(mine.allSatisfy { $0.reason == .test && $0.requester == thread.id && $0.wallNanoseconds > 0 })
        shared.stop.store(true, ordering: .relaxed)
        thread.detached { worker.join() }
        thread.destroy()
        interpreter.destroy()
    }

    @Test func threadsBornInAPauseWait() throws {
        let interpreter = try Runtime.makeInterpreter()
        let thread = try interpreter.makeThread()
        thread.attach()
        final class Flag: Sendable { let value = Atomic<Bool>(false) }
        let attached = Flag()
        var born: OSThread?
        try thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
            born = try OSThread.start(name: "born") {
                guard let new = try? interpreter.makeThread() else { return }
                new.attach()
                attached.value.store(true, ordering: .relaxed)
                new.destroy()
            }
            OSThread.sleep(nanoseconds: 20_000_000)
            let early = attached.value.load(ordering: .relaxed)
            #expect(!early)
        }
        thread.detached { born?.join() }
        let late = attached.value.load(ordering: .relaxed)
        #expect(late)
        thread.destroy()
        interpreter.destroy()
    }
}
