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

    /// Files of that name on the search path, then what tools/peers/install has built, then pyenv's: its shims stand for the chosen versions only.
    static func candidates(_ name: String) -> [String] {
        if name.contains("/") { return [name] }
        let environment = ProcessInfo.processInfo.environment
        let home = FileManager.default.homeDirectoryForCurrentUser.path
        var folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let data = environment["XDG_DATA_HOME"] ?? home + "/.local/share"
        folders += ["cpython-3.13t", "cpython-3.13"].map { "\(data)/stillpoint/peers/\($0)/bin" }
        let pyenv = (environment["PYENV_ROOT"] ?? home + "/.pyenv") + "/versions"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: pyenv)) ?? []
        folders += versions.sorted().reversed().map { "\(pyenv)/\($0)/bin" }
        return folders.map { "\($0)/\(name)" }.filter { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// A free-threaded build answers to both names: with a `t` at the end it must be one, without it must not. Paths are taken as they are.
    func isBuilt(as name: String) -> Bool {
        name.contains("/") || !name.hasPrefix("python3") || name.hasSuffix("t") == (gilDisabled == true)
    }

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
