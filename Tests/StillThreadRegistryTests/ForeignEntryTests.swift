import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite(.serialized) struct ForeignEntryTests {
    @Test func nestedScopes() throws {
        let first = try Runtime.makeInterpreter()
        let second = try Runtime.makeInterpreter()
        #expect(ThreadState.current == nil)
        _ = try first.withAttachedThread { (outer: borrowing Attached) in
            let outerThread = outer.thread
            // The same one: the same thread state.
            let same = try? first.withAttachedThread { (inner: borrowing Attached) in inner.thread == outerThread }
            #expect(same?.get() == true)
            let result = try? second.withAttachedThread { (inner: borrowing Attached) -> Bool in
                let innerThread = inner.thread
                #expect(ThreadState.current == innerThread)
                #expect(!outerThread.isAttached)
                // Further out: a fresh one.
                let fresh = try? first.withAttachedThread { (third: borrowing Attached) in
                    third.thread != outerThread && third.thread.interpreter == first && first.threadCount == 2
                }
                #expect(fresh?.get() == true)
                return ThreadState.current == innerThread
            }
            #expect(result?.get() == true)
            #expect(ThreadState.current == outerThread && outerThread.isAttached)
        }
        #expect(ThreadState.current == nil)
        #expect(first.threadCount == 0 && second.threadCount == 0)
        first.destroy()
        second.destroy()
    }

    @Test func aHandleOutlivesItsInterpreter() throws {
        let interpreter = try Runtime.makeInterpreter()
        let handle = interpreter.handle
        #expect(handle.isAlive)
        let id = try handle.withAttachedThread { (attached: borrowing Attached) in attached.thread.interpreter.id }
        #expect(id.get() == handle.id)
        let destroyed = interpreter.destroyIfUnused()
        #expect(destroyed)
        #expect(!handle.isAlive)
        #expect(throws: RegistryError.interpreterEnded(id: handle.id)) {
            _ = try handle.withAttachedThread { (_: borrowing Attached) in Issue.record("entered an interpreter that has ended") }
        }
    }

    @Test func anInterpreterInUseIsNotDestroyed() throws {
        let interpreter = try Runtime.makeInterpreter()
        let result = try interpreter.withAttachedThread { (_: borrowing Attached) in interpreter.destroyIfUnused() }
        #expect(result.get() == false)
        let destroyed = interpreter.destroyIfUnused()
        #expect(destroyed)
    }

    @Test func aThreadThatCannotBeEquippedIsAnError() throws {
        var hooks = InterpreterHooks()
        hooks.threadBorn = { _ in false }
        let interpreter = try Runtime.makeInterpreter()
        interpreter.hooks = hooks
        #expect(throws: RegistryError.self) {
            _ = try interpreter.withAttachedThread { (_: borrowing Attached) in Issue.record("entered") }
        }
        #expect(interpreter.threadCount == 0)
        interpreter.destroy()
    }

    @Test func tasksEnter() async throws {
        let interpreter = try Runtime.makeInterpreter()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try interpreter.withAttachedThread { (attached: borrowing Attached) in
                        attached.thread.safepoint()
                        return number
                    }.get()
                }
            }
            var sum = 0
            for try await number in group { sum += number }
            return sum
        }
        #expect(sum == 1225)
        #expect(interpreter.threadCount == 0)
        interpreter.destroy()
    }

    @Test func attachingTwiceTraps() async {
        await #expect(processExitsWith: .failure) {
            let thread = try Runtime.makeInterpreter().makeThread()
            thread.attach()
            thread.attach()
        }
        await #expect(processExitsWith: .failure) {
            let interpreter = try Runtime.makeInterpreter()
            let thread = try interpreter.makeThread()
            let other = try interpreter.makeThread()
            thread.attach()
            other.attach()
        }
        await #expect(processExitsWith: .failure) {
            let thread = try Runtime.makeInterpreter().makeThread()
            let attached = Word()
            let holder = try start {
                thread.attach()
                attached.value = 1
                OSThread.sleep(nanoseconds: 20_000_000_000)
            }
            while attached.value == 0 { OSThread.yield() }
            thread.attach()
            holder.join()
        }
    }

    @Test func leavingAScopeAttachedElsewhereTraps() async {
        await #expect(processExitsWith: .failure) {
            let interpreter = try Runtime.makeInterpreter()
            let other = try interpreter.makeThread()
            _ = try interpreter.withAttachedThread { (attached: borrowing Attached) in
                attached.thread.detach()
                other.attach()
            }
        }
        await #expect(processExitsWith: .failure) {
            try Runtime.makeInterpreter().makeThread().detach()
        }
    }
}
