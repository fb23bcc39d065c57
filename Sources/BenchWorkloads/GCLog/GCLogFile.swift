// Reads a log that `still run --gc-log` has written (Stillpoint, GCLog.swift, has its records).
import Foundation
import Stillpoint

/// What is wrong with a log, and what to do about it.
public struct GCLogError: Error, CustomStringConvertible {
    public var description: String
}

public struct GCLogFile: Sendable {
    struct Header: Codable, Sendable {
        var format: String
        var version: Int
        var still: String
        var python: String?
        var optimized: Bool?
        var checks: Bool?
        var budget: UInt64?
        var processors: Int?
        var machine: String?
        var kernel: String?
        var process: Int?
        var started: UInt64?
        var monotonic: UInt64?
        var command: [String]?
    }
    struct Pause: Codable, Sendable {
        var kind: String
        var phase: String?
        var interpreter: Int
        var at: UInt64
        var wall: UInt64
        var cpu: UInt64
        var timeToStop: UInt64
        var queued: UInt64

        var name: String { phase.map { "\(kind): \($0)" } ?? kind }
    }
    struct Cycle: Codable, Sendable {
        var interpreter: Int
        var at: UInt64
        var end: UInt64
        var objectsBefore, objectsAfter, bytesBefore, bytesAfter: Int
        var live, freed, bytesFreed, examined, finalized, uncollectable, pauses: Int
        var paused, longest, worked: UInt64
    }
    struct Sample: Codable, Sendable {
        var at: UInt64
        var resident: Int
        var objects: Int?
        var bytes: Int?
    }
    private struct Lost: Codable {
        var pauses: Int
        var cycles: Int
    }
    private struct End: Codable {
        var at: UInt64
        var exit: Int
    }
    private struct Kind: Codable {
        var record: String
    }

    var path: String
    var header: Header
    var pauses: [Pause] = []
    var cycles: [Cycle] = []
    var samples: [Sample] = []
    var lostPauses = 0
    var lostCycles = 0
    /// nil: the program was killed, or ended in a way that does not close the log.
    var exitCode: Int?
    /// The last moment that the log knows of, on its clock.
    var duration: UInt64 = 0
    /// The last line is not whole, and left out.
    var isCut = false

    public static func read(_ path: String) throws(GCLogError) -> GCLogFile {
        let data = try contents(path)
        var lines = data.split(separator: 10, omittingEmptySubsequences: false)
        // Behind the last end of line: nothing, or what a killed process left of a line.
        let rest = lines.removeLast()
        let decoder = JSONDecoder()
        guard let first = lines.first, let kind = try? decoder.decode(Kind.self, from: first), kind.record == "header",
            let version = try? decoder.decode(VersionLine.self, from: first), version.format == GCLog.formatName
        else {
            throw GCLogError(
                description: "\(path) is not a gc log: its first line is not the header of one. Write a log with: still run --gc-log \(path) PROGRAM")
        }
        guard version.version == GCLog.formatVersion else {
            let by = version.still.map { " It was written by still \($0)." } ?? ""
            throw GCLogError(
                description: "\(path) has version \(version.version) of the log format; this still reads version \(GCLog.formatVersion).\(by) "
                    + "Use the gc-report of the still that wrote it, or write the log again.")
        }
        guard let header = try? decoder.decode(Header.self, from: first) else {
            throw GCLogError(description: "\(path): the header is not complete. The file was changed or damaged; write the log again.")
        }
        var log = GCLogFile(path: path, header: header)
        log.isCut = !rest.isEmpty
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            do { try log.take(line, decoder) } catch {
                throw GCLogError(
                    description: "\(path): line \(index + 1) is not readable. The file was changed or damaged; "
                        + "'head -n \(index) \(path) > whole.log' keeps what is before it.")
            }
        }
        for pause in log.pauses { log.duration = max(log.duration, pause.at + pause.wall) }
        for cycle in log.cycles { log.duration = max(log.duration, cycle.end) }
        for sample in log.samples { log.duration = max(log.duration, sample.at) }
        return log
    }

    private struct VersionLine: Codable {
        var format: String
        var version: Int
        var still: String?
    }

    private static func contents(_ path: String) throws(GCLogError) -> Data {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw GCLogError(description: "there is no file \(path). Write a log with: still run --gc-log \(path) PROGRAM")
        }
        if isFolder.boolValue { throw GCLogError(description: "\(path) is a folder. Name a log that 'still run --gc-log FILE' has written.") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw GCLogError(description: "\(path) can't be read. Are you allowed to?")
        }
        if data.isEmpty { throw GCLogError(description: "\(path) is empty. Write a log with: still run --gc-log \(path) PROGRAM") }
        return data
    }

    private mutating func take(_ line: Data, _ decoder: JSONDecoder) throws {
        switch try decoder.decode(Kind.self, from: line).record {
        case "pause": pauses.append(try decoder.decode(Pause.self, from: line))
        case "cycle": cycles.append(try decoder.decode(Cycle.self, from: line))
        case "heap": samples.append(try decoder.decode(Sample.self, from: line))
        case "lost":
            let lost = try decoder.decode(Lost.self, from: line)
            lostPauses += lost.pauses
            lostCycles += lost.cycles
        case "end":
            let end = try decoder.decode(End.self, from: line)
            exitCode = end.exit
            duration = max(duration, end.at)
        default: break
        }
    }
}
