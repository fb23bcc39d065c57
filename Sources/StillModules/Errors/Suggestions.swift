// "Did you mean …?" behind the message of a NameError, AttributeError or ImportError.
//
// A candidate is good enough when a third of the characters at most would have to change. Moving, adding or
// removing a character costs 2, changing its case 1.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum Suggestions {
    private static let maximumCandidates = 750
    private static let maximumLength = 40

    /// What is to be added to the message, nil for nothing.
    static func hint(_ t: Thread, _ exception: Value) -> String? {
        if t.matches(exception, .nameError) {
            guard let wrong = field(t, exception, ExceptionLayout.nameErrorName) else { return nil }
            let traceback = ExceptionRef(exception).traceback(t)
            defer { t.release(traceback) }
            var candidates: [String] = []
            if !traceback.isNull && !traceback.isNone {
                var last = TracebackRef(traceback)
                while !last.next.isNull && !last.next.isNone { last = TracebackRef(last.next) }
                candidates = last.variableNames.filter { !$0.hasPrefix(".") } + names(t, last.globals)
            }
            candidates += names(t, t.interpreterState.pointee.builtins)
            let best = closest(wrong, candidates)
            if Imports.nativeNames.contains(wrong) || wrong == "threading" {
                return best.map { ". Did you mean: '\($0)'? Or did you forget to import '\(wrong)'?" }
                    ?? ". Did you forget to import '\(wrong)'?"
            }
            return best.map { ". Did you mean: '\($0)'?" }
        }
        if t.matches(exception, .attributeError) {
            guard let wrong = field(t, exception, ExceptionLayout.attributeName) else { return nil }
            let object = ExceptionRef(exception).field(t, ExceptionLayout.attributeObject)
            if object.isNull { return nil }
            defer { t.release(object) }
            var candidates = directory(t, object).sorted()
            if !wrong.hasPrefix("_") { candidates.removeAll { $0.hasPrefix("_") } }
            return closest(wrong, candidates).map { ". Did you mean: '\($0)'?" }
        }
        return nil
    }

    private static func field(_ t: Thread, _ exception: Value, _ offset: Int) -> String? {
        let value = ExceptionRef(exception).field(t, offset)
        defer { t.release(value) }
        return !value.isNull && t.isStr(value) ? StrRef(value).string : nil
    }

    /// The strings among the items of an iterable.
    private static func names(_ t: Thread, _ iterable: Value) -> [String] {
        let saved = t.takeRaised()
        defer { if !saved.isNull { t.setRaised(saved) } }
        var result: [String] = []
        do throws(PythonError) {
            let list = try t.makeList(capacity: 0)
            defer { t.release(list) }
            try ListRef(list).extend(t, iterable)
            for index in 0..<ListRef(list).count {
                let item = ListRef(list).item(t, index)
                if t.isStr(item) { result.append(StrRef(item).string) }
                t.release(item)
            }
        } catch { t.clearRaised() }
        return result
    }

    private static func directory(_ t: Thread, _ object: Value) -> [String] {
        let saved = t.takeRaised()
        defer { if !saved.isNull { t.setRaised(saved) } }
        do throws(PythonError) {
            let method = try t.lookupSpecial(object, Interning.intern("__dir__"))
            if method.isNull { return [] }
            defer { t.release(method) }
            let found = try t.call(method)
            defer { t.release(found) }
            return names(t, found)
        } catch {
            t.clearRaised()
            return []
        }
    }

    static func closest(_ wrong: String, _ candidates: [String]) -> String? {
        let word = Array(wrong.unicodeScalars)
        if candidates.count > maximumCandidates || word.count > maximumLength { return nil }
        var best: String?
        var bestCost = word.count
        for candidate in candidates where candidate != wrong {
            let other = Array(candidate.unicodeScalars)
            if other.count > maximumLength { continue }
            let limit = min((other.count + word.count + 3) * 2 / 6, bestCost - 1)
            if abs(other.count - word.count) * 2 > limit { continue }
            let cost = distance(word, other)
            if cost <= limit {
                best = candidate
                bestCost = cost
            }
        }
        return best
    }

    private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var above = (0...b.count).map { $0 * 2 }
        for (row, left) in a.enumerated() {
            var current = [(row + 1) * 2]
            for (column, right) in b.enumerated() {
                var change = 2
                if left == right {
                    change = 0
                } else if left.properties.lowercaseMapping == right.properties.lowercaseMapping {
                    change = 1
                }
                current.append(min(above[column] + change, min(above[column + 1], current[column]) + 2))
            }
            above = current
        }
        return above[b.count]
    }
}
