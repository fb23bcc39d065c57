// A line of text for the reader of a log when the process dies of a signal: what it was doing, how to do it again.
//
// The handler only writes bytes that were prepared before. After it the signal does what it would have done. A thread whose
// stack is full cannot run the handler.
internal import CStillShims

public enum CrashLine {
    /// From any one thread at a time; nil: nothing to say. The first call with a line installs the handlers.
    public static func set(_ line: String?) {
        guard let line else { return still_crash_line(nil) }
        still_crash_line(line)
        still_crash_install()
    }
}
