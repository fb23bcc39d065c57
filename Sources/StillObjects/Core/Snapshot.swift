// All items of a builtin container at one moment, as `list(d)` or `tuple(s)` sees them while other threads change it.
import StillThreadRegistry

extension ThreadState {
    /// The items, owned; nil when the source is no builtin container whose items can be taken at once (or a subclass of one,
    /// which may iterate as it likes).
    func snapshotItems(_ source: Value) throws(PythonError) -> [Value]? {
        guard source.isObject else { return nil }
        let type = typeOf(source)
        if type == self.type(.list) { return ListRef(source).snapshot(self) }
        if type == self.type(.tuple) { return (0..<TupleRef(source).count).map { retain(TupleRef(source).item($0)) } }
        if type == self.type(.dict) || type == self.type(.set) || type == self.type(.frozenset) {
            return try keys(DictRef(source))
        }
        if type == self.type(.dictKeys) { return try keys(DictRef(IteratorRef(source.bits).source)) }
        if type == self.type(.dictValues) {
            var values: [Value] = []
            for entry in try DictRef(IteratorRef(source.bits).source).items(self) {
                release(entry.key)
                values.append(entry.value)
            }
            return values
        }
        if type == self.type(.dictItems) {
            var pairs: [Value] = []
            var failed = false
            for entry in try DictRef(IteratorRef(source.bits).source).items(self) {
                if failed {
                    release(entry.key)
                    release(entry.value)
                    continue
                }
                // Consumes both, also when it fails.
                do throws(PythonError) { pairs.append(try makeTuple([entry.key, entry.value])) } catch { failed = true }
            }
            if failed {
                for pair in pairs { release(pair) }
                throw PythonError()
            }
            return pairs
        }
        return nil
    }

    private func keys(_ dict: DictRef) throws(PythonError) -> [Value] {
        var keys: [Value] = []
        for entry in try dict.items(self) {
            release(entry.value)
            keys.append(entry.key)
        }
        return keys
    }
}
