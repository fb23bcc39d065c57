// Which sanitizer the process runs under: stress runs ask for less there, and their figures of memory mean nothing.
internal import CStillShims
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

    /// Accesses to these bytes are reported from now on, under AddressSanitizer. Whole 8-byte words.
    public static func poison(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        if isAddressSanitizer && bytes > 0 { still_poison(memory, bytes) }
    }
    /// The bytes may be accessed again.
    public static func unpoison(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        if isAddressSanitizer && bytes > 0 { still_unpoison(memory, bytes) }
    }

    private static func isLinked(_ symbol: String) -> Bool {
        #if canImport(Glibc)
            dlsym(nil, symbol) != nil
        #else
            dlsym(UnsafeMutableRawPointer(bitPattern: -2), symbol) != nil
        #endif
    }
}
