// print() and input().
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum BuiltinPrint {
    static func define(_ m: ModuleBuilder) {
        m.function("print", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try BuiltinPrint.print(t, a, n, k)
                return .none
            }
        }
        m.function("input", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try BuiltinPrint.input(t, prompt: n > 0 ? Value(bits: a[0]) : .null)
            }
        }
    }

    static func print(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64) throws(PythonError) {
        var separator = Interning.intern(" ")
        var end = Interning.intern("\n")
        var file = Value.null
        var flush = false
        if k != 0 {
            let names = TupleRef(Value(bits: k))
            for index in 0..<names.count {
                let value = Value(bits: a[n + index])
                let name = StrRef(names.item(index)).string
                switch name {
                case "sep", "end":
                    if value.isNone { continue }
                    guard t.isStr(value) else {
                        throw t.raise(.typeError, "\(name) must be None or a string, not \(t.typeName(value))")
                    }
                    if name == "sep" { separator = value } else { end = value }
                case "file": if !value.isNone { file = value }
                case "flush": flush = try t.isTrue(value)
                default: throw t.raise(.typeError, "print() got an unexpected keyword argument '\(name)'")
                }
            }
        }
        let owned: Value
        if file.isNull {
            owned = DictRef(t.interpreterState.pointee.sysDict).getName(t, Interning.intern("stdout"))
            if owned.isNull { throw t.raise(.runtimeError, "lost sys.stdout") }
            if owned.isNone { return }
        } else {
            owned = t.retain(file)
        }
        defer { t.release(owned) }
        // One piece, so that lines of several threads do not mix.
        if let encoding = TextStream.encoding(t, of: owned) {
            var bytes: [UInt8] = []
            for index in 0..<n {
                if index > 0 { bytes += try encoding.encode(t, separator) }
                let text = try t.str(Value(bits: a[index]))
                defer { t.release(text) }
                bytes += try encoding.encode(t, text)
            }
            bytes += try encoding.encode(t, end)
            try TextStream.write(t, owned, bytes)
            if flush && TextStream.descriptor(owned) == 1 { try OutputBuffer.flushOrRaise(t) }
            return
        }
        let pieces = try t.makeList(capacity: 2 * n)
        defer { t.release(pieces) }
        for index in 0..<n {
            if index > 0 { try ListRef(pieces).append(t, separator) }
            try ListRef(pieces).appendOwned(t, try t.str(Value(bits: a[index])))
        }
        try ListRef(pieces).append(t, end)
        let text = try t.callMethod(Interning.intern(""), Interning.intern("join"), pieces)
        defer { t.release(text) }
        t.release(try t.callMethod(owned, Interning.intern("write"), text))
        if flush { t.release(try t.callMethod(owned, Interning.intern("flush"))) }
    }

    /// A line from whatever sys.stdin is, without its end; the prompt goes to whatever sys.stdout is.
    private static func input(_ t: Thread, prompt: Value) throws(PythonError) -> Value {
        func stream(_ name: String) throws(PythonError) -> Value {
            let found = DictRef(t.interpreterState.pointee.sysDict).getName(t, Interning.intern(name))
            if found.isNull || found.isNone { throw t.raise(.runtimeError, "input(): lost sys.\(name)") }
            return found
        }
        let source = try stream("stdin")
        defer { t.release(source) }
        let sink = try stream("stdout")
        defer { t.release(sink) }
        if !prompt.isNull {
            let text = try t.str(prompt)
            defer { t.release(text) }
            t.release(try t.callMethod(sink, Interning.intern("write"), text))
        }
        t.release(try t.callMethod(sink, Interning.intern("flush")))
        let line = try t.callMethod(source, Interning.intern("readline"))
        guard t.isStr(line) else {
            t.release(line)
            throw t.raise(.typeError, "object.readline() returned non-string")
        }
        let count = StrRef(line).count
        if count == 0 {
            t.release(line)
            throw t.raise(.eofError, "EOF when reading a line")
        }
        if StrRef(line).codePoint(count - 1) != 10 { return line }
        defer { t.release(line) }
        return try InputLines.slice(t, line, 0, count - 1)
    }
}
