// Exceptions that nobody can catch: raised by finalizers, weak-reference callbacks and threads.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM

public enum Unraisable {
    /// Prints "Exception ignored in: …" and the traceback. Both borrowed.
    public static func report(_ t: ThreadState, _ exception: Value, _ source: Value, message: String? = nil) {
        var text = ""
        if !source.isNull {
            let name = try? t.repr(source)
            t.clearRaised()
            text = "\(message ?? "Exception ignored in"): "
            text += name.map { StrRef($0).string } ?? "<object repr() failed>"
            if let name { t.release(name) }
            text += "\n"
        } else if let message {
            text = message + ":\n"
        }
        text += TracebackText.render(t, exception, marks: false)
        TextStream.write(t, to: "stderr", text)
    }

    public static func installHook() {
        ObjectHooks.unraisable = { raw, exception, source in
            Unraisable.report(Thread(raw), Value(bits: exception), Value(bits: source))
        }
    }
}
