// Calls of the system that `os`, `resource`, `fcntl`, `pwd` and `grp` hand through.
//
// A call that fails throws its error number; none keeps state here.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public enum SystemCalls {
    private static func check(_ code: some FixedWidthInteger) throws(ProcessError) {
        if code < 0 { throw ProcessError(code: errno) }
    }

    // MARK: The system and the process

    /// The exit status as `wait` gives it, or an error.
    public static func run(command: String) throws(ProcessError) -> Int32 {
        let status = system(command)
        try check(status)
        return status
    }
    /// sysname, nodename, release, version, machine.
    public static func systemNames() -> [String] {
        var names = utsname()
        uname(&names)
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return [text(names.sysname), text(names.nodename), text(names.release), text(names.version), text(names.machine)]
    }
    public static func loadAverages() -> [Double]? {
        var loads = [Double](repeating: 0, count: 3)
        return getloadavg(&loads, 3) == 3 ? loads : nil
    }
    /// user, system, children's user, children's system, elapsed, in seconds.
    public static func times() -> [Double] {
        var parts = tms()
        #if canImport(Glibc)
            let elapsed = Glibc.times(&parts)
        #else
            let elapsed = Darwin.times(&parts)
        #endif
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return [parts.tms_utime, parts.tms_stime, parts.tms_cutime, parts.tms_cstime, elapsed].map { Double($0) / ticks }
    }
    public static func configuration(_ name: Int) -> Int { sysconf(Int32(truncatingIfNeeded: name)) }
    public static let configurationNames: [(String, Int)] = [
        ("SC_ARG_MAX", Int(_SC_ARG_MAX)), ("SC_CHILD_MAX", Int(_SC_CHILD_MAX)), ("SC_CLK_TCK", Int(_SC_CLK_TCK)),
        ("SC_NGROUPS_MAX", Int(_SC_NGROUPS_MAX)), ("SC_OPEN_MAX", Int(_SC_OPEN_MAX)), ("SC_PAGESIZE", Int(_SC_PAGESIZE)),
        ("SC_PAGE_SIZE", Int(_SC_PAGESIZE)), ("SC_NPROCESSORS_CONF", Int(_SC_NPROCESSORS_CONF)),
        ("SC_NPROCESSORS_ONLN", Int(_SC_NPROCESSORS_ONLN)), ("SC_PHYS_PAGES", Int(_SC_PHYS_PAGES)), ("SC_IOV_MAX", Int(_SC_IOV_MAX)),
        ("SC_SEM_NSEMS_MAX", Int(_SC_SEM_NSEMS_MAX)),
    ]
    public static func changePriority(by step: Int32) throws(ProcessError) -> Int32 {
        errno = 0
        let value = nice(step)
        if value == -1 && errno != 0 { throw ProcessError(code: errno) }
        return value
    }
    /// Those that the process may run on: what /proc says, as the call is not visible from here; all where there is no /proc.
    public static func processors() -> [Int] {
        let all = Array(0..<Process.processorCount)
        guard let text = try? File.read("/proc/self/status") else { return all }
        let key = "Cpus_allowed_list:"
        guard let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return all }
        var list: [Int] = []
        for part in line.dropFirst(key.count).split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { end in Int(end.filter { $0.isNumber }) }
            if let first = ends.first, let last = ends.last, first <= last { list += Array(first...last) }
        }
        return list.isEmpty ? all : list
    }
    public static func groups() throws(ProcessError) -> [Int] {
        let count = getgroups(0, nil)
        try check(count)
        var list = [gid_t](repeating: 0, count: Int(count))
        try check(getgroups(count, &list))
        return list.map { Int($0) }
    }
    public static func joinGroup(_ process: Int32, _ group: Int32) throws(ProcessError) { try check(setpgid(process, group)) }
    public static func setUser(_ id: UInt32) throws(ProcessError) { try check(setuid(id)) }
    public static func setGroup(_ id: UInt32) throws(ProcessError) { try check(setgid(id)) }

    // MARK: Files

    public static func read(_ descriptor: Int32, count: Int, at offset: Int) throws(ProcessError) -> [UInt8] {
        var got = -1
        let bytes = [UInt8](unsafeUninitializedCapacity: max(1, count)) { buffer, used in
            got = pread(descriptor, buffer.baseAddress, count, off_t(offset))
            used = max(0, got)
        }
        if got < 0 { throw ProcessError(code: errno) }
        return bytes
    }
    public static func write(_ descriptor: Int32, _ bytes: [UInt8], at offset: Int) throws(ProcessError) -> Int {
        let count = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, bytes.count, off_t(offset)) }
        try check(count)
        return count
    }
    public static func cut(_ path: String, _ length: Int) throws(ProcessError) { try check(truncate(path, off_t(length))) }
    public static func setOwner(_ path: String, _ user: UInt32, _ group: UInt32, follows: Bool) throws(ProcessError) {
        try check(follows ? chown(path, user, group) : lchown(path, user, group))
    }
    public static func setOwner(_ descriptor: Int32, _ user: UInt32, _ group: UInt32) throws(ProcessError) { try check(fchown(descriptor, user, group)) }
    public static func setMode(_ descriptor: Int32, _ mode: UInt32) throws(ProcessError) { try check(fchmod(descriptor, mode_t(mode))) }
    public static func changeFolder(_ descriptor: Int32) throws(ProcessError) { try check(fchdir(descriptor)) }
    public static func makePipe(_ path: String, _ mode: UInt32) throws(ProcessError) { try check(mkfifo(path, mode_t(mode))) }
    /// Nanoseconds since 1970; nil: now.
    public static func setTimes(_ path: String, _ times: (access: Int, change: Int)?, follows: Bool) throws(ProcessError) {
        func time(_ nanoseconds: Int) -> timespec {
            let rest = ((nanoseconds % 1_000_000_000) + 1_000_000_000) % 1_000_000_000
            return timespec(tv_sec: (nanoseconds - rest) / 1_000_000_000, tv_nsec: rest)
        }
        let flags = follows ? 0 : AT_SYMLINK_NOFOLLOW
        if let times {
            let pair = [time(times.access), time(times.change)]
            try check(utimensat(AT_FDCWD, path, pair, flags))
        } else {
            try check(utimensat(AT_FDCWD, path, nil, flags))
        }
    }
    public static func writeToDisk(_ descriptor: Int32) throws(ProcessError) {
        #if canImport(Glibc)
            try check(fdatasync(descriptor))
        #else
            try check(fsync(descriptor))
        #endif
    }
    public static func writeAllToDisk() { sync() }
    /// bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax.
    public static func volume(_ path: String) throws(ProcessError) -> [Int] {
        var info = statvfs()
        try check(statvfs(path, &info))
        return [
            Int(info.f_bsize), Int(info.f_frsize), Int(info.f_blocks), Int(info.f_bfree), Int(info.f_bavail), Int(info.f_files),
            Int(info.f_ffree), Int(info.f_favail), Int(info.f_flag), Int(info.f_namemax),
        ]
    }
    public static func terminalName(_ descriptor: Int32) throws(ProcessError) -> String {
        guard let name = ttyname(descriptor) else { throw ProcessError(code: errno) }
        return String(cString: name)
    }

    // MARK: fcntl

    public static func control(_ descriptor: Int32, _ command: Int32, _ argument: Int) throws(ProcessError) -> Int {
        let result = fcntl(descriptor, command, Int32(truncatingIfNeeded: argument))
        try check(result)
        return Int(result)
    }
    public static func lockWhole(_ descriptor: Int32, _ operation: Int32) throws(ProcessError) { try check(flock(descriptor, operation)) }
    /// A lock of a part of a file by `fcntl`; kind: 0 to give back, 1 shared, 2 exclusive.
    public static func lock(
        _ descriptor: Int32, kind: Int, waits: Bool, start: Int, length: Int, whence: Int
    ) throws(ProcessError) {
        var part = flock()
        part.l_type = Int16(kind == 0 ? F_UNLCK : kind == 1 ? F_RDLCK : F_WRLCK)
        part.l_whence = Int16(truncatingIfNeeded: whence)
        part.l_start = off_t(start)
        part.l_len = off_t(length)
        try check(fcntl(descriptor, waits ? F_SETLKW : F_SETLK, &part))
    }
    public static let controlNames: [(String, Int)] = [
        ("F_DUPFD", Int(F_DUPFD)), ("F_DUPFD_CLOEXEC", Int(F_DUPFD_CLOEXEC)), ("F_GETFD", Int(F_GETFD)), ("F_SETFD", Int(F_SETFD)),
        ("F_GETFL", Int(F_GETFL)), ("F_SETFL", Int(F_SETFL)), ("F_GETLK", Int(F_GETLK)), ("F_SETLK", Int(F_SETLK)),
        ("F_SETLKW", Int(F_SETLKW)), ("F_GETOWN", Int(F_GETOWN)), ("F_SETOWN", Int(F_SETOWN)), ("F_RDLCK", Int(F_RDLCK)),
        ("F_WRLCK", Int(F_WRLCK)), ("F_UNLCK", Int(F_UNLCK)), ("FD_CLOEXEC", Int(FD_CLOEXEC)), ("LOCK_SH", Int(LOCK_SH)),
        ("LOCK_EX", Int(LOCK_EX)), ("LOCK_NB", Int(LOCK_NB)), ("LOCK_UN", Int(LOCK_UN)),
    ]

    // MARK: resource

    public static let limitNames: [(String, Int)] = {
        #if canImport(Glibc)
            [
                ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4), ("RLIMIT_RSS", 5),
                ("RLIMIT_NPROC", 6), ("RLIMIT_NOFILE", 7), ("RLIMIT_OFILE", 7), ("RLIMIT_MEMLOCK", 8), ("RLIMIT_AS", 9),
                ("RLIMIT_SIGPENDING", 11), ("RLIMIT_MSGQUEUE", 12), ("RLIMIT_NICE", 13), ("RLIMIT_RTPRIO", 14), ("RLIMIT_RTTIME", 15),
            ]
        #else
            [
                ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4), ("RLIMIT_AS", 5),
                ("RLIMIT_RSS", 5), ("RLIMIT_MEMLOCK", 6), ("RLIMIT_NPROC", 7), ("RLIMIT_NOFILE", 8),
            ]
        #endif
    }()
    /// Without a limit: -1.
    public static func limit(_ kind: Int) throws(ProcessError) -> (soft: Int, hard: Int) {
        var pair = rlimit()
        #if canImport(Glibc)
            try check(getrlimit(__rlimit_resource_t(UInt32(truncatingIfNeeded: kind)), &pair))
        #else
            try check(getrlimit(Int32(kind), &pair))
        #endif
        return (Int(bitPattern: UInt(pair.rlim_cur)), Int(bitPattern: UInt(pair.rlim_max)))
    }
    public static func setLimit(_ kind: Int, soft: Int, hard: Int) throws(ProcessError) {
        var pair = rlimit(rlim_cur: rlim_t(UInt(bitPattern: soft)), rlim_max: rlim_t(UInt(bitPattern: hard)))
        #if canImport(Glibc)
            try check(setrlimit(__rlimit_resource_t(UInt32(truncatingIfNeeded: kind)), &pair))
        #else
            try check(setrlimit(Int32(kind), &pair))
        #endif
    }
    /// Seconds as user and in the system, then the fourteen counts of getrusage in its order.
    public static func usage(_ who: Int) throws(ProcessError) -> (user: Double, system: Double, counts: [Int]) {
        var usage = rusage()
        #if canImport(Glibc)
            try check(getrusage(__rusage_who_t(Int32(truncatingIfNeeded: who)), &usage))
        #else
            try check(getrusage(Int32(who), &usage))
        #endif
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return (
            seconds(usage.ru_utime), seconds(usage.ru_stime),
            [
                usage.ru_maxrss, usage.ru_ixrss, usage.ru_idrss, usage.ru_isrss, usage.ru_minflt, usage.ru_majflt, usage.ru_nswap,
                usage.ru_inblock, usage.ru_oublock, usage.ru_msgsnd, usage.ru_msgrcv, usage.ru_nsignals, usage.ru_nvcsw, usage.ru_nivcsw,
            ].map { Int($0) }
        )
    }
    public static var pageBytes: Int { sysconf(Int32(_SC_PAGESIZE)) }
}
