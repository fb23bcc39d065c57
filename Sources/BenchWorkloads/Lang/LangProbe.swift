// The child's side of `still bench lang` where it is not a Python program: one measurement in a process of its own, printed as a line of JSON.
import Foundation
import StillPlatform

/// A measurement by name, with words as arguments.
public enum LangProbe {
    public static let command = "bench-lang-probe"

    /// - Returns: the exit code.
    public static func run(name: String, words: [String]) -> Int32 {
        do {
            let values: CoreProbe.Values
            switch (name, words.count) {
            case ("start-up", 2...):
                values = try StartUpProbe.run(launches: try numbers(words[...0])[0], executable: words[1], arguments: Array(words[2...]))
            case ("pause-in-bytecode", 2):
                let numbers = try numbers(words[...])
                values = try BytecodePauseProbe.run(pauses: numbers[0], gapNanoseconds: UInt64(numbers[1]))
            case ("interpreters-apart", 3):
                values = try InterpretersApartProbe.run(program: words[0], kernel: words[1], rounds: try numbers(words[2...])[0])
            case ("interpreters-threading", 2):
                let numbers = try numbers(words[...])
                values = try TurnoverProbe.interpretersWithThreading(count: numbers[0], objects: numbers[1])
            default: throw BenchError("there is no measurement '\(name)' with \(words.count) arguments")
            }
            CoreProbe.print(values)
            return 0
        } catch {
            StandardError.write(Array("still: \(name): \(error)\n".utf8))
            return 1
        }
    }

    private static func numbers(_ words: ArraySlice<String>) throws -> [Int] {
        try words.map { word in
            guard let number = Int(word), number >= 0 else { throw BenchError("'\(word)' is no number") }
            return number
        }
    }
}
