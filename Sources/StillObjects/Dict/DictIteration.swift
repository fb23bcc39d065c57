// Walking through a dict's entries: without the lock where the entry can be counted at once, else under it.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension DictRef {
    /// What `next` hands out, the rest is null.
    enum Part { case key, value, both }

    /// The next entry from `position` on, owned. False at the end.
    public func next(_ t: Thread, _ position: inout Int, _ key: inout Value, _ value: inout Value) -> Bool {
        next(t, &position, &key, &value, .both)
    }

    /// Entries are never reused in one table: a key that is still there after the value was counted says that both belong together.
    @inline(__always)
    func next(_ t: Thread, _ position: inout Int, _ key: inout Value, _ value: inout Value, _ part: Part) -> Bool {
        guard let table else { return false }
        let end = table.used
        while position < end {
            let number = position
            let word = table.key(number)
            let bits = word.pointee.load(ordering: .acquiring)  // D1
            if bits == 0 {
                position = number + 1
                continue
            }
            if part != .value {
                let found = Value(bits: bits)
                if found.isCounted && !ReferenceCount.tryRetain(found.object, t) {
                    return nextLocked(t, &position, &key, &value, part)
                }
                if !ReferenceCount.isStill(bits, in: word) || !isCurrent(table) {
                    t.release(found)
                    return nextLocked(t, &position, &key, &value, part)
                }
                key = found
            }
            if part != .key {
                let found = load(t, table, number)
                if found.isNull || word.pointee.load(ordering: .acquiring) != bits {
                    t.release(found)
                    t.release(key)
                    key = .null
                    return nextLocked(t, &position, &key, &value, part)
                }
                value = found
            }
            position = number + 1
            return true
        }
        return false
    }

    @inline(never)
    private func nextLocked(_ t: Thread, _ position: inout Int, _ key: inout Value, _ value: inout Value, _ part: Part) -> Bool {
        ObjectLock.lock(object.lockByte, for: t)
        defer { ObjectLock.unlock(object.lockByte, for: t) }
        guard let table else { return false }
        let end = table.usedLocked
        while position < end {
            let number = position
            position += 1
            let bits = table.key(number).pointee.load(ordering: .relaxed)
            if bits == 0 { continue }
            if part != .value { key = t.retainHeld(Value(bits: bits)) }
            if part != .key { value = t.retainHeld(Value(bits: table.value(number).pointee.load(ordering: .relaxed))) }
            return true
        }
        return false
    }

    /// All entries at one moment, owned.
    public func items(_ t: Thread) throws(PythonError) -> [(key: Value, value: Value)] {
        var list: [(key: Value, value: Value)] = []
        list.reserveCapacity(count)
        ObjectLock.lock(object.lockByte, for: t)
        defer { ObjectLock.unlock(object.lockByte, for: t) }
        guard let table else { return list }
        for number in 0..<table.usedLocked {
            let key = Value(bits: table.key(number).pointee.load(ordering: .relaxed))
            if key.isNull { continue }
            let value = Value(bits: table.value(number).pointee.load(ordering: .relaxed))
            list.append((t.retainHeld(key), t.retainHeld(value)))
        }
        return list
    }
}
