// Signals on their way to the main thread of the program's interpreter.
//
// Arrival   The handler notes the number (signals.c), marks the interpreter and requests a safepoint of its main thread.
// Delivery  Main thread, at a safepoint or when a wait ends: takes the notes and calls the handlers that `_signal` keeps, lowest number first. When one
//           raises, the rest stays noted.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM
import Synchronization

public enum Interrupts {
    nonisolated(unsafe) private static var target: UnsafeMutableRawPointer?
    /// SIGINT.
    static let keyboard: Int32 = 2
    private static let brokenPipe: Int32 = 13

    private static func request(_ interpreter: Interpreter, _ bit: UInt32) {
        interpreter.state.pointee.interrupted.bitwiseOr(bit, ordering: .relaxed)
        let main = interpreter.state.pointee.mainThreadID
        interpreter.forEachThread { if $0.id == main { $0.request(RequestBits.signals) } }
    }

    /// As if the signal had arrived for the main thread of the interpreter. Nothing when it is ignored or not handled in Python.
    static func simulate(_ interpreter: Interpreter, _ number: Int32) {
        if number == keyboard && !isTarget(interpreter) { return request(interpreter, 1) }
        guard isTarget(interpreter), Signals.disposition(number) == .noted else { return }
        Signals.note(number)
    }

    static func isTarget(_ interpreter: Interpreter) -> Bool {
        guard let raw = target else { return false }
        return ThreadState(raw).interpreter.id == interpreter.id
    }

    /// SIGINT interrupts this thread. Once, by the main thread; it lives as long as the process.
    public static func install(_ main: ThreadState) {
        target = main.raw
        Signals.useThisThread()
        Signals.notify {
            guard let raw = Interrupts.target else { return }
            let main = ThreadState(raw)
            main.interpreter.state.pointee.interrupted.bitwiseOr(2, ordering: .relaxed)
            main.request(RequestBits.signals)
        }
        _ = Signals.set(keyboard, .noted)
        // Writing to a pipe that nobody reads raises BrokenPipeError instead.
        if Signals.disposition(brokenPipe) == .usual { _ = Signals.set(brokenPipe, .ignored) }
    }
    /// In a forked child: another thread is the main thread now.
    static func move(to main: ThreadState) {
        if target == nil { return }
        target = main.raw
        Signals.useThisThread()
    }
    /// Signals change nothing from now on: the thread is about to end.
    public static func uninstall() { target = nil }

    static func deliver(_ t: ThreadState) throws(PythonError) {
        guard t.isMainThread else { return }
        let what = t.interpreterState.pointee.interrupted.exchange(0, ordering: .relaxed)
        if what == 0 { return }
        do throws(PythonError) {
            if what & 1 != 0 { try handle(t, keyboard) }
            if what & 2 == 0 || !isTarget(t.interpreter) { return }
            for number in 1..<Int32(Signals.limit) where Signals.take(number) { try handle(t, number) }
        } catch {
            if what & 2 != 0 { request(t.interpreter, 2) }
            throw error
        }
    }

    private static func handle(_ t: ThreadState, _ number: Int32) throws(PythonError) {
        let module = DictRef(t.interpreterState.pointee.modules).getName(t, Interning.intern("_signal"))
        defer { t.release(module) }
        var handler = Value.null
        if !module.isNull {
            let table = try t.getAttribute(module, Interning.intern("_handlers"))
            defer { t.release(table) }
            handler = try DictRef(table).get(t, Value(smallInt: Int(number)))
        }
        defer { t.release(handler) }
        if handler.isNull {
            if number == keyboard { throw t.raise(.keyboardInterrupt) }
            return
        }
        var frame = Value.none
        do throws(PythonError) { frame = try FrameObjects.running(t, depth: 0) } catch { t.clearRaised() }
        defer { t.release(frame) }
        t.release(try t.call(handler, Value(smallInt: Int(number)), frame))
    }
}
