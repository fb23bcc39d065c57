// Who runs the program: Stillpoint, Pythons, and the same work in Java and Go, as far as they are on the machine.
import Foundation

public struct Contestant: Codable, Sendable {
    public enum Kind: String, Codable, Sendable { case stillpoint, python, java, go }
    public var name: String
    public var kind: Kind
    public var path: String
    public var version: String
    public var buildFlags: String
    /// Before the program's numbers.
    var arguments: [String] = []

    /// The default list, by what `find` understands.
    public static let known = ["python3.13t", "python3.13", "/usr/bin/python3.11", "pypy3", "java-zgc", "java-g1", "go"]

    /// Memory that a Java virtual machine may use for so many containers: it collects when that is used up.
    func javaHeap(_ live: Int) -> String { "-Xmx\(max(256, live * 300 >> 20))m" }
}

/// A contestant, or why there is none.
enum FoundContestant {
    case found(Contestant)
    case missing(name: String, why: String)
}

struct ContestantSearch {
    /// Folder of GCPauses.java and gc_pauses.go.
    var sources: String
    /// Where what is compiled of them is kept.
    var cache: String

    func find(_ name: String) -> FoundContestant {
        switch name {
        case "java-zgc": return java(name, "-XX:+UseZGC")
        case "java-g1": return java(name, "-XX:+UseG1GC")
        case "go": return go(name)
        default: return python(name)
        }
    }

    private func python(_ name: String) -> FoundContestant {
        var why = "there is no \(name) on the search path; tools/peers/install brings CPython 3.13 and PyPy"
        for path in PeerInterpreter.candidates(name) {
            guard FileManager.default.isExecutableFile(atPath: path) else {
                why = "there is no \(path)"
                continue
            }
            do {
                let answer = try PeerInterpreter.ask(path)
                guard answer.found else { continue }
                if !answer.isBuilt(as: name) {
                    why = "\(path) is \(answer.gilDisabled == true ? "a" : "no") free-threaded build"
                    continue
                }
                let threading = answer.gilDisabled == true ? "free-threaded" : "with GIL"
                return .found(
                    Contestant(
                        name: URL(fileURLWithPath: name).lastPathComponent, kind: .python, path: path,
                        version: "\(answer.version ?? "?"), \(threading)", buildFlags: answer.buildFlags.map { $0 == "None" ? "flags that it does not tell" : $0 } ?? "?"))
            } catch { why = "\(error)" }
        }
        return .missing(name: name, why: why)
    }

    private func tool(_ name: String) -> String? { PeerInterpreter.candidates(name).first }

    private func says(_ path: String, _ arguments: [String]) -> String? {
        guard let outcome = try? ChildProcess(executable: path, arguments: arguments, limitSeconds: 30).run(), outcome.failure == nil else { return nil }
        return outcome.lines.joined(separator: " ")
    }

    /// Compiles when the product is older than the source. nil: done.
    private func compile(_ source: String, to product: String, _ command: [String]) -> String? {
        func changed(_ path: String) -> Date? { (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date }
        guard let written = changed(source) else { return "there is no \(source)" }
        if let made = changed(product), made > written { return nil }
        try? FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        do {
            let outcome = try ChildProcess(executable: command[0], arguments: Array(command.dropFirst()), limitSeconds: 300).run()
            return outcome.failure.map { "\(source) can't be compiled: \($0)" }
        } catch { return "\(command[0]) can't be run: \(error)" }
    }

    private func java(_ name: String, _ option: String) -> FoundContestant {
        guard let java = tool("java"), let javac = tool("javac") else {
            return .missing(name: name, why: "there is no java and javac on the search path; install a JDK, such as default-jdk-headless")
        }
        let source = sources + "/GCPauses.java"
        if let why = compile(source, to: cache + "/GCPauses.class", [javac, "-d", cache, source]) { return .missing(name: name, why: why) }
        guard let version = says(java, [option, "-version"]) else { return .missing(name: name, why: "\(java) has no \(option)") }
        return .found(
            Contestant(name: name, kind: .java, path: java, version: version, buildFlags: option, arguments: [option, "-cp", cache, "GCPauses"]))
    }

    private func go(_ name: String) -> FoundContestant {
        guard let go = tool("go") else {
            return .missing(name: name, why: "there is no go on the search path; install Go, such as golang-go")
        }
        let (source, product) = (sources + "/gc_pauses.go", cache + "/gc_pauses")
        if let why = compile(source, to: product, [go, "build", "-o", product, source]) { return .missing(name: name, why: why) }
        return .found(Contestant(name: name, kind: .go, path: product, version: says(go, ["version"]) ?? "?", buildFlags: "go build, GOGC 100"))
    }
}
