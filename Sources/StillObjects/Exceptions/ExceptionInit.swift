// Construction and texts of exceptions with values of their own.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ExceptionInit {
    private static func rejectKeywords(_ t: Thread, _ s: UInt64, _ k: UInt64) throws(PythonError) {
        if k != 0 && TypeRef.tupleCount(Value(bits: k)) > 0 {
            throw t.raise(.typeError, "\(t.typeName(Value(bits: s)))() takes no keyword arguments")
        }
    }

    static let stopIteration: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            try rejectKeywords(t, s, k)
            try BaseExceptionType.setArguments(t, s, a, n)
            ExceptionRef(Value(bits: s)).setField(t, ExceptionLayout.value, n > 0 ? Value(bits: a[0]) : .null)
            return 0
        }
    }
    static let systemExit: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            try rejectKeywords(t, s, k)
            try BaseExceptionType.setArguments(t, s, a, n)
            let exception = ExceptionRef(Value(bits: s))
            if n == 1 { exception.setField(t, ExceptionLayout.value, Value(bits: a[0])) }
            if n > 1 {
                let args = exception.args(t)
                exception.setField(t, ExceptionLayout.value, args)
                t.release(args)
            }
            return 0
        }
    }

    /// Stores the keyword arguments whose names are given into their fields.
    private static func keywords(
        _ t: Thread, _ s: UInt64, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64, _ type: String,
        _ fields: [(String, Int)]
    ) throws(PythonError) {
        if k == 0 { return }
        let names = Value(bits: k)
        for index in 0..<TypeRef.tupleCount(names) {
            let word = StrRef(TypeRef.tupleItem(names, index)).string
            guard let field = fields.first(where: { $0.0 == word }) else {
                throw t.raise(.typeError, "\(type)() got an unexpected keyword argument '\(word)'")
            }
            ExceptionRef(Value(bits: s)).setField(t, field.1, Value(bits: a[n + index]))
        }
    }
    static let importError: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            try BaseExceptionType.setArguments(t, s, a, n)
            try keywords(t, s, a, n, k, "ImportError", [
                ("name", ExceptionLayout.importName), ("path", ExceptionLayout.importPath),
                ("name_from", ExceptionLayout.importPath + 8),
            ])
            if n == 1 { ExceptionRef(Value(bits: s)).setField(t, ExceptionLayout.importMessage, Value(bits: a[0])) }
            return 0
        }
    }
    static let nameError: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            try BaseExceptionType.setArguments(t, s, a, n)
            try keywords(t, s, a, n, k, "NameError", [("name", ExceptionLayout.nameErrorName)])
            return 0
        }
    }
    static let attributeError: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            try BaseExceptionType.setArguments(t, s, a, n)
            try keywords(t, s, a, n, k, "AttributeError", [
                ("name", ExceptionLayout.attributeName), ("obj", ExceptionLayout.attributeObject),
            ])
            return 0
        }
    }

    /// SyntaxError(msg[, (filename, lineno, offset, text[, end_lineno, end_offset])])
    static let syntaxError: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            try rejectKeywords(t, s, k)
            try BaseExceptionType.setArguments(t, s, a, n)
            let exception = ExceptionRef(Value(bits: s))
            if n > 0 { exception.setField(t, ExceptionLayout.fields, Value(bits: a[0])) }
            if n == 2 {
                try t.withItems(of: Value(bits: a[1])) { (items: UnsafeBufferPointer<Value>) throws(PythonError) in
                    if items.count < 4 || items.count > 7 || items.count == 5 {
                        if items.count == 5 { throw t.raise(.typeError, "end_offset must be provided when end_lineno is provided") }
                        throw t.raise(.typeError,
                            items.count < 4
                                ? "function takes at least 4 arguments (\(items.count) given)"
                                : "function takes at most 6 arguments (\(items.count) given)")
                    }
                    for (index, item) in items.prefix(6).enumerated() {
                        exception.setField(t, ExceptionLayout.fields + 8 * (index + 1), item)
                    }
                }
            }
            return 0
        }
    }
}

enum ExceptionText {
    static let keyError: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let args = ExceptionRef(Value(bits: s)).args(t)
            defer { t.release(args) }
            if !args.isNull && TypeRef.tupleCount(args) == 1 { return try t.repr(TypeRef.tupleItem(args, 0)) }
            return try BaseExceptionType.text(t, Value(bits: s))
        }
    }
    static let importError: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let message = ExceptionRef(Value(bits: s)).field(t, ExceptionLayout.importMessage)
            if !message.isNull && t.typeOf(message) == t.type(.str) { return message }
            t.release(message)
            return try BaseExceptionType.text(t, Value(bits: s))
        }
    }
    /// "msg (file, line 3)"
    static let syntaxError: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let exception = ExceptionRef(Value(bits: s))
            let message = exception.field(t, ExceptionLayout.fields)
            defer { t.release(message) }
            let file = exception.field(t, ExceptionLayout.fields + 8)
            defer { t.release(file) }
            let line = exception.field(t, ExceptionLayout.fields + 16)
            defer { t.release(line) }
            let text = try t.str(message.isNull ? .none : message)
            var place = ""
            var hasPlace = false
            if !file.isNull && t.isStr(file) {
                let path = StrRef(file).string
                place = String(path.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
                hasPlace = true
            }
            let hasLine = !line.isNull && line.isSmallInt
            if !hasPlace && !hasLine { return text }
            defer { t.release(text) }
            let body = StrRef(text).string
            if !hasPlace { return try t.makeString("\(body) (line \(line.smallInt))") }
            return try t.makeString(hasLine ? "\(body) (\(place), line \(line.smallInt))" : "\(body) (\(place))")
        }
    }
}
