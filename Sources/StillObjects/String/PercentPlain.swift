// The % operator in its usual form: a short ASCII template whose conversions are %s, %d, %i, %x and %%, with a width at most, of small ints and short
// ASCII strings. The text is put together on the native stack; no Python code runs, so that whatever is found to be something else is begun anew by
// the general way, which also words the errors.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

extension PercentFormat {
    /// Null: this is something else, and nothing has happened.
    static func formatPlainly(_ t: Thread, _ template: StrRef, _ arguments: Value) -> Value {
        guard template.kind == 0 else { return .null }
        let isTuple = t.isTuple(arguments)
        return withUnsafeTemporaryAllocation(byteCount: PlainText.room, alignment: 8) { memory -> Value in
            var text = PlainText(memory.baseAddress.unsafelyUnwrapped)
            let used = fill(t, &text, template, isTuple ? TupleRef(arguments).items : nil, isTuple ? TupleRef(arguments).count : 1, arguments)
            if !used || text.count == 0 { return .null }
            if text.count == 1 { return StaticStrings.single(UInt32(text.base.load(as: UInt8.self))) }
            guard let result = t.newShortString(count: text.count) else { return .null }
            StrOps.copyFew(result.raw + StrRef.headerBytes, text.base, text.count)
            return result.value
        }
    }

    /// - Parameters: `items` the operands, nil: there is one, `only`.
    @inline(__always)
    private static func fill(
        _ t: Thread, _ text: inout PlainText, _ template: StrRef, _ items: UnsafeMutablePointer<UInt64>?, _ count: Int, _ only: Value
    ) -> Bool {
        let data = UnsafeRawPointer(template.data)
        let length = template.count
        let str = t.type(.str).raw
        var at = 0
        var next = 0
        while at < length {
            let byte = data.load(fromByteOffset: at, as: UInt8.self)
            at &+= 1
            if byte != 0x25 {
                if _slowPath(text.count == PlainText.room) { return false }
                text.add(byte)
                continue
            }
            var width = 0
            var code: UInt8 = 0
            while true {
                if at == length { return false }
                code = data.load(fromByteOffset: at, as: UInt8.self)
                at &+= 1
                // A leading zero is a flag.
                if code &- 0x30 > 9 || (code == 0x30 && width == 0) || width > 9 { break }
                width = width &* 10 &+ Int(code &- 0x30)
            }
            if code == 0x25 && width == 0 {
                if text.count == PlainText.room { return false }
                text.add(code)
                continue
            }
            if next == count { return false }
            var value = only
            if let items { value = Value(bits: items[next]) }
            next &+= 1
            if value.isSmallInt {
                if !text.add(value.smallInt, code, width: width) { return false }
            } else {
                guard code == 0x73, value.isObject, value.object.typeRaw == str, StrRef(value).kind == 0,
                    text.add(StrRef(value), width: width)
                else { return false }
            }
        }
        return next == count
    }
}

/// ASCII text in memory of the caller's.
struct PlainText {
    static var room: Int { 256 }
    let base: UnsafeMutableRawPointer
    var count = 0
    @inline(__always) init(_ base: UnsafeMutableRawPointer) { self.base = base }

    /// - Precondition: there is room.
    @inline(__always) mutating func add(_ byte: UInt8) {
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    @inline(__always) private mutating func pad(_ spaces: Int) {
        var left = spaces
        while left > 0 {
            add(0x20)
            left &-= 1
        }
    }

    /// A number for %d, %i, %s or %x, with spaces before it up to a width. False: another code, or there is no room.
    @inline(__always) mutating func add(_ number: Int, _ code: UInt8, width: Int) -> Bool {
        let magnitude = number.magnitude
        let digits: Int
        switch code {
        case 0x64, 0x69, 0x73: digits = Digits.decimalCount(magnitude)
        case 0x78: digits = Digits.hexCount(magnitude)
        default: return false
        }
        let sign = number < 0 ? 1 : 0
        if count &+ max(width, digits &+ 1) > PlainText.room { return false }
        pad(width &- digits &- sign)
        if sign != 0 { add(0x2D) }
        count &+= digits
        if code == 0x78 { Digits.writeHex(magnitude, before: base + count) } else { Digits.writeDecimal(magnitude, before: base + count) }
        return true
    }

    /// An ASCII string, the same way.
    @inline(__always) mutating func add(_ string: StrRef, width: Int) -> Bool {
        let length = string.count
        if length > PlainText.room || count &+ max(width, length) > PlainText.room { return false }
        pad(width &- length)
        StrOps.copyFew(base + count, string.data, length)
        count &+= length
        return true
    }
}

/// Digits of numbers that a word holds, without sign.
enum Digits {
    @inline(__always) static func decimalCount(_ number: UInt) -> Int {
        if number < 100 { return number < 10 ? 1 : 2 }
        if number < 10_000 { return number < 1000 ? 3 : 4 }
        var count = 4
        var left = number / 10_000
        while left != 0 {
            left /= 10
            count &+= 1
        }
        return count
    }
    /// Ends at `end`.
    @inline(__always) static func writeDecimal(_ number: UInt, before end: UnsafeMutableRawPointer) {
        var at = end
        var left = number
        repeat {
            at -= 1
            let quotient = left / 10
            at.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 &+ left &- quotient &* 10), as: UInt8.self)
            left = quotient
        } while left != 0
    }
    @inline(__always) static func hexCount(_ number: UInt) -> Int { number == 0 ? 1 : (67 &- number.leadingZeroBitCount) &>> 2 }
    @inline(__always) static func writeHex(_ number: UInt, before end: UnsafeMutableRawPointer) {
        var at = end
        var left = number
        repeat {
            at -= 1
            let digit = UInt8(truncatingIfNeeded: left & 15)
            at.storeBytes(of: digit < 10 ? 0x30 &+ digit : 0x57 &+ digit, as: UInt8.self)
            left &>>= 4
        } while left != 0
    }
}
