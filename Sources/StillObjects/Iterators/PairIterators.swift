// Iterators that make pairs, asked for the two halves: for loops that unpack them at once.
import StillObmalloc
import StillPlatform
import Synchronization
public import StillThreadRegistry

public enum PairIterators {
    public enum Outcome {
        /// The iterator makes something else; nothing has happened.
        case unsuited
        case found, exhausted, failed
    }

    /// The next pair of a dict's items, of enumerate, or of zip of two.
    ///
    /// - Parameter type: the iterator's.
    public static func next(
        _ t: ThreadState, _ value: Value, _ type: UnsafeMutableRawPointer, _ first: inout Value, _ second: inout Value
    ) -> Outcome {
        do throws(PythonError) {
            if type == t.type(.dictItemIterator).raw {
                let found = try DictViews.step(t, IteratorRef(value.bits), .both, isSet: false, &first, &second)
                return found ? .found : .exhausted
            }
            if type == t.type(.enumerate).raw { return try enumerate(t, IteratorRef(value.bits), &first, &second) }
            if type == t.type(.zip).raw { return try zip(t, IteratorRef(value.bits), &first, &second) }
            return .unsuited
        } catch { return .failed }
    }

    private static func enumerate(
        _ t: ThreadState, _ iterator: IteratorRef, _ first: inout Value, _ second: inout Value
    ) throws(PythonError) -> Outcome {
        // With what is added to each number.
        if iterator.word(40).pointee.load(ordering: .relaxed) != 0 { return .unsuited }
        let item = try t.next(iterator.source)
        if item.isNull { return .exhausted }
        let index = iterator.index
        iterator.setIndex(index + 1)
        do throws(PythonError) { first = try t.makeInt(index) } catch {
            t.release(item)
            throw error
        }
        second = item
        return .found
    }

    private static func zip(
        _ t: ThreadState, _ iterator: IteratorRef, _ first: inout Value, _ second: inout Value
    ) throws(PythonError) -> Outcome {
        let inner = TupleRef(iterator.source)
        // A strict one has its errors.
        if inner.count != 2 || iterator.index != 0 { return .unsuited }
        let left = try t.next(inner.item(0))
        if left.isNull { return .exhausted }
        do throws(PythonError) { second = try t.next(inner.item(1)) } catch {
            t.release(left)
            throw error
        }
        if second.isNull {
            t.release(left)
            return .exhausted
        }
        first = left
        return .found
    }
}
