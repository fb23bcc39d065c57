// The module `_signal`: handlers in Python, run by the main thread (Interrupts.swift), timers and masks.
//
// The table of handlers is a dict of the module; only the main thread writes it.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum SignalModule {
    public static let definition = ModuleDefinition(name: "_signal") { m in
        for (name, number) in SignalModule.numbers { m.set(name, Value(smallInt: Int(number))) }
        m.set("SIG_DFL", Value(smallInt: 0))
        m.set("SIG_IGN", Value(smallInt: 1))
        m.set("NSIG", Value(smallInt: Signals.limit))
        m.set("ItimerError", StaticTypes.record(ExceptionID.osError).value)
        SignalModule.handlers(m)
        SignalModule.sending(m)
        SignalModule.timers(m)
        SignalModule.masks(m)
        PythonPart.run(m, SignalModule.source)
    }

    private static var numbers: [(String, Int32)] {
        var all: [(String, Int32)] = [
            ("SIGHUP", SIGHUP), ("SIGINT", SIGINT), ("SIGQUIT", SIGQUIT), ("SIGILL", SIGILL), ("SIGTRAP", SIGTRAP), ("SIGABRT", SIGABRT),
            ("SIGBUS", SIGBUS), ("SIGFPE", SIGFPE), ("SIGKILL", SIGKILL), ("SIGUSR1", SIGUSR1), ("SIGSEGV", SIGSEGV), ("SIGUSR2", SIGUSR2),
            ("SIGPIPE", SIGPIPE), ("SIGALRM", SIGALRM), ("SIGTERM", SIGTERM), ("SIGCHLD", SIGCHLD), ("SIGCONT", SIGCONT),
            ("SIGSTOP", SIGSTOP), ("SIGTSTP", SIGTSTP), ("SIGTTIN", SIGTTIN), ("SIGTTOU", SIGTTOU), ("SIGURG", SIGURG),
            ("SIGXCPU", SIGXCPU), ("SIGXFSZ", SIGXFSZ), ("SIGVTALRM", SIGVTALRM), ("SIGPROF", SIGPROF), ("SIGWINCH", SIGWINCH),
            ("SIGIO", SIGIO), ("SIGSYS", SIGSYS),
            ("SIG_BLOCK", SIG_BLOCK), ("SIG_UNBLOCK", SIG_UNBLOCK), ("SIG_SETMASK", SIG_SETMASK),
            ("ITIMER_REAL", 0), ("ITIMER_VIRTUAL", 1), ("ITIMER_PROF", 2),
        ]
        #if os(Linux)
            all += [("SIGIOT", SIGABRT), ("SIGPOLL", SIGIO), ("SIGCLD", SIGCHLD), ("SIGSTKFLT", 16), ("SIGPWR", 30), ("SIGRTMIN", 34), ("SIGRTMAX", 64)]
        #endif
        return all
    }

    private static func number(_ t: Thread, _ word: UInt64) throws(PythonError) -> Int32 {
        let number = try t.indexInt(Value(bits: word))
        guard number > 0, number < Signals.limit else { throw t.raise(.valueError, "signal number out of range") }
        return Int32(number)
    }
    /// The number of an interval timer: the system's type has no other ones.
    private static func timer(_ t: Thread, _ bits: UInt64) throws(PythonError) -> Int32 {
        let which = try t.indexInt(Value(bits: bits))
        guard (0...2).contains(which) else { throw t.raiseOSError(Int(EINVAL), SystemError.text(EINVAL)) }
        return Int32(which)
    }
    private static func check(_ t: Thread, _ code: Int32) throws(PythonError) {
        if code != 0 { throw t.raiseOSError(Int(code), SystemError.text(code)) }
    }

    private static func handlers(_ m: ModuleBuilder) {
        m.function("_set", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let kind = Signals.Disposition(rawValue: Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[1])))) ?? .usual
                try SignalModule.check(t, Signals.set(try SignalModule.number(t, a[0]), kind))
                return .none
            }
        }
        m.function("_kind", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(smallInt: Int(Signals.disposition(try SignalModule.number(t, a[0]))?.rawValue ?? 3))
            }
        }
        m.function("_is_main", 0, 0) { t, _, _, _, _ in
            Value(Thread(t).isMainThread && Interrupts.isTarget(Thread(t).interpreter)).bits
        }
        m.function("siginterrupt", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let number = try SignalModule.number(t, a[0])
                let kind = Signals.disposition(number) ?? .usual
                if kind != .foreign { try SignalModule.check(t, Signals.set(number, kind, restarts: try !t.isTrue(Value(bits: a[1])))) }
                return .none
            }
        }
        m.function("set_wakeup_fd", 1, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if n != 1 { throw t.raise(.typeError, "set_wakeup_fd() takes exactly 1 positional argument (\(n) given)") }
                guard t.isMainThread, Interrupts.isTarget(t.interpreter) else {
                    throw t.raise(.valueError, "set_wakeup_fd only works in main thread of the main interpreter")
                }
                let descriptor = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                if descriptor >= 0 {
                    let flags = fcntl(descriptor, F_GETFL)
                    if flags < 0 { throw t.raise(.valueError, "invalid fd: \(descriptor)") }
                    if flags & O_NONBLOCK == 0 { throw t.raise(.valueError, "the fd \(descriptor) must be in non-blocking mode") }
                }
                return Value(smallInt: Int(Signals.setWakeup(max(-1, descriptor))))
            }
        }
        m.function("strsignal", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard let text = strsignal(try SignalModule.number(t, a[0])) else { return .none }
                let string = String(cString: text)
                return string.hasPrefix("Unknown signal") ? .none : try t.makeString(string)
            }
        }
    }

    private static func sending(_ m: ModuleBuilder) {
        m.function("raise_signal", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let number = try SignalModule.number(t, a[0])
                if raise(number) != 0 { try SignalModule.check(t, errno) }
                try Interrupts.deliver(t)
                return .none
            }
        }
        m.function("pthread_kill", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                // Threads are named by their numbers in this runtime; only the main thread's and the caller's stand for an OS thread here.
                let id = try t.indexInt(Value(bits: a[0]))
                let number = try SignalModule.number(t, a[1])
                if id == Int(t.id) {
                    try SignalModule.check(t, pthread_kill(pthread_self(), number))
                } else if id == Int(t.interpreterState.pointee.mainThreadID) {
                    if kill(getpid(), number) != 0 { try SignalModule.check(t, errno) }
                } else {
                    throw t.raise(.notImplementedError, "pthread_kill() reaches only the calling and the main thread")
                }
                try Interrupts.deliver(t)
                return .none
            }
        }
        m.function("pause", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                // In slices: the signal may come between the look and the wait.
                while !PythonThreads.isInterrupted(t) { t.detached { _ = usleep(20_000) } }
                try Interrupts.deliver(t)
                return .none
            }
        }
    }

    private static func timers(_ m: ModuleBuilder) {
        m.function("alarm", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(smallInt: Int(alarm(UInt32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0]))))))
            }
        }
        m.function("setitimer", 2, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let which = try SignalModule.timer(t, a[0])
                func time(_ v: Value) throws(PythonError) -> timeval {
                    let nanoseconds = try TimeModule.nanoseconds(t, v)
                    return timeval(tv_sec: nanoseconds / 1_000_000_000, tv_usec: suseconds_t((nanoseconds % 1_000_000_000 + 999) / 1000))
                }
                var new = itimerval()
                new.it_value = try time(Value(bits: a[1]))
                if n > 2 { new.it_interval = try time(Value(bits: a[2])) }
                var old = itimerval()
                if SignalModule.setTimer(which, &new, &old) != 0 { try SignalModule.check(t, errno) }
                return try SignalModule.pair(t, old)
            }
        }
        m.function("getitimer", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let which = try SignalModule.timer(t, a[0])
                var old = itimerval()
                if SignalModule.getTimer(which, &old) != 0 { try SignalModule.check(t, errno) }
                return try SignalModule.pair(t, old)
            }
        }
    }
    private static func setTimer(_ which: Int32, _ new: inout itimerval, _ old: inout itimerval) -> Int32 {
        #if canImport(Glibc)
            setitimer(__itimer_which_t(UInt32(bitPattern: which)), &new, &old)
        #else
            setitimer(which, &new, &old)
        #endif
    }
    private static func getTimer(_ which: Int32, _ old: inout itimerval) -> Int32 {
        #if canImport(Glibc)
            getitimer(__itimer_which_t(UInt32(bitPattern: which)), &old)
        #else
            getitimer(which, &old)
        #endif
    }
    private static func pair(_ t: Thread, _ timer: itimerval) throws(PythonError) -> Value {
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return try t.makeTuple([try t.makeFloat(seconds(timer.it_value)), try t.makeFloat(seconds(timer.it_interval))])
    }

    private static func set(_ t: Thread, _ v: Value) throws(PythonError) -> sigset_t {
        var result = sigset_t()
        sigemptyset(&result)
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        try ListRef(list).extend(t, v)
        for index in 0..<ListRef(list).count {
            let item = ListRef(list).item(t, index)
            defer { t.release(item) }
            sigaddset(&result, try number(t, item.bits))
        }
        return result
    }
    private static func numbers(_ t: Thread, _ set: sigset_t) throws(PythonError) -> Value {
        var set = set
        let made = try t.makeList(capacity: 0)
        defer { t.release(made) }
        for number in 1..<Int32(Signals.limit) where sigismember(&set, number) == 1 {
            try ListRef(made).append(t, Value(smallInt: Int(number)))
        }
        return try t.call(t.type(.set).value, made)
    }
    private static func masks(_ m: ModuleBuilder) {
        m.function("pthread_sigmask", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let how = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                var new = try SignalModule.set(t, Value(bits: a[1]))
                var old = sigset_t()
                try SignalModule.check(t, pthread_sigmask(how, &new, &old))
                try Interrupts.deliver(t)
                return try SignalModule.numbers(t, old)
            }
        }
        m.function("sigpending", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var found = sigset_t()
                if sigpending(&found) != 0 { try SignalModule.check(t, errno) }
                return try SignalModule.numbers(t, found)
            }
        }
        m.function("sigwait", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var wanted = try SignalModule.set(t, Value(bits: a[0]))
                var found: Int32 = 0
                let code = t.detached { sigwait(&wanted, &found) }
                try SignalModule.check(t, code)
                return Value(smallInt: Int(found))
            }
        }
    }

    private static let source = """
        _handlers = {}


        def default_int_handler(signalnum, frame, /):
            raise KeyboardInterrupt


        def getsignal(signalnum, /):
            kind = _kind(signalnum)
            if kind < 2:
                return SIG_IGN if kind else SIG_DFL
            return _handlers.get(int(signalnum), default_int_handler if signalnum == SIGINT else None)


        def signal(signalnum, handler, /):
            if not _is_main():
                raise ValueError('signal only works in main thread of the main interpreter')
            old = getsignal(signalnum)
            signalnum = int(signalnum)
            if isinstance(handler, int) and handler in (SIG_DFL, SIG_IGN):
                _set(signalnum, handler)
                _handlers.pop(signalnum, None)
            elif callable(handler):
                before = _handlers.get(signalnum)
                _handlers[signalnum] = handler
                try:
                    _set(signalnum, 2)
                except OSError:
                    if before is None:
                        del _handlers[signalnum]
                    else:
                        _handlers[signalnum] = before
                    raise
            else:
                raise TypeError('signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object')
            return old


        def valid_signals():
            return set(range(1, 32)) | set(range(34, 65))
        """
}

/// The Python part of a module that is otherwise native.
enum PythonPart {
    static func run(_ m: ModuleBuilder, _ source: String) {
        do throws(PythonError) {
            let t = m.thread
            let code = try VMHooks.compile(t, Array(source.utf8), "<native>", .module)
            defer { t.release(code) }
            t.release(try Imports.run(t, code, globals: ModuleRef(m.module).dict))
        } catch { m.fail() }
    }
}
