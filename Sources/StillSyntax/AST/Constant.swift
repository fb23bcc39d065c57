// Literal values. They are plain data: no Python object exists while parsing.

/// The value of a literal, or of a run of adjacent string literals.
public enum Constant: Sendable, Equatable {
    case none
    case `true`
    case `false`
    case ellipsis
    /// An integer that fits in 64 bits. Literals have no sign: never negative.
    case int(Int64)
    /// A larger integer: decimal digits, or `0x` and lower-case hexadecimal digits. No underscores.
    case bigInt(String)
    case float(Double)
    /// The imaginary part of a literal such as `2j`.
    case imaginary(Double)
    case string(StringValue)
    case bytes([UInt8])
}

/// The text of a string literal: a sequence of code points, which may be lone surrogates.
///
/// Stored as generalized UTF-8: every code point, surrogates included, is encoded by itself. Two
/// adjacent surrogates are never joined, because Python does not join them either.
public struct StringValue: Sendable, Hashable {
    /// Generalized UTF-8.
    public let utf8: [UInt8]
    public let isASCII: Bool
    public let hasSurrogates: Bool
    /// Written with the `u` prefix. Kept for `ast`'s `kind` field; not part of equality.
    public let hasUPrefix: Bool

    public init(utf8: [UInt8], hasUPrefix: Bool = false) {
        var ascii = true
        var surrogates = false
        var index = 0
        while index < utf8.count {
            let byte = utf8[index]
            if byte >= 0x80 {
                ascii = false
                if byte == 0xED, index + 1 < utf8.count, utf8[index + 1] >= 0xA0 {
                    surrogates = true
                    break
                }
            }
            index += 1
        }
        self.utf8 = utf8
        self.isASCII = ascii
        self.hasSurrogates = surrogates
        self.hasUPrefix = hasUPrefix
    }

    public init(codePoints: [UInt32], hasUPrefix: Bool = false) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(codePoints.count)
        for point in codePoints { bytes.appendGeneralizedUTF8(point) }
        self.init(utf8: bytes, hasUPrefix: hasUPrefix)
    }

    public init(_ text: String) { self.init(utf8: Array(text.utf8)) }

    /// Every code point in order, surrogates as themselves. O(n).
    public var codePoints: [UInt32] {
        var points: [UInt32] = []
        points.reserveCapacity(utf8.count)
        var index = 0
        while index < utf8.count {
            points.append(decodeGeneralizedUTF8(utf8, &index))
        }
        return points
    }

    /// The text as a Swift string, or nil when it holds a lone surrogate.
    public var string: String? { hasSurrogates ? nil : String(decoding: utf8, as: UTF8.self) }

    public static func == (left: StringValue, right: StringValue) -> Bool {
        left.utf8 == right.utf8
    }
    public func hash(into hasher: inout Hasher) { hasher.combine(utf8) }
}

extension [UInt8] {
    /// Appends one code point below 0x110000, surrogates included.
    mutating func appendGeneralizedUTF8(_ point: UInt32) {
        if point < 0x80 {
            append(UInt8(point))
        } else if point < 0x800 {
            append(UInt8(0xC0 | point >> 6))
            append(UInt8(0x80 | point & 0x3F))
        } else if point < 0x10000 {
            append(UInt8(0xE0 | point >> 12))
            append(UInt8(0x80 | point >> 6 & 0x3F))
            append(UInt8(0x80 | point & 0x3F))
        } else {
            append(UInt8(0xF0 | point >> 18))
            append(UInt8(0x80 | point >> 12 & 0x3F))
            append(UInt8(0x80 | point >> 6 & 0x3F))
            append(UInt8(0x80 | point & 0x3F))
        }
    }
}

/// Reads one code point and moves past it. Total: cut-off sequences read as far as they go.
func decodeGeneralizedUTF8(_ bytes: [UInt8], _ index: inout Int) -> UInt32 {
    let first = UInt32(bytes[index])
    index += 1
    if first < 0x80 { return first }
    var more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1
    var point = first >= 0xF0 ? first & 0x07 : first >= 0xE0 ? first & 0x0F : first & 0x1F
    while more > 0, index < bytes.count, bytes[index] & 0xC0 == 0x80 {
        point = point << 6 | UInt32(bytes[index] & 0x3F)
        index += 1
        more -= 1
    }
    return point
}
