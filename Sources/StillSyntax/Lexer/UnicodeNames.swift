// Characters by name, for `\N{...}`.
//
// The standard library knows the name of every character but not the way back, so the first lookup
// builds a table (about 35,000 names). Ideographs and Hangul syllables follow rules.

enum UnicodeNames {
    /// The code point with this name or alias, in any letter case.
    static func lookup(_ name: String) -> UInt32? {
        let key = name.uppercased()
        for prefix in ["CJK UNIFIED IDEOGRAPH-", "CJK COMPATIBILITY IDEOGRAPH-"]
        where key.hasPrefix(prefix) {
            guard let point = UInt32(key.dropFirst(prefix.count), radix: 16),
                let scalar = Unicode.Scalar(point), scalar.properties.name == key
            else { return nil }
            return point
        }
        return table[key]
    }

    private static let table: [String: UInt32] = {
        var names: [String: UInt32] = [:]
        names.reserveCapacity(65_536)
        for point in UInt32(0)..<0xE0200 {
            if point >= 0x3400 && point < 0xA000 && (point < 0x4DC0 || point > 0x4DFF) { continue }
            if point >= 0xD800 && point < 0xF900 { continue }
            if point >= 0x20000 && point < 0xE0000 { continue }
            guard let scalar = Unicode.Scalar(point) else { continue }
            let properties = scalar.properties
            if let name = properties.name { names[name] = point }
            if let alias = properties.nameAlias { names[alias] = point }
        }
        return names
    }()
}
