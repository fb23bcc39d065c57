// How the standard streams turn text into bytes and bytes into text.
//
// Standard streams have an encoding and a handler of errors, chosen like CPython's: `PYTHONIOENCODING=encoding:handler`, both parts optional.
// Without it the encoding is UTF-8, and what is not UTF-8 goes through as lone surrogates where no language is set (locale C, POSIX,
// C.UTF-8 or one that the system does not have) and is an error elsewhere. Standard error escapes what it can't write, whatever is chosen.
// `reconfigure` changes both, while other threads may be writing: each is one word that refers to an interned string, which lives for ever.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM
import Synchronization

/// Names of a codec and of a handler of errors: interned strings.
struct StreamEncoding {
    var encoding, errors: Value

    static let utf8 = Interning.intern("utf-8")
    static let strict = Interning.intern("strict")
    static let escape = Interning.intern("backslashreplace")

    /// What a stream is made with.
    static func initial(descriptor: Int) -> StreamEncoding {
        StreamEncoding(encoding: utf8, errors: descriptor == 2 ? escape : Interning.intern(Locale.isPlain ? "surrogateescape" : "strict"))
    }

    /// - Returns: the codec's own name.
    /// - Throws: LookupError when there is none, NotImplementedError when ASCII has other bytes in it.
    static func checkedEncoding(_ t: Thread, _ name: String) throws(PythonError) -> Value {
        let plain = name.lowercased().replacing("_", with: "-")
        if plain == "utf-8" || plain == "utf8" { return utf8 }
        let codecs = try Imports.load(t, "codecs")
        defer { t.release(codecs) }
        let text = try t.makeString(name)
        defer { t.release(text) }
        let found = try t.callMethod(codecs, Interning.intern("lookup"), text)
        defer { t.release(found) }
        let own = try t.getAttribute(found, Interning.intern("name"))
        defer { t.release(own) }
        // Lines are found by their bytes, and ASCII goes through as it is.
        let sample = Interning.intern("a\n")
        let bytes = try t.callMethod(sample, Interning.intern("encode"), text)
        defer { t.release(bytes) }
        guard t.isStr(own), t.bytesLike(bytes) == Array("a\n".utf8) else {
            throw t.raise(.notImplementedError, "standard streams want an encoding that contains ASCII; wrap sys.stdout.buffer for \(name)")
        }
        return Interning.intern(StrRef(own).string)
    }

    func encode(_ t: Thread, _ text: Value) throws(PythonError) -> [UInt8] {
        let string = StrRef(text)
        if string.isASCII { return Array(UnsafeRawBufferPointer(start: string.data, count: string.count)) }
        let made = try t.callMethod(text, Interning.intern("encode"), encoding, errors)
        defer { t.release(made) }
        return t.bytesLike(made) ?? []
    }

    /// - Returns: a str.
    func decode(_ t: Thread, _ bytes: [UInt8]) throws(PythonError) -> Value {
        let source = try t.makeBytes(bytes)
        defer { t.release(source) }
        return try t.callMethod(source, Interning.intern("decode"), encoding, errors)
    }
}

public enum StandardStreams {
    /// Gives the standard streams what the environment says. Once the modules that know codecs can be imported.
    ///
    /// - Throws: what `checkedEncoding` throws.
    public static func applyEnvironment(_ t: Thread) throws(PythonError) {
        guard let given = Environment.get("PYTHONIOENCODING"), !given.isEmpty else { return }
        let parts = given.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        for name in ["stdin", "stdout", "stderr"] {
            let stream = DictRef(t.interpreterState.pointee.sysDict).getName(t, Interning.intern(name))
            defer { t.release(stream) }
            var chosen = TextStream.encoding(of: stream)
            if !parts[0].isEmpty {
                chosen.encoding = try StreamEncoding.checkedEncoding(t, String(parts[0]))
                chosen.errors = StreamEncoding.strict
            }
            if parts.count > 1 && !parts[1].isEmpty { chosen.errors = Interning.intern(String(parts[1])) }
            if name == "stderr" { chosen.errors = StreamEncoding.escape }
            TextStream.setEncoding(of: stream, chosen)
        }
    }
}

extension TextStream {
    // 40 encoding, 48 errors: bits of interned strings. Relaxed: what they refer to is never freed and never changes.
    static func encoding(of stream: Value) -> StreamEncoding {
        let object = stream.object
        return StreamEncoding(
            encoding: Value(bits: object.atomicWord(40).pointee.load(ordering: .relaxed)),
            errors: Value(bits: object.atomicWord(48).pointee.load(ordering: .relaxed)))
    }
    static func setEncoding(of stream: Value, _ new: StreamEncoding) {
        stream.object.atomicWord(40).pointee.store(new.encoding.bits, ordering: .relaxed)
        stream.object.atomicWord(48).pointee.store(new.errors.bits, ordering: .relaxed)
    }
    /// The encoding of any stream that `print` writes to. Byte streams have none.
    static func encoding(_ t: Thread, of stream: Value) -> StreamEncoding? {
        t.typeOf(stream) == t.type(.textStream) ? encoding(of: stream) : nil
    }
}
