import StillPlatform
import Synchronization
import Testing

import StillThreadRegistry

@Suite(.serialized) struct PauseDeadlineTests {
    @Test func settingsComeBack() throws {
        let interpreter = try Runtime.makeInterpreter()
        #expect(interpreter.pauseDeadline == nil)
        for deadline in [PauseDeadline(nanoseconds: nil), PauseDeadline(nanoseconds: 5_000, action: .trap)] {
            interpreter.pauseDeadline = deadline
            #expect(interpreter.pauseDeadline == deadline)
        }
        interpreter.pauseDeadline = nil
        #expect(interpreter.pauseDeadline == nil)
        interpreter.destroy()
        let before = PauseDeadline.process
        #expect(before == .standard)
        PauseDeadline.process = PauseDeadline(nanoseconds: 1 << 40)
        #expect(PauseDeadline.process.nanoseconds == 1 << 40)
        PauseDeadline.process = before
    }

    /// A thread without safepoint is reported by name until it comes to one.
    @Test func aThreadThatDoesNotStopIsReported() throws {
        let reports = Guarded<[StopReport]>([], rank: .leaf)
        PauseDeadline.setHandler { report in reports.withLock { $0.append(report) } }
        defer { PauseDeadline.setHandler(nil) }
        try withInterpreter { interpreter, thread in
            interpreter.pauseDeadline = PauseDeadline(nanoseconds: 2_000_000)
            let ready = Word(), id = Word(), osThread = Word()
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                other.attach()
                id.value = other.id
                osThread.value = OSThread.currentID
                other.withNativeRegion("sorting by hand") {
                    ready.value = 1
                    eventually { reports.withLock { $0.count } >= 2 }
                }
                other.destroy()
            }
            thread.detached { eventually { ready.value == 1 } }
            thread.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in }
            thread.detached { handle.join() }
            let report = try #require(reports.withLock { $0.first })
            #expect(report.interpreter == interpreter.id)
            #expect(report.requester == thread.id)
            #expect(report.reason == .introspection)
            #expect(report.waitedNanoseconds >= 2_000_000)
            let blamed = try #require(report.threads.first)
            #expect(report.threads.count == 1)
            #expect(blamed.id == id.value)
            #expect(blamed.osThread == osThread.value)
            #expect(blamed.nativeRegion == "sorting by hand")
            #expect(report.description.contains("thread \(id.value) of interpreter \(interpreter.id)"))
            #expect(report.description.contains("in sorting by hand"))
        }
    }

    @Test func aTrapEndsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            let interpreter = try Runtime.makeInterpreter()
            interpreter.pauseDeadline = PauseDeadline(nanoseconds: 1_000_000, action: .trap)
            let other = try interpreter.makeThread()
            other.attach()
            let handle = try OSThread.start(name: "requester") {
                interpreter.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
            }
            handle.join()
        }
    }
}
