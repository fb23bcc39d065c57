// The constants and names of one block, each stored once.

import StillBytecode
import StillSyntax

struct ConstantPool {
    private(set) var constants: [CodeConstant] = []
    private var indices: [CodeConstant: Int] = [:]

    mutating func index(of constant: CodeConstant) -> Int {
        if constants.count < fewEntries {
            if let index = constants.firstIndex(of: constant) { return index }
        } else {
            if indices.isEmpty { for (index, known) in constants.enumerated() { indices[known] = index } }
            if let index = indices[constant] { return index }
            indices[constant] = constants.count
        }
        constants.append(constant)
        return constants.count - 1
    }
}

struct NamePool {
    private(set) var names: [String] = []
    private var indices: [String: Int] = [:]

    mutating func index(of name: String) -> Int {
        if names.count < fewEntries {
            if let index = names.firstIndex(of: name) { return index }
        } else {
            if indices.isEmpty { for (index, known) in names.enumerated() { indices[known] = index } }
            if let index = indices[name] { return index }
            indices[name] = names.count
        }
        names.append(name)
        return names.count - 1
    }
}

/// So many are looked through one by one: a dictionary is no faster, and a process's first one with keys of some type takes tens of microseconds.
private let fewEntries = 12

extension CodeConstant {
    init(_ constant: Constant) {
        switch constant {
        case .none: self = .none
        case .true: self = .true
        case .false: self = .false
        case .ellipsis: self = .ellipsis
        case .int(let value): self = .int(value)
        case .bigInt(let digits): self = .bigInt(hex: hexadecimal(digits))
        case .float(let value): self = .float(bits: value.bitPattern)
        case .imaginary(let value):
            self = .complex(realBits: 0, imaginaryBits: value.bitPattern)
        case .string(let value): self = .string(value.codePoints)
        case .bytes(let bytes): self = .bytes(bytes)
        }
    }

    static func text(_ text: String) -> CodeConstant {
        .string(text.unicodeScalars.map(\.value))
    }
}

/// Digits of base 16 without prefix, from decimal digits or `0x` and hexadecimal digits.
func hexadecimal(_ digits: String) -> String {
    if digits.hasPrefix("0x") { return String(digits.dropFirst(2)) }
    // Limbs of 32 bits, least significant first; nine decimal digits at a time.
    var limbs: [UInt32] = []
    let bytes = Array(digits.utf8)
    var index = 0
    while index < bytes.count {
        var chunk: UInt64 = 0
        var scale: UInt64 = 1
        var taken = 0
        while taken < 9, index < bytes.count {
            chunk = chunk * 10 + UInt64(bytes[index] &- UInt8(ascii: "0"))
            scale *= 10
            index += 1
            taken += 1
        }
        var carry = chunk
        for limb in limbs.indices {
            let value = UInt64(limbs[limb]) * scale + carry
            limbs[limb] = UInt32(truncatingIfNeeded: value)
            carry = value >> 32
        }
        if carry > 0 { limbs.append(UInt32(carry)) }
    }
    guard let last = limbs.last else { return "0" }
    var text = String(last, radix: 16)
    for limb in limbs.dropLast().reversed() {
        let part = String(limb, radix: 16)
        text += String(repeating: "0", count: 8 - part.count) + part
    }
    return text
}
