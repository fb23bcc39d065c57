// The files' part of the module `posix`. What may block is called detached and goes on after a signal unless an interrupt is due.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum PosixFiles {
    static func fill(_ m: ModuleBuilder) {
        for (name, code) in constants { m.set(name, Value(smallInt: Int(code))) }
        do throws(PythonError) {
            m.constant("_have_functions", try m.thread.makeList(capacity: 0))
            try classes(m)
        } catch { return }
        paths(m)
        changes(m)
        descriptors(m)
        questions(m)
    }

    private static var constants: [(String, Int32)] {
        [
            ("O_RDONLY", O_RDONLY), ("O_WRONLY", O_WRONLY), ("O_RDWR", O_RDWR), ("O_CREAT", O_CREAT), ("O_EXCL", O_EXCL),
            ("O_TRUNC", O_TRUNC), ("O_APPEND", O_APPEND), ("O_NONBLOCK", O_NONBLOCK), ("O_CLOEXEC", O_CLOEXEC),
            ("O_DIRECTORY", O_DIRECTORY), ("O_NOFOLLOW", O_NOFOLLOW), ("O_SYNC", O_SYNC), ("O_NOCTTY", O_NOCTTY),
            ("F_OK", F_OK), ("R_OK", R_OK), ("W_OK", W_OK), ("X_OK", X_OK), ("EX_OK", 0), ("EX_USAGE", 64),
        ]
    }

    // MARK: Arguments and results

    struct Path {
        var bytes: [CChar]
        var isBytes: Bool
        var descriptor: Int32?
    }
    /// A path: str, bytes, an object with `__fspath__`, or where allowed a descriptor.
    static func path(_ t: Thread, _ v: Value, _ function: String, descriptor: Bool = false) throws(PythonError) -> Path {
        if descriptor && t.isInt(v) {
            guard let number = Int32(exactly: try t.indexInt(v)) else {
                throw t.raise(.overflowError, "fd is greater than maximum")
            }
            return Path(bytes: [], isBytes: false, descriptor: number)
        }
        var given = t.retain(v)
        defer { t.release(given) }
        if v.isObject && !t.isStr(v) && t.bytesLike(v) == nil {
            let method = try t.lookupSpecial(v, Interning.intern("__fspath__"))
            if !method.isNull {
                defer { t.release(method) }
                let made = try t.call(method)
                t.release(given)
                given = made
            }
        }
        var text: [UInt8]
        if t.isStr(given) {
            let encoded = try t.callMethod(given, Interning.intern("encode"), Interning.intern("utf-8"), Interning.intern("surrogateescape"))
            defer { t.release(encoded) }
            text = BytesRef(encoded).array
        } else if t.isBytes(given) {
            text = BytesRef(given).array
        } else {
            throw t.raise(.typeError, "\(function): path should be string, bytes\(descriptor ? ", os.PathLike or integer" : " or os.PathLike"), not \(t.typeName(v))")
        }
        if text.contains(0) { throw t.raise(.valueError, "\(function): embedded null \(t.isStr(given) ? "character in path" : "byte in path")") }
        text.append(0)
        return Path(bytes: text.map { CChar(bitPattern: $0) }, isBytes: t.isBytes(given), descriptor: nil)
    }
    /// OSError of the number with the file's name.
    static func failure(_ t: Thread, _ code: Int32, _ files: Value...) -> PythonError {
        do throws(PythonError) {
            var arguments = [Value(smallInt: Int(code)), try t.makeString(SystemError.text(code))]
            for (index, file) in files.enumerated() {
                if index == 1 { arguments.append(.none) }
                arguments.append(t.retain(file))
            }
            defer { for argument in arguments { t.release(argument) } }
            return t.raiseObject(try t.call(StaticTypes.record(ExceptionID.osError).value, list: arguments))
        } catch { return error }
    }
    /// The result of a system call that answers -1 when it fails.
    @discardableResult
    static func call(_ t: Thread, _ files: [Value] = [], _ body: () -> Int) throws(PythonError) -> Int {
        while true {
            let (result, code) = t.detached { () -> (Int, Int32) in
                let result = body()
                return (result, result < 0 ? errno : 0)
            }
            if result >= 0 { return result }
            if code == EINTR {
                try PythonThreads.checkInterrupt(t)
                continue
            }
            switch files.count {
            case 0: throw failure(t, code)
            case 1: throw failure(t, code, files[0])
            default: throw failure(t, code, files[0], files[1])
            }
        }
    }
    private static func text(_ t: Thread, _ bytes: [UInt8], asBytes: Bool) throws(PythonError) -> Value {
        let made = try t.makeBytes(bytes)
        if asBytes { return made }
        defer { t.release(made) }
        return try t.callMethod(made, Interning.intern("decode"), Interning.intern("utf-8"), Interning.intern("surrogateescape"))
    }
    private static func parse(
        _ t: Thread, _ name: String, _ a: ArgumentWords, _ n: Int, _ k: UInt64, _ names: [String], _ required: Int, keywordOnly: Int = 0
    ) throws(PythonError) -> [Value] {
        let v = try Arguments.parse(t, function: name, a, n, k, names: names, required: required, keywordOnly: keywordOnly)
        for (index, word) in names.enumerated() where word.hasSuffix("dir_fd") && !v[index].isNull && !v[index].isNone {
            throw t.raise(.notImplementedError, "\(word) unavailable on this platform")
        }
        return v
    }

    // MARK: stat

    private static func classes(_ m: ModuleBuilder) throws(PythonError) {
        let t = m.thread
        let source = """
            class stat_result(tuple):
                __module__ = 'os'

                def __new__(cls, items):
                    items = tuple(items)
                    self = tuple.__new__(cls, items[:10])
                    if len(items) > 10:
                        self.__dict__.update(zip(('st_atime', 'st_mtime', 'st_ctime', 'st_atime_ns', 'st_mtime_ns', 'st_ctime_ns',
                                                  'st_blksize', 'st_blocks', 'st_rdev'), items[10:]))
                    return self

                def __repr__(self):
                    return 'os.stat_result(' + ', '.join('%s=%r' % pair for pair in zip(self._names, self)) + ')'

                _names = ('st_mode', 'st_ino', 'st_dev', 'st_nlink', 'st_uid', 'st_gid', 'st_size', 'st_atime', 'st_mtime', 'st_ctime')

            for _place, _name in enumerate(stat_result._names[:7]):
                setattr(stat_result, _name, property(lambda self, place=_place: self[place]))

            class terminal_size(tuple):
                __module__ = 'os'
                columns = property(lambda self: self[0])
                lines = property(lambda self: self[1])

                def __repr__(self):
                    return 'os.terminal_size(columns=%r, lines=%r)' % self

            class DirEntry:
                __module__ = 'os'

                def __init__(self, folder, name):
                    self.name = name
                    slash = '/' if isinstance(name, str) else b'/'
                    self.path = name if folder is None else folder + name if folder.endswith(slash) else folder + slash + name

                def __fspath__(self):
                    return self.path

                def __repr__(self):
                    return '<DirEntry %r>' % (self.name,)

                def inode(self):
                    return lstat(self.path).st_ino

                def stat(self, *, follow_symlinks=True):
                    return stat(self.path) if follow_symlinks else lstat(self.path)

                def _kind(self, follow_symlinks):
                    try:
                        return self.stat(follow_symlinks=follow_symlinks).st_mode & 0o170000
                    except FileNotFoundError:
                        return 0

                def is_dir(self, *, follow_symlinks=True):
                    return self._kind(follow_symlinks) == 0o040000

                def is_file(self, *, follow_symlinks=True):
                    return self._kind(follow_symlinks) == 0o100000

                def is_symlink(self):
                    return self._kind(False) == 0o120000

            class _Scan:
                def __init__(self, folder, names):
                    self._entries = iter([DirEntry(folder, name) for name in names])

                def __iter__(self):
                    return self

                def __next__(self):
                    return next(self._entries)

                def __enter__(self):
                    return self

                def __exit__(self, *details):
                    self.close()

                def close(self):
                    self._entries = iter(())

            def scandir(path=None):
                shown = '.' if path is None else path
                if not isinstance(shown, (str, bytes)):
                    shown = shown.__fspath__()
                return _Scan(shown, listdir(shown))
            """
        let globals = ModuleRef(m.module).dict
        let code = try VMHooks.compile(t, Array(source.utf8), "<posix>", .module)
        defer { t.release(code) }
        t.release(try Imports.run(t, code, globals: globals))
    }

    private static func result(_ t: Thread, _ s: stat) throws(PythonError) -> Value {
        #if canImport(Glibc)
            let times = [s.st_atim, s.st_mtim, s.st_ctim]
        #else
            let times = [s.st_atimespec, s.st_mtimespec, s.st_ctimespec]
        #endif
        var items = [
            try t.makeInt(Int(s.st_mode)), try t.makeInt(Int(bitPattern: UInt(truncatingIfNeeded: s.st_ino))), try t.makeInt(Int(truncatingIfNeeded: s.st_dev)),
            try t.makeInt(Int(truncatingIfNeeded: s.st_nlink)), try t.makeInt(Int(s.st_uid)), try t.makeInt(Int(s.st_gid)), try t.makeInt(Int(s.st_size)),
        ]
        for time in times { items.append(try t.makeInt(time.tv_sec)) }
        for time in times { items.append(try t.makeFloat(Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9)) }
        for time in times { items.append(try t.makeInt(time.tv_sec * 1_000_000_000 + time.tv_nsec)) }
        items += [try t.makeInt(Int(s.st_blksize)), try t.makeInt(Int(s.st_blocks)), try t.makeInt(Int(truncatingIfNeeded: s.st_rdev))]
        let tuple = try t.makeTuple(items)
        defer { t.release(tuple) }
        let module = try Imports.load(t, "posix")
        defer { t.release(module) }
        return try t.callMethod(module, Interning.intern("stat_result"), tuple)
    }
    private static func status(_ t: Thread, _ v: Value, _ name: String, follow: Bool, allowsDescriptor: Bool) throws(PythonError) -> Value {
        let place = try path(t, v, name, descriptor: allowsDescriptor)
        var record = stat()
        try call(t, place.descriptor == nil ? [v] : []) {
            if let descriptor = place.descriptor { return Int(fstat(descriptor, &record)) }
            return Int(follow ? stat(place.bytes, &record) : lstat(place.bytes, &record))
        }
        return try result(t, record)
    }

    private static func paths(_ m: ModuleBuilder) {
        m.function("stat", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try PosixFiles.parse(t, "stat", a, n, k, ["path", "dir_fd", "follow_symlinks"], 1, keywordOnly: 2)
                return try PosixFiles.status(t, v[0], "stat", follow: v[2].isNull ? true : t.isTrue(v[2]), allowsDescriptor: true)
            }
        }
        m.function("lstat", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try PosixFiles.parse(t, "lstat", a, n, k, ["path", "dir_fd"], 1, keywordOnly: 1)
                return try PosixFiles.status(t, v[0], "lstat", follow: false, allowsDescriptor: false)
            }
        }
        m.function("fstat", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard t.isInt(Value(bits: a[0])) else { throw t.raise(.typeError, "an integer is required") }
                return try PosixFiles.status(t, Value(bits: a[0]), "fstat", follow: true, allowsDescriptor: true)
            }
        }
        m.function("listdir", 0, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try PosixFiles.parse(t, "listdir", a, n, k, ["path"], 0)
                let given = v[0].isNull || v[0].isNone ? Interning.intern(".") : v[0]
                let place = try PosixFiles.path(t, given, "listdir")
                var names: [[UInt8]] = []
                try PosixFiles.call(t, [given]) {
                    guard let folder = opendir(place.bytes) else { return -1 }
                    defer { closedir(folder) }
                    while let entry = readdir(folder) {
                        let name = withUnsafePointer(to: &entry.pointee.d_name) {
                            $0.withMemoryRebound(to: UInt8.self, capacity: 256) { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
                        }
                        if name != [46] && name != [46, 46] { names.append(name) }
                    }
                    return 0
                }
                let list = try t.makeList(capacity: names.count)
                do throws(PythonError) {
                    for name in names { try ListRef(list).appendOwned(t, PosixFiles.text(t, name, asBytes: place.isBytes)) }
                } catch {
                    t.release(list)
                    throw error
                }
                return list
            }
        }
        m.function("readlink", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try PosixFiles.parse(t, "readlink", a, n, k, ["path", "dir_fd"], 1, keywordOnly: 1)
                let place = try PosixFiles.path(t, v[0], "readlink")
                var buffer = [CChar](repeating: 0, count: 4097)
                let length = try PosixFiles.call(t, [v[0]]) { readlink(place.bytes, &buffer, 4096) }
                return try PosixFiles.text(t, buffer[..<length].map { UInt8(bitPattern: $0) }, asBytes: place.isBytes)
            }
        }
        m.function("access", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try PosixFiles.parse(
                    t, "access", a, n, k, ["path", "mode", "dir_fd", "effective_ids", "follow_symlinks"], 2, keywordOnly: 3)
                let place = try PosixFiles.path(t, v[0], "access")
                let mode = Int32(truncatingIfNeeded: try t.indexInt(v[1]))
                return Value(t.detached { access(place.bytes, mode) } == 0)
            }
        }
    }

    // MARK: Changes

    private typealias Change = ([CChar], UInt32) -> Int32
    /// A function of one path and a mode.
    private static func change(
        _ raw: UnsafeMutableRawPointer, _ name: String, _ a: ArgumentWords, _ n: Int, _ k: UInt64, mode usual: Int?, _ body: Change
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let names = usual == nil ? ["path", "dir_fd"] : ["path", "mode", "dir_fd"]
            let v = try parse(t, name, a, n, k, names, usual == -1 ? 2 : 1, keywordOnly: 1)
            let place = try path(t, v[0], name)
            var mode = usual ?? 0
            if usual != nil && !v[1].isNull { mode = try t.indexInt(v[1]) }
            try call(t, [v[0]]) { Int(body(place.bytes, UInt32(truncatingIfNeeded: mode))) }
            return .none
        }
    }
    /// A function of two paths.
    private static func pair(
        _ raw: UnsafeMutableRawPointer, _ name: String, _ a: ArgumentWords, _ n: Int, _ k: UInt64,
        _ more: [String], _ body: ([CChar], [CChar]) -> Int32
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let v = try parse(t, name, a, n, k, ["src", "dst"] + more, 2, keywordOnly: more.contains("target_is_directory") ? 1 : more.count)
            let (from, to) = (try path(t, v[0], name), try path(t, v[1], name))
            try call(t, [v[0], v[1]]) { Int(body(from.bytes, to.bytes)) }
            return .none
        }
    }

    private static func changes(_ m: ModuleBuilder) {
        m.function("mkdir", 0, -1, keywords: true) { t, s, a, n, k in
            PosixFiles.change(t, "mkdir", a, n, k, mode: 0o777) { mkdir($0, mode_t($1)) }
        }
        m.function("rmdir", 0, -1, keywords: true) { t, s, a, n, k in PosixFiles.change(t, "rmdir", a, n, k, mode: nil) { path, _ in rmdir(path) } }
        m.function("unlink", 0, -1, keywords: true) { t, s, a, n, k in PosixFiles.change(t, "unlink", a, n, k, mode: nil) { path, _ in unlink(path) } }
        m.function("remove", 0, -1, keywords: true) { t, s, a, n, k in PosixFiles.change(t, "remove", a, n, k, mode: nil) { path, _ in unlink(path) } }
        m.function("chmod", 0, -1, keywords: true) { t, s, a, n, k in
            PosixFiles.change(t, "chmod", a, n, k, mode: -1) { chmod($0, mode_t($1)) }
        }
        m.function("chdir", 1, 1) { t, s, a, n, k in PosixFiles.change(t, "chdir", a, n, k, mode: nil) { path, _ in chdir(path) } }
        for name in ["rename", "replace"] {
            m.function(name, 0, -1, keywords: true) { t, s, a, n, k in
                PosixFiles.pair(t, "rename", a, n, k, ["src_dir_fd", "dst_dir_fd"]) { rename($0, $1) }
            }
        }
        m.function("link", 0, -1, keywords: true) { t, s, a, n, k in
            PosixFiles.pair(t, "link", a, n, k, ["src_dir_fd", "dst_dir_fd", "follow_symlinks"]) { link($0, $1) }
        }
        m.function("symlink", 0, -1, keywords: true) { t, s, a, n, k in
            PosixFiles.pair(t, "symlink", a, n, k, ["target_is_directory", "dir_fd"]) { symlink($0, $1) }
        }
        m.function("umask", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(smallInt: Int(umask(mode_t(truncatingIfNeeded: try t.indexInt(Value(bits: a[0]))))))
            }
        }
    }

    // MARK: Descriptors

    private static func number(_ t: Thread, _ v: Value) throws(PythonError) -> Int32 {
        guard let number = Int32(exactly: try t.indexInt(v)) else { throw t.raise(.overflowError, "Python int too large to convert to C int") }
        return number
    }

    private static func descriptors(_ m: ModuleBuilder) {
        m.function("open", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try PosixFiles.parse(t, "open", a, n, k, ["path", "flags", "mode", "dir_fd"], 2, keywordOnly: 1)
                let place = try PosixFiles.path(t, v[0], "open")
                // Descriptors are not inherited by other programs.
                let flags = try PosixFiles.number(t, v[1]) | O_CLOEXEC
                let mode = mode_t(truncatingIfNeeded: v[2].isNull ? 0o777 : try t.indexInt(v[2]))
                return Value(smallInt: try PosixFiles.call(t, [v[0]]) { Int(Self.openFile(place.bytes, flags, mode)) })
            }
        }
        m.function("lseek", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (file, offset, whence) = (try PosixFiles.number(t, Value(bits: a[0])), try t.indexInt(Value(bits: a[1])), try PosixFiles.number(t, Value(bits: a[2])))
                return try t.makeInt(PosixFiles.call(t) { Int(lseek(file, off_t(offset), whence)) })
            }
        }
        m.function("ftruncate", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (file, length) = (try PosixFiles.number(t, Value(bits: a[0])), try t.indexInt(Value(bits: a[1])))
                try PosixFiles.call(t) { Int(ftruncate(file, off_t(length))) }
                return .none
            }
        }
        m.function("fsync", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixFiles.number(t, Value(bits: a[0]))
                try PosixFiles.call(t) { Int(fsync(file)) }
                return .none
            }
        }
        m.function("isatty", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in Value(isatty(try PosixFiles.number(t, Value(bits: a[0]))) == 1) }
        }
        m.function("set_blocking", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (file, blocks) = (try PosixFiles.number(t, Value(bits: a[0])), try t.isTrue(Value(bits: a[1])))
                let flags = Int32(try PosixFiles.call(t) { Int(fcntl(file, F_GETFL)) })
                try PosixFiles.call(t) { Int(fcntl(file, F_SETFL, blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK)) }
                return .none
            }
        }
        m.function("get_blocking", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixFiles.number(t, Value(bits: a[0]))
                return Value(try PosixFiles.call(t) { Int(fcntl(file, F_GETFL)) } & Int(O_NONBLOCK) == 0)
            }
        }
        m.function("set_inheritable", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixFiles.number(t, Value(bits: a[0]))
                let inherits = try t.isTrue(Value(bits: a[1]))
                try PosixFiles.call(t) { Int(fcntl(file, F_SETFD, inherits ? 0 : FD_CLOEXEC)) }
                return .none
            }
        }
        m.function("get_inheritable", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = try PosixFiles.number(t, Value(bits: a[0]))
                return Value(try PosixFiles.call(t) { Int(fcntl(file, F_GETFD)) } & Int(FD_CLOEXEC) == 0)
            }
        }
    }
    private static func openFile(_ path: [CChar], _ flags: Int32, _ mode: mode_t) -> Int32 { open(path, flags, mode) }

    // MARK: Questions

    private static func questions(_ m: ModuleBuilder) {
        m.function("urandom", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let count = try t.indexInt(Value(bits: a[0]))
                if count < 0 { throw t.raise(.valueError, "negative argument not allowed") }
                if count > 1 << 32 { throw t.noMemory() }
                var bytes: [UInt8] = []
                bytes.reserveCapacity(count + 8)
                while bytes.count < count {
                    let word = StillPlatform.Process.randomWord()
                    for part in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(part * 8))) }
                }
                return try t.makeBytes(Array(bytes[..<count]))
            }
        }
        m.function("fspath", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = Value(bits: a[0])
                if t.isStr(v) || t.isBytes(v) { return t.retain(v) }
                let method = v.isObject ? try t.lookupSpecial(v, Interning.intern("__fspath__")) : .null
                if method.isNull { throw t.raise(.typeError, "expected str, bytes or os.PathLike object, not \(t.typeName(v))") }
                defer { t.release(method) }
                let made = try t.call(method)
                if t.isStr(made) || t.isBytes(made) { return made }
                defer { t.release(made) }
                throw t.raise(
                    .typeError, "expected \(t.typeName(v)).__fspath__() to return str or bytes, not \(t.typeName(made))")
            }
        }
        m.function("get_terminal_size", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let file = n == 0 ? 1 : try PosixFiles.number(t, Value(bits: a[0]))
                var size = winsize()
                try PosixFiles.call(t) { Int(ioctl(file, UInt(TIOCGWINSZ), &size)) }
                let module = try Imports.load(t, "posix")
                defer { t.release(module) }
                let pair = try t.makeTuple([Value(smallInt: Int(size.ws_col)), Value(smallInt: Int(size.ws_row))])
                defer { t.release(pair) }
                return try t.callMethod(module, Interning.intern("terminal_size"), pair)
            }
        }
    }
}
