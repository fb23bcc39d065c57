// The CPython that runs the same program: where it is and how it was built.
import Foundation

public struct PeerInterpreter: Codable, Sendable {
    public var path: String
    public var found: Bool
    public var version: String?
    /// How it was configured, as it says itself.
    public var buildFlags: String?
    public var gilDisabled: Bool?

    private struct Answer: Codable {
        var version: String
        var flags: String
        var gilDisabled: Bool
    }

    private static let question = """
        import json, platform, sys, sysconfig
        print(json.dumps({
            "version": platform.python_implementation() + " " + sys.version.replace("\\n", " "),
            "flags": str(sysconfig.get_config_var("CONFIG_ARGS")),
            "gilDisabled": bool(sysconfig.get_config_var("Py_GIL_DISABLED"))}))
        """

    /// - Throws: `BenchError` when there is a file, but it does not answer like Python.
    static func ask(_ path: String) throws -> PeerInterpreter {
        guard FileManager.default.isExecutableFile(atPath: path) else { return PeerInterpreter(path: path, found: false) }
        let outcome = try ChildProcess(executable: path, arguments: ["-c", question], limitSeconds: 20).run()
        guard outcome.failure == nil, let line = outcome.lines.last,
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        else { throw BenchError("\(path) does not answer like CPython: \(outcome.failure ?? outcome.lines.suffix(1).joined())") }
        return PeerInterpreter(
            path: path, found: true, version: answer.version, buildFlags: answer.flags, gilDisabled: answer.gilDisabled)
    }
}

/// What keeps a benchmark from running at all.
public struct BenchError: Error, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}
