// The module `_socket`: socket objects are Python over the calls of SocketCalls.swift.
//
// Threads   A socket is its descriptor and its timeout, two attributes. `close` and `detach` take the descriptor by one exchange under the object's
//           lock, so that it is closed once. A thread that still waits on a descriptor that another one closes gets what the system says, as in
//           CPython.
// Timeout   None: the descriptor blocks. Otherwise it does not block, and an operation that can't go on waits for it by poll().
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum SocketModule {
    public static let definition = ModuleDefinition(name: "_socket") { m in
        for (name, number) in SocketModule.numbers { m.set(name, Value(smallInt: Int(number))) }
        m.set("error", StaticTypes.record(ExceptionID.osError).value)
        m.set("timeout", StaticTypes.record(ExceptionID.timeoutError).value)
        m.set("has_ipv6", .true)
        m.function("_poll", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try SelectModule.poll(t, Value(bits: a[0]), Value(bits: a[1])) }
        }
        SocketCalls.fill(m)
        NameCalls.fill(m)
        PythonPart.run(m, SocketSource.text)
    }

    private static var numbers: [(String, Int32)] {
        var all: [(String, Int32)] = [
            ("AF_UNSPEC", AF_UNSPEC), ("AF_UNIX", AF_UNIX), ("AF_INET", AF_INET), ("AF_INET6", AF_INET6),
            ("SOCK_STREAM", SocketCalls.stream), ("SOCK_DGRAM", SocketCalls.datagram), ("SOCK_RAW", 3),
            ("SOL_SOCKET", SOL_SOCKET), ("SO_REUSEADDR", SO_REUSEADDR), ("SO_KEEPALIVE", SO_KEEPALIVE), ("SO_ERROR", SO_ERROR),
            ("SO_BROADCAST", SO_BROADCAST), ("SO_SNDBUF", SO_SNDBUF), ("SO_RCVBUF", SO_RCVBUF), ("SO_LINGER", SO_LINGER),
            ("SO_TYPE", SO_TYPE), ("SO_REUSEPORT", SO_REUSEPORT), ("SO_DONTROUTE", SO_DONTROUTE), ("SO_OOBINLINE", SO_OOBINLINE),
            ("SO_RCVTIMEO", SO_RCVTIMEO), ("SO_SNDTIMEO", SO_SNDTIMEO), ("SOMAXCONN", 4096),
            ("IPPROTO_IP", 0), ("IPPROTO_ICMP", 1), ("IPPROTO_TCP", 6), ("IPPROTO_UDP", 17), ("IPPROTO_IPV6", 41), ("IPPROTO_RAW", 255),
            ("TCP_NODELAY", TCP_NODELAY), ("IPV6_V6ONLY", IPV6_V6ONLY), ("IP_TTL", IP_TTL), ("IP_TOS", IP_TOS),
            ("SHUT_RD", 0), ("SHUT_WR", 1), ("SHUT_RDWR", 2),
            ("AI_PASSIVE", AI_PASSIVE), ("AI_CANONNAME", AI_CANONNAME), ("AI_NUMERICHOST", AI_NUMERICHOST),
            ("AI_NUMERICSERV", AI_NUMERICSERV), ("AI_ADDRCONFIG", AI_ADDRCONFIG), ("AI_V4MAPPED", AI_V4MAPPED), ("AI_ALL", AI_ALL),
            ("NI_NUMERICHOST", NI_NUMERICHOST), ("NI_NUMERICSERV", NI_NUMERICSERV), ("NI_NAMEREQD", NI_NAMEREQD),
            ("NI_DGRAM", NI_DGRAM), ("NI_NOFQDN", NI_NOFQDN),
            ("EAI_NONAME", EAI_NONAME), ("EAI_FAMILY", EAI_FAMILY), ("EAI_SERVICE", EAI_SERVICE), ("EAI_AGAIN", EAI_AGAIN),
            ("EAI_FAIL", EAI_FAIL), ("EAI_MEMORY", EAI_MEMORY), ("EAI_SOCKTYPE", EAI_SOCKTYPE), ("EAI_BADFLAGS", EAI_BADFLAGS),
            ("MSG_OOB", 1), ("MSG_PEEK", 2), ("MSG_DONTROUTE", 4),
        ]
        #if canImport(Glibc)
            all += [
                ("SOCK_NONBLOCK", 0x800), ("SOCK_CLOEXEC", 0x80000), ("MSG_DONTWAIT", 0x40), ("MSG_WAITALL", 0x100),
                ("MSG_NOSIGNAL", 0x4000), ("MSG_TRUNC", 0x20), ("TCP_KEEPIDLE", TCP_KEEPIDLE), ("TCP_KEEPINTVL", TCP_KEEPINTVL),
                ("TCP_KEEPCNT", TCP_KEEPCNT), ("SO_PEERCRED", 17), ("SO_DOMAIN", 39), ("SO_PROTOCOL", 38), ("SO_ACCEPTCONN", 30),
            ]
        #endif
        return all
    }
}
