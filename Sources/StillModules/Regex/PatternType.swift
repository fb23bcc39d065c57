// The types of `_sre`: patterns, matches and scanners.
//
//   Pattern   24 pattern   32 groupindex   40 indexgroup   48 code (raw)   56 its length   64 flags   72 groups   80 kind of text (0 any, 1 str,
//             2 bytes)
//   Match     24 string   32 pattern   40 boundaries (raw, two numbers for each group, the whole match first)   48 pos   56 endpos
//             64 last group
//   Scanner   24 pattern   32 string   40 next place (atomic)   48 endpos   56 place of the last empty match, or -1 (atomic)
//             64 pos
//
// Sharing   What is not atomic is written before the object is published. Threads that share a scanner each get some match.
// Ordering  (R1) a scanner's numbers are relaxed: they guard no memory.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM
import Synchronization

struct PatternRef {
    static let bytes = 88
    let object: ObjectRef
    init(_ bits: UInt64) { object = Value(bits: bits).object }
    init(_ value: Value) { object = value.object }
    var value: Value { Value(object) }
    var pattern: Value { object.field(24) }
    var groupIndex: Value { object.field(32) }
    var indexGroup: Value { object.field(40) }
    var code: UnsafeMutablePointer<UInt32> { object.field(48) }
    var codeCount: Int { object.field(56) }
    var flags: Int { object.field(64) }
    var groups: Int { object.field(72) }
    var kind: Int { object.field(80) }

    /// Number of a group given by number or name; -1: there is none.
    func group(_ t: Thread, _ key: Value) throws(PythonError) -> Int {
        var index = -1
        if t.isInt(key) || t.typeOf(key).record.pointee.index != nil {
            index = try t.indexInt(key, overflow: nil)
        } else {
            let found = try t.isDict(groupIndex) ? DictRef(groupIndex).get(t, key) : .null
            if !found.isNull {
                defer { t.release(found) }
                index = try t.indexInt(found)
            }
        }
        return index >= 0 && index <= groups ? index : -1
    }

    /// Calls `body` with the text of a string argument, which it borrows.
    func withSubject<R>(_ t: Thread, _ string: Value, _ body: (RegexSubject) throws(PythonError) -> R) throws(PythonError) -> R {
        if t.isStr(string) {
            if kind == 2 { throw t.raise(.typeError, "cannot use a bytes pattern on a string-like object") }
            let text = StrRef(string)
            return try body(RegexSubject(data: UnsafeRawPointer(text.data), width: text.width, count: text.count))
        }
        if t.isBytes(string) {
            if kind == 1 { throw t.raise(.typeError, "cannot use a string pattern on a bytes-like object") }
            return try body(RegexSubject(data: UnsafeRawPointer(BytesRef(string).data), width: 1, count: BytesRef(string).count))
        }
        guard let bytes = t.bytesLike(string) else {
            throw t.raise(.typeError, "expected string or bytes-like object, got '\(t.typeName(string))'")
        }
        if kind == 1 { throw t.raise(.typeError, "cannot use a string pattern on a bytes-like object") }
        let copy = try t.makeBytes(bytes)
        defer { t.release(copy) }
        return try body(RegexSubject(data: UnsafeRawPointer(BytesRef(copy).data), width: 1, count: bytes.count))
    }
    func matcher(_ t: Thread, _ subject: RegexSubject, _ end: Int) -> RegexMatcher {
        RegexMatcher(t, code, subject, 0, end, groups: groups)
    }
    /// A part of the text. Owned.
    static func slice(_ t: Thread, _ string: Value, _ start: Int, _ end: Int) throws(PythonError) -> Value {
        if t.isStr(string) { return try StrOps.slice(t, StrRef(string), start, end) }
        if t.isBytes(string) {
            let data = BytesRef(string)
            return try t.makeBytes((start..<max(start, min(end, data.count))).map { data[$0] })
        }
        let bytes = t.bytesLike(string) ?? []
        let (first, last) = (min(start, bytes.count), min(end, bytes.count))
        return try t.makeBytes(Array(bytes[first..<max(first, last)]))
    }
}

struct MatchRef {
    static let bytes = 72
    let object: ObjectRef
    init(_ bits: UInt64) { object = Value(bits: bits).object }
    init(_ value: Value) { object = value.object }
    var string: Value { object.field(24) }
    var pattern: PatternRef { PatternRef(object.field(32, as: Value.self)) }
    var marks: UnsafeMutablePointer<Int> { object.field(40) }
    var pos: Int { object.field(48) }
    var endpos: Int { object.field(56) }
    var lastGroup: Int { object.field(64) }
    func start(_ group: Int) -> Int { marks[group * 2 + 1] < 0 ? -1 : marks[group * 2] }
    func end(_ group: Int) -> Int { marks[group * 2] < 0 ? -1 : marks[group * 2 + 1] }

    /// Owned.
    static func make(
        _ t: Thread, _ pattern: PatternRef, _ string: Value, _ matcher: RegexMatcher, _ start: Int, _ end: Int, pos: Int, endpos: Int
    ) throws(PythonError) -> Value {
        let object = try t.allocateInstance(of: t.type(.regexMatch))
        guard let raw = rawAllocate((pattern.groups + 1) * 16) else {
            t.release(object)
            throw t.noMemory()
        }
        let marks = raw.bindMemory(to: Int.self, capacity: (pattern.groups + 1) * 2)
        (marks[0], marks[1]) = (start, end)
        for (index, mark) in matcher.marks.enumerated() { marks[2 + index] = mark }
        object.setField(24, t.retain(string))
        object.setField(32, t.retain(pattern.value))
        object.setField(40, marks)
        object.setField(48, pos)
        object.setField(56, endpos)
        object.setField(64, matcher.lastGroup)
        return Value(object)
    }

    /// The text of a group, `absent` when it took no part. Owned.
    func text(_ t: Thread, _ group: Int, absent: Value = .none) throws(PythonError) -> Value {
        let (first, last) = (start(group), end(group))
        if first < 0 || last < first { return t.retain(absent) }
        return try PatternRef.slice(t, string, first, last)
    }
}

enum RegexTypes {
    static func define() {
        pattern()
        match()
        scanner()
    }

    private static func pattern() {
        StaticTypes.define(
            .regexPattern, "Pattern", module: "re", basicSize: PatternRef.bytes,
            flags: TypeFlags.collectable | TypeFlags.weaklyReferencable | TypeFlags.notInstantiable
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 48) }
            r.pointee.memory.clear = { _, _ in }
            r.pointee.memory.deallocate = { t, object in
                rawFree(ObjectRef(object).field(48, as: UnsafeMutableRawPointer?.self))
                FixedFields.deallocate(Thread(t), object, 24, 48)
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let own = PatternRef(v)
                    let text = try t.repr(own.pattern)
                    defer { t.release(text) }
                    let names = ["TEMPLATE", "IGNORECASE", "LOCALE", "MULTILINE", "DOTALL", "UNICODE", "VERBOSE", "DEBUG", "ASCII"]
                    var flags = own.flags
                    // What every pattern of str has.
                    if own.kind == 1 && flags & (4 | 32 | 256) == 32 { flags &= ~32 }
                    var shown: [String] = []
                    for (index, name) in names.enumerated() where flags & (1 << index) != 0 {
                        shown.append("re.\(name)")
                        flags &= ~(1 << index)
                    }
                    if flags != 0 { shown.append("0x\(String(flags, radix: 16))") }
                    let short = String(StrRef(text).string.prefix(200))
                    return try t.makeString("re.compile(\(short)\(shown.isEmpty ? "" : ", " + shown.joined(separator: "|")))")
                }
            }
            r.pointee.hash = { raw, v in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let own = PatternRef(v)
                    var hash = try t.hash(own.pattern) ^ own.flags ^ own.kind << 20 ^ own.groups << 24
                    for index in 0..<own.codeCount { hash = hash &* 31 &+ Int(own.code[index]) }
                    return hash == -1 ? -2 : hash
                }
            }
            r.pointee.compare = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let op = CompareOperator(rawValue: op)!
                    guard op == .equal || op == .notEqual, t.typeOf(Value(bits: b)) == t.type(.regexPattern) else { return .notImplemented }
                    let (x, y) = (PatternRef(a), PatternRef(b))
                    var same = x.flags == y.flags && x.kind == y.kind && x.codeCount == y.codeCount
                    if same { same = (0..<x.codeCount).allSatisfy { x.code[$0] == y.code[$0] } }
                    if same { same = try t.equal(x.pattern, y.pattern) }
                    return Value(same == (op == .equal))
                }
            }
            b.getter("pattern") { t, s in Thread(t).retain(PatternRef(s).pattern).bits }
            b.getter("flags") { _, s in Value(smallInt: PatternRef(s).flags).bits }
            b.getter("groups") { _, s in Value(smallInt: PatternRef(s).groups).bits }
            b.getter("groupindex") { raw, s in
                returning(raw) { (t) throws(PythonError) -> Value in try t.call(t.type(.mappingProxy).value, PatternRef(s).groupIndex) }
            }
            identity(b)
            PatternMethods.add(to: b)
        }
    }

    private static func match() {
        StaticTypes.define(
            .regexMatch, "Match", module: "re", basicSize: MatchRef.bytes, flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            r.pointee.memory.clear = { _, _ in }
            r.pointee.memory.deallocate = { t, object in
                rawFree(ObjectRef(object).field(40, as: UnsafeMutableRawPointer?.self))
                FixedFields.deallocate(Thread(t), object, 24, 40)
            }
            identity(b)
            MatchMethods.add(to: b)
        }
    }

    /// Copies are the object itself.
    private static func identity(_ b: TypeBuilder) {
        b.method("__copy__", 0, 0) { t, s, _, _, _ in Thread(t).retain(Value(bits: s)).bits }
        b.method("__deepcopy__", 1, 1) { t, s, _, _, _ in Thread(t).retain(Value(bits: s)).bits }
        b.classMethod("__class_getitem__", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
        }
    }

    private static func scanner() {
        StaticTypes.define(
            .regexScanner, "SRE_Scanner", module: "_sre", basicSize: 72, flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            r.pointee.memory.clear = { _, _ in }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 40) }
            b.getter("pattern") { t, s in Thread(t).retain(Value(bits: s).object.field(24, as: Value.self)).bits }
            b.method("match", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try RegexTypes.scan(t, Value(bits: s).object, searches: false) }
            }
            b.method("search", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try RegexTypes.scan(t, Value(bits: s).object, searches: true) }
            }
        }
    }

    static func makeScanner(_ t: Thread, _ pattern: PatternRef, _ string: Value, _ pos: Int, _ endpos: Int) throws(PythonError) -> Value {
        let object = try t.allocateInstance(of: t.type(.regexScanner))
        object.setField(24, t.retain(pattern.value))
        object.setField(32, t.retain(string))
        object.setField(40, pos)
        object.setField(48, endpos)
        object.setField(56, -1)
        object.setField(64, pos)
        return Value(object)
    }

    /// The scanner's next match, or None. Owned.
    private static func scan(_ t: Thread, _ object: ObjectRef, searches: Bool) throws(PythonError) -> Value {
        let pattern = PatternRef(object.field(24, as: Value.self))
        let string: Value = object.field(32)
        let endpos: Int = object.field(48)
        let place = object.atomicWord(40)
        let empty = object.atomicWord(56)
        let from = Int(bitPattern: UInt(place.pointee.load(ordering: .relaxed)))  // R1
        return try pattern.withSubject(t, string) { (subject) throws(PythonError) -> Value in
            let end = min(endpos, subject.count)
            if from > end { return .none }
            var matcher = pattern.matcher(t, subject, end)
            matcher.notEmptyAt = Int(bitPattern: UInt(empty.pointee.load(ordering: .relaxed)))  // R1
            var found: (start: Int, end: Int)?
            if searches { found = matcher.search(from: from) } else if let stop = matcher.match(at: from) { found = (from, stop) }
            guard let found else {
                // Nothing follows any more.
                place.pointee.store(UInt64(UInt(bitPattern: Int.max)), ordering: .relaxed)
                return .none
            }
            let isEmpty = found.start == found.end
            place.pointee.store(UInt64(UInt(bitPattern: found.end)), ordering: .relaxed)
            empty.pointee.store(UInt64(UInt(bitPattern: isEmpty ? found.end : -1)), ordering: .relaxed)
            return try MatchRef.make(t, pattern, string, matcher, found.start, found.end, pos: object.field(64), endpos: end)
        }
    }
}
