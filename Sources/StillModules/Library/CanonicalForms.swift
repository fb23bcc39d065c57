// NFC and NFD of code points. Lone surrogates stand for themselves.
@_spi(_Unicode) import Swift

enum CanonicalForms {
    static func composed(_ points: [UInt32]) -> [UInt32] { pieces(points) { $0._nfc.map(\.value) } }
    static func decomposed(_ points: [UInt32]) -> [UInt32] { pieces(points) { $0._nfd.map(\.value) } }

    private static func pieces(_ points: [UInt32], _ form: (String) -> [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var view = String.UnicodeScalarView()
        for point in points {
            if let scalar = Unicode.Scalar(point) {
                view.append(scalar)
            } else {
                result += form(String(view))
                view = String.UnicodeScalarView()
                result.append(point)
            }
        }
        return result + form(String(view))
    }
}
