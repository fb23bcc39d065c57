// The module `_weakref`.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum WeakModule {
    public static let definition = ModuleDefinition(name: "_weakref") { m in
        m.set("ref", m.thread.type(.weakReference).value)
        m.set("ReferenceType", m.thread.type(.weakReference).value)
        m.set("ProxyType", m.thread.type(.weakProxy).value)
        m.set("CallableProxyType", m.thread.type(.weakCallableProxy).value)
        m.function("proxy", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let callback = n == 2 && !Value(bits: a[1]).isNone ? Value(bits: a[1]) : .null
                return try WeakProxyTypes.make(t, Value(bits: a[0]), callback: callback)
            }
        }
        m.function("getweakrefcount", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let found = WeakModule.references(t, Value(bits: a[0]))
                for reference in found { t.release(reference) }
                return Value(smallInt: found.count)
            }
        }
        m.function("getweakrefs", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let list = try t.makeList(capacity: 0)
                for reference in WeakModule.references(t, Value(bits: a[0])) { try ListRef(list).appendOwned(t, reference) }
                return list
            }
        }
        m.function("_remove_dead_weakref", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (dict, key) = (Value(bits: a[0]), Value(bits: a[1]))
                if !t.isDict(dict) {
                    throw t.raise(.typeError, "_remove_dead_weakref() argument 1 must be dict, not \(t.typeName(dict))")
                }
                let hash = try t.hash(key)
                let entry = try DictRef(dict).get(t, key, hash: hash)
                if entry.isNull { return .none }
                defer { t.release(entry) }
                if !t.isInstance(entry, of: t.type(.weakReference)) { throw t.raise(.typeError, "not a weakref") }
                let target = WeakReferences.load(t, entry.object)
                if !target.isNull {
                    t.release(target)
                    return .none
                }
                SchedulingNoise.point()
                // Another thread may have put another one there since.
                let only = FaultInjection.isActive(.removeReplacedEntry) ? Value.null : entry
                t.release(try DictRef(dict).pop(t, key, hash: hash, only: only))
                return .none
            }
        }
    }

    private static func references(_ t: Thread, _ v: Value) -> [Value] {
        v.isObject ? WeakReferences.all(t, to: v.object) : []
    }
}
