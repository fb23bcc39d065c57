// Digits of ints: parsing and writing in all bases.
import CGMP
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension ThreadState {
    /// Decimal digits. Owned.
    public func makeDecimal(_ number: Int) throws(PythonError) -> Value {
        let magnitude = number.magnitude
        if magnitude < 10 && number >= 0 { return StaticStrings.single(UInt32(truncatingIfNeeded: 0x30 &+ magnitude)) }
        let sign = number < 0 ? 1 : 0
        let count = Digits.decimalCount(magnitude) &+ sign
        guard let text = newShortString(count: count) else { throw noMemory() }
        let data = text.raw + StrRef.headerBytes
        if sign != 0 { data.storeBytes(of: 0x2D, as: UInt8.self) }
        Digits.writeDecimal(magnitude, before: data + count)
        return text.value
    }
}

extension IntOps {
    /// Most decimal digits converted in one go; 0: no limit (`sys.set_int_max_str_digits`). Relaxed: a plain setting.
    static let maxDigits = Atomic<Int>(4300)
    public static var maxTextDigits: Int { maxDigits.load(ordering: .relaxed) }
    public static func setMaxTextDigits(_ limit: Int) { maxDigits.store(limit, ordering: .relaxed) }

    /// A literal from a code file: optional minus, hexadecimal digits.
    public static func parse(_ t: Thread, hex: String) throws(PythonError) -> Value {
        var bytes = Array(hex.utf8)
        var negative = false
        if bytes.first == 0x2D {
            negative = true
            bytes.removeFirst()
        }
        if bytes.starts(with: [0x30, 0x78]) || bytes.starts(with: [0x30, 0x58]) { bytes.removeFirst(2) }
        var digits: [UInt8] = []
        for byte in bytes {
            guard let digit = digit(byte), digit < 16 else { throw t.raise(.valueError, "bad int literal in code") }
            digits.append(digit)
        }
        return try fromDigits(t, digits, 16, negative: negative)
    }

    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x7A: byte - 0x61 + 10
        case 0x41...0x5A: byte - 0x41 + 10
        default: nil
        }
    }

    /// Digit values, most significant first.
    static func fromDigits(_ t: Thread, _ digits: [UInt8], _ base: Int, negative: Bool) throws(PythonError) -> Value {
        var first = 0
        while first < digits.count && digits[first] == 0 { first += 1 }
        let count = digits.count - first
        if count == 0 { return Value(smallInt: 0) }
        let bits = 64 - (UInt64(base) - 1).leadingZeroBitCount
        let made = try IntRef.make(t, capacity: count * bits / 64 + 2)
        let used = t.withNativeRegion("reading a big int") {
            digits.withUnsafeBufferPointer { __gmpn_set_str(made.limbs, $0.baseAddress! + first, count, Int32(base)) }
        }
        return made.finish(t, count: Int(used), negative: negative)
    }

    /// The text of an int as `int(text, base)` reads it; base 0: from the prefix. nil: not a number.
    ///
    /// Errors: ValueError for too many digits.
    static func parse(_ t: Thread, text: [UInt32], base givenBase: Int) throws(PythonError) -> Value? {
        var at = 0
        var end = text.count
        while at < end && isSpace(text[at]) { at += 1 }
        while end > at && isSpace(text[end - 1]) { end -= 1 }
        var negative = false
        if at < end && (text[at] == 0x2B || text[at] == 0x2D) {
            negative = text[at] == 0x2D
            at += 1
        }
        var base = givenBase
        func prefix() -> Int {
            guard end - at >= 2 && text[at] == 0x30 else { return 0 }
            switch text[at + 1] | 0x20 {
            case 0x78: return 16
            case 0x6F: return 8
            case 0x62: return 2
            default: return 0
            }
        }
        var afterPrefix = false
        var onlyZeros = false
        if base == 0 {
            base = prefix()
            if base == 0 {
                base = 10
                onlyZeros = at < end && text[at] == 0x30
            } else {
                at += 2
                afterPrefix = true
            }
        } else if base == prefix() {
            at += 2
            afterPrefix = true
        }
        if afterPrefix && at < end && text[at] == 0x5F { at += 1 }
        var digits: [UInt8] = []
        digits.reserveCapacity(end - at)
        var underscore = true
        while at < end {
            let code = text[at]
            at += 1
            if code == 0x5F {
                if underscore { return nil }
                underscore = true
                continue
            }
            var value: UInt8?
            if code < 128 { value = digit(UInt8(code)) } else { value = decimalDigit(code) }
            guard let value, Int(value) < base else { return nil }
            digits.append(value)
            underscore = false
        }
        if underscore { return nil }
        if onlyZeros && digits.contains(where: { $0 != 0 }) { return nil }
        let limit = maxTextDigits
        if limit > 0 && digits.count > limit && base & (base - 1) != 0 {
            throw t.raise(.valueError,
                "Exceeds the limit (\(limit) digits) for integer string conversion: value has \(digits.count) digits; use sys.set_int_max_str_digits() to increase the limit")
        }
        return try fromDigits(t, digits, base, negative: negative)
    }

    static func isSpace(_ code: UInt32) -> Bool {
        switch code {
        case 9...13, 28...32, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
    /// Value of a decimal digit outside ASCII.
    static func decimalDigit(_ code: UInt32) -> UInt8? {
        guard let scalar = Unicode.Scalar(code), scalar.properties.generalCategory == .decimalNumber,
            let value = scalar.properties.numericValue
        else { return nil }
        return UInt8(value)
    }

    /// Digits of |value| without prefix or sign, lower case.
    ///
    /// Errors: ValueError when a decimal text would have too many digits.
    static func magnitudeDigits(_ t: Thread, _ v: Value, _ radix: Int) throws(PythonError) -> [UInt8] {
        if !v.isObject {
            let number = v.isSmallInt ? v.smallInt : v.isTrue ? 1 : 0
            return Array(String(number.magnitude, radix: radix).utf8)
        }
        return try Limbs.with(v) { (x) throws(PythonError) -> [UInt8] in
            if x.count == 0 { return [0x30] }
            let limit = maxTextDigits
            if radix & (radix - 1) != 0 && limit > 0 {
                // A lower bound first, so that hopeless conversions are not begun.
                if Double(x.bitLength - 1) * 0.30102999566398114 > Double(limit + 1) { throw tooManyDigits(t, limit) }
            }
            let room = Int(__gmpn_sizeinbase(x.limbs, x.count, Int32(radix))) + 2
            let copy = try IntRef.make(t, capacity: x.count)
            defer { copy.free(t) }
            for index in 0..<x.count { copy.limbs[index] = x.limbs[index] }
            var text = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = t.withNativeRegion("the digits of a big int") {
                    Int(__gmpn_get_str(buffer.baseAddress!, Int32(radix), copy.limbs, x.count))
                }
            }
            var zeros = 0
            while zeros < text.count - 1 && text[zeros] == 0 { zeros += 1 }
            if zeros > 0 { text.removeFirst(zeros) }
            if radix & (radix - 1) != 0 && limit > 0 && text.count > limit { throw tooManyDigits(t, limit) }
            for index in text.indices { text[index] += text[index] < 10 ? 0x30 : 0x57 }
            return text
        }
    }
    private static func tooManyDigits(_ t: Thread, _ limit: Int) -> PythonError {
        t.raise(.valueError,
            "Exceeds the limit (\(limit) digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit")
    }

    /// Digits with a minus sign where the number is negative.
    public static func digits(_ t: Thread, _ v: Value, _ radix: Int = 10) throws(PythonError) -> String {
        if !v.isObject { return String(v.isSmallInt ? v.smallInt : v.isTrue ? 1 : 0, radix: radix) }
        let text = try magnitudeDigits(t, v, radix)
        return (isNegative(v) ? "-" : "") + String(decoding: text, as: UTF8.self)
    }
}
