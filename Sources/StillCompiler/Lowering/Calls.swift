// Calls. The callee's register is the base of the call: six words are left for the frame header, then
// come the arguments, evaluated straight into their places.

import StillBytecode
import StillSyntax

extension CodeGenerator {
    func lowerCall(
        _ expression: Expr, _ function: Expr, _ arguments: [Expr], _ keywords: [Keyword],
        _ destination: Int
    ) throws(SyntaxError) {
        if try lowerHiddenCall(function, arguments, destination) { return }
        let base = topmost(destination)
        let isSimple = !needsSpread(arguments, keywords)
        if isSimple, keywords.isEmpty, case .attribute(let value, let name, _) = function.kind {
            let method = try nameIndex(mangled(name))
            if case .call(let callee, let none, let named) = value.kind, none.isEmpty, named.isEmpty,
                case .name("super", _) = callee.kind
            {
                try evaluate(callee, into: base)
                try at(methodSpan(function.span, function.span, name)) { () throws(SyntaxError) in
                    code.emit(.loadSuperAttribute, a: base, b: base, c: method)
                }
            } else {
                let object = try operand(value, scratch: base)
                let isLent = !object.isTemporary && keepsItsValue(value)
                try at(methodSpan(function.span, function.span, name)) { () throws(SyntaxError) in
                    emit(.loadMethod, base, object, c: method, flags: isLent ? InstructionFlags.borrowB : 0)
                }
            }
            let first = base + FrameLayout.argumentOffset + 1
            try placeArguments(arguments, at: first)
            code.span = methodSpan(expression.span, function.span, name)
            code.emit(.callMethod, a: base, b: arguments.count)
            code.span = expression.span
        } else {
            if isSimple { try lend(function, to: base) } else { try evaluate(function, into: base) }
            try emitCall(base, arguments, keywords)
        }
        top = base + 1
        move(to: destination, from: temporary(base))
    }

    /// A method call spread over several lines counts as being on the line of the method's name.
    private func methodSpan(
        _ span: SourceSpan, _ attribute: SourceSpan, _ name: String
    ) -> SourceSpan {
        guard span.line != attribute.endLine else { return span }
        let length = Int32(name.utf8.count)
        guard length <= attribute.endColumn else { return span }
        return SourceSpan(
            line: attribute.endLine, column: attribute.endColumn - length,
            endLine: max(span.endLine, attribute.endLine),
            endColumn: max(span.endColumn, attribute.endColumn))
    }

    func needsSpread(_ arguments: [Expr], _ keywords: [Keyword]) -> Bool {
        if arguments.count + keywords.count > Limits.stackedElements { return true }
        for argument in arguments { if case .starred = argument.kind { return true } }
        for keyword in keywords { if keyword.name == nil { return true } }
        return false
    }

    private func placeArguments(_ arguments: [Expr], at first: Int) throws(SyntaxError) {
        top = first
        for (index, argument) in arguments.enumerated() {
            top = first + index + 1
            try lend(argument, to: first + index)
        }
    }

    /// Evaluates the function or an argument of a call into its place: a local variable lends what it holds.
    private func lend(_ expression: Expr, to place: Int) throws(SyntaxError) {
        if let register = localRegister(of: expression), keepsItsValue(expression) {
            try at(expression.span) { () throws(SyntaxError) in code.emit(.borrow, a: place, b: register) }
        } else {
            try evaluate(expression, into: place)
        }
    }

    /// No other argument of a call can bind the variable: that takes `:=`.
    private func keepsItsValue(_ variable: Expr) -> Bool {
        guard case .name(let id, _) = variable.kind else { return false }
        return !host.walrusTargets.contains(mangled(id))
    }

    /// Calls what is in `base`; the result replaces it.
    ///
    /// - Parameter placed: positional arguments that the caller has put into their registers already.
    func emitCall(
        _ base: Int, _ arguments: [Expr], _ keywords: [Keyword], placed: Int = 0
    ) throws(SyntaxError) {
        let first = base + FrameLayout.argumentOffset
        try checkRepeatedKeywords(keywords)
        if needsSpread(arguments, keywords) {
            try emitSpreadCall(base, arguments, keywords, placed: placed)
            return
        }
        try placeArguments(arguments, at: first + placed)
        var names: [CodeConstant] = []
        for keyword in keywords {
            let register = first + placed + arguments.count + names.count
            top = register + 1
            try lend(keyword.value, to: register)
            names.append(.text(mangled(keyword.name!)))
        }
        code.emit(
            .call, a: base, b: placed + arguments.count + names.count,
            c: names.isEmpty ? 0xFFFF : try constantIndex(.tuple(names)))
        top = base + 1
    }

    private func checkRepeatedKeywords(_ keywords: [Keyword]) throws(SyntaxError) {
        var seen: Set<String> = []
        for keyword in keywords {
            guard let name = keyword.name else { continue }
            if !seen.insert(name).inserted {
                throw error("keyword argument repeated: \(name)", keyword.span)
            }
        }
    }

    private func emitSpreadCall(
        _ base: Int, _ arguments: [Expr], _ keywords: [Keyword], placed: Int
    ) throws(SyntaxError) {
        let list = base + FrameLayout.argumentOffset
        let mapping = list + 1
        top = list + 1
        if placed > 0 {
            top = list + placed
            code.emit(.buildList, a: list, b: list, c: placed)
            top = list + 1
            for argument in arguments {
                let mark = top
                if case .starred(let value, _) = argument.kind {
                    emit(
                        .listExtend, list, try operand(value), flags: InstructionFlags.inPlace)
                } else {
                    emit(.listAppend, list, try operand(argument))
                }
                top = mark
            }
        } else if arguments.allSatisfy({ if case .starred = $0.kind { false } else { true } }),
            let values = ConstantFolder.tuple(arguments)
        {
            load(.tuple(values), into: list)
        } else if arguments.count == 1, case .starred(let value, _) = arguments[0].kind {
            try evaluate(value, into: list)
            code.emit(.intrinsic, a: list, b: list, c: Int(Intrinsic.spreadTuple.rawValue))
        } else {
            try buildGrowing(arguments, .buildList, list, isCall: true)
        }
        if arguments.count == 1, placed == 0, case .starred = arguments[0].kind {
        } else if placed > 0 || ConstantFolder.tuple(arguments) == nil {
            code.emit(.listToTuple, a: list, b: list)
        }
        top = mapping + 1
        if keywords.isEmpty {
            clear(mapping)
        } else {
            code.emit(.buildDict, a: mapping, b: mapping, c: 0)
            for keyword in keywords {
                let mark = top
                if let name = keyword.name {
                    let key = allocate()
                    load(.text(mangled(name)), into: key)
                    // A name that an earlier `**` gave is an error, as for `**` itself.
                    code.emit(.buildDict, a: key, b: key, c: try pair(key, keyword.value))
                    code.emit(
                        .dictMerge, flags: InstructionFlags.consumeB, a: mapping, b: key, c: base)
                } else {
                    emit(.dictMerge, mapping, try operand(keyword.value), c: base)
                }
                top = mark
            }
        }
        code.emit(.callSpread, a: base, c: keywords.isEmpty ? 0 : 1)
        top = base + 1
    }

    /// Evaluates the value that belongs to the key in `key`.
    private func pair(_ key: Int, _ value: Expr) throws(SyntaxError) -> Int {
        let register = allocate()
        try evaluate(value, into: register)
        return 1
    }
}
