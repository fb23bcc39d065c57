// Parsing the arguments of native functions that take keywords, with CPython's error texts.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public enum Arguments {
    /// Sorts positional and keyword arguments into the order of `names`.
    ///
    /// - Parameter k: tuple of keyword names or 0; their values follow the `n` positional arguments in `a`.
    /// - Parameter required: how many of the names (from the first) must be given.
    /// - Parameter positionalOnly: how many names (from the first) may not be keywords.
    /// - Parameter keywordOnly: how many names at the end must be keywords.
    /// - Returns: borrowed values, null where absent.
    public static func parse(
        _ t: Thread, function: String, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64,
        names: [String], required: Int, positionalOnly: Int = 0, keywordOnly: Int = 0
    ) throws(PythonError) -> [Value] {
        let positional = names.count - keywordOnly
        let keywordCount = k == 0 ? 0 : TypeRef.tupleCount(Value(bits: k))
        if n > positional {
            if keywordOnly > 0 || positional == 0 {
                if positional == 0 { throw t.raise(.typeError, "\(function)() takes no positional arguments") }
                if required >= positional {
                    throw t.raise(.typeError, "\(function) expected \(positional) argument\(plural(positional)), got \(n)")
                }
                throw t.raise(.typeError,
                    "\(function)() takes at most \(positional) positional argument\(plural(positional)) (\(n) given)")
            }
            let word = required >= positional ? "exactly" : "at most"
            throw t.raise(.typeError,
                "\(function)() takes \(word) \(positional) argument\(plural(positional)) (\(n + keywordCount) given)")
        }
        var result = [Value](repeating: .null, count: names.count)
        for index in 0..<n { result[index] = Value(bits: a[index]) }
        for index in 0..<keywordCount {
            let key = TypeRef.tupleItem(Value(bits: k), index)
            let word = StrRef(key).string
            guard let at = names.firstIndex(of: word), at >= positionalOnly else {
                if let at = names.firstIndex(of: word), at < positionalOnly {
                    throw t.raise(.typeError,
                        "\(function)() got some positional-only arguments passed as keyword arguments: '\(word)'")
                }
                throw t.raise(.typeError, "\(function)() got an unexpected keyword argument '\(word)'")
            }
            if !result[at].isNull {
                throw t.raise(.typeError,
                    "argument for \(function)() given by name ('\(word)') and position (\(at + 1))")
            }
            result[at] = Value(bits: a[n + index])
        }
        for index in 0..<required where result[index].isNull {
            if index < positionalOnly {
                let word = required < positional ? "at least " : "exactly "
                throw t.raise(.typeError,
                    "\(function)() takes \(word)\(positionalOnly == 1 && required >= positional ? "1" : "\(Swift.min(required, positionalOnly))") positional argument\(plural(Swift.min(required, positionalOnly))) (\(n) given)")
            }
            throw t.raise(.typeError, "\(function)() missing required argument '\(names[index])' (pos \(index + 1))")
        }
        return result
    }

    private static func plural(_ number: Int) -> String { number == 1 ? "" : "s" }

    /// Raises when keyword arguments are given.
    public static func noKeywords(_ t: Thread, _ function: String, _ k: UInt64) throws(PythonError) {
        if k != 0 && TypeRef.tupleCount(Value(bits: k)) != 0 {
            throw t.raise(.typeError, "\(function)() takes no keyword arguments")
        }
    }

    /// The same for what makes or initialises an instance of `type`, a class below `base` or that itself: one with an `__init__` of its own may be
    /// called with what that takes.
    public static func noKeywords(_ t: Thread, _ function: String, _ k: UInt64, _ type: TypeRef, _ base: TypeID) throws(PythonError) {
        if k == 0 { return }
        let own = unsafeBitCast(type.record.pointee.initialize, to: UInt.self)
        if own == unsafeBitCast(t.type(base).record.pointee.initialize, to: UInt.self) { try noKeywords(t, function, k) }
    }

    /// Raises unless `min <= n <= max` (-1: any).
    public static func count(_ t: Thread, _ function: String, _ n: Int, _ min: Int, _ max: Int) throws(PythonError) {
        if n >= min && (max < 0 || n <= max) { return }
        let bound = n < min ? min : max
        let word = min == max ? "" : n < min ? "at least " : "at most "
        throw t.raise(.typeError, "\(function) expected \(word)\(bound) argument\(plural(bound)), got \(n)")
    }
}
