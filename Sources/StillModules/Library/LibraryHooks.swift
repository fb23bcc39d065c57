// What builtin functions and types ask a standard library for: other codecs than the built-in ones, and files.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum LibraryHooks {
    static func install() {
        ObjectHooks.warn = { raw, category, text in
            storing(raw) { (t) throws(PythonError) -> Int in
                if t.interpreterState.pointee.stdlib.isNull { return 0 }
                let module = try Imports.load(t, "warnings")
                defer { t.release(module) }
                t.release(try t.callMethod(module, Interning.intern("warn"), Value(bits: text), Value(bits: category), Value(smallInt: 1)))
                return 0
            }
        }
        ObjectHooks.codec = { raw, kind, value, encoding, errors in
            returning(raw) { (t) throws(PythonError) -> Value in
                if kind == 2 {
                    // An error for a handler by name.
                    let module = try Imports.load(t, "_codecs")
                    defer { t.release(module) }
                    let handler = try t.callMethod(module, Interning.intern("lookup_error"), Value(bits: errors))
                    defer { t.release(handler) }
                    return try t.call(handler, Value(bits: value))
                }
                let name = Value(bits: encoding)
                if t.interpreterState.pointee.stdlib.isNull {
                    throw t.raise(.lookupError, "unknown encoding: \(StrRef(name).string)")
                }
                let module = try Imports.load(t, "_codecs")
                defer { t.release(module) }
                let mode = Value(bits: errors)
                return try t.callMethod(
                    module, Interning.intern(kind == 0 ? "encode" : "decode"), Value(bits: value), name,
                    mode.isNull || mode.isNone ? Interning.intern("strict") : mode)
            }
        }
    }

    /// `open(...)`: files are the library's.
    static func open(_ t: Thread, _ a: ArgumentWords, _ n: Int, _ k: UInt64) throws(PythonError) -> Value {
        if t.interpreterState.pointee.stdlib.isNull {
            throw t.raise(.notImplementedError, "open() needs the module io of a standard library\(StandardLibrary.advice("io"))")
        }
        let module = try Imports.load(t, "io")
        defer { t.release(module) }
        let function = try t.getAttribute(module, Interning.intern("open"))
        defer { t.release(function) }
        return try t.call(function, args: a, count: n, keywords: Value(bits: k))
    }
}
