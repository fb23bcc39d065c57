// Which characters identifiers are made of, and when two are the same name (PEP 3131).
//
// Python compares identifiers in form NFKC. The standard library composes canonically (NFC), so
// compatibility characters are replaced by table first; the rest is its work.

@_spi(_Unicode) import Swift

enum Identifiers {
    static func canStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isXIDStart
    }

    static func canContinue(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isXIDContinue }

    /// Whether an error message may show the character itself.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            return false
        case .spaceSeparator: return scalar == " "
        default: return true
        }
    }

    /// The NFKC form of a name.
    static func normalize(_ name: String) -> String {
        var folded = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            if scalar.value >= 0x80, let run = run(containing: scalar.value) {
                if run.count > 1, let first = run.form.first,
                    let mapped = Unicode.Scalar(first + (scalar.value - run.first))
                {
                    folded.append(mapped)
                } else {
                    for point in run.form {
                        if let mapped = Unicode.Scalar(point) { folded.append(mapped) }
                    }
                }
            } else {
                folded.append(scalar)
            }
        }
        var composed = String.UnicodeScalarView()
        for scalar in String(folded)._nfc { composed.append(scalar) }
        return String(composed)
    }

    private struct Run {
        var first: UInt32
        var count: UInt32
        var form: [UInt32]
    }

    private static func run(containing point: UInt32) -> Run? {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first + runs[middle].count <= point { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].first <= point else { return nil }
        return runs[low]
    }

    private static let runs: [Run] = {
        var runs: [Run] = []
        var numbers: [UInt32] = []
        var value: UInt32 = 0
        let text = UnsafeBufferPointer(
            start: CompatibilityTable.text.utf8Start, count: CompatibilityTable.text.utf8CodeUnitCount)
        for byte in text {
            switch byte {
            case 48...57: value = value * 36 + UInt32(byte - 48)
            case 97...122: value = value * 36 + UInt32(byte - 87)
            default:
                numbers.append(value)
                value = 0
                if byte == 59 {
                    runs.append(
                        Run(first: numbers[0], count: numbers[1], form: Array(numbers[2...])))
                    numbers = []
                }
            }
        }
        return runs
    }()
}
