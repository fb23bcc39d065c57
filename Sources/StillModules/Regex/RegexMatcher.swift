// Matching: a backtracking machine for the code that the library's `re` compiles.
//
// Choices   Where the pattern can go on in two ways, the other one is put on a stack, with what it needs: place in code and text, how far the
//           trail was, and the repetition in progress. A dead end takes the newest choice. Only assertions, atomic groups and possessive
//           repetitions nest calls: their choices are dropped when they are done.
// Trail     Every group boundary that is set is noted with its old value, so that a choice restores them.
// Repeats   A repetition in progress is a node {code, count, last place, outer one} that never changes: each round makes a new one, and a choice
//           keeps the number of its own.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

/// The text, by code points or bytes. Borrowed: whoever matches keeps the string.
struct RegexSubject {
    let data: UnsafeRawPointer
    let width: Int
    let count: Int

    @inline(__always) subscript(_ index: Int) -> UInt32 {
        switch width {
        case 1: UInt32(data.load(fromByteOffset: index, as: UInt8.self))
        case 2: UInt32(data.load(fromByteOffset: index &* 2, as: UInt16.self))
        default: data.load(fromByteOffset: index &* 4, as: UInt32.self)
        }
    }
}

struct RegexMatcher {
    private struct Choice {
        enum Kind { case go, alternative, repeatOne, minRepeatOne, minUntil }
        var kind: Kind
        var pc: Int
        var place: Int
        var trail: Int
        var node: Int
        var lastGroup: Int
        /// repeatOne: fewest place; minRepeatOne: rounds that may still be added.
        var extra: Int
    }
    private struct Node {
        var pc: Int
        var count: Int
        var last: Int
        var outer: Int
    }

    let t: Thread
    let code: UnsafePointer<UInt32>
    let subject: RegexSubject
    /// Where the text begins and ends for this search.
    let begin: Int
    let end: Int
    var marks: [Int]
    var lastGroup = 0
    /// The whole text must match.
    var isFull = false
    /// The match must not be empty at this place (-1: it may).
    var notEmptyAt = -1

    private var choices: [Choice] = []
    private var trail: [(index: Int, old: Int)] = []
    private var nodes: [Node] = []
    private var steps = 0

    init(_ t: Thread, _ code: UnsafePointer<UInt32>, _ subject: RegexSubject, _ begin: Int, _ end: Int, groups: Int) {
        self.t = t
        self.code = code
        self.subject = subject
        self.begin = begin
        self.end = end
        marks = [Int](repeating: -1, count: groups * 2)
    }

    private mutating func reset() {
        for index in 0..<marks.count { marks[index] = -1 }
        lastGroup = 0
        choices.removeAll(keepingCapacity: true)
        trail.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
    }

    // MARK: Entry

    /// The end of a match that begins at `place`.
    mutating func match(at place: Int) -> Int? {
        reset()
        return run(0, place, -1, top: true)
    }

    /// The first match from `place` on.
    mutating func search(from place: Int) -> (start: Int, end: Int)? {
        var (place, last) = (place, end)
        var (first, set): (UInt32?, UnsafePointer<UInt32>?) = (nil, nil)
        var body = 0
        if code[0] == RegexOp.info.rawValue {
            // INFO skip flags shortest longest …
            last = end - Int(code[3])
            if code[2] & 1 != 0 { first = code[7] } else if code[2] & 4 != 0 { set = code + 5 }
            body = 1 + Int(code[1])
        }
        // What begins with `^` or `\A` matches at the string's beginning only (0 and 2; 1 is that of a line).
        if code[body] == RegexOp.at.rawValue, code[body + 1] == 0 || code[body + 1] == 2 { last = min(last, 0) }
        while place <= last {
            if let first {
                while place <= last && subject[place] != first { place += 1 }
                if place > last { return nil }
            } else if let set {
                while place <= last && !RegexCharacters.contains(set, subject[place]) { place += 1 }
                if place > last { return nil }
            }
            reset()
            if let stop = run(body, place, -1, top: true) { return (place, stop) }
            place += 1
        }
        return nil
    }

    // MARK: Machine

    private mutating func push(_ kind: Choice.Kind, _ pc: Int, _ place: Int, _ node: Int, _ extra: Int = 0) {
        choices.append(Choice(kind: kind, pc: pc, place: place, trail: trail.count, node: node, lastGroup: lastGroup, extra: extra))
    }
    private mutating func undo(to height: Int) {
        while trail.count > height {
            let entry = trail.removeLast()
            marks[entry.index] = entry.old
        }
    }

    /// Runs from `pc` to the SUCCESS of its level. The choices made on the way are dropped.
    private mutating func run(_ start: Int, _ from: Int, _ startNode: Int, top: Bool) -> Int? {
        let floor = choices.count
        var (pc, place, node) = (start, from, startNode)
        while true {
            var ok = true
            switch RegexOp(rawValue: code[pc]) {
            case .success:
                if top && ((isFull && place != end) || place == notEmptyAt) {
                    ok = false
                    break
                }
                choices.removeLast(choices.count - floor)
                return place
            case .info: pc += 1 + Int(code[pc + 1])
            case .jump: pc += 1 + Int(code[pc + 1])
            case .mark:
                let index = Int(code[pc + 1])
                trail.append((index, marks[index]))
                marks[index] = place
                if index & 1 != 0 { lastGroup = index / 2 + 1 }
                pc += 2
            case .at:
                ok = isAt(code[pc + 1], place)
                pc += 2
            case .any, .anyAll, .literal, .notLiteral, .in, .category, .inIgnore, .inUniIgnore, .inLocIgnore, .literalIgnore,
                .literalUniIgnore, .literalLocIgnore, .notLiteralIgnore, .notLiteralUniIgnore, .notLiteralLocIgnore:
                ok = place < end && accepts(pc, subject[place])
                place += 1
                pc = next(pc)
            case .branch:
                if code[pc + 1] == 0 { ok = false } else { (pc, place) = alternative(pc + 1, place, node) }
            case .repeat:
                nodes.append(Node(pc: pc, count: -1, last: -1, outer: node))
                node = nodes.count - 1
                pc += 1 + Int(code[pc + 1])
            case .maxUntil, .minUntil: ok = until(&pc, &place, &node)
            case .repeatOne: ok = repeatOne(&pc, &place, node)
            case .minRepeatOne:
                let fewest = Int(code[pc + 2])
                let found = count(pc + 4, place, fewest)
                ok = found >= fewest
                if ok {
                    place += fewest
                    push(.minRepeatOne, pc, place, node, most(pc) - fewest)
                    pc += 1 + Int(code[pc + 1])
                }
            case .possessiveRepeatOne:
                let found = count(pc + 4, place, most(pc))
                ok = found >= Int(code[pc + 2])
                place += found
                pc += 1 + Int(code[pc + 1])
            case .possessiveRepeat: ok = possessive(&pc, &place)
            case .atomicGroup:
                if let stop = run(pc + 2, place, -1, top: false) { place = stop } else { ok = false }
                pc += 1 + Int(code[pc + 1])
            case .assert:
                let at = place - Int(code[pc + 2])
                ok = at >= begin && run(pc + 3, at, -1, top: false) != nil
                pc += 1 + Int(code[pc + 1])
            case .assertNot:
                let at = place - Int(code[pc + 2])
                let (height, group) = (trail.count, lastGroup)
                ok = !(at >= begin && run(pc + 3, at, -1, top: false) != nil)
                undo(to: height)
                lastGroup = group
                pc += 1 + Int(code[pc + 1])
            case .groupRef, .groupRefIgnore, .groupRefLocIgnore, .groupRefUniIgnore: ok = reference(&pc, &place)
            case .groupRefExists:
                let index = Int(code[pc + 1]) * 2
                pc += marks[index] >= 0 && marks[index + 1] >= 0 ? 3 : 1 + Int(code[pc + 2])
            default: ok = false
            }
            if ok { continue }
            if !backtrack(floor, &pc, &place, &node) { return nil }
        }
    }

    /// Takes the newest choice. False when there is none above `floor`.
    private mutating func backtrack(_ floor: Int, _ pc: inout Int, _ place: inout Int, _ node: inout Int) -> Bool {
        steps &+= 1
        if steps & 1023 == 0 && t.hasRequest { t.safepoint() }
        while choices.count > floor {
            let choice = choices.removeLast()
            undo(to: choice.trail)
            lastGroup = choice.lastGroup
            node = choice.node
            place = choice.place
            pc = choice.pc
            switch choice.kind {
            case .go: return true
            case .alternative:
                if code[pc] == 0 { continue }
                (pc, place) = alternative(pc, place, node)
                return true
            case .repeatOne:
                // One round less. `place` is that of the last try.
                if place <= choice.extra { continue }
                if retryShorter(pc, &place, node, choice.extra) {
                    pc += 1 + Int(code[pc + 1])
                    return true
                }
            case .minRepeatOne:
                if choice.extra <= 0 || place >= end || !accepts(pc + 4, subject[place]) { continue }
                place += 1
                push(.minRepeatOne, pc, place, node, choice.extra - 1)
                pc += 1 + Int(code[pc + 1])
                return true
            case .minUntil:
                // The tail did not match: another round of the body. `node` is the round that ended here.
                var round = nodes[node]
                let most = UInt32(code[round.pc + 3])
                if (most != UInt32.max && round.count >= Int(most)) || place == round.last { continue }
                round.last = place
                nodes.append(round)
                node = nodes.count - 1
                pc = round.pc + 4
                return true
            }
        }
        return false
    }

    /// Enters the alternative whose length lies at `pc`, and keeps the next one as a choice.
    private mutating func alternative(_ pc: Int, _ place: Int, _ node: Int) -> (Int, Int) {
        let next = pc + Int(code[pc])
        if code[next] != 0 { push(.alternative, next, place, node) }
        return (pc + 1, place)
    }

    private mutating func until(_ pc: inout Int, _ place: inout Int, _ node: inout Int) -> Bool {
        if node < 0 { return false }
        let isGreedy = code[pc] == RegexOp.maxUntil.rawValue
        var round = nodes[node]
        round.count += 1
        let fewest = Int(code[round.pc + 2])
        let most = code[round.pc + 3]
        if round.count < fewest {
            nodes.append(round)
            node = nodes.count - 1
            pc = round.pc + 4
            return true
        }
        if isGreedy {
            let mayRepeat = (most == UInt32.max || round.count < Int(most)) && place != round.last
            if mayRepeat {
                push(.go, pc + 1, place, round.outer)
                round.last = place
                nodes.append(round)
                node = nodes.count - 1
                pc = round.pc + 4
                return true
            }
        } else {
            nodes.append(round)
            push(.minUntil, pc, place, nodes.count - 1)
        }
        node = round.outer
        pc += 1
        return true
    }

    private mutating func repeatOne(_ pc: inout Int, _ place: inout Int, _ node: Int) -> Bool {
        let fewest = Int(code[pc + 2])
        let found = count(pc + 4, place, most(pc))
        if found < fewest { return false }
        let lowest = place + fewest
        place += found
        let tail = pc + 1 + Int(code[pc + 1])
        if code[tail] == RegexOp.literal.rawValue {
            let literal = code[tail + 1]
            while !(place < end && subject[place] == literal) {
                if place <= lowest { return false }
                place -= 1
            }
        }
        if place > lowest { push(.repeatOne, pc, place, node, lowest) }
        pc = tail
        return true
    }
    private mutating func retryShorter(_ pc: Int, _ place: inout Int, _ node: Int, _ lowest: Int) -> Bool {
        let tail = pc + 1 + Int(code[pc + 1])
        place -= 1
        if code[tail] == RegexOp.literal.rawValue {
            let literal = code[tail + 1]
            while subject[place] != literal {
                if place <= lowest { return false }
                place -= 1
            }
        }
        if place > lowest { push(.repeatOne, pc, place, node, lowest) }
        return true
    }

    private mutating func possessive(_ pc: inout Int, _ place: inout Int) -> Bool {
        let (fewest, most) = (Int(code[pc + 2]), most(pc))
        var rounds = 0
        while rounds < most {
            let (height, group) = (trail.count, lastGroup)
            guard let stop = run(pc + 4, place, -1, top: false) else {
                undo(to: height)
                lastGroup = group
                break
            }
            rounds += 1
            let isEmpty = stop == place
            place = stop
            if isEmpty && rounds >= fewest { break }
        }
        // Behind the body a SUCCESS of its own.
        pc += 2 + Int(code[pc + 1])
        return rounds >= fewest
    }

    private mutating func reference(_ pc: inout Int, _ place: inout Int) -> Bool {
        let op = RegexOp(rawValue: code[pc])
        let index = Int(code[pc + 1]) * 2
        pc += 2
        let (first, last) = (marks[index], marks[index + 1])
        if first < 0 || last < first || place + (last - first) > end { return false }
        for offset in 0..<(last - first) {
            let (a, b) = (subject[first + offset], subject[place + offset])
            switch op {
            case .groupRef: if a != b { return false }
            case .groupRefUniIgnore: if RegexCharacters.lower(a) != RegexCharacters.lower(b) { return false }
            default: if RegexCharacters.lowerASCII(a) != RegexCharacters.lowerASCII(b) { return false }
            }
        }
        place += last - first
        return true
    }

    // MARK: One character

    private func most(_ pc: Int) -> Int { code[pc + 3] == UInt32.max ? Int.max : Int(code[pc + 3]) }

    /// How many characters from `place` on, at most `limit`, the single-character instruction accepts.
    private func count(_ pc: Int, _ place: Int, _ limit: Int) -> Int {
        let stop = limit > end - place ? end : place + limit
        var at = place
        switch RegexOp(rawValue: code[pc]) {
        case .anyAll: return stop - place
        case .any: while at < stop && subject[at] != 10 { at += 1 }
        case .literal:
            let literal = code[pc + 1]
            while at < stop && subject[at] == literal { at += 1 }
        default: while at < stop && accepts(pc, subject[at]) { at += 1 }
        }
        return at - place
    }
    /// Where the instruction behind a single-character one is.
    private func next(_ pc: Int) -> Int {
        switch RegexOp(rawValue: code[pc]) {
        case .any, .anyAll: pc + 1
        case .in, .inIgnore, .inUniIgnore, .inLocIgnore: pc + 1 + Int(code[pc + 1])
        default: pc + 2
        }
    }
    private func accepts(_ pc: Int, _ c: UInt32) -> Bool {
        let argument = code[pc + 1]
        switch RegexOp(rawValue: code[pc]) {
        case .any: return c != 10
        case .anyAll: return true
        case .literal: return c == argument
        case .notLiteral: return c != argument
        case .category: return RegexCharacters.has(argument, c)
        case .in: return RegexCharacters.contains(code + pc + 2, c)
        case .inIgnore: return RegexCharacters.contains(code + pc + 2, RegexCharacters.lowerASCII(c))
        case .inUniIgnore: return RegexCharacters.contains(code + pc + 2, RegexCharacters.lower(c))
        case .inLocIgnore:
            return RegexCharacters.contains(code + pc + 2, RegexCharacters.lowerASCII(c))
                || RegexCharacters.contains(code + pc + 2, RegexCharacters.upperASCII(c))
        case .literalIgnore: return RegexCharacters.lowerASCII(c) == argument
        case .notLiteralIgnore: return RegexCharacters.lowerASCII(c) != argument
        case .literalUniIgnore: return RegexCharacters.lower(c) == argument
        case .notLiteralUniIgnore: return RegexCharacters.lower(c) != argument
        case .literalLocIgnore: return RegexCharacters.lowerASCII(c) == RegexCharacters.lowerASCII(argument)
        case .notLiteralLocIgnore: return RegexCharacters.lowerASCII(c) != RegexCharacters.lowerASCII(argument)
        default: return false
        }
    }
    /// The positions in the order of their numbers.
    private func isAt(_ position: UInt32, _ place: Int) -> Bool {
        func boundary(_ isWord: (UInt32) -> Bool) -> Bool {
            let before = place > begin && isWord(subject[place - 1])
            let behind = place < end && isWord(subject[place])
            return before != behind
        }
        switch position {
        case 0, 2: return place == begin
        case 1: return place == begin || subject[place - 1] == 10
        case 3, 8: return begin < end && boundary(RegexCharacters.isWordASCII)
        case 4, 9: return begin < end && !boundary(RegexCharacters.isWordASCII)
        case 5: return place == end || (place + 1 == end && subject[place] == 10)
        case 6: return place == end || subject[place] == 10
        case 7: return place == end
        case 10: return begin < end && boundary(RegexCharacters.isWord)
        default: return begin < end && !boundary(RegexCharacters.isWord)
        }
    }
}
