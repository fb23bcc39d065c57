// Forking from Python: what os.register_at_fork keeps, and the order of everything.
//
//   before callbacks, last registered first > the registry's fork > parent's or child's callbacks, first registered first
//
// Imports      that other threads are in the middle of are not waited for: a program may live in one. The child imports such modules anew.
// Callbacks    lie in three lists of the interpreter, shared objects like any other; an exception in one is reported and does not stop the
//              rest.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM
import Synchronization

public enum ForkCallbacks {
    enum Kind: Int { case before, parent, child }

    private static func list(_ t: Thread, _ kind: Kind) throws(PythonError) -> Value {
        let word = Value(bits: t.interpreterState.pointee.forkCallbacks.load(ordering: .acquiring))
        if !word.isNull { return TupleRef(word).item(kind.rawValue) }
        let lists = try t.makeTuple([try t.makeList(capacity: 0), try t.makeList(capacity: 0), try t.makeList(capacity: 0)])
        ReferenceCount.share(lists.object)
        let (exchanged, _) = t.interpreterState.pointee.forkCallbacks.compareExchange(
            expected: 0, desired: lists.bits, ordering: .acquiringAndReleasing)
        if !exchanged { t.release(lists) }
        return try list(t, kind)
    }

    static func register(
        _ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) {
        let names = ["before", "after_in_parent", "after_in_child"]
        let v = try Arguments.parse(t, function: "register_at_fork", a, n, k, names: names, required: 0, keywordOnly: 3)
        if v.allSatisfy({ $0.isNull }) { throw t.raise(.typeError, "At least one argument is required.") }
        for index in 0..<3 where !v[index].isNull && t.typeOf(v[index]).record.pointee.call == nil {
            throw t.raise(.typeError, "'\(names[index])' must be callable, not \(t.typeName(v[index]))")
        }
        for index in 0..<3 where !v[index].isNull {
            try ListRef(try list(t, Kind(rawValue: index)!)).appendOwned(t, t.retain(v[index]))
        }
    }

    /// The interpreter ends.
    public static func forget(_ t: Thread) {
        t.release(Value(bits: t.interpreterState.pointee.forkCallbacks.exchange(0, ordering: .acquiringAndReleasing)))
    }

    private static func run(_ t: Thread, _ kind: Kind) {
        let word = Value(bits: t.interpreterState.pointee.forkCallbacks.load(ordering: .acquiring))
        if word.isNull { return }
        let list = ListRef(TupleRef(word).item(kind.rawValue))
        // A copy: callbacks may register more.
        var callbacks: [Value] = []
        for index in 0..<list.count { callbacks.append(list.item(t, index)) }
        if kind == .before { callbacks.reverse() }
        for callback in callbacks where !callback.isNull {
            do throws(PythonError) { t.release(try t.call(callback, list: [])) } catch {
                let exception = t.takeRaised()
                Unraisable.report(t, exception, callback, message: "Exception ignored in at-fork callback")
                t.release(exception)
            }
            t.release(callback)
        }
    }

    /// `os.fork()`: 0 in the child.
    ///
    /// - Throws: `ForkError`.
    public static func fork(_ t: Thread) throws(ForkError) -> ForkOutcome {
        // Asked before the callbacks run, and again by the registry.
        if !t.interpreter.configuration.allowsFork { throw .notAllowed(interpreter: t.interpreter.id) }
        if t.interpreter.isFinalising { throw .shuttingDown(interpreter: t.interpreter.id) }
        run(t, .before)
        let outcome: ForkOutcome
        do throws(ForkError) { outcome = try t.fork() } catch {
            run(t, .parent)
            throw error
        }
        run(t, outcome == .child ? .child : .parent)
        return outcome
    }
}
