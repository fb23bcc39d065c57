// How long a runtime takes from its start to the first line of a program: from before posix_spawn to the first byte in the pipe.
//
// The file cache is warm after the launch that does not count. The loader's work counts: a user waits for it too.
import Foundation
import StillPlatform

enum StartUpProbe {
    static func run(launches: Int, executable: String, arguments: [String]) throws -> CoreProbe.Values {
        _ = try launch(executable, arguments)
        var times: [UInt64] = []
        for _ in 0..<max(1, launches) { times.append(try launch(executable, arguments)) }
        times.sort()
        return ["milliseconds": CoreProbe.percentile(times, 50) / 1e6, "least": Double(times[0]) / 1e6]
    }

    private static func launch(_ executable: String, _ arguments: [String]) throws -> UInt64 {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchError("no pipe: error \(errno)") }
        defer { close(ends[0]) }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var words: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let start = Clock.monotonicNanoseconds()
        let code = posix_spawn(&child, executable, &actions, nil, words, environ)
        close(ends[1])
        guard code == 0 else { throw BenchError("\(executable) does not start: error \(code)") }
        var byte: UInt8 = 0
        var count = read(ends[0], &byte, 1)
        while count < 0 && errno == EINTR { count = read(ends[0], &byte, 1) }
        let passed = Clock.monotonicNanoseconds() - start
        var rest = [UInt8](repeating: 0, count: 4096)
        while read(ends[0], &rest, rest.count) > 0 {}
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard count == 1, status == 0 else { throw BenchError("\(executable) ended with status \(status) without its line") }
        return passed
    }
}
