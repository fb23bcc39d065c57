// The text of an exception: traceback, type and message, notes, causes and groups, worded and laid out like CPython 3.13's.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM

public enum TracebackText {
    /// Never raises; an exception raised meanwhile is dropped.
    ///
    /// - Parameter marks: whether the failing part of the lines is marked.
    public static func render(_ t: ThreadState, _ exception: Value, marks: Bool = true) -> String {
        var renderer = Renderer(t)
        renderer.marks = marks
        renderer.exception(exception, prefix: "", depth: 0)
        return renderer.out
    }

    /// "TypeError: message" with notes, without traceback.
    public static func summary(_ t: ThreadState, _ exception: Value) -> String {
        var renderer = Renderer(t)
        renderer.finalLines(exception, prefix: "")
        return renderer.out
    }
}

private struct Renderer {
    let t: ThreadState
    var out = ""
    var marks = true
    var seen: Set<UInt64> = []
    var sources: [String: [String]] = [:]

    init(_ t: ThreadState) { self.t = t }

    mutating func exception(_ exception: Value, prefix: String, depth: Int, isNested: Bool = false) {
        // The chain, oldest first, without recursion: chains may be long.
        var chain: [(Value, String?)] = []
        var at = exception
        var link: String?
        var owned: [Value] = []
        defer { for value in owned { t.release(value) } }
        while true {
            seen.insert(at.bits & ~7)
            chain.append((at, link))
            let cause = ExceptionRef(at).cause(t)
            if !cause.isNull { owned.append(cause) }
            let context = ExceptionRef(at).context(t)
            if !context.isNull { owned.append(context) }
            if !cause.isNull && !cause.isNone && !seen.contains(cause.bits & ~7) {
                link = "The above exception was the direct cause of the following exception:"
                at = cause
            } else if cause.isNull && !context.isNull && !context.isNone && !ExceptionRef(at).suppressContext
                && !seen.contains(context.bits & ~7)
            {
                link = "During handling of the above exception, another exception occurred:"
                at = context
            } else {
                break
            }
        }
        for (index, (one, after)) in chain.enumerated().reversed() {
            let grouped = index == chain.count - 1 ? isNested : isNested
            single(one, prefix: prefix, depth: depth, isNested: grouped)
            if let after { add("\n\(after)\n\n", prefix: prefix) }
        }
    }

    mutating func single(_ exception: Value, prefix: String, depth: Int, isNested: Bool) {
        guard t.matches(exception, .baseExceptionGroup) else {
            header(exception, "Traceback (most recent call last):", prefix: prefix)
            finalLines(exception, prefix: prefix)
            return
        }
        let isOutermost = !isNested && depth == 0
        let inner = isOutermost ? prefix + "  | " : prefix
        let traceback = ExceptionRef(exception).traceback(t)
        defer { t.release(traceback) }
        if !traceback.isNull {
            let title = "Exception Group Traceback (most recent call last):\n"
            if isOutermost { out += prefix + "  + " + title } else { add(title, prefix: inner) }
            frames(traceback, prefix: inner)
        }
        finalLines(exception, prefix: inner)
        group(exception, prefix: isOutermost ? prefix + "  " : String(prefix.dropLast(2)), depth: depth + 1)
    }

    /// The members of a group. `prefix` leads to the column of the tree's corner.
    private mutating func group(_ exception: Value, prefix: String, depth: Int) {
        let members = ExceptionRef(exception).field(t, ExceptionLayout.groupExceptions)
        defer { t.release(members) }
        guard members.isObject, t.typeOf(members).has(TypeFlags.tupleSubclass) else { return }
        let count = TupleRef(members).count
        let shown = min(count, 15)
        for index in 0..<shown {
            out += prefix + (index == 0 ? "+-" : "  ") + "+---------------- \(index + 1) ----------------\n"
            let member = TupleRef(members).item(index)
            if depth < 10 {
                self.exception(member, prefix: prefix + "  | ", depth: depth, isNested: true)
            } else {
                out += prefix + "  | ... (max_group_depth is 10)\n"
            }
        }
        if count > shown {
            out += prefix + "  +---------------- ... ----------------\n"
            out += prefix + "  | and \(count - shown) more exception\(count - shown == 1 ? "" : "s")\n"
        }
        // A group at the end of a group closes the tree itself.
        if count > 0, t.matches(TupleRef(members).item(shown - 1), .baseExceptionGroup), count == shown { return }
        out += prefix + "  +------------------------------------\n"
    }

    private mutating func header(_ exception: Value, _ title: String, prefix: String) {
        let traceback = ExceptionRef(exception).traceback(t)
        defer { t.release(traceback) }
        if traceback.isNull || traceback.isNone { return }
        add(title + "\n", prefix: prefix)
        frames(traceback, prefix: prefix)
    }

    private mutating func frames(_ traceback: Value, prefix: String) {
        var at = traceback
        var previous = ""
        var repeats = 0
        var text = ""
        while !at.isNull && !at.isNone {
            let place = TracebackRef(at).place
            at = TracebackRef(at).next
            let key = "\(place.filename)\u{0}\(place.line)\u{0}\(place.function)"
            if key != previous {
                text += repeated(repeats)
                previous = key
                repeats = 0
            }
            repeats += 1
            if repeats > 3 { continue }
            text += "  File \"\(place.filename)\", line \(place.line), in \(place.function)\n"
            text += FrameText(line: place.line, column: marks ? place.column : -1, endLine: place.endLine, endColumn: place.endColumn)
                .render(source(place.filename))
        }
        add(text + repeated(repeats), prefix: prefix)
    }
    private func repeated(_ count: Int) -> String {
        count <= 3 ? "" : "  [Previous line repeated \(count - 3) more time\(count - 3 == 1 ? "" : "s")]\n"
    }
    private mutating func source(_ filename: String) -> [String] {
        if let known = sources[filename] { return known }
        let lines = SourceCache.lines(filename) ?? []
        sources[filename] = lines
        return lines
    }

    // MARK: The exception itself

    mutating func finalLines(_ exception: Value, prefix: String) {
        let type = t.typeOf(exception)
        var name = StrRef(type.record.pointee.qualifiedName).string
        if let module = attribute(type.value, "__module__"), module != "builtins", module != "__main__" { name = module + "." + name }
        if t.matches(exception, .syntaxError) {
            syntaxError(exception, name, prefix: prefix)
        } else {
            var text = t.attempt { (t) throws(PythonError) in try t.str(exception) } ?? "<exception str() failed>"
            if let hint = Suggestions.hint(t, exception) { text += hint }
            add(text.isEmpty ? "\(name)\n" : "\(name): \(text)\n", prefix: prefix)
        }
        notes(exception, prefix: prefix)
    }

    private func attribute(_ object: Value, _ name: String) -> String? {
        t.attempt { (t) throws(PythonError) in
            let value = try t.getAttribute(object, Interning.intern(name))
            if t.isStr(value) { return value }
            t.release(value)
            throw t.raise(.typeError, "")
        }
    }
    private func number(_ object: Value, _ name: String) -> Int? {
        guard let value = try? t.getAttribute(object, Interning.intern(name)) else {
            t.clearRaised()
            return nil
        }
        defer { t.release(value) }
        return value.isSmallInt ? value.smallInt : nil
    }

    private mutating func notes(_ exception: Value, prefix: String) {
        guard let notes = try? t.getAttributeOrNull(exception, Interning.intern("__notes__")) else {
            t.clearRaised()
            return
        }
        if notes.isNull { return }
        defer { t.release(notes) }
        guard t.typeOf(notes).has(TypeFlags.listSubclass) else { return }
        for index in 0..<ListRef(notes).count {
            let note = ListRef(notes).item(t, index)
            defer { t.release(note) }
            let text = t.attempt { (t) throws(PythonError) in try t.str(note) } ?? "<note str() failed>"
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) { add("\(line)\n", prefix: prefix) }
        }
    }

    private mutating func syntaxError(_ exception: Value, _ name: String, prefix: String) {
        let line = number(exception, "lineno")
        let file = attribute(exception, "filename")
        var text = ""
        if let line {
            text += "  File \"\(file ?? "<string>")\", line \(line)\n"
            if var source = attribute(exception, "text"), !source.isEmpty {
                while source.unicodeScalars.last == "\n" { source.unicodeScalars.removeLast() }
                let scalars = Array(source.unicodeScalars)
                let blanks = scalars.prefix { $0 == " " || $0 == "\n" || $0 == "\u{c}" }.count
                text += "    " + FrameText.text(scalars.dropFirst(blanks)) + "\n"
                if let offset = number(exception, "offset"), offset >= 1 {
                    let endLine = number(exception, "end_lineno") ?? line
                    var end = number(exception, "end_offset") ?? offset
                    if endLine != line { end = scalars.count + 1 }
                    if end == 0 || end == offset || end < offset { end = offset + 1 }
                    let start = offset - 1 - blanks
                    if start >= 0 {
                        text += "    " + FrameText.text(scalars.dropFirst(blanks).prefix(start).map { $0 == "\t" ? "\t" : " " })
                        text += String(repeating: " ", count: max(0, start - max(0, scalars.count - blanks)))
                        text += String(repeating: "^", count: max(1, end - offset)) + "\n"
                    }
                }
            }
        }
        text += "\(name): \(attribute(exception, "msg") ?? "<no detail available>")\n"
        add(text, prefix: prefix)
    }

    /// Appends lines, each behind the prefix.
    private mutating func add(_ text: String, prefix: String) {
        if prefix.isEmpty {
            out += text
            return
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { out += prefix + line + "\n" }
    }
}

extension ThreadState {
    /// The string that the body makes, nil when it raises; the exception is dropped.
    func attempt(_ body: (ThreadState) throws(PythonError) -> Value) -> String? {
        let saved = takeRaised()
        defer { if !saved.isNull { setRaised(saved) } }
        do throws(PythonError) {
            let value = try body(self)
            defer { release(value) }
            return StrRef(value).string
        } catch {
            clearRaised()
            return nil
        }
    }
}
