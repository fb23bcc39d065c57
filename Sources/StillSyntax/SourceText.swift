// The bytes the lexer reads: decoded to UTF-8, newlines normalized, ended by sentinels.
//
// Layout  [text, every line ended by '\n'] [0 0 0 0]
//         The text holds no NUL (it is refused), so a NUL always means the end and the lexer may
//         look three bytes ahead without a check.

final class SourceText {
    let base: UnsafeMutablePointer<UInt8>
    /// Bytes of text, sentinels excluded.
    let count: Int
    /// The last line had no newline of its own.
    let addedNewline: Bool
    let filename: String

    deinit { base.deallocate() }

    /// - Parameter source: the file as read, in its own encoding.
    init(_ source: [UInt8], filename: String) throws(SyntaxError) {
        let bytes = try Self.decode(source, filename: filename)
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 8)
        var length = 0
        var index = 0
        while index < bytes.count {
            var byte = bytes[index]
            index += 1
            if byte == 13 {
                if index < bytes.count, bytes[index] == 10 { index += 1 }
                byte = 10
            }
            buffer[length] = byte
            length += 1
        }
        addedNewline = length > 0 && buffer[length - 1] != 10
        if addedNewline {
            buffer[length] = 10
            length += 1
        }
        var sentinel = 0
        while sentinel < 4 {
            buffer[length + sentinel] = 0
            sentinel += 1
        }
        base = buffer
        count = length
        self.filename = filename
    }

    /// The line that starts at this offset, without its newline.
    func line(at offset: Int) -> String {
        var end = offset
        while end < count, base[end] != 10 { end += 1 }
        return text(offset, end)
    }

    func text(_ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeBufferPointer(start: base + start, count: end - start), as: UTF8.self)
    }

    /// Characters in a byte range that starts and ends on character boundaries.
    func characters(_ start: Int, _ end: Int) -> Int {
        var total = 0
        var index = start
        while index < end {
            if base[index] & 0xC0 != 0x80 { total += 1 }
            index += 1
        }
        return total
    }
}

// MARK: - Decoding

extension SourceText {
    private static func decode(_ source: [UInt8], filename: String) throws(SyntaxError) -> [UInt8] {
        var bytes = source[...]
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        if hasMark { bytes = bytes.dropFirst(3) }
        if bytes.contains(0) {
            throw SyntaxError(
                kind: .syntaxError, message: "source code string cannot contain null bytes",
                filename: filename, line: 0, column: 0, endLine: 0, endColumn: 0, text: nil)
        }
        let declared = declaredEncoding(bytes)
        let name = declared?.name ?? "utf-8"
        func fail(_ message: String, line: Int = 0) -> SyntaxError {
            SyntaxError(
                kind: .syntaxError, message: message, filename: filename, line: line, column: 0,
                endLine: line, endColumn: 0, text: nil)
        }
        switch name {
        case "utf-8":
            if let bad = firstInvalidUTF8(bytes) {
                let line = 1 + bytes[..<bad].reduce(into: 0) { $0 += $1 == 10 ? 1 : 0 }
                let digits = String(bytes[bad], radix: 16)
                if declared != nil {
                    throw fail(
                        "(unicode error) 'utf-8' codec can't decode byte 0x\(digits) in position "
                            + "\(bad - bytes.startIndex): invalid start byte", line: line)
                }
                throw fail(
                    "Non-UTF-8 code starting with '\\x\(digits)' in file \(filename) on line "
                        + "\(line), but no encoding declared; see "
                        + "https://peps.python.org/pep-0263/ for details", line: line)
            }
            return Array(bytes)
        case _ where hasMark && name != "utf-8":
            throw fail("encoding problem: \(declared?.spelling ?? name) with BOM")
        case "iso-8859-1":
            var decoded: [UInt8] = []
            decoded.reserveCapacity(bytes.count + 16)
            for byte in bytes { decoded.appendGeneralizedUTF8(UInt32(byte)) }
            return decoded
        case "ascii":
            if let bad = bytes.firstIndex(where: { $0 >= 0x80 }) {
                let line = 1 + bytes[..<bad].reduce(into: 0) { $0 += $1 == 10 ? 1 : 0 }
                throw fail(
                    "(unicode error) 'ascii' codec can't decode byte "
                        + "0x\(String(bytes[bad], radix: 16)) in position "
                        + "\(bad - bytes.startIndex): ordinal not in range(128)", line: line)
            }
            return Array(bytes)
        default:
            throw fail("encoding problem: \(declared?.spelling ?? name)")
        }
    }

    /// The encoding named by a comment in the first two lines (PEP 263).
    private static func declaredEncoding(
        _ bytes: ArraySlice<UInt8>
    ) -> (name: String, spelling: String)? {
        var start = bytes.startIndex
        for _ in 0..<2 {
            var end = start
            while end < bytes.endIndex, bytes[end] != 10, bytes[end] != 13 { end += 1 }
            let line = bytes[start..<end]
            var index = start
            while index < end, line[index] == 32 || line[index] == 9 || line[index] == 12 {
                index += 1
            }
            if index < end, line[index] != 35 { return nil }
            if index < end, let spelling = cookie(line[index...]) {
                return (normalize(spelling), spelling)
            }
            guard end < bytes.endIndex else { return nil }
            start = end + 1
            if bytes[end] == 13, start < bytes.endIndex, bytes[start] == 10 { start += 1 }
        }
        return nil
    }

    /// The word after `coding:` or `coding=` in a comment.
    private static func cookie(_ comment: ArraySlice<UInt8>) -> String? {
        let key = Array("coding".utf8)
        var index = comment.startIndex
        while index + key.count < comment.endIndex {
            if comment[index...].starts(with: key),
                comment[index + key.count] == 58 || comment[index + key.count] == 61
            {
                var from = index + key.count + 1
                while from < comment.endIndex, comment[from] == 32 || comment[from] == 9 {
                    from += 1
                }
                var to = from
                while to < comment.endIndex, isEncodingByte(comment[to]) { to += 1 }
                if to > from { return String(decoding: comment[from..<to], as: UTF8.self) }
            }
            index += 1
        }
        return nil
    }

    private static func isEncodingByte(_ byte: UInt8) -> Bool {
        (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
            || byte == 45 || byte == 95 || byte == 46
    }

    private static func normalize(_ spelling: String) -> String {
        let name = spelling.lowercased().split(separator: "_", omittingEmptySubsequences: false)
            .joined(separator: "-")
        switch name {
        case "utf8", "u8", "utf", "cp65001", "utf-8-sig": return "utf-8"
        case _ where name == "utf-8" || name.hasPrefix("utf-8-"): return "utf-8"
        case "latin-1", "iso-8859-1", "iso-latin-1", "latin1", "l1", "latin", "iso8859-1", "8859",
            "cp819":
            return "iso-8859-1"
        case _ where name.hasPrefix("latin-1-") || name.hasPrefix("iso-8859-1-"):
            return "iso-8859-1"
        case "ascii", "us-ascii", "646", "ansi-x3.4-1968": return "ascii"
        default: return name
        }
    }

    /// Offset of the first byte that does not start a well-formed sequence.
    private static func firstInvalidUTF8(_ bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBufferPointer { buffer -> Int? in
            var index = 0
            let count = buffer.count
            while index < count {
                let first = buffer[index]
                if first < 0x80 {
                    index += 1
                    continue
                }
                var length = 0
                var low: UInt8 = 0x80
                var high: UInt8 = 0xBF
                switch first {
                case 0xC2...0xDF: length = 2
                case 0xE0: (length, low) = (3, 0xA0)
                case 0xED: (length, high) = (3, 0x9F)
                case 0xE1...0xEF: length = 3
                case 0xF0: (length, low) = (4, 0x90)
                case 0xF1...0xF3: length = 4
                case 0xF4: (length, high) = (4, 0x8F)
                default: return bytes.startIndex + index
                }
                guard index + length <= count else { return bytes.startIndex + index }
                var offset = 1
                while offset < length {
                    let byte = buffer[index + offset]
                    if byte < low || byte > high { return bytes.startIndex + index }
                    low = 0x80
                    high = 0xBF
                    offset += 1
                }
                index += length
            }
            return nil
        }
    }
}
