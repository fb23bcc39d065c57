// Starting a program in a child without running anything of this process there (spawn.c).
internal import CStillShims
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a child does between fork and exec. Byte strings are without the zero at their end.
public struct SpawnPlan: Sendable {
    public var arguments: [[UInt8]] = []
    /// nil: the parent's.
    public var environment: [[UInt8]]?
    /// Files to execute, tried in turn.
    public var programs: [[UInt8]] = []
    public var folder: [UInt8]?
    /// Reported when the folder can't be entered.
    public var folderFailed = "noexec"
    /// Descriptors that the program keeps, ascending.
    public var kept: [Int32] = []
    public var closesOthers = false
    /// (child's end, parent's end) of standard input, output and error, and the pipe for a report; -1: none.
    public var input: (Int32, Int32) = (-1, -1)
    public var output: (Int32, Int32) = (-1, -1)
    public var error: (Int32, Int32) = (-1, -1)
    public var report: (Int32, Int32) = (-1, -1)
    public var restoresSignals = false
    public var startsSession = false
    public var processGroup: Int32 = -1
    public var mask: Int32 = -1
    public var group: Int?
    public var user: Int?
    public var groups: [UInt32]?

    public init() {}

    /// Forks and executes. - Returns: the child's number. - Throws: why there is no child.
    public func start() throws(ProcessError) -> Int32 {
        let result = withRecord { still_spawn($0) }
        if result < 0 { throw ProcessError(code: -result) }
        return result
    }
    /// In a child that exists already.
    public func becomeProgram() -> Never {
        withRecord { still_spawn_child($0) }
        Process.exitNow(255)
    }

    private func withRecord<R>(_ body: (UnsafePointer<still_spawn>) -> R) -> R {
        func cStrings(_ list: [[UInt8]]) -> [UnsafeMutablePointer<CChar>?] {
            list.map { bytes in
                let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
                for (index, byte) in bytes.enumerated() { memory[index] = CChar(bitPattern: byte) }
                memory[bytes.count] = 0
                return memory
            } + [nil]
        }
        var arguments = cStrings(arguments)
        var variables = environment.map(cStrings) ?? []
        let files = cStrings(programs)
        let place = folder.map { cStrings([$0]) } ?? [nil]
        let word = cStrings([Array(folderFailed.utf8)])
        defer { for one in arguments + variables + files + place + word { one?.deallocate() } }
        var constant: [UnsafePointer<CChar>?] = files.map { $0.map { UnsafePointer($0) } }
        var groups = groups ?? []
        let groupCount = self.groups == nil ? -1 : groups.count
        return arguments.withUnsafeMutableBufferPointer { arguments in
            variables.withUnsafeMutableBufferPointer { variables in
                constant.withUnsafeMutableBufferPointer { files in
                    kept.withUnsafeBufferPointer { kept in
                        groups.withUnsafeMutableBufferPointer { groups in
                            var record = still_spawn()
                            record.arguments = UnsafePointer(arguments.baseAddress)
                            record.environment = environment == nil ? nil : UnsafePointer(variables.baseAddress)
                            record.programs = UnsafePointer(files.baseAddress)
                            record.folder = place[0].map { UnsafePointer($0) }
                            record.folder_failed = word[0].map { UnsafePointer($0) }
                            record.kept = kept.baseAddress
                            record.kept_count = Int32(kept.count)
                            record.close_others = closesOthers ? 1 : 0
                            (record.input_read, record.input_write) = input
                            (record.output_write, record.output_read) = output
                            (record.error_write, record.error_read) = error
                            (record.report_write, record.report_read) = report
                            record.restore_signals = restoresSignals ? 1 : 0
                            record.new_session = startsSession ? 1 : 0
                            record.process_group = processGroup
                            record.umask = mask
                            record.group = group ?? -1
                            record.user = user ?? -1
                            record.groups = UnsafePointer(groups.baseAddress)
                            record.group_count = groupCount
                            return body(&record)
                        }
                    }
                }
            }
        }
    }
}
