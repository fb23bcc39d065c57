// The system's part of the module `posix`: what the machine is and does, times and owners of files, reading and writing at a place.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum PosixSystem {
    static func fill(_ m: ModuleBuilder) {
        machine(m)
        process(m)
        files(m)
        places(m)
    }

    // MARK: Arguments and results

    static func direct<R>(_ t: Thread, _ body: () throws(ProcessError) -> R) throws(PythonError) -> R {
        do throws(ProcessError) { return try body() } catch { throw PosixModule.raise(t, error) }
    }
    static func int32(_ t: Thread, _ word: UInt64) throws(PythonError) -> Int32 {
        guard let small = Int32(exactly: try t.indexInt(Value(bits: word))) else {
            throw t.raise(.overflowError, "Python int too large to convert to C int")
        }
        return small
    }
    /// An id or mode, where -1 stands for "leave it".
    static func uint32(_ t: Thread, _ word: UInt64) throws(PythonError) -> UInt32 { UInt32(truncatingIfNeeded: try t.indexInt(Value(bits: word))) }
    static func path(_ t: Thread, _ word: UInt64, _ function: String) throws(PythonError) -> String {
        let place = try PosixFiles.path(t, Value(bits: word), function)
        return String(decoding: place.bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    /// A tuple with named items, of a type kept in the module.
    static func record(_ t: Thread, _ module: String, _ type: String, _ items: [Value]) throws(PythonError) -> Value {
        let found = try Imports.load(t, module)
        defer { t.release(found) }
        let class_ = try t.getAttribute(found, Interning.intern(type))
        defer { t.release(class_) }
        return try NamedRecord.make(t, class_, items)
    }
    static func names(_ t: Thread, _ table: [(String, Int)]) throws(PythonError) -> Value {
        let dict = try t.makeDict()
        for (name, number) in table { try DictRef(dict).set(t, Interning.intern(name), Value(smallInt: number)) }
        return dict
    }

    private static func machine(_ m: ModuleBuilder) {
        do throws(PythonError) {
            m.constant("uname_result", try NamedRecord.makeType(m.thread, "posix.uname_result", ["sysname", "nodename", "release", "version", "machine"]))
            m.constant(
                "times_result",
                try NamedRecord.makeType(m.thread, "posix.times_result", ["user", "system", "children_user", "children_system", "elapsed"]))
            m.constant(
                "statvfs_result",
                try NamedRecord.makeType(
                    m.thread, "os.statvfs_result",
                    ["f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree", "f_favail", "f_flag", "f_namemax"]))
            m.constant("sysconf_names", try names(m.thread, SystemCalls.configurationNames))
        } catch { return m.fail() }
        m.function("uname", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var items: [Value] = []
                for name in SystemCalls.systemNames() { items.append(try t.makeString(name)) }
                return try PosixSystem.record(t, "posix", "uname_result", items)
            }
        }
        m.function("getloadavg", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard let loads = SystemCalls.loadAverages() else { throw t.raise(.osError, "Load averages are unobtainable") }
                return try t.makeTuple([try t.makeFloat(loads[0]), try t.makeFloat(loads[1]), try t.makeFloat(loads[2])])
            }
        }
        m.function("times", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var items: [Value] = []
                for seconds in SystemCalls.times() { items.append(try t.makeFloat(seconds)) }
                return try PosixSystem.record(t, "posix", "times_result", items)
            }
        }
        m.function("sysconf", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var number = 0
                if t.isStr(Value(bits: a[0])) {
                    let name = StrRef(Value(bits: a[0])).string
                    guard let known = SystemCalls.configurationNames.first(where: { $0.0 == name }) else {
                        throw t.raise(.valueError, "unrecognized configuration name")
                    }
                    number = known.1
                } else {
                    number = try t.indexInt(Value(bits: a[0]))
                }
                return try t.makeInt(SystemCalls.configuration(number))
            }
        }
        m.function("sync", 0, 0) { t, s, a, n, k in
            Thread(t).detached { SystemCalls.writeAllToDisk() }
            return Value.none.bits
        }
    }

    private static func process(_ m: ModuleBuilder) {
        m.function("system", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let command = try PosixSystem.path(t, a[0], "system")
                OutputBuffer.flush(t)
                return Value(smallInt: Int(try PosixModule.blocking(t) { () throws(ProcessError) in try SystemCalls.run(command: command) }))
            }
        }
        m.function("nice", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let step = try PosixSystem.int32(t, a[0])
                return Value(smallInt: Int(try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.changePriority(by: step) }))
            }
        }
        m.function("sched_getaffinity", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let id = try PosixSystem.int32(t, a[0])
                if id != 0 && id != Process.id { throw t.raise(.notImplementedError, "sched_getaffinity() of another process is not supported") }
                let set = try t.makeSet()
                for number in SystemCalls.processors() { try SetRef(set).add(t, Value(smallInt: number)) }
                return set
            }
        }
        m.function("getgroups", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let groups = try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.groups() }
                let list = try t.makeList(capacity: groups.count)
                for group in groups { try ListRef(list).appendOwned(t, Value(smallInt: group)) }
                return list
            }
        }
        m.function("setpgid", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (process, group) = (try PosixSystem.int32(t, a[0]), try PosixSystem.int32(t, a[1]))
                try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.joinGroup(process, group) }
                return .none
            }
        }
        m.function("setuid", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let id = try PosixSystem.uint32(t, a[0])
                try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.setUser(id) }
                return .none
            }
        }
        m.function("setgid", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let id = try PosixSystem.uint32(t, a[0])
                try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.setGroup(id) }
                return .none
            }
        }
    }

    private static func files(_ m: ModuleBuilder) {
        m.function("utime", 1, 2, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "utime", a, n, k, names: ["path", "times", "ns", "dir_fd", "follow_symlinks"], required: 1, keywordOnly: 3)
                let path = try PosixSystem.path(t, v[0].bits, "utime")
                let hasTimes = !v[1].isNull && !v[1].isNone
                let hasNanoseconds = !v[2].isNull && !v[2].isNone
                if hasTimes && hasNanoseconds { throw t.raise(.valueError, "utime: you may specify either 'times' or 'ns' but not both") }
                let follows = v[4].isNull ? true : try t.isTrue(v[4])
                var times: (access: Int, change: Int)?
                if hasTimes || hasNanoseconds {
                    let pair = hasTimes ? v[1] : v[2]
                    guard t.typeOf(pair).has(TypeFlags.tupleSubclass), TupleRef(pair).count == 2 else {
                        throw t.raise(.typeError, "utime: '\(hasTimes ? "times" : "ns")' must be either a tuple of two ints or None")
                    }
                    func time(_ index: Int) throws(PythonError) -> Int {
                        hasTimes ? try TimeModule.nanoseconds(t, TupleRef(pair).item(index)) : try t.indexInt(TupleRef(pair).item(index))
                    }
                    times = (try time(0), try time(1))
                }
                do throws(ProcessError) { try SystemCalls.setTimes(path, times, follows: follows) } catch {
                    throw t.raiseOSError(Int(error.code), "\(error)", path: path)
                }
                return .none
            }
        }
        m.function("truncate", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let length = try t.indexInt(Value(bits: a[1]))
                let path = try PosixSystem.path(t, a[0], "truncate")
                do throws(ProcessError) { try SystemCalls.cut(path, length) } catch { throw t.raiseOSError(Int(error.code), "\(error)", path: path) }
                return .none
            }
        }
        for name in ["chown", "lchown"] {
            let follows = name == "chown"
            m.function(name, 3, 3, follows ? PosixSystem.chown : PosixSystem.lchown)
        }
        m.function("fchown", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (file, user, group) = (try PosixSystem.int32(t, a[0]), try PosixSystem.uint32(t, a[1]), try PosixSystem.uint32(t, a[2]))
                try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.setOwner(file, user, group) }
                return .none
            }
        }
        m.function("fchmod", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (file, mode) = (try PosixSystem.int32(t, a[0]), try PosixSystem.uint32(t, a[1]))
                try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.setMode(file, mode) }
                return .none
            }
        }
        m.function("fchdir", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixSystem.int32(t, a[0])
                try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.changeFolder(file) }
                return .none
            }
        }
        m.function("mkfifo", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let mode = n > 1 ? try PosixSystem.uint32(t, a[1]) : 0o666
                let path = try PosixSystem.path(t, a[0], "mkfifo")
                do throws(ProcessError) { try SystemCalls.makePipe(path, mode) } catch { throw t.raiseOSError(Int(error.code), "\(error)", path: path) }
                return .none
            }
        }
        m.function("statvfs", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let path = try PosixSystem.path(t, a[0], "statvfs")
                let numbers: [Int]
                do throws(ProcessError) { numbers = try SystemCalls.volume(path) } catch { throw t.raiseOSError(Int(error.code), "\(error)", path: path) }
                var items: [Value] = []
                for number in numbers { items.append(try t.makeInt(number)) }
                return try PosixSystem.record(t, "posix", "statvfs_result", items)
            }
        }
        m.function("ttyname", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixSystem.int32(t, a[0])
                return try t.makeString(try PosixSystem.direct(t) { () throws(ProcessError) in try SystemCalls.terminalName(file) })
            }
        }
    }
    private static let chown: NativeFunction = { t, s, a, n, k in PosixSystem.owner(t, a, "chown", follows: true) }
    private static let lchown: NativeFunction = { t, s, a, n, k in PosixSystem.owner(t, a, "lchown", follows: false) }
    private static func owner(_ raw: UnsafeMutableRawPointer, _ a: UnsafeMutablePointer<UInt64>, _ name: String, follows: Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let path = try PosixSystem.path(t, a[0], name)
            let (user, group) = (try PosixSystem.uint32(t, a[1]), try PosixSystem.uint32(t, a[2]))
            do throws(ProcessError) { try SystemCalls.setOwner(path, user, group, follows: follows) } catch {
                throw t.raiseOSError(Int(error.code), "\(error)", path: path)
            }
            return .none
        }
    }

    private static func places(_ m: ModuleBuilder) {
        m.function("pread", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixSystem.int32(t, a[0])
                let (count, offset) = (try t.indexInt(Value(bits: a[1])), try t.indexInt(Value(bits: a[2])))
                if count < 0 { throw t.raiseOSError(22, SystemError.text(22)) }
                if count > 1 << 40 { throw t.noMemory() }
                return try t.makeBytes(
                    try PosixModule.blocking(t) { () throws(ProcessError) in try SystemCalls.read(file, count: count, at: offset) })
            }
        }
        m.function("pwrite", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixSystem.int32(t, a[0])
                let offset = try t.indexInt(Value(bits: a[2]))
                guard let bytes = t.bytesLike(Value(bits: a[1])) else {
                    throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(Value(bits: a[1])))'")
                }
                return try t.makeInt(try PosixModule.blocking(t) { () throws(ProcessError) in try SystemCalls.write(file, bytes, at: offset) })
            }
        }
        m.function("fdatasync", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixSystem.int32(t, a[0])
                try PosixModule.blocking(t) { () throws(ProcessError) in try SystemCalls.writeToDisk(file) }
                return .none
            }
        }
    }
}
