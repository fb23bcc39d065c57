// Names and numbers of hosts for `_socket`. Resolving may take long: detached.
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

enum NameCalls {
    static func fill(_ m: ModuleBuilder) {
        m.function("gethostname", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var name = [CChar](repeating: 0, count: 1025)
                _ = try PosixFiles.call(t) { Int(gethostname(&name, 1024)) }
                return try t.makeString(String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
        }
        m.function("inet_pton", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let family = try SocketCalls.int(t, a[0])
                guard t.isStr(Value(bits: a[1])) else {
                    throw t.raise(.typeError, "inet_pton() argument 2 must be str, not \(t.typeName(Value(bits: a[1])))")
                }
                var bytes = [UInt8](repeating: 0, count: 16)
                let result = inet_pton(family, StrRef(Value(bits: a[1])).string, &bytes)
                if result < 0 { throw t.raiseOSError(Int(errno), SystemError.text(errno)) }
                if result == 0 { throw t.raise(.osError, "illegal IP address string passed to inet_pton") }
                return try t.makeBytes(Array(bytes.prefix(family == AF_INET ? 4 : 16)))
            }
        }
        m.function("inet_ntop", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let family = try SocketCalls.int(t, a[0])
                guard family == AF_INET || family == AF_INET6 else { throw t.raise(.valueError, "unknown address family \(family)") }
                guard let bytes = t.bytesLike(Value(bits: a[1])), bytes.count == (family == AF_INET ? 4 : 16) else {
                    throw t.raise(.valueError, "invalid length of packed IP address string")
                }
                var text = [CChar](repeating: 0, count: 64)
                if inet_ntop(family, bytes, &text, 64) == nil { throw t.raiseOSError(Int(errno), SystemError.text(errno)) }
                return try t.makeString(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
        }
        // Raises the caller's class of errors: the first argument.
        m.function("_getaddrinfo", 7, 7) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try NameCalls.resolve(t, a) }
        }
        m.function("_getnameinfo", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard let address = t.bytesLike(Value(bits: a[1])) else { throw t.raise(.typeError, "an address record is required") }
                let flags = try SocketCalls.int(t, a[2])
                var host = [CChar](repeating: 0, count: 1025)
                var service = [CChar](repeating: 0, count: 64)
                let code = t.detached { () -> Int32 in
                    var storage = sockaddr_storage()
                    return withUnsafeMutableBytes(of: &storage) { space in
                        space.copyBytes(from: address.prefix(space.count))
                        return getnameinfo(
                            space.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count), &host, 1024, &service, 63, flags)
                    }
                }
                if code != 0 { throw try NameCalls.failure(t, Value(bits: a[0]), code) }
                func text(_ buffer: [CChar]) throws(PythonError) -> Value {
                    try t.makeString(String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
                }
                return try t.makeTuple([try text(host), try text(service)])
            }
        }
    }

    private static func failure(_ t: Thread, _ type: Value, _ code: Int32) throws(PythonError) -> PythonError {
        let text = try t.makeString(gai_strerror(code).map { String(cString: $0) } ?? "unknown error")
        defer { t.release(text) }
        return t.raiseObject(try t.call(type, Value(smallInt: Int(code)), text))
    }

    /// (error class, host or None, service or None, family, type, proto, flags) to a list of (family, type, proto, name, address record).
    private static func resolve(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>) throws(PythonError) -> Value {
        func text(_ word: UInt64) -> [CChar]? {
            let value = Value(bits: word)
            if t.isStr(value) { return Array(StrRef(value).string.utf8CString) }
            return t.bytesLike(value).map { $0.map { CChar(bitPattern: $0) } + [0] }
        }
        let (host, service) = (text(a[1]), text(a[2]))
        var hints = addrinfo()
        hints.ai_family = try SocketCalls.int(t, a[3])
        hints.ai_socktype = try SocketCalls.int(t, a[4])
        hints.ai_protocol = try SocketCalls.int(t, a[5])
        hints.ai_flags = try SocketCalls.int(t, a[6])
        var found: UnsafeMutablePointer<addrinfo>?
        let code = t.detached { () -> Int32 in
            func call(_ host: UnsafePointer<CChar>?, _ service: UnsafePointer<CChar>?) -> Int32 { getaddrinfo(host, service, &hints, &found) }
            if let host, let service { return host.withUnsafeBufferPointer { h in service.withUnsafeBufferPointer { call(h.baseAddress, $0.baseAddress) } } }
            if let host { return host.withUnsafeBufferPointer { call($0.baseAddress, nil) } }
            if let service { return service.withUnsafeBufferPointer { call(nil, $0.baseAddress) } }
            return call(nil, nil)
        }
        if code != 0 { throw try failure(t, Value(bits: a[0]), code) }
        defer { freeaddrinfo(found) }
        let list = try t.makeList(capacity: 0)
        do throws(PythonError) {
            var entry = found
            while let one = entry {
                let record = one.pointee
                let address = Array(UnsafeRawBufferPointer(start: record.ai_addr, count: Int(record.ai_addrlen)))
                let name = record.ai_canonname.map { String(cString: $0) } ?? ""
                try ListRef(list).appendOwned(
                    t,
                    t.makeTuple([
                        Value(smallInt: Int(record.ai_family)), Value(smallInt: Int(record.ai_socktype)),
                        Value(smallInt: Int(record.ai_protocol)), try t.makeString(name), try t.makeBytes(address),
                    ]))
                entry = record.ai_next
            }
        } catch {
            t.release(list)
            throw error
        }
        return list
    }
}
