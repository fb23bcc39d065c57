// The modules `resource` and `fcntl`.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum ResourceModule {
    private static let fields = [
        "ru_utime", "ru_stime", "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt", "ru_majflt", "ru_nswap", "ru_inblock", "ru_oublock",
        "ru_msgsnd", "ru_msgrcv", "ru_nsignals", "ru_nvcsw", "ru_nivcsw",
    ]

    static let definition = ModuleDefinition(name: "resource") { m in
        for (name, number) in SystemCalls.limitNames + [("RLIM_INFINITY", -1), ("RUSAGE_SELF", 0), ("RUSAGE_CHILDREN", -1), ("RUSAGE_THREAD", 1)] {
            m.set(name, Value(smallInt: number))
        }
        m.set("error", StaticTypes.record(ExceptionID.osError).value)
        do throws(PythonError) { m.constant("struct_rusage", try NamedRecord.makeType(m.thread, "resource.struct_rusage", fields)) } catch {
            return m.fail()
        }
        m.function("getrlimit", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let kind = try ResourceModule.kind(t, a[0])
                let pair = try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.limit(kind) }
                return try t.makeTuple([try t.makeInt(pair.soft), try t.makeInt(pair.hard)])
            }
        }
        m.function("setrlimit", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let kind = try ResourceModule.kind(t, a[0])
                var numbers: [Int] = []
                try t.withItems(of: Value(bits: a[1])) { (items: UnsafeBufferPointer<Value>) throws(PythonError) in
                    for item in items { numbers.append(try t.indexInt(item)) }
                }
                guard numbers.count == 2 else { throw t.raise(.valueError, "expected a tuple of 2 integers") }
                do throws(ProcessError) { try SystemCalls.setLimit(kind, soft: numbers[0], hard: numbers[1]) } catch {
                    if error.code == 22 { throw t.raise(.valueError, "current limit exceeds maximum limit") }
                    if error.code == 1 { throw t.raise(.valueError, "not allowed to raise maximum limit") }
                    throw PosixModule.raise(t, error)
                }
                return .none
            }
        }
        m.function("getrusage", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let who = try t.indexInt(Value(bits: a[0]))
                guard (-1...1).contains(who) else { throw t.raise(.valueError, "invalid who parameter") }
                let usage = try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.usage(who) }
                var items = [try t.makeFloat(usage.user), try t.makeFloat(usage.system)]
                for count in usage.counts { items.append(try t.makeInt(count)) }
                return try PosixSystem.record(t, "resource", "struct_rusage", items)
            }
        }
        m.function("getpagesize", 0, 0) { _, _, _, _, _ in Value(smallInt: SystemCalls.pageBytes).bits }
    }

    private static func kind(_ t: Thread, _ word: UInt64) throws(PythonError) -> Int {
        let kind = try t.indexInt(Value(bits: word))
        guard (0...15).contains(kind) else { throw t.raise(.valueError, "invalid resource specified") }
        return kind
    }
}

enum FcntlModule {
    static let definition = ModuleDefinition(name: "fcntl") { m in
        for (name, number) in SystemCalls.controlNames { m.set(name, Value(smallInt: number)) }
        m.function("fcntl", 2, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try FcntlModule.file(t, a[0])
                let command = try PosixSystem.int32(t, a[1])
                let argument = n > 2 ? Value(bits: a[2]) : Value(smallInt: 0)
                guard t.isInt(argument) else { throw t.raise(.notImplementedError, "fcntl() with a structure is not supported; lockf() and flock() are") }
                let number = try t.indexInt(argument)
                return try t.makeInt(try PosixModule.blocking(t) { () throws(ProcessError) in try SystemCalls.control(file, command, number) })
            }
        }
        m.function("ioctl", 2, 4) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in throw t.raise(.notImplementedError, "ioctl() is not supported") }
        }
        m.function("flock", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try FcntlModule.file(t, a[0])
                let operation = try PosixSystem.int32(t, a[1])
                try PosixModule.blocking(t) { () throws(ProcessError) in try SystemCalls.lockWhole(file, operation) }
                return .none
            }
        }
        m.function("lockf", 2, 5) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try FcntlModule.file(t, a[0])
                let operation = try t.indexInt(Value(bits: a[1]))
                let length = n > 2 ? try t.indexInt(Value(bits: a[2])) : 0
                let start = n > 3 ? try t.indexInt(Value(bits: a[3])) : 0
                let whence = n > 4 ? try t.indexInt(Value(bits: a[4])) : 0
                // LOCK_SH 1, LOCK_EX 2, LOCK_NB 4, LOCK_UN 8.
                let kind = operation & 8 != 0 ? 0 : operation & 1 != 0 ? 1 : operation & 2 != 0 ? 2 : -1
                if kind < 0 { throw t.raise(.valueError, "unrecognized lockf argument") }
                try PosixModule.blocking(t) { () throws(ProcessError) in
                    try SystemCalls.lock(file, kind: kind, waits: operation & 4 == 0, start: start, length: length, whence: whence)
                }
                return .none
            }
        }
    }

    /// A descriptor, or what has one by `fileno()`.
    private static func file(_ t: Thread, _ word: UInt64) throws(PythonError) -> Int32 {
        let value = Value(bits: word)
        if t.isInt(value) { return try PosixSystem.int32(t, word) }
        let method = try t.getAttributeOrNull(value, Interning.intern("fileno"))
        if method.isNull { throw t.raise(.typeError, "argument must be an int, or have a fileno() method.") }
        defer { t.release(method) }
        let number = try t.call(method)
        defer { t.release(number) }
        return try PosixSystem.int32(t, number.bits)
    }
}
