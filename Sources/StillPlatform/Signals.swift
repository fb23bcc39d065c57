// Signals that programs handle. The handler takes a note and notifies; the main thread looks at the notes later (signals.c).
internal import CStillShims

public enum Signals {
    public enum Disposition: Int32, Sendable { case usual, ignored, noted, foreign }
    public static let limit = 65

    /// Signals that reach another thread are passed on to the calling one from now on.
    public static func useThisThread() { still_signals_main_thread() }
    /// What the handler calls after it took a note. Only atomics are allowed there.
    public static func notify(_ body: (@convention(c) () -> Void)?) { still_signals_notify(body) }
    /// - Returns: 0 or an errno. `restarts`: system calls go on instead of failing with EINTR.
    public static func set(_ number: Int32, _ disposition: Disposition, restarts: Bool = false) -> Int32 {
        still_signals_set(number, disposition.rawValue, restarts ? 1 : 0)
    }
    /// nil for numbers that are no signals.
    public static func disposition(_ number: Int32) -> Disposition? { Disposition(rawValue: still_signals_kind(number)) }
    /// Whether the signal has arrived since the last call. Main thread.
    public static func take(_ number: Int32) -> Bool { still_signals_take(number) != 0 }
    public static func note(_ number: Int32) { still_signals_note(number) }
    /// Every noted signal is written to the descriptor as one byte; -1: to none. Returns the former one.
    public static func setWakeup(_ descriptor: Int32) -> Int32 { still_signals_wakeup(descriptor) }
}
