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
        time.year = numbers[0]
        time.month = exactly ? numbers[1] : min(12, max(1, numbers[1]))
        time.day = exactly ? numbers[2] : min(31, max(1, numbers[2]))
        time.hour = numbers[3]
        time.minute = numbers[4]
        time.second = numbers[5]
        time.weekday = ((numbers[6] % 7) + 7) % 7
        time.yearDay = numbers[7]
        time.isDST = numbers[8]
        return time
    }

    private static func format(_ t: Thread, _ pattern: String, _ time: Clock.BrokenDown) throws(PythonError) -> String {
        let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
            "December",
        ]
        func pad(_ number: Int, _ width: Int, _ fill: Character = "0") -> String {
            let text = String(number)
            return String(repeating: fill, count: max(0, width - text.count)) + text
        }
        var out = ""
        var iterator = pattern.makeIterator()
        while let character = iterator.next() {
            guard character == "%", let code = iterator.next() else {
                out.append(character)
                continue
            }
            switch code {
            case "Y": out += String(time.year)
            case "y": out += pad(((time.year % 100) + 100) % 100, 2)
            case "m": out += pad(time.month, 2)
            case "d": out += pad(time.day, 2)
            case "e": out += pad(time.day, 2, " ")
            case "H": out += pad(time.hour, 2)
            case "I": out += pad(time.hour % 12 == 0 ? 12 : time.hour % 12, 2)
            case "M": out += pad(time.minute, 2)
            case "S": out += pad(time.second, 2)
            case "j": out += pad(time.yearDay, 3)
            case "p": out += time.hour < 12 ? "AM" : "PM"
            case "a": out += String(days[time.weekday].prefix(3))
            case "A": out += days[time.weekday]
            case "b", "h": out += String(months[time.month - 1].prefix(3))
            case "B": out += months[time.month - 1]
            case "w": out += String((time.weekday + 1) % 7)
            case "u": out += String(time.weekday + 1)
            case "Z": out += time.zone
            case "z":
                let minutes = time.offsetSeconds / 60
                out += (minutes < 0 ? "-" : "+") + pad(abs(minutes) / 60, 2) + pad(abs(minutes) % 60, 2)
            case "T": out += "\(pad(time.hour, 2)):\(pad(time.minute, 2)):\(pad(time.second, 2))"
            case "R": out += "\(pad(time.hour, 2)):\(pad(time.minute, 2))"
            case "F": out += "\(time.year)-\(pad(time.month, 2))-\(pad(time.day, 2))"
            case "D", "x": out += "\(pad(time.month, 2))/\(pad(time.day, 2))/\(pad(time.year % 100, 2))"
            case "X": out += "\(pad(time.hour, 2)):\(pad(time.minute, 2)):\(pad(time.second, 2))"
            case "c":
                out += "\(days[time.weekday].prefix(3)) \(months[time.month - 1].prefix(3)) \(pad(time.day, 2, " ")) "
                out += "\(pad(time.hour, 2)):\(pad(time.minute, 2)):\(pad(time.second, 2)) \(time.year)"
            case "n": out += "\n"
            case "t": out += "\t"
            case "%": out += "%"
            default: throw t.raise(.notImplementedError, "strftime() does not support %\(code) yet")
            }
        }
        return out
    }
}
