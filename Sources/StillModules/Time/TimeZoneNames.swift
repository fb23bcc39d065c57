// `time.tzname`, `timezone`, `altzone` and `daylight`: the local time zone, as it is when the module is imported.
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

enum TimeZoneNames {
    static func fill(_ m: ModuleBuilder) {
        // Winter and summer of this year, of which one is daylight saving time where there is such a thing.
        let year = Int(Clock.wallSeconds()) / 31_556_952 * 31_556_952
        let (first, second) = (zone(year), zone(year + 15_778_476))
        let (standard, saving) = first.offset <= second.offset ? (first, second) : (second, first)
        m.set("timezone", Value(smallInt: -standard.offset))
        m.set("altzone", Value(smallInt: -saving.offset))
        m.set("daylight", Value(smallInt: standard.offset == saving.offset ? 0 : 1))
        do throws(PythonError) {
            let t = m.thread
            m.constant("tzname", try t.makeTuple([t.makeString(standard.name), t.makeString(saving.name)]))
        } catch { m.set("tzname", .none) }
    }

    private static func zone(_ seconds: Int) -> (name: String, offset: Int) {
        var (moment, parts) = (time_t(seconds), tm())
        guard localtime_r(&moment, &parts) != nil else { return ("UTC", 0) }
        return (parts.tm_zone.map { String(cString: $0) } ?? "UTC", parts.tm_gmtoff)
    }
}
