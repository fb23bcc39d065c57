// A stream of zlib: compression or decompression of what comes piece by piece.
//
// Sharing   `lock` is held over a step, waited for and held detached: a step may take long, and pauses do not wait for it. Python objects are not
//           touched meanwhile, input and output are plain bytes.
// Memory    zlib's, from malloc, freed with the object. The record of a stream may not move: zlib keeps its address.
import CZlib
import StillPlatform
import StillThreadRegistry

final class DeflateStream: @unchecked Sendable {
    struct Settings {
        var inflates: Bool
        var level: Int32 = Z_DEFAULT_COMPRESSION
        var method: Int32 = Z_DEFLATED
        var windowBits: Int32 = MAX_WBITS
        var memoryLevel: Int32 = 8
        var strategy: Int32 = Z_DEFAULT_STRATEGY
        var dictionary: [UInt8] = []
    }
    struct Outcome {
        var output: [UInt8] = []
        /// Bytes of the input that have been read.
        var consumed = 0
        var code = Z_OK
        var message: String?
        /// The dictionary is not the one that the stream was made with.
        var isOtherDictionary = false
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let settings: Settings
    private let lock = BlockingLock()
    private static let chunk = 64 << 10

    private init(_ stream: UnsafeMutablePointer<z_stream>, _ settings: Settings) {
        self.stream = stream
        self.settings = settings
    }
    deinit {
        if settings.inflates { inflateEnd(stream) } else { deflateEnd(stream) }
        stream.deallocate()
    }

    /// - Returns: the stream, or zlib's code and what it says.
    static func make(_ settings: Settings) -> Result<DeflateStream, DeflateFailure> {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        var code =
            settings.inflates
            ? inflateInit2_(stream, settings.windowBits, ZLIB_VERSION, size)
            : deflateInit2_(
                stream, settings.level, settings.method, settings.windowBits, settings.memoryLevel, settings.strategy, ZLIB_VERSION, size)
        if code == Z_OK {
            let made = DeflateStream(stream, settings)
            // A raw stream has no place that asks for the dictionary.
            if !settings.dictionary.isEmpty && (!settings.inflates || settings.windowBits < 0) { code = made.giveDictionary() }
            return code == Z_OK ? .success(made) : .failure(DeflateFailure(code: code, message: nil))
        }
        let failure = DeflateFailure(code: code, message: stream.pointee.msg.map { String(cString: $0) })
        stream.deallocate()
        return .failure(failure)
    }

    private func giveDictionary() -> Int32 {
        settings.dictionary.withUnsafeBufferPointer { bytes in
            settings.inflates
                ? inflateSetDictionary(stream, bytes.baseAddress, UInt32(bytes.count))
                : deflateSetDictionary(stream, bytes.baseAddress, UInt32(bytes.count))
        }
    }

    /// A stream in the same state.
    func copy(_ t: ThreadState) -> Result<DeflateStream, DeflateFailure> {
        _ = lock.acquire(t, timeoutNanoseconds: nil)
        defer { lock.release() }
        let other = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        other.initialize(to: z_stream())
        let code = settings.inflates ? inflateCopy(other, stream) : deflateCopy(other, stream)
        if code == Z_OK { return .success(DeflateStream(other, settings)) }
        other.deallocate()
        return .failure(DeflateFailure(code: code, message: nil))
    }

    /// Feeds input until it is read, the stream ends, or `limit` bytes have come out.
    func step(_ t: ThreadState, _ input: [UInt8], flush: Int32, limit: Int) -> Outcome {
        _ = lock.acquire(t, timeoutNanoseconds: nil)
        defer { lock.release() }
        return t.detached { run(input, flush, limit) }
    }

    private func run(_ input: [UInt8], _ flush: Int32, _ limit: Int) -> Outcome {
        var outcome = Outcome()
        let room = UnsafeMutablePointer<UInt8>.allocate(capacity: DeflateStream.chunk)
        defer { room.deallocate() }
        input.withUnsafeBufferPointer { bytes in
            var given = 0
            repeat {
                // zlib counts in 32 bits.
                let piece = min(bytes.count - given, 1 << 30)
                stream.pointee.next_in = bytes.baseAddress.map { UnsafeMutablePointer(mutating: $0 + given) }
                stream.pointee.avail_in = UInt32(piece)
                given += piece
                outcome.code = runPiece(room, given == bytes.count ? flush : Z_NO_FLUSH, limit, &outcome)
                outcome.consumed = given - Int(stream.pointee.avail_in)
            } while outcome.code == Z_OK && given < bytes.count && outcome.output.count < limit
        }
        // Of a stream that has been finished zlib says no more than the number does.
        outcome.message = outcome.code == Z_STREAM_ERROR || outcome.isOtherDictionary ? nil : stream.pointee.msg.map { String(cString: $0) }
        stream.pointee.next_in = nil
        stream.pointee.avail_in = 0
        return outcome
    }

    private func runPiece(_ room: UnsafeMutablePointer<UInt8>, _ flush: Int32, _ limit: Int, _ outcome: inout Outcome) -> Int32 {
        while true {
            let most = min(DeflateStream.chunk, limit - outcome.output.count)
            stream.pointee.next_out = room
            stream.pointee.avail_out = UInt32(most)
            var code = settings.inflates ? inflate(stream, flush) : deflate(stream, flush)
            let written = most - Int(stream.pointee.avail_out)
            outcome.output.append(contentsOf: UnsafeBufferPointer(start: room, count: written))
            if code == Z_NEED_DICT && !settings.dictionary.isEmpty {
                code = giveDictionary()
                if code == Z_OK { continue }
                outcome.isOtherDictionary = true
            }
            // Not an error: there is no more input, or no more room.
            if code == Z_BUF_ERROR { code = Z_OK }
            if code != Z_OK || outcome.output.count >= limit || stream.pointee.avail_out != 0 { return code }
        }
    }
}

/// zlib's number, and its text if it has one.
struct DeflateFailure: Error {
    let code: Int32
    let message: String?
}
