// The module `time`.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum TimeModule {
    private static let fieldNames = ["tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst"]

    public static let definition = ModuleDefinition(name: "time") { m in
        do throws(PythonError) { m.constant("struct_time", try NamedRecord.makeType(m.thread, "time.struct_time", fieldNames)) } catch { return }
        TimeZoneNames.fill(m)
        seconds(m, "time") { t, _, _, _, _ in TimeModule.float(t, Clock.wallNanoseconds()) }
        seconds(m, "perf_counter") { t, _, _, _, _ in TimeModule.float(t, Clock.monotonicNanoseconds()) }
        seconds(m, "monotonic") { t, _, _, _, _ in TimeModule.float(t, Clock.monotonicNanoseconds()) }
        seconds(m, "process_time") { t, _, _, _, _ in TimeModule.float(t, Clock.processCPUNanoseconds()) }
        seconds(m, "thread_time") { t, _, _, _, _ in TimeModule.float(t, Clock.threadCPUNanoseconds()) }
        seconds(m, "time_ns") { t, _, _, _, _ in TimeModule.int(t, Clock.wallNanoseconds()) }
        seconds(m, "perf_counter_ns") { t, _, _, _, _ in TimeModule.int(t, Clock.monotonicNanoseconds()) }
        seconds(m, "monotonic_ns") { t, _, _, _, _ in TimeModule.int(t, Clock.monotonicNanoseconds()) }
        seconds(m, "process_time_ns") { t, _, _, _, _ in TimeModule.int(t, Clock.processCPUNanoseconds()) }
        seconds(m, "thread_time_ns") { t, _, _, _, _ in TimeModule.int(t, Clock.threadCPUNanoseconds()) }
        m.function("sleep", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TimeModule.sleep(t, Value(bits: a[0]))
                return .none
            }
        }
        m.function("get_clock_info", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try TimeModule.clockInfo(t, Value(bits: a[0])) }
        }
        m.function("localtime", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TimeModule.structTime(t, TimeModule.broken(t, n > 0 ? Value(bits: a[0]) : .none, utc: false))
            }
        }
        m.function("gmtime", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TimeModule.structTime(t, TimeModule.broken(t, n > 0 ? Value(bits: a[0]) : .none, utc: true))
            }
        }
        m.function("strftime", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard t.isStr(Value(bits: a[0])) else {
                    throw t.raise(.typeError, "strftime() argument 1 must be str, not \(t.typeName(Value(bits: a[0])))")
                }
                var time = try TimeModule.broken(t, .none, utc: false)
                if n > 1 { time = try TimeModule.fields(t, Value(bits: a[1]), time) }
                return try t.makeString(TimeModule.format(t, StrRef(Value(bits: a[0])).string, time))
            }
        }
        calendar(m)
        let zone = Clock.brokenDown(Int(Clock.wallSeconds()), utc: false)
        m.set("timezone", Value(smallInt: -zone.offsetSeconds))
        m.set("daylight", Value(smallInt: zone.isDST > 0 ? 1 : 0))
    }

    private static func calendar(_ m: ModuleBuilder) {
        m.function("mktime", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let now = try TimeModule.broken(t, .none, utc: false)
                guard let seconds = Clock.seconds(ofLocal: try TimeModule.fields(t, Value(bits: a[0]), now, exactly: true)) else {
                    throw t.raise(.overflowError, "mktime argument out of range")
                }
                return try t.makeFloat(Double(seconds))
            }
        }
        m.function("asctime", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let now = try TimeModule.broken(t, .none, utc: false)
                return try TimeModule.text(t, n > 0 ? TimeModule.fields(t, Value(bits: a[0]), now) : now)
            }
        }
        m.function("ctime", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try TimeModule.text(t, TimeModule.broken(t, n > 0 ? Value(bits: a[0]) : .none, utc: false))
            }
        }
        m.function("strptime", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let module = try Imports.load(t, "_strptime")
                defer { t.release(module) }
                let format = n > 1 ? t.retain(Value(bits: a[1])) : try t.makeString("%a %b %d %H:%M:%S %Y")
                defer { t.release(format) }
                return try t.callMethod(module, Interning.intern("_strptime_time"), Value(bits: a[0]), format)
            }
        }
        // What `_strptime` cuts its result to.
        m.set("_STRUCT_TM_ITEMS", Value(smallInt: fieldNames.count))
        for (name, id) in Clock.ids { m.set(name, Value(smallInt: id)) }
        m.function("clock_gettime", 1, 1) { t, s, a, n, k in TimeModule.clock(t, a[0], resolution: false, whole: false) }
        m.function("clock_gettime_ns", 1, 1) { t, s, a, n, k in TimeModule.clock(t, a[0], resolution: false, whole: true) }
        m.function("clock_getres", 1, 1) { t, s, a, n, k in TimeModule.clock(t, a[0], resolution: true, whole: false) }
        m.function("tzset", 0, 0) { t, s, a, n, k in
            Clock.readZone()
            return Value.none.bits
        }
    }
    private static func clock(_ raw: UnsafeMutableRawPointer, _ id: UInt64, resolution: Bool, whole: Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            guard let nanoseconds = Clock.nanoseconds(of: try t.indexInt(Value(bits: id)), resolution: resolution) else {
                throw t.raiseOSError(22, SystemError.text(22))
            }
            return whole ? try t.makeInt(nanoseconds) : try t.makeFloat(Double(nanoseconds) / 1e9)
        }
    }
    /// `Sat Jun  6 16:26:11 1998`
    private static func text(_ t: Thread, _ time: Clock.BrokenDown) throws(PythonError) -> Value {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let day = (time.day < 10 ? " " : "") + "\(time.day)"
        return try t.makeString(
            "\(days[min(6, max(0, time.weekday))]) \(months[min(11, max(0, time.month - 1))]) \(day) "
                + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) \(time.year)")
    }

    private static func seconds(_ m: ModuleBuilder, _ name: String, _ body: @escaping NativeFunction) {
        m.function(name, 0, 0, body)
    }
    private static func float(_ t: UnsafeMutableRawPointer, _ nanoseconds: UInt64) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in try t.makeFloat(Double(nanoseconds) / 1e9) }
    }
    private static func int(_ t: UnsafeMutableRawPointer, _ nanoseconds: UInt64) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in try t.makeInt(Int(nanoseconds)) }
    }

    /// Nanoseconds of a number of seconds; nil for an endless time.
    static func nanoseconds(_ t: Thread, _ v: Value) throws(PythonError) -> Int {
        let seconds: Double
        if t.typeOf(v).has(TypeFlags.intSubclass) || v.isBool {
            guard let number = t.intValue(v), number.magnitude < 9_000_000_000 else {
                throw t.raise(.overflowError, "timestamp too large to convert to C PyTime_t")
            }
            return number * 1_000_000_000
        }
        if t.typeOf(v).has(TypeFlags.floatSubclass) {
            seconds = try t.floatValue(v)
        } else {
            throw t.raise(.typeError, "'\(t.typeName(v))' object cannot be interpreted as an integer")
        }
        if seconds.isNaN { throw t.raise(.valueError, "Invalid value NaN (not a number)") }
        guard seconds.magnitude < 9e9 else {
            throw t.raise(.overflowError, "timestamp out of range for C PyTime_t")
        }
        return Int((seconds * 1e9).rounded(.up))
    }

    private static func clockInfo(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        guard t.isStr(v) else { throw t.raise(.typeError, "get_clock_info() argument 1 must be str, not \(t.typeName(v))") }
        let call: String
        switch StrRef(v).string {
        case "monotonic", "perf_counter": call = "clock_gettime(CLOCK_MONOTONIC)"
        case "time": call = "clock_gettime(CLOCK_REALTIME)"
        case "process_time": call = "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)"
        case "thread_time": call = "clock_gettime(CLOCK_THREAD_CPUTIME_ID)"
        default: throw t.raise(.valueError, "unknown clock")
        }
        let isWall = StrRef(v).string == "time"
        return try t.makeInstanceNamespace([
            ("implementation", try t.makeString(call)), ("monotonic", Value(!isWall)), ("adjustable", Value(isWall)),
            ("resolution", try t.makeFloat(1e-9)),
        ])
    }

    /// Detached; wakes every 50 ms to notice interrupts.
    private static func sleep(_ t: Thread, _ v: Value) throws(PythonError) {
        let length = try nanoseconds(t, v)
        if length < 0 { throw t.raise(.valueError, "sleep length must be non-negative") }
        let end = Clock.monotonicNanoseconds() &+ UInt64(length)
        while true {
            let now = Clock.monotonicNanoseconds()
            t.detached {
                if now < end { OSThread.sleep(nanoseconds: min(end - now, 50_000_000)) } else { OSThread.yield() }
            }
            try PythonThreads.checkInterrupt(t)
            if Clock.monotonicNanoseconds() >= end { return }
        }
    }

    // MARK: Calendar

    static func broken(_ t: Thread, _ v: Value, utc: Bool) throws(PythonError) -> Clock.BrokenDown {
        if v.isNone { return Clock.brokenDown(Int(Clock.wallSeconds()), utc: utc) }
        let seconds = t.typeOf(v).has(TypeFlags.floatSubclass) ? try t.floatValue(v).rounded(.down) : Double(try t.indexInt(v))
        guard seconds.magnitude < 6e16 else { throw t.raise(.overflowError, "timestamp out of range for platform time_t") }
        return Clock.brokenDown(Int(seconds), utc: utc)
    }

    private static func structTime(_ t: Thread, _ time: Clock.BrokenDown) throws(PythonError) -> Value {
        let numbers = [
            time.year, time.month, time.day, time.hour, time.minute, time.second, time.weekday, time.yearDay, time.isDST,
        ]
        let module = try Imports.load(t, "time")
        defer { t.release(module) }
        let type = try t.getAttribute(module, Interning.intern("struct_time"))
        defer { t.release(type) }
        return try NamedRecord.make(t, type, numbers.map { Value(smallInt: $0) })
    }

    /// - Parameter exactly: numbers out of range stay, as mktime brings them in order.
    private static func fields(
        _ t: Thread, _ v: Value, _ base: Clock.BrokenDown, exactly: Bool = false
    ) throws(PythonError) -> Clock.BrokenDown {
        guard t.typeOf(v).has(TypeFlags.tupleSubclass) else {
            throw t.raise(.typeError, "Tuple or struct_time argument required")
        }
        guard TupleRef(v).count == 9 else { throw t.raise(.typeError, "\(exactly ? "mktime" : "strftime")(): illegal time tuple argument") }
        var numbers: [Int] = []
        for index in 0..<9 { numbers.append(try t.indexInt(TupleRef(v).item(index))) }
        var time = base
        guard numbers[0].magnitude < 1 << 31 else { throw t.raise(.overflowError, "year out of range") }
        time.year = numbers[0]
        // Months, days and days of the year that are zero stand for the first one.
        let isExact = exactly
        func part(_ index: Int, _ what: String, _ range: ClosedRange<Int>, zero: Int = 0) throws(PythonError) -> Int {
            let number = numbers[index] == 0 && !isExact ? zero : numbers[index]
            if isExact || range.contains(number) { return number }
            throw t.raise(.valueError, "\(what) out of range")
        }
        time.month = try part(1, "month", 1...12, zero: 1)
        time.day = try part(2, "day of month", 1...31, zero: 1)
        time.hour = try part(3, "hour", 0...23)
        time.minute = try part(4, "minute", 0...59)
        time.second = try part(5, "seconds", 0...61)
        if !exactly && numbers[6] < -1 { throw t.raise(.valueError, "day of week out of range") }
        time.weekday = ((numbers[6] % 7) + 7) % 7
        time.yearDay = try part(7, "day of year", 1...366, zero: 1)
        time.isDST = numbers[8]
        return time
    }

    /// The system's strftime between the zero characters of the pattern, which it would end at.
    private static func format(_ t: Thread, _ pattern: String, _ time: Clock.BrokenDown) throws(PythonError) -> String {
        var out: [UInt8] = []
        for (index, part) in pattern.utf8.split(separator: 0, omittingEmptySubsequences: false).enumerated() {
            if index > 0 { out.append(0) }
            guard let text = Clock.formatted(Array(part), time) else { throw t.noMemory() }
            out += text
        }
        return String(decoding: out, as: UTF8.self)
    }
}
