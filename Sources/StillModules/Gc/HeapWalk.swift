// Looking at all objects: gc.get_objects and its relatives.
//
// The walk runs with the world stopped and takes a count on every object it keeps. Objects whose count is zero, which are
// about to be freed, are left out, and frozen ones: they are in no generation.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum HeapWalk {
    /// A list of the collectable objects that are wanted. Owned.
    static func objects(_ t: Thread, _ wanted: (ObjectRef) -> Bool) throws(PythonError) -> Value {
        var found: [Value] = []
        t.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in
            let heap = InterpreterHeap(of: t)
            for index in 0..<heap.poolCount {
                let pool = heap.pool(at: index)
                guard Int(pool.fields.pointee.kind.load(ordering: .relaxed)) == PoolKind.collectable else { continue }
                for block in 0..<Int(pool.fields.pointee.capacity) {
                    let colour = pool.colour(at: block).pointee.load(ordering: .relaxed)
                    if colour == Colour.free || colour == Colour.frozen { continue }
                    let object = ObjectRef(pool.block(at: block))
                    if CollectorHooks.isDoomed?(object.raw) ?? false { continue }
                    if ReferenceCount.count(object) <= 0 || !wanted(object) { continue }
                    // Objects that another thread owns and never shared are alive too; the stopped world keeps them so.
                    ReferenceCount.retainAndShare(object, t)
                    found.append(Value(object))
                }
            }
        }
        let list = try t.makeList(capacity: found.count)
        for value in found { try ListRef(list).appendOwned(t, value) }
        return list
    }

    private final class Collected {
        var addresses: [UnsafeMutableRawPointer] = []
    }

    /// Everything that the object refers to. World stopped.
    private static func visit(_ object: ObjectRef, _ body: Collected) {
        guard let traverse = TypeMemorySlots.of(object).pointee.traverse else { return }
        var visitor = TraceVisitor(
            visit: { visitor, referent, counted in
                Unmanaged<Collected>.fromOpaque(visitor.trace.pointee.context).takeUnretainedValue().addresses.append(referent)
            }, context: Unmanaged.passUnretained(body).toOpaque())
        visitor.firstItem = 0
        visitor.itemLimit = Int.max
        withUnsafeMutablePointer(to: &visitor) { traverse(object.raw, UnsafeMutableRawPointer($0)) }
    }

    static func refers(_ object: ObjectRef, to wanted: Set<UInt64>) -> Bool {
        let found = Collected()
        visit(object, found)
        return found.addresses.contains { wanted.contains(UInt64(UInt(bitPattern: $0))) }
    }

    static func referents(_ t: Thread, _ values: [Value]) throws(PythonError) -> Value {
        let found = Collected()
        t.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in
            for value in values where value.isObject && value.object.isCollectable { visit(value.object, found) }
            for address in found.addresses { t.retain(Value(ObjectRef(address))) }
        }
        let list = try t.makeList(capacity: found.addresses.count)
        for address in found.addresses { try ListRef(list).appendOwned(t, Value(ObjectRef(address))) }
        for value in values { try addImmediates(t, value, to: ListRef(list)) }
        return list
    }

    /// Small ints, floats and constants in a builtin container: they are no objects, so nothing reports them.
    private static func addImmediates(_ t: Thread, _ value: Value, to list: ListRef) throws(PythonError) {
        var items: [Value] = []
        defer { for item in items { t.release(item) } }
        if t.isTuple(value) {
            for index in 0..<TupleRef(value).count { items.append(t.retain(TupleRef(value).item(index))) }
        } else if t.isList(value) {
            items = ListRef(value).snapshot(t)
        } else if t.isSet(value) {
            items = try SetRef(value).items(t)
        } else if t.isDict(value) {
            for item in try DictRef(value).items(t) { items += [item.key, item.value] }
        }
        for item in items where !item.isObject { try list.appendOwned(t, item) }
    }
}
