// What the figures were measured on.
import Foundation
import StillPlatform

public struct Machine: Codable, Sendable {
    public var processor: String
    public var cores: Int
    public var kernel: String
    public var memoryBytes: Int?
    /// Of the last minute, when the benchmark began. Above the number of cores: others were working too.
    public var loadAverage: Double?

    static func current() -> Machine {
        func field(_ path: String, _ name: String) -> String? {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
            for line in text.split(separator: "\n") where line.hasPrefix(name) {
                if let colon = line.firstIndex(of: ":") {
                    return line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                }
            }
            return nil
        }
        let kernel = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
        let memory = field("/proc/meminfo", "MemTotal").flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }
        return Machine(
            processor: field("/proc/cpuinfo", "model name") ?? "unknown", cores: StillPlatform.Process.processorCount,
            kernel: kernel ?? ProcessInfo.processInfo.operatingSystemVersionString, memoryBytes: memory.map { $0 * 1024 },
            loadAverage: loadNow())
    }

    static func loadNow() -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8) else { return nil }
        return text.split(separator: " ").first.flatMap { Double($0) }
    }
}
