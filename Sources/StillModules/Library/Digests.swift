// Digests: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4), SHA-3 (FIPS 202), BLAKE2 (RFC 7693). Pure functions of their input.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum Digests {
    /// 0x80, zeroes, and the length in bits, in whole blocks of 64.
    private static func padded(_ data: [UInt8], bigEndian: Bool) -> [UInt8] {
        var padded = data
        padded.append(0x80)
        while padded.count % 64 != 56 { padded.append(0) }
        let bits = UInt64(data.count) << 3
        for part in 0..<8 { padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(bigEndian ? 56 - part * 8 : part * 8))) }
        return padded
    }
    private static func rotate(_ x: UInt32, _ by: UInt32) -> UInt32 { x << by | x >> (32 - by) }
    private static func bytes(_ words: [UInt32], bigEndian: Bool) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(bigEndian ? 24 - $0 * 8 : $0 * 8)) } }
    }

    // MARK: MD5

    private static let sines: [UInt32] = (1...64).map { UInt32((sin(Double($0)).magnitude * 4_294_967_296).rounded(.down)) }
    private static let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

    static func md5(_ data: [UInt8]) -> [UInt8] {
        let input = padded(data, bigEndian: false)
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
        input.withUnsafeBufferPointer { input in
            for block in stride(from: 0, to: input.count, by: 64) {
                var (a, b, c, d) = (state[0], state[1], state[2], state[3])
                for round in 0..<64 {
                    let mixed: UInt32
                    let index: Int
                    switch round / 16 {
                    case 0: (mixed, index) = ((b & c) | (~b & d), round)
                    case 1: (mixed, index) = ((d & b) | (~d & c), (5 * round + 1) % 16)
                    case 2: (mixed, index) = (b ^ c ^ d, (3 * round + 5) % 16)
                    default: (mixed, index) = (c ^ (b | ~d), (7 * round) % 16)
                    }
                    var word: UInt32 = 0
                    for part in 0..<4 { word |= UInt32(input[block + index * 4 + part]) << UInt32(part * 8) }
                    let sum = a &+ mixed &+ sines[round] &+ word
                    (a, d, c) = (d, c, b)
                    b = b &+ rotate(sum, shifts[round / 16 * 4 + round % 4])
                }
                state[0] &+= a
                state[1] &+= b
                state[2] &+= c
                state[3] &+= d
            }
        }
        return bytes(state, bigEndian: false)
    }

    // MARK: SHA-1 and SHA-256

    static func sha1(_ data: [UInt8]) -> [UInt8] {
        let input = padded(data, bigEndian: true)
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        var w = [UInt32](repeating: 0, count: 80)
        for block in stride(from: 0, to: input.count, by: 64) {
            for index in 0..<16 { w[index] = bigWord(input, block + index * 4) }
            for index in 16..<80 { w[index] = rotate(w[index - 3] ^ w[index - 8] ^ w[index - 14] ^ w[index - 16], 1) }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for round in 0..<80 {
                let (mixed, constant): (UInt32, UInt32) =
                    switch round / 20 {
                    case 0: ((b & c) | (~b & d), 0x5A82_7999)
                    case 1: (b ^ c ^ d, 0x6ED9_EBA1)
                    case 2: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                    default: (b ^ c ^ d, 0xCA62_C1D6)
                    }
                let sum = rotate(a, 5) &+ mixed &+ e &+ constant &+ w[round]
                (e, d, c, b, a) = (d, c, rotate(b, 30), a, sum)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
        }
        return bytes(state, bigEndian: true)
    }

    private static func bigWord(_ input: [UInt8], _ at: Int) -> UInt32 {
        UInt32(input[at]) << 24 | UInt32(input[at + 1]) << 16 | UInt32(input[at + 2]) << 8 | UInt32(input[at + 3])
    }

    // The roots whose fractions SHA-256 takes are those of SHA-512, to 32 bits.
    private static let constants256: [UInt32] = Sha512.constants[..<64].map { UInt32(truncatingIfNeeded: $0 >> 32) }
    static let start256: [UInt32] = Sha512.start512.map { UInt32(truncatingIfNeeded: $0 >> 32) }
    private static let start224: [UInt32] = Sha512.start384.map { UInt32(truncatingIfNeeded: $0) }

    static func sha256(_ data: [UInt8], short: Bool) -> [UInt8] {
        let input = padded(data, bigEndian: true)
        var state = short ? start224 : start256
        let k = constants256
        var w = [UInt32](repeating: 0, count: 64)
        for block in stride(from: 0, to: input.count, by: 64) {
            for index in 0..<16 { w[index] = bigWord(input, block + index * 4) }
            for index in 16..<64 {
                let (x, y) = (w[index - 15], w[index - 2])
                let s0 = rotate(x, 25) ^ rotate(x, 14) ^ x >> 3
                let s1 = rotate(y, 15) ^ rotate(y, 13) ^ y >> 10
                w[index] = w[index - 16] &+ s0 &+ w[index - 7] &+ s1
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for round in 0..<64 {
                let s1 = rotate(e, 26) ^ rotate(e, 21) ^ rotate(e, 7)
                let t1 = h &+ s1 &+ ((e & f) ^ (~e & g)) &+ k[round] &+ w[round]
                let s0 = rotate(a, 30) ^ rotate(a, 19) ^ rotate(a, 10)
                let t2 = s0 &+ ((a & b) ^ (a & c) ^ (b & c))
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
            }
            for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= value }
        }
        return Array(bytes(state, bigEndian: true)[..<(short ? 28 : 32)])
    }

    // MARK: SHA-3

    private static func rotate(_ x: UInt64, _ by: Int) -> UInt64 { by == 0 ? x : x << UInt64(by) | x >> UInt64(64 - by) }

    private static let keccakConstants: [UInt64] = {
        var register: UInt8 = 1
        return (0..<24).map { _ in
            var constant: UInt64 = 0
            for power in 0..<7 {
                if register & 1 != 0 { constant |= 1 << UInt64((1 << power) - 1) }
                register = register << 1 ^ (register & 0x80 != 0 ? 0x71 : 0)
            }
            return constant
        }
    }()

    private static func keccak(_ a: inout [UInt64]) {
        var b = [UInt64](repeating: 0, count: 25)
        var c = [UInt64](repeating: 0, count: 5)
        for round in 0..<24 {
            for x in 0..<5 { c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] }
            for x in 0..<5 {
                let d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1)
                for y in stride(from: 0, to: 25, by: 5) { a[x + y] ^= d }
            }
            var (x, y) = (1, 0)
            b[0] = a[0]
            for step in 0..<24 {
                b[y + (2 * x + 3 * y) % 5 * 5] = rotate(a[x + 5 * y], (step + 1) * (step + 2) / 2 % 64)
                (x, y) = (y, (2 * x + 3 * y) % 5)
            }
            for y in stride(from: 0, to: 25, by: 5) {
                for x in 0..<5 { a[x + y] = b[x + y] ^ (~b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]) }
            }
            a[0] ^= keccakConstants[round]
        }
    }

    /// - Parameter rate: bytes of a block. - Parameter suffix: what separates the functions: 6 SHA-3, 0x1F SHAKE.
    static func sha3(_ data: [UInt8], rate: Int, suffix: UInt8, count: Int) -> [UInt8] {
        var padded = data
        padded.append(suffix)
        while padded.count % rate != 0 { padded.append(0) }
        padded[padded.count - 1] |= 0x80
        var state = [UInt64](repeating: 0, count: 25)
        for block in stride(from: 0, to: padded.count, by: rate) {
            for index in 0..<rate { state[index / 8] ^= UInt64(padded[block + index]) << UInt64(index % 8 * 8) }
            keccak(&state)
        }
        var result: [UInt8] = []
        while true {
            for index in 0..<rate {
                if result.count == count { return result }
                result.append(UInt8(truncatingIfNeeded: state[index / 8] >> UInt64(index % 8 * 8)))
            }
            keccak(&state)
        }
    }

    // MARK: BLAKE2

    private static let sigma: [[Int]] = [
        "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d", "2c6a0b834d75fe19",
        "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
    ].map { $0.map { $0.hexDigitValue! } }

    /// BLAKE2b (words of 64 bits) and BLAKE2s (of 32). `block` is the parameter block: digest length, key length, fan-out, depth ….
    static func blake2<Word: FixedWidthInteger & UnsignedInteger>(
        _ data: [UInt8], key: [UInt8], parameters: [UInt8], count: Int, start: [Word], rounds: Int, rotations: [Int]
    ) -> [UInt8] {
        let size = MemoryLayout<Word>.size
        let blockBytes = size * 16
        func word(_ bytes: [UInt8], _ at: Int) -> Word {
            var word: Word = 0
            for part in 0..<size { word |= Word(bytes[at + part]) << Word(part * 8) }
            return word
        }
        func turn(_ x: Word, _ by: Int) -> Word { x >> Word(by) | x << Word(Word.bitWidth - by) }
        var input = key
        if !key.isEmpty { input += [UInt8](repeating: 0, count: blockBytes - key.count) }
        input += data
        let length = input.count
        if input.isEmpty || input.count % blockBytes != 0 {
            input += [UInt8](repeating: 0, count: blockBytes - input.count % blockBytes)
        }
        var h = (0..<8).map { start[$0] ^ word(parameters, $0 * size) }
        for block in stride(from: 0, to: input.count, by: blockBytes) {
            let isLast = block + blockBytes == input.count
            let m = (0..<16).map { word(input, block + $0 * size) }
            var v = h + start
            v[12] ^= Word(truncatingIfNeeded: isLast ? length : block + blockBytes)
            if isLast { v[14] = ~v[14] }
            for round in 0..<rounds {
                let s = sigma[round % 10]
                for step in 0..<8 {
                    let column = step % 4
                    let shift = step / 4
                    let (a, b) = (column, 4 + (column + shift) % 4)
                    let (c, d) = (8 + (column + 2 * shift) % 4, 12 + (column + 3 * shift) % 4)
                    v[a] = v[a] &+ v[b] &+ m[s[2 * step]]
                    v[d] = turn(v[d] ^ v[a], rotations[0])
                    v[c] = v[c] &+ v[d]
                    v[b] = turn(v[b] ^ v[c], rotations[1])
                    v[a] = v[a] &+ v[b] &+ m[s[2 * step + 1]]
                    v[d] = turn(v[d] ^ v[a], rotations[2])
                    v[c] = v[c] &+ v[d]
                    v[b] = turn(v[b] ^ v[c], rotations[3])
                }
            }
            for index in 0..<8 { h[index] ^= v[index] ^ v[index + 8] }
        }
        return Array(h.flatMap { word in (0..<size).map { UInt8(truncatingIfNeeded: word >> Word($0 * 8)) } }[..<count])
    }
    static func blake2b(_ data: [UInt8], key: [UInt8], parameters: [UInt8], count: Int) -> [UInt8] {
        blake2(data, key: key, parameters: parameters, count: count, start: Sha512.start512, rounds: 12, rotations: [32, 24, 16, 63])
    }
    static func blake2s(_ data: [UInt8], key: [UInt8], parameters: [UInt8], count: Int) -> [UInt8] {
        blake2(data, key: key, parameters: parameters, count: count, start: start256, rounds: 10, rotations: [16, 12, 8, 7])
    }
}
