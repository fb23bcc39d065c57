// The module `errno`: names of the system's error numbers.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum ErrnoModule {
    public static let definition = ModuleDefinition(name: "errno") { m in
        do throws(PythonError) {
            let names = try m.thread.makeDict()
            for (name, code) in ErrnoModule.codes {
                m.set(name, Value(smallInt: Int(code)))
                // Of two names for a number the first one is told.
                _ = try DictRef(names).store(
                    m.thread, Value(smallInt: Int(code)), hash: m.thread.hash(Value(smallInt: Int(code))), Interning.intern(name),
                    onlyIfAbsent: true)
            }
            m.constant("errorcode", names)
        } catch { m.constant("errorcode", .none) }
    }

    private static let codes: [(String, Int32)] = common + system
    private static let common: [(String, Int32)] = [
        ("EPERM", EPERM), ("ENOENT", ENOENT), ("ESRCH", ESRCH), ("EINTR", EINTR), ("EIO", EIO), ("ENXIO", ENXIO),
        ("E2BIG", E2BIG), ("ENOEXEC", ENOEXEC), ("EBADF", EBADF), ("ECHILD", ECHILD), ("EAGAIN", EAGAIN),
        ("EWOULDBLOCK", EWOULDBLOCK), ("ENOMEM", ENOMEM), ("EACCES", EACCES), ("EFAULT", EFAULT), ("ENOTBLK", ENOTBLK),
        ("EBUSY", EBUSY), ("EEXIST", EEXIST), ("EXDEV", EXDEV), ("ENODEV", ENODEV), ("ENOTDIR", ENOTDIR), ("EISDIR", EISDIR),
        ("EINVAL", EINVAL), ("ENFILE", ENFILE), ("EMFILE", EMFILE), ("ENOTTY", ENOTTY), ("ETXTBSY", ETXTBSY), ("EFBIG", EFBIG),
        ("ENOSPC", ENOSPC), ("ESPIPE", ESPIPE), ("EROFS", EROFS), ("EMLINK", EMLINK), ("EPIPE", EPIPE), ("EDOM", EDOM),
        ("ERANGE", ERANGE), ("EDEADLK", EDEADLK), ("ENAMETOOLONG", ENAMETOOLONG), ("ENOLCK", ENOLCK), ("ENOSYS", ENOSYS),
        ("ENOTEMPTY", ENOTEMPTY), ("ELOOP", ELOOP), ("ENOMSG", ENOMSG), ("EIDRM", EIDRM), ("ENOSTR", ENOSTR),
        ("ENODATA", ENODATA), ("ETIME", ETIME), ("ENOSR", ENOSR), ("EREMOTE", EREMOTE), ("ENOLINK", ENOLINK), ("EPROTO", EPROTO),
        ("EMULTIHOP", EMULTIHOP), ("EBADMSG", EBADMSG), ("EOVERFLOW", EOVERFLOW), ("EILSEQ", EILSEQ), ("EUSERS", EUSERS),
        ("ENOTSOCK", ENOTSOCK), ("EDESTADDRREQ", EDESTADDRREQ), ("EMSGSIZE", EMSGSIZE), ("EPROTOTYPE", EPROTOTYPE),
        ("ENOPROTOOPT", ENOPROTOOPT), ("EPROTONOSUPPORT", EPROTONOSUPPORT), ("ESOCKTNOSUPPORT", ESOCKTNOSUPPORT),
        ("ENOTSUP", ENOTSUP), ("EOPNOTSUPP", EOPNOTSUPP), ("EPFNOSUPPORT", EPFNOSUPPORT), ("EAFNOSUPPORT", EAFNOSUPPORT),
        ("EADDRINUSE", EADDRINUSE), ("EADDRNOTAVAIL", EADDRNOTAVAIL), ("ENETDOWN", ENETDOWN), ("ENETUNREACH", ENETUNREACH),
        ("ENETRESET", ENETRESET), ("ECONNABORTED", ECONNABORTED), ("ECONNRESET", ECONNRESET), ("ENOBUFS", ENOBUFS),
        ("EISCONN", EISCONN), ("ENOTCONN", ENOTCONN), ("ESHUTDOWN", ESHUTDOWN), ("ETOOMANYREFS", ETOOMANYREFS),
        ("ETIMEDOUT", ETIMEDOUT), ("ECONNREFUSED", ECONNREFUSED), ("EHOSTDOWN", EHOSTDOWN), ("EHOSTUNREACH", EHOSTUNREACH),
        ("EALREADY", EALREADY), ("EINPROGRESS", EINPROGRESS), ("ESTALE", ESTALE), ("EDQUOT", EDQUOT), ("ECANCELED", ECANCELED),
        ("EOWNERDEAD", EOWNERDEAD), ("ENOTRECOVERABLE", ENOTRECOVERABLE),
    ]
    #if canImport(Glibc)
        private static let system: [(String, Int32)] = [
            ("EDEADLOCK", EDEADLOCK), ("ECHRNG", ECHRNG), ("EL2NSYNC", EL2NSYNC), ("EL3HLT", EL3HLT), ("EL3RST", EL3RST),
            ("ELNRNG", ELNRNG), ("EUNATCH", EUNATCH), ("ENOCSI", ENOCSI), ("EL2HLT", EL2HLT), ("EBADE", EBADE), ("EBADR", EBADR),
            ("EXFULL", EXFULL), ("ENOANO", ENOANO), ("EBADRQC", EBADRQC), ("EBADSLT", EBADSLT), ("EBFONT", EBFONT),
            ("ENONET", ENONET), ("ENOPKG", ENOPKG), ("EADV", EADV), ("ESRMNT", ESRMNT), ("ECOMM", ECOMM), ("EDOTDOT", EDOTDOT),
            ("ENOTUNIQ", ENOTUNIQ), ("EBADFD", EBADFD), ("EREMCHG", EREMCHG), ("ELIBACC", ELIBACC), ("ELIBBAD", ELIBBAD),
            ("ELIBSCN", ELIBSCN), ("ELIBMAX", ELIBMAX), ("ELIBEXEC", ELIBEXEC), ("ERESTART", ERESTART), ("ESTRPIPE", ESTRPIPE),
            ("EUCLEAN", EUCLEAN), ("ENOTNAM", ENOTNAM), ("ENAVAIL", ENAVAIL), ("EISNAM", EISNAM), ("EREMOTEIO", EREMOTEIO),
            ("ENOMEDIUM", ENOMEDIUM), ("EMEDIUMTYPE", EMEDIUMTYPE), ("ENOKEY", ENOKEY), ("EKEYEXPIRED", EKEYEXPIRED),
            ("EKEYREVOKED", EKEYREVOKED), ("EKEYREJECTED", EKEYREJECTED), ("ERFKILL", ERFKILL),
        ]
    #else
        private static let system: [(String, Int32)] = []
    #endif
}
