// What `re` makes of a replacement with backslashes: a tuple of literal, group number, literal, ..., literal.
import StillObjects
public import StillThreadRegistry
import StillVM

enum RegexTemplate {
    /// The library reads the text. Since 3.12 it makes a template, or text when there is no group in it; before, `older` names its function. Owned.
    static func read(_ t: Thread, _ module: Value, _ pattern: PatternRef, _ text: Value, older: String) throws(PythonError) -> Value {
        let name = Interning.intern("_compile_template")
        let reader = DictRef(ModuleRef(module).dict).getName(t, name)
        if reader.isNull { return try t.callMethod(module, Interning.intern(older), pattern.value, text) }
        defer { t.release(reader) }
        let made = try t.call(reader, pattern.value, text)
        guard t.isTuple(made), TupleRef(made).count == 1 else { return made }
        defer { t.release(made) }
        return t.retain(TupleRef(made).item(0))
    }

    /// Appends the parts of the text that a match gives. `group` makes the text of a group, owned.
    static func expand(
        _ t: Thread, _ template: TupleRef, groups: Int, into parts: ListRef, _ group: (Int) throws(PythonError) -> Value
    ) throws(PythonError) {
        for index in 0..<template.count {
            let part = template.item(index)
            if index % 2 == 0 {
                try parts.append(t, part)
                continue
            }
            let number = try t.indexInt(part)
            guard number >= 0, number <= groups else { throw t.raise(.indexError, "no such group") }
            try parts.appendOwned(t, group(number))
        }
    }
}
