// Which sanitizer the process runs under: stress runs ask for less there.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public enum Sanitizer {
    /// The process was built with ThreadSanitizer.
    public static let isThreadSanitizer: Bool = {
        #if canImport(Glibc)
            dlsym(nil, "__tsan_init") != nil
        #else
            dlsym(UnsafeMutableRawPointer(bitPattern: -2), "__tsan_init") != nil
        #endif
    }()
}
