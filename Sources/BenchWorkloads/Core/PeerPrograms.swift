// The peers of `still bench core`: small C programs of tools/peers, compiled when they are needed, and allocators as shared libraries.
import Foundation
import StillPlatform

struct PeerPrograms {
    private let sources: String
    private let cache: String
    private(set) var peers: [CorePeer] = []

    /// - Parameter sources: the folder tools/peers.
    /// - Parameter cache: where programs are kept that have been compiled.
    init(sources: String, cache: String) {
        self.sources = sources
        self.cache = cache
    }

    /// A program that a contestant can run, or what keeps it from being there.
    struct Program {
        var path: String
        var missing: String?
        var build = ""
    }

    /// Compiles SOURCES/NAME.c unless that has been done with the same text, compiler and flags.
    ///
    /// - Parameter package: of pkg-config, with the Debian package that has it.
    mutating func compile(_ name: String, package: (name: String, debian: String)? = nil) -> Program {
        let source = sources + "/\(name).c"
        guard let text = try? File.read(source), let header = try? File.read(sources + "/peer.h") else {
            return Program(path: source, missing: "there is no \(source)")
        }
        guard let compiler = Self.answer("/usr/bin/env", ["cc", "--version"])?.first else {
            return Program(path: source, missing: "install a C compiler (gcc)")
        }
        var flags = ["-O2", "-std=gnu11", "-pthread"]
        if let package {
            guard let found = Self.answer("/usr/bin/env", ["pkg-config", "--cflags", "--libs", package.name])?.first else {
                return Program(path: source, missing: "install \(package.debian) and pkg-config")
            }
            flags += found.split(separator: " ").map(String.init)
        }
        let build = "cc " + flags.joined(separator: " ") + " (\(compiler))"
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text + header + Array(build.utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let path = cache + "/\(name)-\(String(hash, radix: 16))"
        if !FileManager.default.isExecutableFile(atPath: path) {
            do { try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true) } catch {
                return Program(path: path, missing: "the folder \(cache) can't be made: \(error)")
            }
            // Beside its place first: an interrupted compilation leaves nothing that looks complete.
            let unfinished = path + ".\(StillPlatform.Process.id)"
            let compilation = ChildProcess(executable: "/usr/bin/env", arguments: ["cc"] + [source, "-o", unfinished] + flags, limitSeconds: 120)
            guard let outcome = try? compilation.run() else { return Program(path: path, missing: "cc does not start") }
            if let failure = outcome.failure { return Program(path: path, missing: "it does not compile: \(failure)") }
            guard rename(unfinished, path) == 0 else { return Program(path: path, missing: "\(path) can't be written") }
        }
        return Program(path: path, build: build)
    }

    /// Notes a peer for the report; the same name once.
    mutating func note(_ peer: CorePeer) {
        if !peers.contains(where: { $0.name == peer.name }) { peers.append(peer) }
    }

    /// liburcu as the program was linked with it.
    mutating func noteUserspaceRCU(_ program: Program) {
        let version = Self.answer("/usr/bin/env", ["pkg-config", "--modversion", "liburcu-qsbr"])?.first
        note(
            CorePeer(
                name: "liburcu-qsbr", path: program.path, version: version, build: program.build, missing: program.missing))
    }

    /// CPython, for a program of tools/peers.
    mutating func python(_ path: String, _ program: String) -> (name: String, program: String, missing: String?) {
        var missing: String?
        var name = "CPython"
        if let answer = try? PeerInterpreter.ask(path), answer.found {
            name = URL(fileURLWithPath: path).lastPathComponent
            note(CorePeer(name: name, path: path, version: answer.version, build: answer.buildFlags))
        } else {
            missing = "there is no CPython at \(path); run tools/peers/install or name one with --python"
            note(CorePeer(name: name, missing: missing))
        }
        return (name, program, missing)
    }

    /// A shared library by its name, from the loader's cache.
    ///
    /// - Parameter package: the Debian package that has it.
    mutating func library(_ name: String, _ file: String, package: String) -> String? {
        let known = Self.answer("/sbin/ldconfig", ["-p"]) ?? []
        for line in known {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.first.map(String.init) == file, let path = words.last.map(String.init) else { continue }
            let version = Self.answer("/usr/bin/dpkg-query", ["-W", "-f", "${Version}", package])?.first
            note(
                CorePeer(
                    name: name, path: File.realPath(path) ?? path, version: version,
                    build: version == nil ? "not from the package \(package)" : "as Debian builds \(package)"))
            return path
        }
        note(CorePeer(name: name, missing: "install \(package)"))
        return nil
    }

    /// The first line and the rest of what a program prints; nil when it fails.
    static func answer(_ executable: String, _ arguments: [String]) -> [String]? {
        guard let outcome = try? ChildProcess(executable: executable, arguments: arguments, limitSeconds: 20).run(),
            outcome.failure == nil, !outcome.lines.isEmpty
        else { return nil }
        return outcome.lines
    }
}
