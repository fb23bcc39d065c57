// Clocks and memory figures of the process.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public enum Clock {
    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
    /// Never goes back.
    public static func monotonicNanoseconds() -> UInt64 { read(CLOCK_MONOTONIC) }
    /// Time the calling thread has spent on a processor.
    public static func threadCPUNanoseconds() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }
    public static func processCPUNanoseconds() -> UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }
    /// Nanoseconds since 1970.
    public static func wallNanoseconds() -> UInt64 { read(CLOCK_REALTIME) }
    public static func wallSeconds() -> Double { Double(wallNanoseconds()) / 1e9 }

    /// Broken-down local (or UTC) time and the zone's offset and name.
    public struct BrokenDown {
        public var year, month, day, hour, minute, second, weekday, yearDay, isDST: Int
        public var offsetSeconds: Int
        public var zone: String
    }
    /// Seconds since 1970 of a local time, whose weekday, day of the year and offset are not looked at; nil when there is none.
    public static func seconds(ofLocal time: BrokenDown) -> Int? {
        var parts = tm()
        parts.tm_year = Int32(truncatingIfNeeded: time.year - 1900)
        parts.tm_mon = Int32(truncatingIfNeeded: time.month - 1)
        parts.tm_mday = Int32(truncatingIfNeeded: time.day)
        parts.tm_hour = Int32(truncatingIfNeeded: time.hour)
        parts.tm_min = Int32(truncatingIfNeeded: time.minute)
        parts.tm_sec = Int32(truncatingIfNeeded: time.second)
        parts.tm_isdst = Int32(truncatingIfNeeded: time.isDST)
        // mktime sets it when the time exists.
        parts.tm_wday = -1
        let seconds = mktime(&parts)
        return seconds == -1 && parts.tm_wday == -1 ? nil : seconds
    }
    /// The clock of a number of clock_gettime, or its resolution; nil: there is no such clock.
    public static func nanoseconds(of clock: Int, resolution: Bool) -> Int? {
        var time = timespec()
        guard let id = Int32(exactly: clock) else { return nil }
        let code = resolution ? clock_getres(clockid_t(id), &time) : clock_gettime(clockid_t(id), &time)
        return code == 0 ? time.tv_sec * 1_000_000_000 + time.tv_nsec : nil
    }
    public static let ids: [(name: String, id: Int)] = {
        var ids: [(name: String, id: Int)] = [
            ("CLOCK_REALTIME", Int(CLOCK_REALTIME)), ("CLOCK_MONOTONIC", Int(CLOCK_MONOTONIC)),
            ("CLOCK_PROCESS_CPUTIME_ID", Int(CLOCK_PROCESS_CPUTIME_ID)), ("CLOCK_THREAD_CPUTIME_ID", Int(CLOCK_THREAD_CPUTIME_ID)),
        ]
        #if canImport(Glibc)
            ids += [
                ("CLOCK_MONOTONIC_RAW", Int(CLOCK_MONOTONIC_RAW)), ("CLOCK_BOOTTIME", Int(CLOCK_BOOTTIME)), ("CLOCK_TAI", Int(CLOCK_TAI)),
            ]
        #endif
        return ids
    }()
    /// The time as the C library's strftime writes it, in the C locale. The pattern may hold any bytes but 0; nil: the text gets too long.
    public static func formatted(_ pattern: [UInt8], _ time: BrokenDown) -> [UInt8]? {
        if pattern.isEmpty { return [] }
        var parts = tm()
        parts.tm_year = Int32(truncatingIfNeeded: time.year - 1900)
        parts.tm_mon = Int32(truncatingIfNeeded: time.month - 1)
        parts.tm_mday = Int32(truncatingIfNeeded: time.day)
        parts.tm_hour = Int32(truncatingIfNeeded: time.hour)
        parts.tm_min = Int32(truncatingIfNeeded: time.minute)
        parts.tm_sec = Int32(truncatingIfNeeded: time.second)
        parts.tm_wday = Int32(truncatingIfNeeded: (time.weekday + 1) % 7)
        parts.tm_yday = Int32(truncatingIfNeeded: time.yearDay - 1)
        parts.tm_isdst = Int32(truncatingIfNeeded: time.isDST)
        parts.tm_gmtoff = time.offsetSeconds
        return time.zone.withCString { zone in
            #if canImport(Glibc)
                parts.tm_zone = zone
            #else
                parts.tm_zone = UnsafeMutablePointer(mutating: zone)
            #endif
            let text = pattern.map { CChar(bitPattern: $0) } + [0]
            // 0 is also the length of an empty text, as %p's may be: room far beyond any pattern's needs tells the two apart.
            var room = 256
            while true {
                let made = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                    count = buffer.withMemoryRebound(to: CChar.self) { strftime($0.baseAddress!, room, text, &parts) }
                }
                if !made.isEmpty || room >= 256 * pattern.count { return made }
                if room > 1 << 30 { return nil }
                room *= 2
            }
        }
    }
    /// The zone may have changed.
    public static func readZone() { tzset() }

    public static func brokenDown(_ seconds: Int, utc: Bool) -> BrokenDown {
        var clock = time_t(seconds)
        var parts = tm()
        if utc { gmtime_r(&clock, &parts) } else { localtime_r(&clock, &parts) }
        return BrokenDown(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec),
            weekday: (Int(parts.tm_wday) + 6) % 7, yearDay: Int(parts.tm_yday) + 1, isDST: Int(parts.tm_isdst),
            offsetSeconds: parts.tm_gmtoff, zone: parts.tm_zone.map { String(cString: $0) } ?? "")
    }
}

public enum ResidentMemory {
    /// Bytes of the process in memory now.
    public static func bytes() -> Int {
        guard let text = try? File.read("/proc/self/statm") else { return peakBytes() }
        let fields = text.split(separator: 32)
        guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
    /// The most it has been.
    public static func peakBytes() -> Int {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(0), &usage)
            return usage.ru_maxrss * 1024
        #else
            getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss
        #endif
    }
}

extension ResidentMemory {
    /// Bytes of resident memory that belong to no file, counted page by page: the quick figures of the system are approximate. 0 where the system
    /// does not tell.
    public static func anonymousBytes() -> Int { kibibytes("Anonymous", in: "/proc/self/smaps_rollup") }

    /// A figure of /proc/self/status in bytes, such as VmRSS, or VmHWM, its maximum; 0 where the system has none.
    ///
    /// `peakBytes()` may be a parent's: a program inherits that figure.
    public static func status(_ name: StaticString) -> Int { kibibytes(name, in: "/proc/self/status") }

    /// On the stack: it must not change what it measures.
    private static func kibibytes(_ name: StaticString, in path: StaticString) -> Int {
        func characters(_ text: StaticString) -> UnsafePointer<CChar> { UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { text in
            let file = open(characters(path), O_RDONLY | O_CLOEXEC)
            if file < 0 { return 0 }
            defer { close(file) }
            let count = read(file, text.baseAddress, text.count - 1)
            if count <= 0 { return 0 }
            text[count] = 0
            guard let found = strstr(text.baseAddress!, characters(name)) else { return 0 }
            // The name and a colon.
            return Int(strtol(found + name.utf8CodeUnitCount + 1, nil, 10)) * 1024
        }
    }
    /// VmHWM starts again from what is resident now.
    public static func forgetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }
}
