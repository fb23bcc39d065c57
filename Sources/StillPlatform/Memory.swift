// Address space and the raw allocator.
#if canImport(Glibc)
    public import Glibc
#else
    public import Darwin
#endif

public struct VirtualMemoryError: Error, CustomStringConvertible {
    public let bytes: Int
    public let code: Int32
    public var description: String {
        "cannot map \(bytes) bytes: \(String(cString: strerror(code))). Free memory or raise the limit on address space."
    }
}

public enum VirtualMemory {
    /// Maps zeroed memory; pages are committed when touched.
    ///
    /// - Parameter alignment: a power of two, at least a page.
    public static func map(bytes: Int, alignment: Int) throws(VirtualMemoryError) -> UnsafeMutableRawPointer {
        #if canImport(Glibc)
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        #else
            let flags = MAP_PRIVATE | MAP_ANON
        #endif
        let extra = alignment > 4096 ? alignment : 0
        guard let raw = mmap(nil, bytes + extra, PROT_READ | PROT_WRITE, flags, -1, 0), raw != MAP_FAILED else {
            throw VirtualMemoryError(bytes: bytes, code: errno)
        }
        if extra == 0 { return raw }
        let address = UInt(bitPattern: raw)
        let aligned = (address + UInt(alignment) - 1) & ~UInt(alignment - 1)
        let head = Int(aligned - address)
        if head > 0 { munmap(raw, head) }
        let tail = extra - head
        if tail > 0 { munmap(raw + head + bytes, tail) }
        return raw + head
    }
    public static func unmap(_ base: UnsafeMutableRawPointer, bytes: Int) { munmap(base, bytes) }
    /// Asks for huge pages; where there are none nothing happens.
    public static func adviseHugePages(_ base: UnsafeMutableRawPointer, bytes: Int) {
        #if canImport(Glibc)
            madvise(base, bytes, MADV_HUGEPAGE)
        #endif
    }
    /// Gives the pages back; they read as zero afterwards.
    public static func decommit(_ base: UnsafeMutableRawPointer, bytes: Int) { madvise(base, bytes, MADV_DONTNEED) }
}

@inlinable public func rawAllocate(_ bytes: Int) -> UnsafeMutableRawPointer? { malloc(bytes) }
@inlinable public func rawReallocate(_ memory: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer? {
    realloc(memory, bytes)
}
@inlinable public func rawFree(_ memory: UnsafeMutableRawPointer?) { free(memory) }
@inlinable public func rawFree<T>(_ memory: UnsafeMutablePointer<T>?) { free(memory) }
/// Zeroed memory; freed with `rawFree`.
public func rawAllocateZeroed(_ bytes: Int, alignment: Int = 16) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, max(alignment, 16), bytes) == 0, let memory else { return nil }
    memset(memory, 0, bytes)
    return memory
}

@inlinable @inline(__always)
public func copyBytes(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ count: Int) { memcpy(to, from, count) }
@inlinable @inline(__always)
public func moveBytes(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ count: Int) { memmove(to, from, count) }
@inlinable @inline(__always)
public func compareBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Int { Int(memcmp(a, b, count)) }
@inlinable @inline(__always)
public func findByte(_ memory: UnsafeRawPointer, _ byte: UInt8, _ count: Int) -> UnsafeMutableRawPointer? {
    memchr(memory, Int32(byte), count)
}
