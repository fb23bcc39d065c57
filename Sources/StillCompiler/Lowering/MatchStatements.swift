// match.
//
// The subject stays in a temporary. A pattern takes its value from a temporary and gives it up; what
// it captures waits in temporaries until the whole pattern has matched, and is then stored. A pattern
// that fails clears the temporaries from the top of the stack down to those of the case's start.

import StillBytecode
import StillSyntax

/// The state of matching one case.
struct PatternContext {
    /// First temporary of the pattern.
    var base: Int
    /// Where to go on failure with the temporaries `base ..< base + index` to be cleared.
    var failures: [Label] = []
    /// Names and the temporaries that wait to be stored in them.
    var captures: [(name: String, register: Int, span: SourceSpan)] = []
    /// Whether a pattern that always matches may stand here.
    var allowsIrrefutable = false
}

extension CodeGenerator {
    func lowerMatch(_ subject: Expr, _ cases: [MatchCase]) throws(SyntaxError) {
        let subjectRegister = allocate()
        try evaluate(subject, into: subjectRegister)
        let end = code.makeLabel()
        for (index, matchCase) in cases.enumerated() {
            let isLast = index == cases.count - 1
            var context = PatternContext(base: top)
            context.allowsIrrefutable = isLast || matchCase.guardExpr != nil
            let next = code.makeLabel()
            let value = allocate()
            code.span = matchCase.pattern.span
            copy(to: value, from: subjectRegister)
            try match(matchCase.pattern, value, &context)
            for capture in context.captures {
                try at(capture.span) { () throws(SyntaxError) in
                    try storeName(capture.name, from: temporary(capture.register))
                }
            }
            top = context.base
            if let guardExpr = matchCase.guardExpr {
                try jump(if: guardExpr, is: false, to: next)
            }
            clear(subjectRegister)
            try lower(matchCase.body)
            code.jump(.jump, to: end)
            finishFailures(&context)
            code.place(next)
        }
        clear(subjectRegister)
        code.place(end)
    }

    /// The label to jump to when a pattern fails, with everything below `top` that it made to be cleared.
    private func failure(_ context: inout PatternContext) -> Label {
        let count = top - context.base
        while context.failures.count <= count { context.failures.append(code.makeLabel()) }
        return context.failures[count]
    }

    private func finishFailures(_ context: inout PatternContext) {
        for index in context.failures.indices.reversed() {
            code.place(context.failures[index])
            if index > 0 { clear(context.base + index - 1) }
        }
        context.failures.removeAll()
    }

    private func capture(
        _ name: String, _ register: Int, _ span: SourceSpan, _ context: inout PatternContext
    ) throws(SyntaxError) {
        if context.captures.contains(where: { $0.name == name }) {
            throw error("multiple assignments to name '\(name)' in pattern", span)
        }
        context.captures.append((name, register, span))
    }

    /// Matches the value in `register`, a temporary, and gives it up.
    private func match(
        _ pattern: Pattern, _ register: Int, _ context: inout PatternContext
    ) throws(SyntaxError) {
        try enter(pattern.span)
        let saved = code.span
        code.span = pattern.span
        switch pattern.kind {
        case .value(let value):
            let mark = top
            let constant = try operand(value)
            top = mark
            code.jump(
                .jumpEqual, to: failure(&context),
                flags: InstructionFlags.consumeB | flag(constant, InstructionFlags.consumeC)
                    | InstructionFlags.jumpIfFalse,
                b: register, c: constant.register)
        case .singleton(let singleton):
            if singleton == .none {
                code.jump(
                    .jumpIfNotNone, to: failure(&context), flags: InstructionFlags.consumeA,
                    a: register)
            } else {
                let mark = top
                let constant = allocate()
                load(singleton == .true ? .true : .false, into: constant)
                top = mark
                code.jump(
                    .jumpIsSame, to: failure(&context),
                    flags: InstructionFlags.consumeB | InstructionFlags.consumeC
                        | InstructionFlags.jumpIfFalse,
                    b: register, c: constant)
            }
        case .as(let inner, let name):
            try matchAs(pattern, inner, name, register, &context)
        case .star: throw error("can't use starred pattern here", pattern.span)
        case .sequence(let patterns): try matchSequence(patterns, register, &context)
        case .mapping(let keys, let patterns, let rest):
            try matchMapping(pattern, keys, patterns, rest, register, &context)
        case .class(let cls, let patterns, let names, let keywordPatterns):
            try matchClass(pattern, cls, patterns, names, keywordPatterns, register, &context)
        case .or(let alternatives):
            try matchOr(pattern, alternatives, register, &context)
        }
        code.span = saved
        depth -= 1
    }

    private func matchAs(
        _ pattern: Pattern, _ inner: Pattern?, _ name: String?, _ register: Int,
        _ context: inout PatternContext
    ) throws(SyntaxError) {
        guard let inner else {
            if !context.allowsIrrefutable {
                if let name {
                    throw error(
                        "name capture '\(name)' makes remaining patterns unreachable", pattern.span)
                }
                throw error("wildcard makes remaining patterns unreachable", pattern.span)
            }
            if let name {
                try capture(name, register, pattern.span, &context)
            } else {
                clear(register)
            }
            return
        }
        if let name {
            let copied = allocate()
            copy(to: copied, from: register)
            try match(inner, copied, &context)
            try capture(name, register, pattern.span, &context)
        } else {
            try match(inner, register, &context)
        }
    }

    private func isWildcard(_ pattern: Pattern) -> Bool {
        switch pattern.kind {
        case .as(nil, nil), .star(nil): true
        default: false
        }
    }

    /// Inner patterns may always match.
    private func matchInner(
        _ pattern: Pattern, _ register: Int, _ context: inout PatternContext
    ) throws(SyntaxError) {
        let saved = context.allowsIrrefutable
        context.allowsIrrefutable = true
        if case .star(let name) = pattern.kind {
            if let name {
                try capture(name, register, pattern.span, &context)
            } else {
                clear(register)
            }
        } else {
            try match(pattern, register, &context)
        }
        context.allowsIrrefutable = saved
    }

    private func matchSequence(
        _ patterns: [Pattern], _ register: Int, _ context: inout PatternContext
    ) throws(SyntaxError) {
        var starred: Int?
        for (index, pattern) in patterns.enumerated() {
            guard case .star = pattern.kind else { continue }
            if starred != nil {
                throw error("multiple starred names in sequence pattern", code.span)
            }
            starred = index
        }
        let test = top
        code.emit(.matchSequence, a: test, b: register)
        top = test + 1
        top = test
        code.jump(
            .jumpIfFalse, to: failure(&context), flags: InstructionFlags.consumeA, a: test)
        let required = patterns.count - (starred == nil ? 0 : 1)
        if starred == nil || required > 0 {
            code.emit(.getLength, a: test, b: register)
            let comparison: Opcode = starred == nil ? .jumpEqualSmall : .jumpGreaterEqualSmall
            if Int16(exactly: required) == nil {
                throw error("too many patterns in a sequence", code.span)
            }
            code.jump(
                comparison, to: failure(&context),
                flags: InstructionFlags.consumeB | InstructionFlags.jumpIfFalse, b: test,
                c: required)
        }
        if patterns.allSatisfy({ isWildcard($0) }) {
            clear(register)
            return
        }
        let base = allocate(patterns.count)
        if let starred, isWildcard(patterns[starred]) {
            // What `*_` stands for is not looked at: the subject may not even end.
            for (index, pattern) in patterns.enumerated() {
                let slot = base + index
                if isWildcard(pattern) {
                    code.emit(.loadSmallInt, a: slot, wide: 0)
                    continue
                }
                if index < starred {
                    code.emit(.loadSmallInt, a: slot, wide: index)
                } else {
                    code.emit(.getLength, a: slot, b: register)
                    code.emit(.subtractSmall, a: slot, b: slot, c: patterns.count - index)
                }
                code.emit(.loadSubscript, a: slot, b: register, c: slot)
            }
            clear(register)
        } else if let starred {
            let after = patterns.count - starred - 1
            if starred > 255 || after > 255 {
                throw error("too many expressions in star-unpacking sequence pattern", code.span)
            }
            code.emit(
                .unpackStarred, flags: InstructionFlags.consumeB, a: base, b: register,
                c: starred | after << 8)
        } else {
            code.emit(
                .unpackSequence, flags: InstructionFlags.consumeB, a: base, b: register,
                c: patterns.count)
        }
        for (index, pattern) in patterns.enumerated() {
            try matchInner(pattern, base + index, &context)
        }
    }

    private func matchMapping(
        _ pattern: Pattern, _ keys: [Expr], _ patterns: [Pattern], _ rest: String?,
        _ register: Int, _ context: inout PatternContext
    ) throws(SyntaxError) {
        try checkKeys(keys, pattern.span)
        let test = top
        top = test + 1
        code.emit(.matchMapping, a: test, b: register)
        top = test
        code.jump(
            .jumpIfFalse, to: failure(&context), flags: InstructionFlags.consumeA, a: test)
        if keys.isEmpty, rest == nil {
            clear(register)
            return
        }
        if !keys.isEmpty {
            top = test + 1
            code.emit(.getLength, a: test, b: register)
            top = test
            code.jump(
                .jumpGreaterEqualSmall, to: failure(&context),
                flags: InstructionFlags.consumeB | InstructionFlags.jumpIfFalse, b: test,
                c: keys.count)
        }
        let keyTuple = allocate()
        if let values = ConstantFolder.tuple(keys) {
            load(.tuple(values), into: keyTuple)
        } else {
            try lowerSequence(keys, .buildTuple, keyTuple)
            top = keyTuple + 1
        }
        let values = allocate()
        code.emit(.matchKeys, a: values, b: register, c: keyTuple)
        code.jump(.jumpIfNone, to: failure(&context), a: values)
        if rest != nil {
            // The subject's register takes the remaining items.
            code.emit(
                .mappingRest, flags: InstructionFlags.consumeC, a: register, b: register,
                c: keyTuple)
        } else {
            clear(keyTuple)
            clear(register)
        }
        let base = allocate(patterns.count)
        code.emit(
            .unpackSequence, flags: InstructionFlags.consumeB, a: base, b: values,
            c: patterns.count)
        for (index, pattern) in patterns.enumerated() {
            try matchInner(pattern, base + index, &context)
        }
        if let rest { try capture(rest, register, pattern.span, &context) }
    }

    private func checkKeys(_ keys: [Expr], _ span: SourceSpan) throws(SyntaxError) {
        var seen: Set<CodeConstant> = []
        for key in keys {
            guard let value = ConstantFolder.value(of: key) else { continue }
            if !seen.insert(value).inserted {
                throw error(
                    "mapping pattern checks duplicate key (\(sourceText(of: key)))", span)
            }
        }
    }

    private func matchClass(
        _ pattern: Pattern, _ cls: Expr, _ patterns: [Pattern], _ names: [String],
        _ keywordPatterns: [Pattern], _ register: Int, _ context: inout PatternContext
    ) throws(SyntaxError) {
        var seen: Set<String> = []
        for (name, pattern) in zip(names, keywordPatterns) {
            if !seen.insert(name).inserted {
                throw error("attribute name repeated in class pattern: \(name)", pattern.span)
            }
        }
        let subject = allocate()
        let type = allocate()
        let nameTuple = allocate()
        top = subject + 1
        move(to: subject, from: temporary(register))
        top = type + 1
        try evaluate(cls, into: type)
        top = nameTuple + 1
        load(.tuple(names.map { .text($0) }), into: nameTuple)
        code.emit(.matchClass, a: register, b: subject, c: patterns.count)
        clear(nameTuple)
        clear(type)
        clear(subject)
        top = subject
        code.jump(.jumpIfNone, to: failure(&context), a: register)
        let all = patterns + keywordPatterns
        if all.allSatisfy({ isWildcard($0) }) {
            clear(register)
            return
        }
        let base = allocate(all.count)
        code.emit(
            .unpackSequence, flags: InstructionFlags.consumeB, a: base, b: register, c: all.count)
        for (index, pattern) in all.enumerated() {
            try matchInner(pattern, base + index, &context)
        }
    }

    private func matchOr(
        _ pattern: Pattern, _ alternatives: [Pattern], _ register: Int,
        _ context: inout PatternContext
    ) throws(SyntaxError) {
        let success = code.makeLabel()
        // Every alternative binds the same names: their values meet in these registers.
        var names: [String] = []
        collectNames(alternatives[0], &names)
        let canonical = allocate(names.count)
        let start = top
        for (index, alternative) in alternatives.enumerated() {
            let isLast = index == alternatives.count - 1
            var found: [String] = []
            collectNames(alternative, &found)
            if Set(found) != Set(names) {
                throw error("alternative patterns bind different names", pattern.span)
            }
            top = start
            var inner = PatternContext(base: start)
            inner.allowsIrrefutable = context.allowsIrrefutable && isLast
            let value = allocate()
            copy(to: value, from: register)
            try match(alternative, value, &inner)
            for (index, name) in names.enumerated() {
                guard let capture = inner.captures.first(where: { $0.name == name }) else {
                    continue
                }
                move(to: canonical + index, from: temporary(capture.register))
            }
            code.jump(.jump, to: success)
            finishFailures(&inner)
        }
        top = start
        code.jump(.jump, to: failure(&context))
        code.place(success)
        clear(register)
        for (index, name) in names.enumerated() {
            try capture(name, canonical + index, pattern.span, &context)
        }
    }

    private func collectNames(_ pattern: Pattern, _ names: inout [String]) {
        switch pattern.kind {
        case .value, .singleton: break
        case .sequence(let patterns):
            for pattern in patterns { collectNames(pattern, &names) }
        case .or(let patterns): if let first = patterns.first { collectNames(first, &names) }
        case .mapping(_, let patterns, let rest):
            for pattern in patterns { collectNames(pattern, &names) }
            if let rest { names.append(rest) }
        case .class(_, let patterns, _, let keywordPatterns):
            for pattern in patterns + keywordPatterns { collectNames(pattern, &names) }
        case .star(let name): if let name { names.append(name) }
        case .as(let inner, let name):
            if let inner { collectNames(inner, &names) }
            if let name { names.append(name) }
        }
    }
}
