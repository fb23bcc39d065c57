import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

/// A word that threads of a test share.
final class Word: @unchecked Sendable {
    private let word = Atomic<UInt64>(0)
    var value: UInt64 {
        get { word.load(ordering: .acquiring) }
        set { word.store(newValue, ordering: .releasing) }
    }
    func add() { word.wrappingAdd(1, ordering: .acquiringAndReleasing) }
}

/// Plain memory that is only touched attached, and in pauses: ThreadSanitizer checks that a pause orders the accesses.
final class Plain: @unchecked Sendable {
    var number = 0
}

/// Waits until the condition holds; a failed test rather than a hang after 20 seconds.
func eventually(_ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    let limit = Clock.monotonicNanoseconds() + 20_000_000_000
    while !condition() {
        if Clock.monotonicNanoseconds() > limit {
            Issue.record("did not happen within 20 seconds\n\(Runtime.dumpThreadStates())", sourceLocation: sourceLocation)
            return
        }
        OSThread.yield()
    }
}

func start(_ body: @escaping @Sendable () -> Void) throws -> OSThread {
    try OSThread.start(name: "test", stackBytes: 1 << 20, body: body)
}

/// A thread of the interpreter that counts between safepoints until it is told to stop.
struct Counting {
    let steps = Word(), stop = Word(), plain = Plain()
    let handle: OSThread

    init(in interpreter: Interpreter) throws {
        let (steps, stop, plain) = (self.steps, self.stop, self.plain)
        handle = try start {
            guard let thread = try? interpreter.makeThread() else { return }
            thread.attach()
            while stop.value == 0 {
                plain.number += 1
                steps.add()
                thread.safepoint()
            }
            thread.destroy()
        }
    }
}

/// An interpreter and a thread state, attached to the calling thread.
func withInterpreter(_ hooks: InterpreterHooks = InterpreterHooks(), _ body: (Interpreter, ThreadState) throws -> Void) throws {
    let interpreter = try Runtime.makeInterpreter()
    interpreter.hooks = hooks
    let thread = try interpreter.makeThread()
    thread.attach()
    try body(interpreter, thread)
    thread.destroy()
    interpreter.destroy()
}
