// exit(), quit() and help(): what programs expect to find without importing anything.
import StillObjects
import StillPlatform
import StillThreadRegistry
import StillVM

enum BuiltinSite {
    static func define(_ m: ModuleBuilder) {
        m.function("exit", 0, 1) { t, s, a, n, k in BuiltinSite.leave(t, n > 0 ? a[0] : Value.none.bits) }
        m.function("quit", 0, 1) { t, s, a, n, k in BuiltinSite.leave(t, n > 0 ? a[0] : Value.none.bits) }
        m.function("help", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let module = try Imports.load(t, "pydoc")
                defer { t.release(module) }
                let help = try t.getAttribute(module, Interning.intern("help"))
                defer { t.release(help) }
                return n > 0 ? try t.call(help, Value(bits: a[0])) : try t.call(help)
            }
        }
    }

    private static func leave(_ raw: UnsafeMutableRawPointer, _ code: UInt64) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in throw t.raise(.systemExit, args: Value(bits: code)) }
    }
}
