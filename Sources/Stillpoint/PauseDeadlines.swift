// When a host is told that threads do not stop, and what else happens then.
public import StillThreadRegistry

extension Interpreter {
    /// For interpreters without a deadline of their own, and for pauses of all interpreters. 60 s, in checking builds 10 s, unless set.
    public static var processPauseDeadline: PauseDeadline {
        get { PauseDeadline.process }
        set { PauseDeadline.process = newValue }
    }
    /// Receives the reports about threads that do not stop, instead of standard error; nil: standard error again.
    ///
    /// The handler runs on the thread that waits, while other threads stand: it must not call an interpreter.
    public static func onSlowPause(_ handler: (@Sendable (StopReport) -> Void)?) { PauseDeadline.setHandler(handler) }
}
