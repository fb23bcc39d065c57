// Compiles and verifies every Python file of a directory.
//
// STILL_PYTHON_LIBRARY=/usr/lib/python3.11 names the directory; without it the test does nothing.

import Foundation
import StillBytecode
import StillCompiler
import StillSyntax
import Testing

@Suite struct LibraryTests {
    static let directory = ProcessInfo.processInfo.environment["STILL_PYTHON_LIBRARY"]

    @Test(.enabled(if: directory != nil))
    func everyFileCompiles() throws {
        let root = try #require(Self.directory)
        let files = try #require(FileManager.default.enumerator(atPath: root))
        var count = 0
        for case let path as String in files where path.hasSuffix(".py") {
            let full = root + "/" + path
            guard let data = FileManager.default.contents(atPath: full) else { continue }
            let bytes = [UInt8](data)
            // Files that are meant not to parse are not the compiler's concern.
            guard let module = try? parseModule(bytes, filename: full) else { continue }
            do {
                let unit = try compile(module: module, filename: full, source: bytes)
                try verify(unit)
                count += 1
            } catch let error as VerificationError {
                Issue.record("\(full): \(error)")
            } catch let error as SyntaxError {
                Issue.record("\(full):\(error.line): \(error.message)")
            }
        }
        #expect(count > 0)
    }
}
