// What `_socket` asks the system: calls on descriptors and address records as bytes.
//
// Everything that may block is called detached and again after a signal. Buffers are copies: no thread sees half a message.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum SocketCalls {
    #if canImport(Glibc)
        static let stream = Int32(SOCK_STREAM.rawValue)
        static let datagram = Int32(SOCK_DGRAM.rawValue)
        static let quiet = Int32(0x4000)
    #else
        static let stream = SOCK_STREAM
        static let datagram = SOCK_DGRAM
        static let quiet: Int32 = 0
    #endif

    static func int(_ t: Thread, _ word: UInt64) throws(PythonError) -> Int32 {
        guard let number = Int32(exactly: try t.indexInt(Value(bits: word))) else {
            throw t.raise(.overflowError, "Python int too large to convert to C int")
        }
        return number
    }
    private static func bytes(_ t: Thread, _ word: UInt64) throws(PythonError) -> [UInt8] {
        guard let bytes = t.bytesLike(Value(bits: word)) else {
            throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(Value(bits: word)))'")
        }
        return bytes
    }
    private static func mark(_ descriptor: Int) { _ = fcntl(Int32(descriptor), F_SETFD, FD_CLOEXEC) }

    /// Runs `body` with an address record.
    private static func withAddress<R>(_ bytes: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { space in
            space.copyBytes(from: bytes.prefix(space.count))
            return body(space.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(min(bytes.count, space.count)))
        }
    }
    /// Lets the system fill an address record.
    private static func fillAddress(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int) -> (Int, [UInt8]) {
        var storage = sockaddr_storage()
        return withUnsafeMutableBytes(of: &storage) { space in
            var length = socklen_t(space.count)
            let result = body(space.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
            return (result, Array(space.prefix(Int(length))))
        }
    }

    static func fill(_ m: ModuleBuilder) {
        making(m)
        addresses(m)
        transfer(m)
        options(m)
    }

    private static func making(_ m: ModuleBuilder) {
        m.function("_socket", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (family, kind, proto) = (try SocketCalls.int(t, a[0]), try SocketCalls.int(t, a[1]), try SocketCalls.int(t, a[2]))
                let made = try PosixFiles.call(t) { Int(SocketCalls.open(family, kind, proto)) }
                SocketCalls.mark(made)
                return Value(smallInt: made)
            }
        }
        m.function("_pair", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (family, kind, proto) = (try SocketCalls.int(t, a[0]), try SocketCalls.int(t, a[1]), try SocketCalls.int(t, a[2]))
                var ends: [Int32] = [0, 0]
                _ = try PosixFiles.call(t) { Int(SocketCalls.openPair(family, kind, proto, &ends)) }
                for end in ends { SocketCalls.mark(Int(end)) }
                return try t.makeTuple(ends.map { Value(smallInt: Int($0)) })
            }
        }
        m.function("_accept", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = try SocketCalls.int(t, a[0])
                var address: [UInt8] = []
                let made = try PosixFiles.call(t) {
                    let (result, bytes) = SocketCalls.fillAddress { Int(SocketCalls.acceptOne(descriptor, $0, $1)) }
                    address = bytes
                    return result
                }
                SocketCalls.mark(made)
                return try t.makeTuple([Value(smallInt: made), try t.makeBytes(address)])
            }
        }
        m.function("_listen", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, backlog) = (try SocketCalls.int(t, a[0]), try SocketCalls.int(t, a[1]))
                _ = try PosixFiles.call(t) { Int(SocketCalls.listenOn(descriptor, max(0, backlog))) }
                return .none
            }
        }
        m.function("_shutdown", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, how) = (try SocketCalls.int(t, a[0]), try SocketCalls.int(t, a[1]))
                _ = try PosixFiles.call(t) { Int(SocketCalls.shut(descriptor, how)) }
                return .none
            }
        }
    }
    private static func open(_ family: Int32, _ kind: Int32, _ proto: Int32) -> Int32 { socket(family, kind, proto) }
    private static func openPair(_ family: Int32, _ kind: Int32, _ proto: Int32, _ ends: inout [Int32]) -> Int32 {
        socketpair(family, kind, proto, &ends)
    }
    private static func acceptOne(_ d: Int32, _ a: UnsafeMutablePointer<sockaddr>, _ n: UnsafeMutablePointer<socklen_t>) -> Int32 {
        accept(d, a, n)
    }
    private static func listenOn(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
    private static func shut(_ descriptor: Int32, _ how: Int32) -> Int32 { shutdown(descriptor, how) }

    private static func addresses(_ m: ModuleBuilder) {
        m.function("_bind", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, address) = (try SocketCalls.int(t, a[0]), try SocketCalls.bytes(t, a[1]))
                _ = try PosixFiles.call(t) { SocketCalls.withAddress(address) { Int(bind(descriptor, $0, $1)) } }
                return .none
            }
        }
        // The errno, 0 when connected: a connection may go on in the background.
        m.function("_connect", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, address) = (try SocketCalls.int(t, a[0]), try SocketCalls.bytes(t, a[1]))
                let code = t.detached { () -> Int32 in
                    SocketCalls.withAddress(address) { connect(descriptor, $0, $1) } < 0 ? errno : 0
                }
                if code == EINTR { try Interrupts.deliver(t) }
                return Value(smallInt: Int(code))
            }
        }
        m.function("_name", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, isPeer) = (try SocketCalls.int(t, a[0]), try t.isTrue(Value(bits: a[1])))
                var address: [UInt8] = []
                _ = try PosixFiles.call(t) {
                    let (result, bytes) = SocketCalls.fillAddress {
                        Int(isPeer ? getpeername(descriptor, $0, $1) : getsockname(descriptor, $0, $1))
                    }
                    address = bytes
                    return result
                }
                return try t.makeBytes(address)
            }
        }
    }

    private static func transfer(_ m: ModuleBuilder) {
        m.function("_send", 3, 4) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, data, flags) = (try SocketCalls.int(t, a[0]), try SocketCalls.bytes(t, a[1]), try SocketCalls.int(t, a[2]))
                let address = n > 3 ? try SocketCalls.bytes(t, a[3]) : nil
                let sent = try PosixFiles.call(t) {
                    data.withUnsafeBytes { space -> Int in
                        guard let address else { return send(descriptor, space.baseAddress, space.count, flags | SocketCalls.quiet) }
                        return SocketCalls.withAddress(address) {
                            sendto(descriptor, space.baseAddress, space.count, flags | SocketCalls.quiet, $0, $1)
                        }
                    }
                }
                return Value(smallInt: sent)
            }
        }
        m.function("_receive", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, size, flags) = (try SocketCalls.int(t, a[0]), try t.indexInt(Value(bits: a[1])), try SocketCalls.int(t, a[2]))
                if size < 0 { throw t.raise(.valueError, "negative buffersize in recv") }
                var data = [UInt8](repeating: 0, count: min(size, 1 << 24))
                let got = try PosixFiles.call(t) {
                    data.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, flags) }
                }
                data.removeLast(data.count - min(got, data.count))
                return try t.makeBytes(data)
            }
        }
        m.function("_receive_from", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, size, flags) = (try SocketCalls.int(t, a[0]), try t.indexInt(Value(bits: a[1])), try SocketCalls.int(t, a[2]))
                if size < 0 { throw t.raise(.valueError, "negative buffersize in recvfrom") }
                var data = [UInt8](repeating: 0, count: min(size, 1 << 24))
                var address: [UInt8] = []
                let got = try PosixFiles.call(t) {
                    let (result, bytes) = SocketCalls.fillAddress { record, length in
                        data.withUnsafeMutableBytes { recvfrom(descriptor, $0.baseAddress, $0.count, flags, record, length) }
                    }
                    address = bytes
                    return result
                }
                data.removeLast(data.count - min(got, data.count))
                return try t.makeTuple([try t.makeBytes(data), try t.makeBytes(address)])
            }
        }
    }

    private static func options(_ m: ModuleBuilder) {
        m.function("_set_blocking", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, blocks) = (try SocketCalls.int(t, a[0]), try t.isTrue(Value(bits: a[1])))
                let flags = try PosixFiles.call(t) { Int(fcntl(descriptor, F_GETFL)) }
                let wanted = blocks ? Int32(flags) & ~O_NONBLOCK : Int32(flags) | O_NONBLOCK
                if wanted != Int32(flags) { _ = try PosixFiles.call(t) { Int(fcntl(descriptor, F_SETFL, wanted)) } }
                return .none
            }
        }
        m.function("_get_option", 4, 4) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, level, name) = (try SocketCalls.int(t, a[0]), try SocketCalls.int(t, a[1]), try SocketCalls.int(t, a[2]))
                let size = try t.indexInt(Value(bits: a[3]))
                guard size > 0, size <= 1024 else { throw t.raise(.osError, "getsockopt buflen out of range") }
                var data = [UInt8](repeating: 0, count: size)
                var length = socklen_t(size)
                _ = try PosixFiles.call(t) { Int(getsockopt(descriptor, level, name, &data, &length)) }
                return try t.makeBytes(Array(data.prefix(Int(length))))
            }
        }
        m.function("_set_option", 4, 4) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (descriptor, level, name) = (try SocketCalls.int(t, a[0]), try SocketCalls.int(t, a[1]), try SocketCalls.int(t, a[2]))
                let data = try SocketCalls.bytes(t, a[3])
                _ = try PosixFiles.call(t) { Int(setsockopt(descriptor, level, name, data, socklen_t(data.count))) }
                return .none
            }
        }
    }
}
