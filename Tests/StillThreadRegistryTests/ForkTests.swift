import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization
import Testing

/// Children cannot run under ThreadSanitizer unless it is told that they start threads.
private let canFork = !Sanitizer.isThreadSanitizer || Environment.get("TSAN_OPTIONS")?.contains("die_after_fork=0") == true

@Suite(.serialized, .enabled(if: canFork)) struct ForkTests {
    /// The child's code, or minus its signal; -1000 when it does not end.
    private func wait(_ child: Int32) -> Int32 {
        let limit = Clock.monotonicNanoseconds() + 20_000_000_000
        while true {
            if let found = try? ChildProcess.wait(child, options: ChildProcess.noHang), found.id == child {
                return ChildProcess.hasExited(found.status)
                    ? ChildProcess.exitCode(found.status) : -ChildProcess.terminationSignal(found.status)
            }
            if Clock.monotonicNanoseconds() > limit {
                try? ChildProcess.send(signal: 9, to: child)
                _ = try? ChildProcess.wait(child, options: 0)
                return -1000
            }
            OSThread.sleep(nanoseconds: 1_000_000)
        }
    }

    @Test func theChildHasTheForkingThreadOnly() throws {
        try withInterpreter { interpreter, thread in
            let other = try Runtime.makeInterpreter()
            let stop = Word()
            let running = Word()
            let threads = try (0..<4).map { number in
                try start {
                    let place = number % 2 == 0 ? interpreter : other
                    guard let mine = try? place.makeThread() else { return }
                    mine.attach()
                    running.add()
                    while stop.value == 0 {
                        if number == 2 { mine.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in } }
                        if number == 1 { mine.detached { OSThread.yield() } }
                        mine.safepoint()
                    }
                    mine.destroy()
                }
            }
            let running4 = ThreadHandle(running: 1 << 40)
            let own = ThreadHandle(running: thread.id)
            let unstarted = ThreadHandle()
            thread.detached { eventually { running.value == 4 } }
            let generation = Runtime.forkGeneration
            for _ in 0..<10 {
                switch try thread.fork() {
                case .child:
                    var code: Int32 = 42
                    if interpreter.threadCount != 1 || other.threadCount != 0 { code = 2 }
                    if Runtime.forkGeneration != generation + 1 { code = 3 }
                    if running4.state != .done || own.state != .running || unstarted.state != .notStarted { code = 4 }
                    if (try? running4.join(thread)) != .joined { code = 5 }
                    // New threads, pauses, births and deaths in both interpreters.
                    for place in [interpreter, other] {
                        guard let handle = ThreadHandle() as ThreadHandle?, (try? handle.beginStart()) != nil else { continue }
                        guard
                            let born = try? start({
                                guard let mine = try? place.makeThread() else { return }
                                mine.attach()
                                mine.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
                                mine.destroy()
                                handle.exiting()
                            })
                        else { Process.exitNow(6) }
                        handle.started(born)
                        if (try? handle.join(thread)) != .joined { code = 7 }
                    }
                    thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
                    if interpreter.threadCount != 1 || other.threadCount != 0 { code = 8 }
                    Process.exitNow(code)
                case .parent(let child):
                    let code = thread.detached { wait(child) }
                    #expect(code == 42)
                }
            }
            #expect(Runtime.forkGeneration == generation)
            #expect(interpreter.threadCount == 3)
            stop.value = 1
            thread.detached { for thread in threads { thread.join() } }
            other.destroy()
        }
    }

    @Test func retiredBlocksOfVanishedThreadsAreFreedInTheChild() throws {
        var hooks = InterpreterHooks()
        hooks.freeBlock = { _, block, _ in rawFree(block) }
        try withInterpreter(hooks) { interpreter, thread in
            let ready = Word()
            let stop = Word()
            let handle = try start {
                guard let mine = try? interpreter.makeThread() else { return }
                mine.attach()
                for _ in 0..<3 { if let block = rawAllocate(64) { mine.retire(block, bytes: 64) } }
                ready.value = 1
                mine.detached { while stop.value == 0 { OSThread.yield() } }
                mine.destroy()
            }
            thread.detached { eventually { ready.value == 1 } }
            switch try thread.fork() {
            case .child:
                let waiting = interpreter.qsbr.abandonedBlocks
                for _ in 0..<4 {
                    thread.request(RequestBits.delayedFrees)
                    thread.safepoint()
                }
                Process.exitNow(waiting == 3 && interpreter.qsbr.abandonedBlocks == 0 ? 42 : 1)
            case .parent(let child):
                let code = thread.detached { wait(child) }
                #expect(code == 42)
            }
            stop.value = 1
            thread.detached { handle.join() }
        }
    }

    @Test func refusals() throws {
        let interpreter = try Runtime.makeInterpreter()
        try interpreter.configure(.isolated)
        let thread = try interpreter.makeThread()
        thread.attach()
        #expect(throws: ForkError.notAllowed(interpreter: interpreter.id)) { try thread.fork() }
        thread.destroy()
        interpreter.destroy()
        try withInterpreter { interpreter, thread in
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
                let refused: ForkError?
                do throws(ForkError) {
                    _ = try thread.fork()
                    refused = nil
                } catch { refused = error }
                #expect(refused == .insidePause)
            }
            thread.trapOthers()
            #expect(throws: ForkError.shuttingDown(interpreter: interpreter.id)) { try thread.fork() }
        }
    }

    @Test func aVanishedThreadStateTraps() async {
        await #expect(processExitsWith: .failure) {
            let interpreter = try Runtime.makeInterpreter()
            let thread = try interpreter.makeThread()
            let other = try interpreter.makeThread()
            other.handOver()
            thread.attach()
            if try thread.fork() == .child {
                thread.detach()
                other.attach()
                Process.exitNow(0)
            }
            var code: Int32 = 0
            if let found = try? ChildProcess.wait(-1, options: 0), !ChildProcess.hasExited(found.status) { code = 1 }
            Process.exitNow(code)
        }
    }
}
