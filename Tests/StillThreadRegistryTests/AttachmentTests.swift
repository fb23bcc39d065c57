import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite struct AttachmentTests {
    @Test func theRecordLeavesRoomForTheLayersAbove() {
        #expect(MemoryLayout<ThreadRecord>.size <= ThreadState.privateOffset)
        #expect(MemoryLayout<InterpreterRecord>.size <= Interpreter.privateOffset)
    }

    @Test func attachBindsTheThreadAndDetachFreesIt() throws {
        #expect(ThreadState.current == nil)
        let interpreter = try Runtime.makeInterpreter()
        let thread = try interpreter.makeThread()
        #expect(!thread.isAttached)
        #expect(UInt(bitPattern: thread.raw) % 64 == 0)
        thread.attach()
        #expect(thread.isAttached)
        #expect(ThreadState.current == thread)
        thread.detach()
        #expect(!thread.isAttached)
        #expect(ThreadState.current == nil)
        thread.attach()
        thread.destroy()
        #expect(ThreadState.current == nil)
        #expect(interpreter.threadCount == 0)
        interpreter.destroy()
    }

    @Test func identifiersAreUnique() throws {
        let interpreter = try Runtime.makeInterpreter()
        let other = try Runtime.makeInterpreter()
        #expect(interpreter.id != other.id)
        var ids: Set<UInt64> = []
        var threads: [ThreadState] = []
        for _ in 0..<50 {
            let thread = try interpreter.makeThread()
            ids.insert(thread.id)
            threads.append(thread)
        }
        #expect(ids.count == 50 && !ids.contains(0))
        #expect(interpreter.threadCount == 50)
        // Out of order, so that every place in the list is taken out once.
        for index in stride(from: 0, to: 50, by: 2) { threads[index].attach(); threads[index].destroy() }
        for index in stride(from: 49, to: 0, by: -2) { threads[index].attach(); threads[index].destroy() }
        #expect(interpreter.threadCount == 0)
        interpreter.destroy()
        other.destroy()
    }

    @Test func requestsReachTheServiceHookOnce() throws {
        var hooks = InterpreterHooks()
        hooks.service = { raw, bits in
            (raw + ThreadState.privateOffset).assumingMemoryBound(to: UInt32.self)[0] += 1
            (raw + ThreadState.privateOffset).assumingMemoryBound(to: UInt32.self)[1] |= bits
        }
        try withInterpreter(hooks) { _, thread in
            let seen = (thread.raw + ThreadState.privateOffset).assumingMemoryBound(to: UInt32.self)
            thread.safepoint()
            #expect(seen[0] == 0)
            thread.request(RequestBits.collect)
            thread.request(RequestBits.signals)
            #expect(thread.hasRequest)
            thread.safepoint()
            #expect(seen[0] == 1)
            #expect(seen[1] == RequestBits.collect | RequestBits.signals)
            #expect(!thread.hasRequest)
            thread.request(RequestBits.mergeCounts)
            thread.clearRequest(RequestBits.mergeCounts)
            thread.safepoint()
            #expect(seen[0] == 1)
        }
    }

    @Test func aHeldThreadCannotAttach() throws {
        try withInterpreter { interpreter, thread in
            let other = try interpreter.makeThread()
            let refused = !interpreter.withHeldDetached(thread) { Issue.record("ran for an attached thread") }
            #expect(refused)
            let attached = Word()
            var handle: OSThread?
            let ran = interpreter.withHeldDetached(other) {
                handle = try? start {
                    other.attach()
                    attached.value = 1
                    other.destroy()
                }
                OSThread.sleep(nanoseconds: 20_000_000)
                #expect(attached.value == 0)
            }
            #expect(ran)
            thread.detached { handle?.join() }
            #expect(attached.value == 1)
        }
    }

    @Test func scopedAttachment() throws {
        let interpreter = try Runtime.makeInterpreter()
        struct Oops: Error {}
        let sum = try interpreter.withAttachedThread { (attached: borrowing Attached) in
            let bound = ThreadState.current == attached.thread
            #expect(bound)
            #expect(interpreter.threadCount == 1)
            return 42
        }
        #expect(sum.get() == 42)
        let failed = try interpreter.withAttachedThread { (_: borrowing Attached) throws(Oops) -> Int in throw Oops() }
        #expect(throws: Oops.self) { try failed.get() }
        #expect(interpreter.threadCount == 0)
        interpreter.destroy()
    }

    @Test func dumpNamesEveryThread() throws {
        try withInterpreter { interpreter, thread in
            let other = try interpreter.makeThread()
            let text = Runtime.dumpThreadStates()
            #expect(text.contains("interpreter \(interpreter.id):"))
            #expect(text.contains("thread \(thread.id) ") && text.contains("attached"))
            #expect(text.contains("thread \(other.id) ") && text.contains("detached"))
            thread.detached {
                other.attach()
                other.destroy()
            }
        }
    }
}
