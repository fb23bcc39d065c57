import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

/// Pauses of all interpreters, and of others.
@Suite struct GlobalPauseTests {
    @Test func allInterpretersStop() throws {
        let other = try Runtime.makeInterpreter()
        let busy = try Counting(in: other)
        try withInterpreter { _, thread in
            eventually { busy.steps.value > 0 }
            for _ in 0..<50 {
                let before = busy.steps.value
                Runtime.withStoppedWorlds(.test) { (world: borrowing StoppedRuntime) in
                    let isMine = world.requester == thread
                    #expect(isMine)
                    let seen = busy.plain.number
                    for _ in 0..<1000 { cpuRelax() }
                    #expect(busy.plain.number == seen)
                    var found = false
                    world.forEachInterpreter { if $0 == other { found = true } }
                    #expect(found)
                }
                eventually { busy.steps.value > before }
            }
        }
        busy.stop.value = 1
        busy.handle.join()
        other.destroy()
    }

    @Test func nestedRequestsJustRun() throws {
        try withInterpreter { interpreter, thread in
            let other = try Runtime.makeInterpreter()
            let from = PauseLog.nextSequence
            let depth = Runtime.withStoppedWorlds(.test) { (world: borrowing StoppedRuntime) in
                Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in
                    thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
                        other.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in world.interpreter == other ? 4 : 0 }
                    }
                }
            }
            #expect(depth == 4)
            let mine = PauseLog.read(from: from).filter { $0.requester == thread.id }
            #expect(mine.count == 1)
            #expect(mine.first?.isGlobal == true)
            other.destroy()
        }
    }

    @Test func aRequesterWithoutThreadState() throws {
        try withInterpreter { interpreter, thread in
            let from = PauseLog.nextSequence
            thread.detached {
                Runtime.withStoppedWorlds(.test) { (world: borrowing StoppedRuntime) in
                    let nobody = world.requester == nil
                    #expect(nobody)
                    world.withWorld(of: interpreter) { (world: borrowing StoppedWorld) in
                        var count = 0
                        world.forEachThread { _ in count += 1 }
                        #expect(count == 1)
                    }
                }
            }
            let record = PauseLog.read(from: from).first { $0.isGlobal && $0.requesterOSThread == OSThread.currentID }
            #expect(record != nil)
            #expect(record?.requester == 0)
        }
    }

    /// Two threads attached to one interpreter each stop the other one's, all the time; a third stops all.
    @Test func crosswiseRequestsDoNotDeadlock() throws {
        let interpreters = [try Runtime.makeInterpreter(), try Runtime.makeInterpreter()]
        let plain = [Plain(), Plain()]
        var handles = try (0..<2).map { index in
            try start {
                guard let thread = try? interpreters[index].makeThread() else { return }
                thread.attach()
                for _ in 0..<300 {
                    interpreters[1 - index].withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
                        let nobody = world.requester == nil && ThreadState.current == nil
                        #expect(nobody)
                        plain[1 - index].number += 1
                    }
                    #expect(ThreadState.current == thread)
                    thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in plain[index].number += 1 }
                    thread.safepoint()
                }
                thread.destroy()
            }
        }
        handles.append(
            try start {
                for _ in 0..<300 {
                    Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in
                        plain[0].number += 1
                        plain[1].number += 1
                    }
                }
            })
        for handle in handles { handle.join() }
        #expect(plain[0].number == 900)
        #expect(plain[1].number == 900)
        for interpreter in interpreters { interpreter.destroy() }
    }

    @Test func anInterpreterMadeDuringThePauseStands() throws {
        let made = Word(), attached = Word(), freed = Word()
        let gone = try Runtime.makeInterpreter()
        var handles: [OSThread] = []
        try Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in
            handles.append(
                try start {
                    guard let new = try? Runtime.makeInterpreter(), let thread = try? new.makeThread() else { return }
                    made.value = 1
                    thread.attach()
                    attached.value = 1
                    thread.destroy()
                    new.destroy()
                })
            handles.append(
                try start {
                    gone.destroy()
                    freed.value = 1
                })
            eventually { made.value == 1 }
            OSThread.sleep(nanoseconds: 20_000_000)
            #expect(attached.value == 0)
            #expect(freed.value == 0)
        }
        for handle in handles { handle.join() }
        #expect(attached.value == 1)
        #expect(freed.value == 1)
    }

    @Test func whoHasStoppedOneInterpreterCannotStopMore() async {
        await #expect(processExitsWith: .failure) {
            let one = try Runtime.makeInterpreter(), other = try Runtime.makeInterpreter()
            one.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
                other.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
            }
        }
        await #expect(processExitsWith: .failure) {
            let one = try Runtime.makeInterpreter()
            one.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
                Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in }
            }
        }
    }

    @Test func aHeldThreadIsWaitedFor() throws {
        try withInterpreter { interpreter, thread in
            let other = try interpreter.makeThread()
            let held = Word(), over = Word()
            let plain = Plain()
            let handle = try start {
                guard let holder = try? interpreter.makeThread() else { return }
                holder.attach()
                let ran = interpreter.withHeldDetached(other) {
                    held.value = 1
                    OSThread.sleep(nanoseconds: 5_000_000)
                    plain.number = 7
                }
                #expect(ran)
                holder.safepoint()
                holder.destroy()
                over.value = 1
            }
            thread.detached { eventually { held.value == 1 } }
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in #expect(plain.number == 7) }
            thread.detached {
                handle.join()
                other.attach()
                other.destroy()
            }
        }
    }
}
