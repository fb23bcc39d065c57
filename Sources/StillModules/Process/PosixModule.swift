// The module `posix`: processes, pipes and descriptors. What may block is called detached and goes on after a signal unless an interrupt is due.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum PosixModule {
    public static let definition = ModuleDefinition(name: "posix") { m in
        m.set("error", StaticTypes.record(ExceptionID.osError).value)
        forking(m)
        identity(m)
        waiting(m)
        statusWords(m)
        descriptors(m)
        environment(m)
        PosixFiles.fill(m)
        PosixSystem.fill(m)
    }

    static func raise(_ t: Thread, _ error: ProcessError) -> PythonError { t.raiseOSError(Int(error.code), "\(error)") }

    /// A system call that may block.
    static func blocking<R>(_ t: Thread, _ body: () throws(ProcessError) -> R) throws(PythonError) -> R {
        while true {
            let result: Result<R, ProcessError> = t.detached {
                do throws(ProcessError) { return .success(try body()) } catch { return .failure(error) }
            }
            switch result {
            case .success(let value): return value
            case .failure(let error):
                // Interrupted by a signal (EINTR).
                guard error.code == 4 else { throw raise(t, error) }
                try PythonThreads.checkInterrupt(t)
            }
        }
    }
    private static func direct<R>(_ t: Thread, _ body: () throws(ProcessError) -> R) throws(PythonError) -> R {
        do throws(ProcessError) { return try body() } catch { throw raise(t, error) }
    }
    private static func int32(_ t: Thread, _ word: UInt64) throws(PythonError) -> Int32 {
        let number = try t.indexInt(Value(bits: word))
        guard let small = Int32(exactly: number) else { throw t.raise(.overflowError, "Python int too large to convert to C int") }
        return small
    }

    private static func forking(_ m: ModuleBuilder) {
        m.function("fork", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                do throws(ForkError) {
                    switch try ForkCallbacks.fork(t) {
                    case .child: return Value(smallInt: 0)
                    case .parent(let child): return Value(smallInt: Int(child))
                    }
                } catch {
                    switch error {
                    case .system(let code): throw t.raiseOSError(Int(code), SystemError.text(code))
                    case .shuttingDown: throw t.raise(.pythonFinalizationError, "\(error)")
                    case .notAllowed, .insidePause: throw t.raise(.runtimeError, "\(error)")
                    }
                }
            }
        }
        m.function("register_at_fork", 0, 3, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try ForkCallbacks.register(t, a, n, k)
                return .none
            }
        }
        m.function("_exit", 1, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "_exit", a, n, k, names: ["status"], required: 1)
                Process.exitNow(try PosixModule.int32(t, v[0].bits))
            }
        }
        m.function("abort", 0, 0) { t, s, a, n, k in Process.crash() }
        for (name, count) in [("execv", 2), ("execve", 3)] {
            m.function(name, count, count) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try PosixModule.execute(t, Value(bits: a[0]), Value(bits: a[1]), n > 2 ? Value(bits: a[2]) : .null)
                }
            }
        }
    }

    private static func path(_ t: Thread, _ v: Value, _ what: String) throws(PythonError) -> String {
        if t.isStr(v) { return StrRef(v).string }
        if let bytes = t.bytesLike(v) { return String(decoding: bytes, as: UTF8.self) }
        throw t.raise(.typeError, "\(what) should be string or bytes, not \(t.typeName(v))")
    }

    private static func execute(_ t: Thread, _ program: Value, _ list: Value, _ variables: Value) throws(PythonError) -> Value {
        let name = variables.isNull ? "execv" : "execve"
        if !t.interpreter.configuration.allowsExec {
            throw t.raise(.runtimeError, "exec not supported for isolated subinterpreters")
        }
        let file = try path(t, program, "\(name): path")
        let items = try t.makeList(capacity: 0)
        defer { t.release(items) }
        try ListRef(items).extend(t, list)
        var arguments: [String] = []
        for index in 0..<ListRef(items).count {
            let item = ListRef(items).item(t, index)
            defer { t.release(item) }
            arguments.append(try path(t, item, "\(name): argument"))
        }
        if arguments.isEmpty { throw t.raise(.valueError, "\(name)() arg 2 must not be empty") }
        var environment: [String]?
        if !variables.isNull {
            var entries: [String] = []
            let pairs = try t.callMethod(variables, Interning.intern("items"))
            defer { t.release(pairs) }
            let all = try t.makeList(capacity: 0)
            defer { t.release(all) }
            try ListRef(all).extend(t, pairs)
            for index in 0..<ListRef(all).count {
                let pair = ListRef(all).item(t, index)
                defer { t.release(pair) }
                entries.append(
                    try path(t, TupleRef(pair).item(0), "environment name") + "="
                        + path(t, TupleRef(pair).item(1), "environment value"))
            }
            environment = entries
        }
        OutputBuffer.flush(t)
        throw raise(t, ChildProcess.replaceProgram(file, arguments, environment: environment))
    }

    private static func identity(_ m: ModuleBuilder) {
        m.function("getpid", 0, 0) { _, _, _, _, _ in Value(smallInt: Int(Process.id)).bits }
        m.function("getppid", 0, 0) { _, _, _, _, _ in Value(smallInt: Int(Process.parentID)).bits }
        m.function("getpgrp", 0, 0) { _, _, _, _, _ in Value(smallInt: Int(Process.groupID)).bits }
        m.function("getuid", 0, 0) { _, _, _, _, _ in Value(smallInt: Int(Process.userIDs.real)).bits }
        m.function("geteuid", 0, 0) { _, _, _, _, _ in Value(smallInt: Int(Process.userIDs.effective)).bits }
        m.function("getgid", 0, 0) { _, _, _, _, _ in Value(smallInt: Int(Process.groupIDs.real)).bits }
        m.function("getegid", 0, 0) { _, _, _, _, _ in Value(smallInt: Int(Process.groupIDs.effective)).bits }
        m.function("getpgid", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let id = try PosixModule.int32(t, a[0])
                return Value(smallInt: Int(try PosixModule.direct(t) { () throws(ProcessError) in try Process.groupID(of: id) }))
            }
        }
        m.function("setsid", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try PosixModule.direct(t) { () throws(ProcessError) in try Process.startSession() }
                return .none
            }
        }
        m.function("cpu_count", 0, 0) { _, _, _, _, _ in Value(smallInt: Process.processorCount).bits }
        m.function("sched_yield", 0, 0) { t, s, a, n, k in
            Thread(t).detached { OSThread.yield() }
            return Value.none.bits
        }
    }

    private static func waiting(_ m: ModuleBuilder) {
        m.set("WNOHANG", Value(smallInt: Int(ChildProcess.noHang)))
        m.set("WUNTRACED", Value(smallInt: Int(ChildProcess.untraced)))
        m.set("WCONTINUED", Value(smallInt: Int(ChildProcess.continued)))
        m.function("waitpid", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let id = try PosixModule.int32(t, a[0])
                let options = try PosixModule.int32(t, a[1])
                return try PosixModule.wait(t, id, options)
            }
        }
        m.function("wait", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try PosixModule.wait(t, -1, 0) }
        }
        m.function("kill", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let id = try PosixModule.int32(t, a[0])
                let signal = try PosixModule.int32(t, a[1])
                try PosixModule.direct(t) { () throws(ProcessError) in try ChildProcess.send(signal: signal, to: id) }
                return .none
            }
        }
        m.function("killpg", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let id = try PosixModule.int32(t, a[0])
                let signal = try PosixModule.int32(t, a[1])
                try PosixModule.direct(t) { () throws(ProcessError) in try ChildProcess.send(signal: signal, toGroup: id) }
                return .none
            }
        }
    }

    private static func wait(_ t: Thread, _ id: Int32, _ options: Int32) throws(PythonError) -> Value {
        let found = try blocking(t) { () throws(ProcessError) in try ChildProcess.wait(id, options: options) }
        return try t.makeTuple([Value(smallInt: Int(found.id)), Value(smallInt: Int(found.status))])
    }

    /// What a wait status says.
    private static func part(_ raw: UnsafeMutableRawPointer, _ status: UInt64, _ part: (Int32) -> Value) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in part(try int32(t, status)) }
    }

    private static func statusWords(_ m: ModuleBuilder) {
        m.function("WIFEXITED", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(ChildProcess.hasExited($0)) } }
        m.function("WIFSIGNALED", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(ChildProcess.wasSignalled($0)) } }
        m.function("WIFSTOPPED", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(ChildProcess.isStopped($0)) } }
        m.function("WIFCONTINUED", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(ChildProcess.isContinued($0)) } }
        m.function("WCOREDUMP", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(ChildProcess.hasDumpedCore($0)) } }
        m.function("WEXITSTATUS", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(smallInt: Int(ChildProcess.exitCode($0))) } }
        m.function("WTERMSIG", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(smallInt: Int(ChildProcess.terminationSignal($0))) } }
        m.function("WSTOPSIG", 1, 1) { t, s, a, n, k in PosixModule.part(t, a[0]) { Value(smallInt: Int(ChildProcess.stopSignal($0))) } }
        m.function("waitstatus_to_exitcode", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let status = try PosixModule.int32(t, a[0])
                if ChildProcess.hasExited(status) { return Value(smallInt: Int(ChildProcess.exitCode(status))) }
                if ChildProcess.wasSignalled(status) { return Value(smallInt: -Int(ChildProcess.terminationSignal(status))) }
                if ChildProcess.isStopped(status) {
                    throw t.raise(.valueError, "process stopped by delivery of signal \(ChildProcess.stopSignal(status))")
                }
                throw t.raise(.valueError, "invalid wait status: \(status)")
            }
        }
    }

    private static func descriptors(_ m: ModuleBuilder) {
        m.function("pipe", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let ends = try PosixModule.direct(t) { () throws(ProcessError) in try Descriptor.pipe() }
                return try t.makeTuple([Value(smallInt: Int(ends.read)), Value(smallInt: Int(ends.write))])
            }
        }
        m.function("read", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = try PosixModule.int32(t, a[0])
                let count = try t.indexInt(Value(bits: a[1]))
                if count < 0 { throw t.raiseOSError(22, SystemError.text(22)) }
                let bytes = try PosixModule.blocking(t) { () throws(ProcessError) in
                    try Descriptor.read(descriptor, count: min(count, 0x7FFF_F000))
                }
                return try t.makeBytes(bytes)
            }
        }
        m.function("write", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = try PosixModule.int32(t, a[0])
                guard let bytes = t.bytesLike(Value(bits: a[1])) else {
                    throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(Value(bits: a[1])))'")
                }
                return Value(smallInt: try PosixModule.blocking(t) { () throws(ProcessError) in try Descriptor.write(descriptor, bytes) })
            }
        }
        m.function("close", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = try PosixModule.int32(t, a[0])
                try PosixModule.direct(t) { () throws(ProcessError) in try Descriptor.close(descriptor) }
                return .none
            }
        }
        m.function("dup", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = try PosixModule.int32(t, a[0])
                return Value(smallInt: Int(try PosixModule.direct(t) { () throws(ProcessError) in try Descriptor.duplicate(descriptor) }))
            }
        }
        m.function("dup2", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let from = try PosixModule.int32(t, a[0])
                let to = try PosixModule.int32(t, a[1])
                return Value(smallInt: Int(try PosixModule.direct(t) { () throws(ProcessError) in try Descriptor.duplicate(from, as: to) }))
            }
        }
    }

    private static func environment(_ m: ModuleBuilder) {
        let t = m.thread
        m.function("strerror", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeString(SystemError.text(try PosixModule.int32(t, a[0])))
            }
        }
        m.function("getcwd", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard let folder = Process.workingFolder else { throw t.raiseOSError(2, SystemError.text(2)) }
                return try t.makeString(folder)
            }
        }
        m.function("putenv", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let name = try PosixModule.path(t, Value(bits: a[0]), "putenv: name")
                let value = try PosixModule.path(t, Value(bits: a[1]), "putenv: value")
                try PosixModule.direct(t) { () throws(ProcessError) in try Process.setEnvironment(name, value) }
                return .none
            }
        }
        m.function("unsetenv", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let name = try PosixModule.path(t, Value(bits: a[0]), "unsetenv: name")
                try PosixModule.direct(t) { () throws(ProcessError) in try Process.setEnvironment(name, nil) }
                return .none
            }
        }
        if let dict = try? variables(t) { m.constant("environ", dict) } else { m.set("environ", .none) }
    }

    private static func variables(_ t: Thread) throws(PythonError) -> Value {
        let dict = try t.makeDict()
        for (name, value) in Process.environment {
            let key = try t.makeBytes(name)
            defer { t.release(key) }
            let word = try t.makeBytes(value)
            defer { t.release(word) }
            try DictRef(dict).set(t, key, word)
        }
        return dict
    }
}
