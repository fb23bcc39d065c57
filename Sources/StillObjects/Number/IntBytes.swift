// int.to_bytes and int.from_bytes.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum IntBytes {
    /// Bytes of a bytes-like object or an iterable of ints.
    static func bytes(_ t: Thread, _ v: Value) throws(PythonError) -> [UInt8] {
        if let bytes = t.bytesLike(v) { return bytes }
        if t.isStr(v) { throw t.raise(.typeError, "cannot convert 'str' object to bytes") }
        guard t.typeOf(v).record.pointee.iterate != nil || t.typeOf(v).record.pointee.getItem != nil else {
            throw t.raise(.typeError, "cannot convert '\(t.typeName(v))' object to bytes")
        }
        let iterator = try t.iterate(v)
        defer { t.release(iterator) }
        var result: [UInt8] = []
        while true {
            let item = try t.next(iterator)
            if item.isNull { return result }
            defer { t.release(item) }
            let number = try t.indexInt(item, overflow: nil)
            guard number >= 0 && number < 256 else { throw t.raise(.valueError, "bytes must be in range(0, 256)") }
            result.append(UInt8(number))
        }
    }

    private static func isLittle(_ t: Thread, _ order: Value) throws(PythonError) -> Bool {
        if order.isNull { return false }
        guard t.isStr(order) else {
            throw t.raise(.typeError, "argument 'byteorder' must be str, not \(t.typeName(order))")
        }
        switch StrRef(order).string {
        case "little": return true
        case "big": return false
        default: throw t.raise(.valueError, "byteorder must be either 'little' or 'big'")
        }
    }

    static func toBytes(_ t: Thread, _ v: Value, _ length: Value, _ order: Value, _ signed: Value) throws(PythonError) -> Value {
        let count = length.isNull ? 1 : try t.indexInt(length)
        if count < 0 { throw t.raise(.valueError, "length argument must be non-negative") }
        let little = try isLittle(t, order)
        let isSigned = signed.isNull ? false : try t.isTrue(signed)
        if IntOps.isNegative(v) && !isSigned { throw t.raise(.overflowError, "can't convert negative int to unsigned") }
        if count > 1 << 40 { throw t.noMemory() }
        try t.requireRoom(count)
        var bytes = [UInt8](repeating: 0, count: count)
        let fits = Limbs.read(v) { x -> Bool in
            var carry = x.negative
            let words = max(x.count, (count + 7) / 8) + 1
            let sign: UInt8 = x.negative ? 0xFF : 0
            for word in 0..<words {
                let limb = IntOps.complement(x, word, &carry)
                for part in 0..<8 {
                    let byte = UInt8(truncatingIfNeeded: limb >> UInt(part * 8))
                    let at = word * 8 + part
                    if at < count { bytes[at] = byte } else if byte != sign { return false }
                }
            }
            if isSigned && count > 0 { return (bytes[count - 1] >= 0x80) == x.negative }
            return !(isSigned && x.negative && count == 0)
        }
        if !fits { throw t.raise(.overflowError, "int too big to convert") }
        if !little { bytes.reverse() }
        return try t.makeBytes(bytes)
    }

    static func fromBytes(_ t: Thread, _ source: Value, _ order: Value, _ signed: Value) throws(PythonError) -> Value {
        let little = try isLittle(t, order)
        let isSigned = signed.isNull ? false : try t.isTrue(signed)
        var bytes = try IntBytes.bytes(t, source)
        if !little { bytes.reverse() }
        let negative = isSigned && (bytes.last ?? 0) >= 0x80
        let count = (bytes.count + 7) / 8
        let made = try IntRef.make(t, capacity: count + 1)
        let out = made.limbs
        for word in 0...count {
            var limb: UInt = 0
            for part in 0..<8 {
                let at = word * 8 + part
                let byte: UInt8 = at < bytes.count ? bytes[at] : negative ? 0xFF : 0
                limb |= UInt(byte) << UInt(part * 8)
            }
            out[word] = limb
        }
        if negative {
            var carry = true
            for word in 0...count {
                out[word] = ~out[word]
                if carry {
                    let (sum, overflow) = out[word].addingReportingOverflow(1)
                    out[word] = sum
                    carry = overflow
                }
            }
        }
        return made.finish(t, count: count + 1, negative: negative)
    }
}
