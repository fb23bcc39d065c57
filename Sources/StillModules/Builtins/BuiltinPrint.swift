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
                if n > 0 {
                    let text = try t.str(Value(bits: a[0]))
                    defer { t.release(text) }
                    TextStream.write(t, to: "stdout", StrRef(text).string)
                }
                OutputBuffer.flush(t)
                var line = try InputBuffer.line(t)
                if line.isEmpty { throw t.raise(.eofError, "EOF when reading a line") }
                if line.hasSuffix("\n") { line.removeLast() }
                return try t.makeString(line)
            }
        }
    }

    static func print(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64) throws(PythonError) {
        var separator = " "
        var end = "\n"
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
                    if name == "sep" { separator = StrRef(value).string } else { end = StrRef(value).string }
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
        var bytes: [UInt8] = []
        for index in 0..<n {
            if index > 0 { bytes.append(contentsOf: separator.utf8) }
            let text = try t.str(Value(bits: a[index]))
            defer { t.release(text) }
            bytes.append(contentsOf: try TextStream.encoded(t, text, owned))
        }
        bytes.append(contentsOf: end.utf8)
        if t.typeOf(owned) == t.type(.textStream) {
            try TextStream.write(t, owned, bytes)
            if flush && TextStream.descriptor(owned) == 1 { try OutputBuffer.flushOrRaise(t) }
            return
        }
        let text = try t.makeString(String(decoding: bytes, as: UTF8.self))
        defer { t.release(text) }
        t.release(try t.callMethod(owned, Interning.intern("write"), text))
        if flush { t.release(try t.callMethod(owned, Interning.intern("flush"))) }
    }
}
