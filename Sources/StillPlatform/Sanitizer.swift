// Which sanitizer the process runs under: stress runs ask for less there, and their figures of memory mean nothing.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public enum Sanitizer {
    /// The process was built with ThreadSanitizer.
    public static let isThreadSanitizer = isLinked("__tsan_init")
    /// The process was built with AddressSanitizer.
    public static let isAddressSanitizer = isLinked("__asan_init")

    private static func isLinked(_ symbol: String) -> Bool {
        #if canImport(Glibc)
            dlsym(nil, symbol) != nil
        #else
            dlsym(UnsafeMutableRawPointer(bitPattern: -2), symbol) != nil
        #endif
    }
}
