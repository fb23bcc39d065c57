// The module `itertools`.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum ItertoolsModule {
    /// Defines the types, once in the process.
    static func defineTypes() {
        EndlessIterators.define()
        SelectingIterators.define()
        CombinatoricIterators.define()
        CombiningIterators.define()
        GroupingIterators.define()
    }

    public static let definition = ModuleDefinition(name: "itertools") { m in
        let types: [(String, TypeID)] = [
            ("count", .itertoolsCount), ("cycle", .itertoolsCycle), ("repeat", .itertoolsRepeat),
            ("accumulate", .itertoolsAccumulate), ("batched", .itertoolsBatched), ("chain", .itertoolsChain),
            ("combinations", .itertoolsCombinations),
            ("combinations_with_replacement", .itertoolsCombinationsWithReplacement),
            ("compress", .itertoolsCompress), ("dropwhile", .itertoolsDropWhile), ("filterfalse", .itertoolsFilterFalse),
            ("groupby", .itertoolsGroupBy), ("_grouper", .itertoolsGrouper), ("islice", .itertoolsSlice),
            ("pairwise", .itertoolsPairwise), ("permutations", .itertoolsPermutations), ("product", .itertoolsProduct),
            ("starmap", .itertoolsStarMap), ("takewhile", .itertoolsTakeWhile), ("_tee", .itertoolsTee),
            ("_tee_dataobject", .itertoolsTeeLink), ("zip_longest", .itertoolsZipLongest),
        ]
        for (name, id) in types { m.set(name, m.thread.type(id).value) }
        m.function("tee", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try GroupingIterators.tee(t, Value(bits: a[0]), n == 2 ? t.indexInt(Value(bits: a[1])) : 2)
            }
        }
    }
}
