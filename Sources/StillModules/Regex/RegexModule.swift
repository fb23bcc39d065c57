// The module `_sre`: what the library's `re` compiles patterns to, and runs them with.
//
// The numbers of instructions are those of the libraries of CPython 3.11 to 3.13, whose `re` compares MAGIC before it is used: they differ in
// that number alone, so it is read from the library at hand.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum RegexModule {
    public static let definition = ModuleDefinition(name: "_sre") { m in
        m.set("MAGIC", Value(smallInt: RegexModule.magic(m.thread)))
        m.set("CODESIZE", Value(smallInt: 4))
        m.set("MAXREPEAT", Value(smallInt: Int(UInt32.max)))
        m.set("MAXGROUPS", Value(smallInt: Int(Int32.max) / 2))
        m.function("getcodesize", 0, 0) { _, _, _, _, _ in Value(smallInt: 4).bits }
        m.function("compile", 6, 6) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try RegexModule.compile(t, a) }
        }
        // What `re` has read from a replacement: literal, group number, literal, ..., literal.
        m.function("template", 2, 2) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard t.isList(Value(bits: a[1])) else { throw t.raise(.typeError, "template() argument 2 must be list") }
                let parts = ListRef(Value(bits: a[1])).snapshot(t)
                guard parts.count % 2 == 1 else {
                    for part in parts { t.release(part) }
                    throw t.raise(.typeError, "invalid template")
                }
                return try t.makeTuple(parts)
            }
        }
        m.function("ascii_iscased", 1, 1) { raw, _, a, _, _ in
            RegexModule.character(raw, a) { Value(RegexCharacters.lowerASCII($0) != RegexCharacters.upperASCII($0)) }
        }
        m.function("unicode_iscased", 1, 1) { raw, _, a, _, _ in
            RegexModule.character(raw, a) { Value($0 != RegexCharacters.lower($0) || $0 != RegexCharacters.upper($0)) }
        }
        m.function("ascii_tolower", 1, 1) { raw, _, a, _, _ in
            RegexModule.character(raw, a) { Value(smallInt: Int(RegexCharacters.lowerASCII($0))) }
        }
        m.function("unicode_tolower", 1, 1) { raw, _, a, _, _ in
            RegexModule.character(raw, a) { Value(smallInt: Int(RegexCharacters.lower($0))) }
        }
    }

    static func defineTypes() { RegexTypes.define() }

    /// MAGIC of the library's `re` when it is one of those that are understood, else that of 3.13.
    private static func magic(_ t: Thread) -> Int {
        let known = [20_220_615, 20_221_023, 20_230_612]
        let folder = t.interpreterState.pointee.stdlib
        if !folder.isNull, let text = try? File.read("\(StrRef(folder).string)/re/_constants.py") {
            let name = Array("\nMAGIC = ".utf8)
            var at = 0
            while at + name.count < text.count {
                if text[at] == name[0], text[at..<(at + name.count)].elementsEqual(name) {
                    let digits = text[(at + name.count)...].prefix { $0 >= 48 && $0 <= 57 }
                    if let number = Int(String(decoding: digits, as: UTF8.self)), known.contains(number) { return number }
                    break
                }
                at += 1
            }
        }
        return known[2]
    }

    private static func character(_ raw: UnsafeMutableRawPointer, _ a: ArgumentWords, _ body: (UInt32) -> Value) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in body(UInt32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))) }
    }

    /// compile(pattern, flags, code, groups, groupindex, indexgroup)
    private static func compile(_ t: Thread, _ a: ArgumentWords) throws(PythonError) -> Value {
        guard t.isList(Value(bits: a[2])), t.isDict(Value(bits: a[4])), t.isTuple(Value(bits: a[5])) else {
            throw t.raise(.typeError, "compile() argument 'code' must be list")
        }
        let pattern = Value(bits: a[0])
        let flags = try t.indexInt(Value(bits: a[1]))
        let groups = try t.indexInt(Value(bits: a[3]))
        let items = ListRef(Value(bits: a[2])).snapshot(t)
        defer { for item in items { t.release(item) } }
        var words: [UInt32] = []
        words.reserveCapacity(items.count)
        for item in items {
            let word = try t.indexInt(item)
            guard word >= 0, word >> 32 == 0 else { throw t.raise(.overflowError, "regular expression code size limit exceeded") }
            words.append(UInt32(word))
        }
        guard groups >= 0, RegexCheck(words, groups: groups).isValid else { throw t.raise(.runtimeError, "invalid SRE code") }
        let object = try t.allocateInstance(of: t.type(.regexPattern))
        // Two words more: looking ahead stays inside.
        guard let raw = rawAllocateZeroed((words.count + 2) * 4) else {
            t.release(object)
            throw t.noMemory()
        }
        let code = raw.bindMemory(to: UInt32.self, capacity: words.count + 2)
        for (index, word) in words.enumerated() { code[index] = word }
        object.setField(24, t.retain(pattern))
        object.setField(32, t.retain(Value(bits: a[4])))
        object.setField(40, t.retain(Value(bits: a[5])))
        object.setField(48, code)
        object.setField(56, words.count)
        object.setField(64, flags)
        object.setField(72, groups)
        object.setField(80, pattern.isNone ? 0 : t.isStr(pattern) ? 1 : 2)
        return Value(object)
    }
}

/// Checks that code stays inside itself, whoever wrote it: every length and group number, so that the matcher need not.
struct RegexCheck {
    private let code: [UInt32]
    private let groups: Int

    init(_ code: [UInt32], groups: Int) {
        self.code = code
        self.groups = groups
    }

    var isValid: Bool { code.last == RegexOp.success.rawValue && block(0, code.count - 1) }

    private func word(_ at: Int) -> Int? { at < code.count ? Int(code[at]) : nil }
    /// Where the part of the given length that starts at `at` ends, when that is inside.
    private func skip(_ at: Int, _ end: Int) -> Int? {
        guard let length = word(at), length > 0, at + length <= end else { return nil }
        return at + length
    }

    /// Instructions first ..< end.
    private func block(_ first: Int, _ end: Int) -> Bool {
        var at = first
        while at < end {
            guard let next = instruction(at, end), next > at, next <= end else { return false }
            at = next
        }
        return at == end
    }

    private func instruction(_ at: Int, _ end: Int) -> Int? {
        guard let op = RegexOp(rawValue: code[at]) else { return nil }
        switch op {
        case .failure, .success, .any, .anyAll: return at + 1
        case .literal, .notLiteral, .literalIgnore, .notLiteralIgnore, .literalUniIgnore, .notLiteralUniIgnore, .literalLocIgnore,
            .notLiteralLocIgnore:
            return at + 2
        case .at: return word(at + 1).map { $0 < 12 } == true ? at + 2 : nil
        case .category: return word(at + 1).map { $0 < 18 } == true ? at + 2 : nil
        case .mark: return word(at + 1).map { $0 < groups * 2 } == true ? at + 2 : nil
        case .groupRef, .groupRefIgnore, .groupRefUniIgnore, .groupRefLocIgnore:
            return word(at + 1).map { $0 < groups } == true ? at + 2 : nil
        case .in, .inIgnore, .inUniIgnore, .inLocIgnore:
            guard let next = skip(at + 1, end), set(at + 2, next) == next else { return nil }
            return next
        case .info:
            guard let next = skip(at + 1, end), next >= at + 5 else { return nil }
            if code[at + 2] & 1 != 0 {
                guard let length = word(at + 5), length > 0, at + 7 + length * 2 <= next else { return nil }
            } else if code[at + 2] & 4 != 0 {
                guard set(at + 5, next) == next else { return nil }
            }
            return next
        case .jump: return skip(at + 1, code.count) != nil ? at + 2 : nil
        case .branch:
            var place = at + 1
            while place < end, code[place] != 0 {
                guard let next = skip(place, end), next - 2 > place, code[next - 2] == RegexOp.jump.rawValue, block(place + 1, next) else {
                    return nil
                }
                place = next
            }
            return place < end ? place + 1 : nil
        case .repeatOne, .minRepeatOne, .possessiveRepeatOne:
            guard let next = skip(at + 1, end), next > at + 5, code[at + 2] <= code[at + 3] else { return nil }
            guard isSingle(at + 4), instruction(at + 4, next) == next - 1, code[next - 1] == RegexOp.success.rawValue else { return nil }
            return next
        case .repeat:
            guard let next = skip(at + 1, end), next > at + 4, next < end, code[at + 2] <= code[at + 3] else { return nil }
            guard code[next] == RegexOp.maxUntil.rawValue || code[next] == RegexOp.minUntil.rawValue, block(at + 4, next) else { return nil }
            return next + 1
        case .possessiveRepeat:
            guard let next = skip(at + 1, end), next > at + 4, next < end, code[at + 2] <= code[at + 3] else { return nil }
            guard code[next] == RegexOp.success.rawValue, block(at + 4, next) else { return nil }
            return next + 1
        case .atomicGroup:
            guard let next = skip(at + 1, end), code[next - 1] == RegexOp.success.rawValue, block(at + 2, next - 1) else { return nil }
            return next
        case .assert, .assertNot:
            guard let next = skip(at + 1, end), next > at + 3, code[next - 1] == RegexOp.success.rawValue, block(at + 3, next - 1) else {
                return nil
            }
            return next
        case .groupRefExists:
            guard let group = word(at + 1), group < groups, let length = word(at + 2), length > 1, at + 1 + length <= end else { return nil }
            return at + 3
        default: return nil
        }
    }
    private func isSingle(_ at: Int) -> Bool {
        switch RegexOp(rawValue: code[at]) {
        case .any, .anyAll, .literal, .notLiteral, .in, .category, .inIgnore, .inUniIgnore, .inLocIgnore, .literalIgnore, .literalUniIgnore,
            .literalLocIgnore, .notLiteralIgnore, .notLiteralUniIgnore, .notLiteralLocIgnore:
            return true
        default: return false
        }
    }

    /// Where the set that starts at `at` ends, nil when it is not one.
    private func set(_ first: Int, _ end: Int) -> Int? {
        var at = first
        while at < end {
            guard let op = RegexOp(rawValue: code[at]) else { return nil }
            at += 1
            switch op {
            case .failure: return at
            case .negate: break
            case .literal: at += 1
            case .category:
                guard let category = word(at), category < 18 else { return nil }
                at += 1
            case .range, .rangeUniIgnore: at += 2
            case .charset: at += 8
            case .bigCharset:
                guard let count = word(at), at + 65 + count * 8 <= end else { return nil }
                for index in 1...64 {
                    for part in 0..<4 where Int(code[at + index] >> UInt32(part * 8) & 0xFF) >= count { return nil }
                }
                at += 65 + count * 8
            default: return nil
            }
        }
        return nil
    }
}
