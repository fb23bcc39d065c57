// Collects the text of a new string: bytes as long as all code points fit one, then words of four bytes. `finish` makes the narrowest string.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public struct StrBuilder: ~Copyable {
    /// The code points: bytes, or words of four bytes once there was one that is wider.
    private var base: UnsafeMutableRawPointer?
    /// Bytes of the memory.
    private var room = 0
    /// Code points.
    private var filled = 0
    private var isWide = false
    /// There was no memory: `finish` says so.
    private var failed = false
    /// All code points, or-ed: says how wide the string must be.
    private var all: UInt32 = 0
    /// The thread that has lent its scratch memory, which `base` is then.
    private var lender: UnsafeMutableRawPointer?
    private static var scratchBytes: Int { 512 }

    public init() {}
    /// The same with the thread's scratch memory, for texts that live shortly.
    init(_ t: ThreadState, capacity: Int) {
        let memory = capacity <= StrBuilder.scratchBytes ? t.objects.pointee.scratch ?? rawAllocate(StrBuilder.scratchBytes) : nil
        guard let memory else {
            grow(capacity)
            return
        }
        t.objects.pointee.scratch = nil
        lender = t.raw
        base = memory
        room = StrBuilder.scratchBytes
    }
    /// Room for `capacity` code points below 256 before anything is moved.
    public init(capacity: Int) { grow(capacity) }
    deinit {
        if let lender, ThreadState(lender).objects.pointee.scratch == nil {
            ThreadState(lender).objects.pointee.scratch = base
        } else {
            rawFree(base)
        }
    }

    public var count: Int { filled }

    /// Room for so many more code points of the present width.
    @inline(never)
    private mutating func grow(_ more: Int) {
        move(max(64, max((filled + more) &<< (isWide ? 2 : 0), room * 2)), isWide)
    }

    /// Moves the text to a block of its own, of so many bytes.
    private mutating func move(_ bytes: Int, _ wide: Bool) {
        if wide == isWide && lender == nil {
            guard let own = rawReallocate(base, bytes) else {
                failed = true
                return
            }
            base = own
            room = bytes
            return
        }
        guard let own = rawAllocate(bytes) else {
            failed = true
            return
        }
        if let old = base {
            if wide == isWide {
                copyBytes(own, old, filled &<< (wide ? 2 : 0))
            } else {
                for index in 0..<filled {
                    own.storeBytes(of: UInt32(old.load(fromByteOffset: index, as: UInt8.self)), toByteOffset: index &* 4, as: UInt32.self)
                }
            }
            rawFree(old)
        }
        lender = nil
        base = own
        room = bytes
        isWide = wide
    }

    /// Where `count` more bytes go; nil when there is no memory.
    @inline(__always)
    private mutating func take(_ count: Int) -> UnsafeMutableRawPointer? {
        if _slowPath(filled &+ count > room) {
            grow(count)
            if failed { return nil }
        }
        let place = base.unsafelyUnwrapped + filled
        filled &+= count
        return place
    }

    /// The same for words.
    private mutating func takeWide(_ count: Int) -> UnsafeMutablePointer<UInt32>? {
        if !isWide { move(max(64, (filled * 2 + 8) * 4), true) }
        if !failed && (filled &+ count) &<< 2 > room { grow(count) }
        if failed { return nil }
        let place = (base.unsafelyUnwrapped + filled &<< 2).assumingMemoryBound(to: UInt32.self)
        filled &+= count
        return place
    }

    public mutating func append(_ point: UInt32) {
        all |= point
        if _slowPath(isWide || point > 0xFF) {
            takeWide(1)?.pointee = point
        } else if let place = take(1) {
            place.storeBytes(of: UInt8(truncatingIfNeeded: point), as: UInt8.self)
        }
    }

    public mutating func append(_ text: String) {
        for scalar in text.unicodeScalars { append(scalar.value) }
    }

    public mutating func append(_ string: StrRef) { append(string, 0, string.count) }

    /// `count` code points of a string from `start` on.
    public mutating func append(_ string: StrRef, _ start: Int, _ count: Int) {
        if count <= 0 { return }
        if _slowPath(isWide || string.width > 1) {
            for index in start..<(start + count) { append(string.codePoint(index)) }
            return
        }
        guard let place = take(count) else { return }
        StrOps.copyFew(place, string.data + start, count)
        if string.kind == 1 { for index in 0..<count { all |= UInt32(place.load(fromByteOffset: index, as: UInt8.self)) } }
    }

    /// ASCII bytes.
    mutating func append(ascii bytes: UnsafeBufferPointer<UInt8>) {
        guard let from = bytes.baseAddress, bytes.count > 0 else { return }
        if _slowPath(isWide) {
            for byte in bytes { append(UInt32(byte)) }
        } else if let place = take(bytes.count) {
            StrOps.copyFew(place, from, bytes.count)
        }
    }

    /// The same code point `count` times.
    public mutating func append(_ point: UInt32, count: Int) {
        if count <= 0 { return }
        all |= point
        if _slowPath(isWide || point > 0xFF) {
            guard let place = takeWide(count) else { return }
            for index in 0..<count { place[index] = point }
        } else if let place = take(count) {
            fillBytes(place, UInt8(truncatingIfNeeded: point), count)
        }
    }

    /// The text as bytes. - Precondition: all code points are below 256.
    func latin1(_ t: Thread) throws(PythonError) -> [UInt8] {
        if failed { throw t.noMemory() }
        return Array(UnsafeBufferPointer(start: base?.assumingMemoryBound(to: UInt8.self), count: filled))
    }

    public func finish(_ t: Thread) throws(PythonError) -> Value {
        if _slowPath(failed) { throw t.noMemory() }
        guard filled > 0, let base else { return t.emptyString }
        if _slowPath(isWide) {
            return try t.makeString(
                codePoints: UnsafeBufferPointer(start: UnsafePointer(base.assumingMemoryBound(to: UInt32.self)), count: filled))
        }
        return try t.makeString(latin1: UnsafeBufferPointer(start: UnsafePointer(base.assumingMemoryBound(to: UInt8.self)), count: filled), all)
    }
}

extension ThreadState {
    /// - Parameter all: the bytes or-ed, or anything that is above 127 exactly if one of them is.
    func makeString(latin1 bytes: UnsafeBufferPointer<UInt8>, _ all: UInt32) throws(PythonError) -> Value {
        guard bytes.count > 0, let base = bytes.baseAddress else { return emptyString }
        if bytes.count == 1 { return StaticStrings.single(UInt32(base[0])) }
        if all < 0x80, let result = newShortString(count: bytes.count) {
            StrOps.copyFew(result.raw + StrRef.headerBytes, base, bytes.count)
            return result.value
        }
        let result = try newString(count: bytes.count, kind: all < 0x80 ? 0 : 1)
        copyBytes(result.data, base, bytes.count)
        return result.value
    }
}
