// Address space and the raw allocator. Checking builds count, can refuse (AllocationFailure.swift) and can guard (RawGuards.swift).
internal import CStillShims
#if canImport(Glibc)
    public import Glibc
#else
    public import Darwin
#endif
public import Synchronization

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
        if AllocationFailure.strikes() { throw VirtualMemoryError(bytes: bytes, code: ENOMEM) }
        guard let raw = mmap(nil, bytes + extra, PROT_READ | PROT_WRITE, flags, -1, 0), raw != MAP_FAILED else {
            throw VirtualMemoryError(bytes: bytes, code: errno)
        }
        mapped.wrappingAdd(bytes, ordering: .relaxed)
        if extra == 0 { return raw }
        let address = UInt(bitPattern: raw)
        let aligned = (address + UInt(alignment) - 1) & ~UInt(alignment - 1)
        let head = Int(aligned - address)
        if head > 0 { munmap(raw, head) }
        let tail = extra - head
        if tail > 0 { munmap(raw + head + bytes, tail) }
        return raw + head
    }
    public static func unmap(_ base: UnsafeMutableRawPointer, bytes: Int) {
        munmap(base, bytes)
        mapped.wrappingSubtract(bytes, ordering: .relaxed)
    }
    private static let mapped = Atomic<Int>(0)
    /// Bytes of the process mapped and not unmapped here.
    public static var mappedBytes: Int { mapped.load(ordering: .relaxed) }
    /// Gives the pages back; they read as zero afterwards.
    public static func decommit(_ base: UnsafeMutableRawPointer, bytes: Int) { madvise(base, bytes, MADV_DONTNEED) }
}

/// Zeroed memory of the program image, aligned to 64: for the records that exist without the heap. The same at each call.
public enum StaticMemory {
    public static var bytes: Int { Int(STILL_STATIC_RECORD_BYTES) }
    public static var base: UnsafeMutableRawPointer { still_static_records() }
}

@inlinable public func rawAllocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    BuildOptions.checksInvariants ? RawGuards.allocate(bytes, alignment: 16) : malloc(bytes)
}
/// - Returns: nil when there is no memory; `memory` stays as it is then.
@inlinable public func rawReallocate(_ memory: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer? {
    BuildOptions.checksInvariants ? RawGuards.resize(memory, bytes) : realloc(memory, bytes)
}
@inlinable public func rawFree(_ memory: UnsafeMutableRawPointer?) {
    if BuildOptions.checksInvariants { RawGuards.release(memory) } else { free(memory) }
}
@inlinable public func rawFree<T>(_ memory: UnsafeMutablePointer<T>?) { rawFree(memory.map { UnsafeMutableRawPointer($0) }) }
/// Zeroed memory; freed with `rawFree`.
public func rawAllocateZeroed(_ bytes: Int, alignment: Int = 16) -> UnsafeMutableRawPointer? {
    LockCheck.mayAllocate()
    var memory: UnsafeMutableRawPointer?
    if BuildOptions.checksInvariants {
        memory = RawGuards.allocate(bytes, alignment: max(alignment, 16))
    } else if posix_memalign(&memory, max(alignment, 16), bytes) != 0 {
        memory = nil
    }
    if let memory { memset(memory, 0, bytes) }
    return memory
}

/// Sets `count` bytes, 0 or more.
@inlinable public func fillBytes(_ memory: UnsafeMutableRawPointer, _ byte: UInt8, _ count: Int) {
    if count > 0 { memset(memory, Int32(byte), count) }
}

@inlinable @inline(__always)
public func clearBytes(_ memory: UnsafeMutableRawPointer, _ count: Int) { memset(memory, 0, count) }
@inlinable @inline(__always)
public func copyBytes(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ count: Int) { memcpy(to, from, count) }
@inlinable @inline(__always)
public func moveBytes(_ to: UnsafeMutableRawPointer, _ from: UnsafeRawPointer, _ count: Int) { memmove(to, from, count) }
@inlinable @inline(__always)
public func compareBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Int { Int(memcmp(a, b, count)) }
/// Whether so many bytes are equal; few as a rule: without a call then.
@inlinable @inline(__always)
public func sameBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    if _slowPath(count > 16) { return compareBytes(a, b, count) == 0 }
    if count >= 8 {
        let last = count &- 8
        return (a.loadUnaligned(as: UInt64.self) ^ b.loadUnaligned(as: UInt64.self))
            | (a.loadUnaligned(fromByteOffset: last, as: UInt64.self) ^ b.loadUnaligned(fromByteOffset: last, as: UInt64.self)) == 0
    }
    if count >= 4 {
        let last = count &- 4
        return (a.loadUnaligned(as: UInt32.self) ^ b.loadUnaligned(as: UInt32.self))
            | (a.loadUnaligned(fromByteOffset: last, as: UInt32.self) ^ b.loadUnaligned(fromByteOffset: last, as: UInt32.self)) == 0
    }
    if count == 0 { return true }
    // One to three: the first, the middle and the last.
    let (middle, last) = (count &>> 1, count &- 1)
    return (a.load(as: UInt8.self) ^ b.load(as: UInt8.self))
        | (a.load(fromByteOffset: middle, as: UInt8.self) ^ b.load(fromByteOffset: middle, as: UInt8.self))
        | (a.load(fromByteOffset: last, as: UInt8.self) ^ b.load(fromByteOffset: last, as: UInt8.self)) == 0
}
@inlinable @inline(__always)
public func findByte(_ memory: UnsafeRawPointer, _ byte: UInt8, _ count: Int) -> UnsafeMutableRawPointer? {
    memchr(memory, Int32(byte), count)
}
/// The last place of a byte.
public func findLastByte(_ memory: UnsafeRawPointer, _ byte: UInt8, _ count: Int) -> UnsafeRawPointer? {
    still_find_last_byte(memory, Int32(byte), count)
}
/// The first place of `needle`, which is not empty; in linear time.
public func findBytes(_ memory: UnsafeRawPointer, _ count: Int, _ needle: UnsafeRawPointer, _ needleCount: Int) -> UnsafeRawPointer? {
    still_find_bytes(memory, count, needle, needleCount)
}
/// Fills `total` bytes with copies of the first `unit` of them, in blocks that double.
public func repeatBytes(_ memory: UnsafeMutableRawPointer, unit: Int, total: Int) {
    if unit == 1 { return fillBytes(memory + 1, memory.load(as: UInt8.self), total - 1) }
    var done = unit
    while done < total {
        // No farther back than the caches reach.
        let next = min(done, total - done, max(unit, (1 << 16) / unit * unit))
        memcpy(memory + done, memory, next)
        done += next
    }
}
