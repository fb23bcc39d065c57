// Building, searching and cutting strings.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum StrOps {
    /// Copies bytes, few as a rule: without a call then.
    @inline(__always)
    static func copyFew(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ count: Int) {
        if count > 16 {
            copyBytes(to, from, count)
        } else if count >= 8 {
            let last = from.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
            to.storeBytes(of: last, toByteOffset: count &- 8, as: UInt64.self)
        } else if count >= 4 {
            let last = from.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            to.storeBytes(of: from.loadUnaligned(as: UInt32.self), as: UInt32.self)
            to.storeBytes(of: last, toByteOffset: count &- 4, as: UInt32.self)
        } else {
            var index = 0
            while index < count {
                to.storeBytes(of: from.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index, as: UInt8.self)
                index &+= 1
            }
        }
    }

    /// Copies code points into a string of the same or a wider kind.
    static func copy(_ from: StrRef, _ start: Int, _ count: Int, to: StrRef, at offset: Int) {
        let width = to.width
        if from.width == width {
            copyFew(to.data + offset &* width, from.data + start &* width, count &* width)
            return
        }
        if width == 2 {
            for index in 0..<count {
                to.data.storeBytes(of: UInt16(from.codePoint(start + index)), toByteOffset: (offset + index) * 2, as: UInt16.self)
            }
        } else {
            for index in 0..<count {
                to.data.storeBytes(of: from.codePoint(start + index), toByteOffset: (offset + index) * 4, as: UInt32.self)
            }
        }
    }

    /// The strings in `count` registers, joined. Owned.
    public static func concatenate(_ t: Thread, _ registers: UnsafeMutablePointer<UInt64>, _ count: Int) throws(PythonError) -> Value {
        var total = 0
        var kind = 0
        for index in 0..<count {
            let part = StrRef(Value(bits: registers[index]))
            total += part.count
            kind = max(kind, part.kind)
        }
        if total == 0 { return t.emptyString }
        if kind == 0, let result = t.newShortString(count: total) {
            var to = result.raw + StrRef.headerBytes
            for index in 0..<count {
                let part = StrRef(Value(bits: registers[index]))
                copyFew(to, part.data, part.count)
                to += part.count
            }
            return result.value
        }
        let result = try t.newString(count: total, kind: kind)
        var at = 0
        for index in 0..<count {
            let part = StrRef(Value(bits: registers[index]))
            copy(part, 0, part.count, to: result, at: at)
            at += part.count
        }
        return result.value
    }

    /// Appends `b` to `a`, both exactly str, if only the caller's register refers to `a` and it has a buffer of its own; the buffer grows
    /// by more than is needed, so that a loop of `+=` takes linear time.
    ///
    /// - Returns: false: `a` is as it was.
    public static func appendInPlace(_ t: Thread, _ a: Value, _ b: Value) -> Bool {
        guard a.isCounted else { return false }
        let left = StrRef(a)
        let right = StrRef(b)
        let object = left.object
        guard object.owner == t.ownerSlot, object.local.pointee == 1,
            object.sharedWord.pointee.load(ordering: .relaxed) == 0,
            !left.isInline, left.kind >= right.kind
        else { return false }
        let width = left.width
        let used = left.count * width
        let needed = used + right.count * width
        var size: Int = object.field(48)
        var data = left.data
        if needed > size {
            let grown = needed + needed / 4
            guard let buffer = Allocation.buffer(t, bytes: grown) else { return false }
            copyBytes(buffer, data, used)
            Allocation.freeBuffer(t, data, bytes: size)
            data = buffer
            size = grown
        }
        let count = left.count
        left.setBuffer(data, size: size, count: count + right.count)
        copy(right, 0, right.count, to: left, at: count)
        left.hashWord.pointee.store(0, ordering: .relaxed)
        return true
    }

    public static func concatenate(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let left = StrRef(a)
        let right = StrRef(b)
        let (first, second) = (left.count, right.count)
        if first > 0 && second > 0 && left.kind | right.kind == 0, let result = t.newShortString(count: first &+ second) {
            let data = result.raw + StrRef.headerBytes
            copyFew(data, left.data, first)
            copyFew(data + first, right.data, second)
            return result.value
        }
        if right.count == 0 && t.typeOf(a) == t.type(.str) { return t.retain(a) }
        if left.count == 0 && t.typeOf(b) == t.type(.str) { return t.retain(b) }
        let total = left.count + right.count
        if total == 0 { return t.emptyString }
        let result = try t.newString(count: total, kind: max(left.kind, right.kind))
        copy(left, 0, left.count, to: result, at: 0)
        copy(right, 0, right.count, to: result, at: left.count)
        return result.value
    }

    /// `template % arguments`. Owned.
    public static func modulo(_ t: Thread, _ template: Value, _ arguments: Value) throws(PythonError) -> Value {
        try PercentFormat.format(t, StrRef(template), arguments)
    }

    /// Code points start ..< end. Owned.
    public static func slice(_ t: Thread, _ string: StrRef, _ start: Int, _ end: Int) throws(PythonError) -> Value {
        let count = end - start
        if count <= 0 { return t.emptyString }
        if count == 1 && string.width == 1 { return StaticStrings.single(UInt32(string.data.load(fromByteOffset: start, as: UInt8.self))) }
        if count == string.count && string.object.typeRaw == t.type(.str).raw { return t.retain(string.value) }
        if string.kind == 0 {
            if let result = t.newShortString(count: count) {
                copyFew(result.raw + StrRef.headerBytes, string.data + start, count)
                return result.value
            }
            let result = try t.newString(count: count, kind: 0)
            copyFew(result.data, string.data + start, count)
            return result.value
        }
        return try stride(t, string, start, 1, count)
    }

    /// What a slice says. Owned.
    static func take(_ t: Thread, _ string: StrRef, _ range: SliceIndices) throws(PythonError) -> Value {
        if range.step == 1 { return try slice(t, string, range.start, range.start + range.count) }
        return range.count == 0 ? t.emptyString : try stride(t, string, range.start, range.step, range.count)
    }

    /// `count` code points, one or more of them, from `start` on, `step` apart. Owned.
    static func stride(_ t: Thread, _ string: StrRef, _ start: Int, _ step: Int, _ count: Int) throws(PythonError) -> Value {
        var all: UInt32 = 0
        if string.kind != 0 {
            var at = start
            for _ in 0..<count {
                all |= string.codePoint(at)
                at &+= step
            }
        }
        let kind = all < 0x80 ? 0 : all < 0x100 ? 1 : all < 0x10000 ? 2 : 3
        if count == 1 && kind < 2 { return StaticStrings.single(string.codePoint(start)) }
        let result = try t.newString(count: count, kind: kind)
        let data = result.data
        var at = start
        if string.width == 1 {
            let source = string.data
            for index in 0..<count {
                data.storeBytes(of: source.load(fromByteOffset: at, as: UInt8.self), toByteOffset: index, as: UInt8.self)
                at &+= step
            }
            return result.value
        }
        let width = result.width
        for index in 0..<count {
            let point = string.codePoint(at)
            switch width {
            case 1: data.storeBytes(of: UInt8(truncatingIfNeeded: point), toByteOffset: index, as: UInt8.self)
            case 2: data.storeBytes(of: UInt16(truncatingIfNeeded: point), toByteOffset: index &* 2, as: UInt16.self)
            default: data.storeBytes(of: point, toByteOffset: index &* 4, as: UInt32.self)
            }
            at &+= step
        }
        return result.value
    }

    /// Whether the code points of `part` lie in `string` from `at` on, where there is room for them.
    static func matches(_ string: StrRef, _ at: Int, _ part: StrRef) -> Bool {
        let width = string.width
        if width == part.width { return sameBytes(string.data + at &* width, part.data, part.count &* width) }
        for index in 0..<part.count where string.codePoint(at + index) != part.codePoint(index) { return false }
        return true
    }

    /// How often `needle`, not empty, occurs in start ..< end without overlapping.
    static func count(_ string: StrRef, _ needle: StrRef, _ start: Int, _ end: Int) -> Int {
        if string.width == 1 && needle.width == 1 && needle.count == 1 {
            let wanted = needle.data.load(as: UInt8.self)
            var number = 0
            for byte in UnsafeRawBufferPointer(start: string.data + start, count: max(0, end - start)) where byte == wanted { number &+= 1 }
            return number
        }
        var number = 0
        var at = find(string, needle, start, end)
        while at >= 0 {
            number += 1
            at = find(string, needle, at + needle.count, end)
        }
        return number
    }

    static func multiply(_ t: Thread, _ string: StrRef, _ times: Int) throws(PythonError) -> Value {
        if times <= 0 || string.count == 0 { return t.emptyString }
        if times == 1 && t.typeOf(string.value) == t.type(.str) { return t.retain(string.value) }
        let (total, overflow) = string.count.multipliedReportingOverflow(by: times)
        if overflow || total > 1 << 40 { throw t.noMemory() }
        let result = try t.newString(count: total, kind: string.kind)
        copyBytes(result.data, string.data, string.count * string.width)
        repeatBytes(result.data, unit: string.count * string.width, total: total * string.width)
        return result.value
    }

    /// First place of `needle` in start ..< end, -1 for none.
    static func find(_ string: StrRef, _ needle: StrRef, _ start: Int, _ end: Int) -> Int {
        let length = needle.count
        if length == 0 { return start <= end ? start : -1 }
        if end - start < length { return -1 }
        if string.width == 1 && needle.width == 1 {
            return ByteSearch.first(string.data, needle.data, length, start, end)
        }
        if needle.kind > string.kind { return -1 }
        var at = start
        search: while at + length <= end {
            for index in 0..<length where string.codePoint(at + index) != needle.codePoint(index) {
                at += 1
                continue search
            }
            return at
        }
        return -1
    }

    static func findLast(_ string: StrRef, _ needle: StrRef, _ start: Int, _ end: Int) -> Int {
        var at = end - needle.count
        while at >= start {
            if matches(string, at, needle) { return at }
            at -= 1
        }
        return -1
    }

    static func isSpace(_ point: UInt32) -> Bool {
        switch point {
        case 9...13, 28...32, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    // MARK: repr

    static func repr(_ string: StrRef) -> String {
        var single = false
        var double = false
        for index in 0..<string.count {
            let point = string.codePoint(index)
            if point == 39 { single = true }
            if point == 34 { double = true }
        }
        let quote: UInt32 = single && !double ? 34 : 39
        var text = String.UnicodeScalarView()
        text.append(Unicode.Scalar(quote)!)
        for index in 0..<string.count { escape(string.codePoint(index), quote, &text) }
        text.append(Unicode.Scalar(quote)!)
        return String(text)
    }

    static func hex(_ value: UInt32, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    static func escape(_ point: UInt32, _ quote: UInt32, _ text: inout String.UnicodeScalarView) {
        switch point {
        case 9: text.append(contentsOf: "\\t".unicodeScalars)
        case 10: text.append(contentsOf: "\\n".unicodeScalars)
        case 13: text.append(contentsOf: "\\r".unicodeScalars)
        case 92: text.append(contentsOf: "\\\\".unicodeScalars)
        case quote:
            text.append("\\")
            text.append(Unicode.Scalar(quote)!)
        case 32...126: text.append(Unicode.Scalar(point)!)
        case 0...31, 127: text.append(contentsOf: "\\x\(hex(point, 2))".unicodeScalars)
        default:
            if let scalar = Unicode.Scalar(point), isPrintable(scalar) {
                text.append(scalar)
            } else if point < 0x100 {
                text.append(contentsOf: "\\x\(hex(point, 2))".unicodeScalars)
            } else if point < 0x10000 {
                text.append(contentsOf: "\\u\(hex(point, 4))".unicodeScalars)
            } else {
                text.append(contentsOf: "\\U\(hex(point, 8))".unicodeScalars)
            }
        }
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
            scalar.value == 32
        default: true
        }
    }
}
