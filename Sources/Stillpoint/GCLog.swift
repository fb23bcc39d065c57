// Writes down what the collector does, while a program runs: lines of JSON that `still gc-report` reads.
//
// Lines     Each is an object with the key "record":
//             header   once, first: "format" and "version" of the log, "still", "machine", "command", "started" (nanoseconds since 1970), "monotonic" (the same
//                      moment on the clock of time.monotonic_ns()), "budget" (nanoseconds)
//             pause    every pause of the process: "kind", "phase" of the collection, "interpreter", "at", "wall", "cpu", "timeToStop", "queued"
//             cycle    every collection: "at", "end", "objectsBefore", "objectsAfter", "bytesBefore", "bytesAfter", "live", "freed",
//                      "bytesFreed", "examined", "finalized", "uncollectable", "pauses", "paused", "longest", "worked"
//             heap     ten times a second: "at", "resident", and what the last thread that asked has seen: "objects", "bytes"
//             lost     "pauses" and "cycles" that had left their rings before they were copied
//             end      "at", "exit": the program ended by itself
//           Times are nanoseconds; "at" and "end" count from the header's moment. "cpu" 0: not measured. Readers skip records and keys they do not know; a
//           change that would mislead them gets another version.
// Crash     A batch of lines is one write. A process that is killed leaves whole lines and perhaps a part of one.
// Threads   A thread of its own copies the rings every 100 ms; it is attached to no interpreter. In a forked child it does not exist, and the log is the
//           parent's: nothing is written there.
// Ordering  `ending` is relaxed: it only asks the thread to end; joining it orders the rest.
import StillGC
public import StillPlatform
import StillThreadRegistry
import Synchronization

public final class GCLog: Sendable {
    /// Of the lines.
    public static let formatName = "stillpoint-gc-log"
    public static let formatVersion = 1
    private static let interval: UInt64 = 100_000_000

    private struct State {
        var file: LineFile
        var nextPause: UInt64
        var nextCollection: UInt64
        var thread: OSThread?
        var lastLook: UInt64 = 0
    }
    private let state: Guarded<State>
    private let origin: UInt64
    private let process = Process.id
    private let ending = Atomic<Bool>(false)

    /// Begins a log of this process in the file, which is replaced.
    ///
    /// - Parameter command: what is run, for the header.
    /// - Throws: when the file cannot be written.
    public init(path: String, command: [String]) throws(FileError) {
        let file = try LineFile(replacing: path)
        origin = Clock.monotonicNanoseconds()
        state = Guarded(
            State(file: file, nextPause: PauseLog.nextSequence, nextCollection: CollectionLog.nextSequence, thread: nil), rank: .output)
        file.append(Self.header(command, origin))
        if let failure = file.failure { throw failure }
        // Without a thread the rings are copied at the end: the oldest records may be lost then, and the log says so.
        let thread = try? OSThread.start(
            name: "gc log", stackBytes: 1 << 20,
            body: { [self] in
                while !ending.load(ordering: .relaxed) {
                    OSThread.sleep(nanoseconds: Self.interval)
                    copy()
                }
            })
        state.withLock { (state: inout State) in state.thread = thread }
    }

    /// Writes what is left, and that the program has ended. A forked child writes nothing.
    ///
    /// - Returns: what kept the log from being written, if anything did.
    @discardableResult public func finish(exitCode: Int32) -> FileError? {
        if Process.id != process { return nil }
        ending.store(true, ordering: .relaxed)
        let thread = state.withLock { (state: inout State) in
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
        copy()
        return state.withLock { (state: inout State) in
            var line = Line("end")
            line.add("at", Clock.monotonicNanoseconds() - origin)
            line.add("exit", Int(exitCode))
            state.file.append(line.finished)
            return state.file.failure
        }
    }

    /// Appends everything new.
    private func copy() {
        state.withLock { (state: inout State) in
            let pauses = PauseLog.readOn(from: state.nextPause)
            let cycles = CollectionLog.readOn(from: state.nextCollection)
            state.nextPause = pauses.next
            state.nextCollection = cycles.next
            var text: [UInt8] = []
            for record in pauses.records { text += pause(record) }
            for record in cycles.records { text += cycle(record) }
            if pauses.lost + cycles.lost > 0 {
                var line = Line("lost")
                line.add("pauses", pauses.lost)
                line.add("cycles", cycles.lost)
                text += line.finished
            }
            text += heap(&state.lastLook)
            state.file.append(text)
        }
    }

    // MARK: Lines

    private static func header(_ command: [String], _ origin: UInt64) -> [UInt8] {
        var line = Line("header")
        line.add("format", formatName)
        line.add("version", formatVersion)
        line.add("still", Version.still)
        line.add("python", Version.python)
        line.add("optimized", !_isDebugAssertConfiguration())
        line.add("checks", BuildOptions.checksInvariants)
        line.add("budget", Collector.defaultBudgetNanoseconds)
        line.add("processors", Process.processorCount)
        line.add("machine", MachineName.processor)
        line.add("kernel", MachineName.kernel)
        line.add("process", Int(Process.id))
        line.add("started", Clock.wallNanoseconds())
        line.add("monotonic", origin)
        line.add("command", command)
        return line.finished
    }

    /// On the log's clock; what began before the log did has no place on it.
    private func since(_ moment: UInt64) -> UInt64 { moment > origin ? moment - origin : 0 }

    private func pause(_ record: PauseRecord) -> [UInt8] {
        var line = Line("pause")
        line.add("kind", record.reason.name)
        switch record.reason {
        case .collectSlice, .collectVerdict:
            // Named after the phase in which it began; it may have gone on into the next.
            if let raw = UInt8(exactly: record.detail), let phase = CollectionPhase(rawValue: raw), phase != .idle { line.add("phase", "\(phase)") }
        default: break
        }
        line.add("interpreter", Int(record.interpreter))
        line.add("at", since(record.requestedAt))
        line.add("wall", record.wallNanoseconds)
        line.add("cpu", record.cpuNanoseconds)
        line.add("timeToStop", record.timeToStopNanoseconds)
        line.add("queued", record.queuedNanoseconds)
        return line.finished
    }

    private func cycle(_ record: CollectionRecord) -> [UInt8] {
        var line = Line("cycle")
        line.add("interpreter", Int(record.interpreter))
        line.add("at", since(record.startedAt))
        line.add("end", since(record.endedAt))
        line.add("objectsBefore", record.objectsBefore)
        line.add("objectsAfter", record.objectsAfter)
        line.add("bytesBefore", record.bytesBefore)
        line.add("bytesAfter", record.bytesAfter)
        line.add("live", record.live)
        line.add("freed", record.freed)
        line.add("bytesFreed", record.bytesFreed)
        line.add("examined", record.examined)
        line.add("finalized", record.finalized)
        line.add("uncollectable", record.uncollectable)
        line.add("pauses", record.pauses)
        line.add("paused", record.pausedNanoseconds)
        line.add("longest", record.longestPauseNanoseconds)
        line.add("worked", record.workedNanoseconds)
        return line.finished
    }

    private func heap(_ last: inout UInt64) -> [UInt8] {
        var line = Line("heap")
        line.add("at", since(Clock.monotonicNanoseconds()))
        line.add("resident", ResidentMemory.bytes())
        if let look = HeapLook.newest, look.at != last, look.at > origin {
            last = look.at
            line.add("interpreter", Int(look.interpreter))
            line.add("objects", look.objects)
            line.add("bytes", look.bufferBytes)
        }
        return line.finished
    }
}

/// A line of the log while it is put together.
private struct Line {
    private var text: String

    init(_ record: String) { text = "{\"record\":\"\(record)\"" }
    private mutating func key(_ name: String) { text += ",\"\(name)\":" }

    mutating func add(_ name: String, _ number: some BinaryInteger) {
        key(name)
        text += String(number)
    }
    mutating func add(_ name: String, _ truth: Bool) {
        key(name)
        text += truth ? "true" : "false"
    }
    mutating func add(_ name: String, _ value: String) {
        key(name)
        quote(value)
    }
    mutating func add(_ name: String, _ list: [String]) {
        key(name)
        text += "["
        for (index, value) in list.enumerated() {
            if index > 0 { text += "," }
            quote(value)
        }
        text += "]"
    }
    private mutating func quote(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
    var finished: [UInt8] { Array((text + "}\n").utf8) }
}

/// What the log was written on, as the system tells it.
private enum MachineName {
    static var processor: String { field("/proc/cpuinfo", "model name") ?? "unknown" }
    static var kernel: String {
        guard let text = try? File.read("/proc/sys/kernel/osrelease") else { return "unknown" }
        return String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map { String($0) } ?? "unknown"
    }
    private static func field(_ path: String, _ name: String) -> String? {
        guard let text = try? File.read(path) else { return nil }
        for line in text.split(separator: 10) where line.starts(with: Array(name.utf8)) {
            guard let colon = line.firstIndex(of: 58) else { continue }
            return String(decoding: line[line.index(after: colon)...].drop { $0 == 32 }, as: UTF8.self)
        }
        return nil
    }
}
