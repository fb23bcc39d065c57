// dict.update and its relatives: from dicts, mappings and pairs.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension DictRef {
    /// A table for so many entries, which may be the last, in a new dict that only this thread knows.
    public func prepare(_ t: Thread, entries: Int) throws(PythonError) {
        guard let table = HashTable.make(t, entries: entries, capacity: entries) else { throw t.noMemory() }
        setTable(table, capacity: entries)
    }

    /// Gives a table that was made for exactly so many entries the usual room. For the globals of code: what remembers the places of entries there takes
    /// tables with equal indexes to be equally large.
    public func useUsualTable(_ t: Thread) throws(PythonError) {
        ObjectLock.lock(object.lockByte, for: t)
        let usual = table.map { capacity == HashTable.usualCapacity($0.indexSize) } ?? true
        let done = usual || rebuild(t, entries: count) != nil
        ObjectLock.unlock(object.lockByte, for: t)
        if !done { throw t.noMemory() }
    }

    /// From a dict, a mapping with `keys()`, or an iterable of pairs.
    public func update(_ t: Thread, _ source: Value) throws(PythonError) {
        let type = t.typeOf(source)
        // A class below dict that iterates in a way of its own is asked, like any mapping.
        if type.has(TypeFlags.dictSubclass),
            type == t.type(.dict)
                || unsafeBitCast(type.record.pointee.iterate, to: UInt.self) == unsafeBitCast(t.type(.dict).record.pointee.iterate, to: UInt.self)
        {
            return try merge(t, DictRef(source))
        }
        let keys = try t.getAttributeOrNull(source, StaticStrings.intern("keys"))
        if !keys.isNull {
            defer { t.release(keys) }
            let list = try t.call(keys)
            defer { t.release(list) }
            let iterator = try t.iterate(list)
            defer { t.release(iterator) }
            while true {
                let key = try t.next(iterator)
                if key.isNull { return }
                defer { t.release(key) }
                let value = try t.getItem(source, key)
                defer { t.release(value) }
                try set(t, key, value)
            }
        }
        try updateFromPairs(t, source)
    }

    public func updateFromPairs(_ t: Thread, _ source: Value) throws(PythonError) {
        let iterator = try t.iterate(source)
        defer { t.release(iterator) }
        var number = 0
        while true {
            let pair = try t.next(iterator)
            if pair.isNull { return }
            defer { t.release(pair) }
            let list = try t.makeList(capacity: 2)
            defer { t.release(list) }
            do throws(PythonError) { try ListRef(list).extend(t, pair) } catch {
                guard t.raisedMatches(.typeError) else { throw error }
                t.clearRaised()
                throw t.raise(.typeError, "cannot convert dictionary update sequence element #\(number) to a sequence")
            }
            guard ListRef(list).count == 2 else {
                throw t.raise(
                    .valueError,
                    "dictionary update sequence element #\(number) has length \(ListRef(list).count); 2 is required")
            }
            let key = ListRef(list).item(t, 0)
            defer { t.release(key) }
            let value = ListRef(list).item(t, 1)
            defer { t.release(value) }
            try set(t, key, value)
            number += 1
        }
    }
}
