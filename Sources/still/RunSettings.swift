// Settings of a run that come from options or from the environment, for programs and for the prompt.
import ArgumentParser
import StillPlatform
import Stillpoint

struct RunOptions: ParsableArguments {
    @Option(name: .customLong("hash-seed"), help: "Seed of the hashes of strings: random, or a number from 0 (default: $PYTHONHASHSEED, else random).")
    var hashSeed: String?

    @Option(name: .customLong("recursion-limit"), help: "How deep calls may nest (default: $STILLPOINT_RECURSION_LIMIT, else 1000).")
    var recursionLimit: String?

    var settings: RunSettings { RunSettings(hashSeed: hashSeed, recursionLimit: recursionLimit) }
}

struct RunSettings {
    var hashSeed, recursionLimit: String?

    struct Invalid: Error { let text: String }

    /// Sets the seed, before the first interpreter is made.
    ///
    /// - Returns: the recursion limit to set, or nil for the usual one.
    func apply() throws(Invalid) -> Int? {
        if let hashSeed { Environment.set("PYTHONHASHSEED", hashSeed) }
        if let seed = Environment.get("PYTHONHASHSEED"), !Interpreter.isHashSeed(seed) {
            throw Invalid(text: "\(hashSeed == nil ? "PYTHONHASHSEED" : "--hash-seed") must be \"random\" or an integer in range [0; 4294967295]")
        }
        guard let text = recursionLimit ?? Environment.get("STILLPOINT_RECURSION_LIMIT"), !text.isEmpty else { return nil }
        guard let limit = Int(text), limit >= 1, limit < 1 << 31 else {
            let name = recursionLimit == nil ? "STILLPOINT_RECURSION_LIMIT" : "--recursion-limit"
            throw Invalid(text: "\(name) must be an integer of at least 1, not '\(text)'")
        }
        return limit
    }
}
