// The module `_posixsubprocess`: programs started in a child (StillPlatform/Spawn.swift).
//
// Without preexec_fn nothing of this process runs in the child. With it, the child is a fork like os.fork()'s, with the calling thread alone.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum SpawnModule {
    public static let definition = ModuleDefinition(name: "_posixsubprocess") { m in
        m.function("fork_exec", 21, 23) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try SpawnModule.start(t, a, n) }
        }
    }

    private static func bytes(_ t: Thread, _ v: Value) throws(PythonError) -> [UInt8] {
        let bytes: [UInt8]
        if t.isStr(v) {
            bytes = Array(StrRef(v).string.utf8)
        } else if let own = t.bytesLike(v) {
            bytes = own
        } else {
            let path = try t.callMethod(v, Interning.intern("__fspath__"))
            defer { t.release(path) }
            return try self.bytes(t, path)
        }
        if bytes.contains(0) { throw t.raise(.valueError, "embedded null byte") }
        return bytes
    }
    private static func list(_ t: Thread, _ v: Value) throws(PythonError) -> [[UInt8]] {
        let items = try t.makeList(capacity: 0)
        defer { t.release(items) }
        try ListRef(items).extend(t, v)
        var result: [[UInt8]] = []
        for index in 0..<ListRef(items).count {
            let item = ListRef(items).item(t, index)
            defer { t.release(item) }
            result.append(try bytes(t, item))
        }
        return result
    }
    private static func numbers(_ t: Thread, _ v: Value) throws(PythonError) -> [Int] {
        let items = try t.makeList(capacity: 0)
        defer { t.release(items) }
        try ListRef(items).extend(t, v)
        var result: [Int] = []
        for index in 0..<ListRef(items).count {
            let item = ListRef(items).item(t, index)
            defer { t.release(item) }
            result.append(try t.indexInt(item))
        }
        return result
    }

    /// args, executables, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write,
    /// restore_signals, start_new_session, process_group, gid, extra groups, uid, umask, preexec_fn, use_vfork.
    private static func start(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) -> Value {
        if n != 23 { throw t.raise(.typeError, "fork_exec expected 23 arguments, got \(n)") }
        func value(_ index: Int) -> Value { Value(bits: a[index]) }
        func descriptor(_ index: Int) throws(PythonError) -> Int32 { Int32(truncatingIfNeeded: try t.indexInt(value(index))) }
        var plan = SpawnPlan()
        plan.arguments = try list(t, value(0))
        plan.programs = try list(t, value(1))
        plan.closesOthers = try t.isTrue(value(2))
        plan.kept = try numbers(t, value(3)).map { Int32(truncatingIfNeeded: $0) }
        if !value(4).isNone { plan.folder = try bytes(t, value(4)) }
        if !value(5).isNone { plan.environment = try list(t, value(5)) }
        plan.input = (try descriptor(6), try descriptor(7))
        plan.output = (try descriptor(9), try descriptor(8))
        plan.error = (try descriptor(11), try descriptor(10))
        plan.report = (try descriptor(13), try descriptor(12))
        plan.restoresSignals = try t.isTrue(value(14))
        plan.startsSession = try t.isTrue(value(15))
        plan.processGroup = try descriptor(16)
        if !value(17).isNone { plan.group = try t.indexInt(value(17)) }
        if !value(18).isNone { plan.groups = try numbers(t, value(18)).map { UInt32(truncatingIfNeeded: $0) } }
        if !value(19).isNone { plan.user = try t.indexInt(value(19)) }
        plan.mask = try descriptor(20)
        plan.folderFailed = folderWord(t)
        let prepare = value(21)
        OutputBuffer.flush(t)
        if prepare.isNone {
            let ready = plan
            do throws(ProcessError) { return Value(smallInt: Int(try ready.start())) } catch { throw PosixModule.raise(t, error) }
        }
        let outcome: ForkOutcome
        do throws(ForkError) { outcome = try ForkCallbacks.fork(t) } catch { throw t.raise(.runtimeError, "\(error)") }
        if case .parent(let child) = outcome { return Value(smallInt: Int(child)) }
        do throws(PythonError) { t.release(try t.call(prepare)) } catch {
            // What the module subprocess makes of this in the parent: SubprocessError.
            do throws(ProcessError) {
                _ = try Descriptor.write(plan.report.0, Array("SubprocessError:0:Exception occurred in preexec_fn.".utf8))
            } catch {}
            Process.exitNow(255)
        }
        plan.becomeProgram()
    }

    /// How the library's `subprocess` wants to hear of a folder that can't be entered: since 3.12 apart from other failures.
    private static func folderWord(_ t: Thread) -> String {
        let library = t.interpreterState.pointee.stdlib
        if library.isNull { return "noexec" }
        return File.exists(StrRef(library).string + "/asyncore.py") ? "noexec" : "noexec:chdir"
    }
}
