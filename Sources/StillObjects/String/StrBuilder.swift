// Collects the text of a new string: bytes as long as all code points fit one, then words of four bytes. `finish` makes the narrowest string.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public struct StrBuilder: ~Copyable {
    /// `filled` bytes; what comes after a wider code point goes into `wide`, and these with it.
    private var base: UnsafeMutablePointer<UInt8>?
    private var room = 0
    private var filled = 0
    private var wide: [UInt32] = []
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
        base = memory.assumingMemoryBound(to: UInt8.self)
        room = StrBuilder.scratchBytes
    }
    /// Room for `capacity` code points below 256 before anything is moved.
    public init(capacity: Int) { grow(capacity) }
    deinit {
        if let lender, ThreadState(lender).objects.pointee.scratch == nil {
            ThreadState(lender).objects.pointee.scratch = base.map { UnsafeMutableRawPointer($0) }
        } else {
            rawFree(base)
        }
    }

    public var count: Int { isWide ? wide.count : filled }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let wanted = max(64, max(filled + more, room * 2))
        if lender != nil {
            guard let own = rawAllocate(wanted), let lent = base else {
                failed = true
                return
            }
            copyBytes(own, lent, filled)
            rawFree(lent)
            lender = nil
            base = own.assumingMemoryBound(to: UInt8.self)
            room = wanted
            return
        }
        guard let grown = rawReallocate(base.map { UnsafeMutableRawPointer($0) }, wanted) else {
            failed = true
            return
        }
        base = grown.assumingMemoryBound(to: UInt8.self)
        room = wanted
    }

    /// Where `count` more bytes go; nil when there is no memory.
    @inline(__always)
    private mutating func take(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
        if _slowPath(filled + count > room) {
            grow(count)
            if failed { return nil }
        }
        let place = base.unsafelyUnwrapped + filled
        filled &+= count
        return place
    }

    public mutating func append(_ point: UInt32) {
        all |= point
        if _slowPath(isWide || point > 0xFF) {
            widen()
            wide.append(point)
        } else if let place = take(1) {
            place.pointee = UInt8(truncatingIfNeeded: point)
        }
    }

    public mutating func append(_ text: String) {
        for scalar in text.unicodeScalars { append(scalar.value) }
    }

    public mutating func append(_ string: StrRef) { append(string, 0, string.count) }

    /// `count` code points of a string from `start` on.
    public mutating func append(_ string: StrRef, _ start: Int, _ count: Int) {
        if count <= 0 { return }
        if isWide || string.width > 1 {
            for index in start..<(start + count) { append(string.codePoint(index)) }
            return
        }
        guard let place = take(count) else { return }
        copyBytes(place, string.data + start, count)
        if string.kind == 1 { for index in 0..<count { all |= UInt32(place[index]) } }
    }

    /// ASCII bytes.
    mutating func append(ascii bytes: UnsafeBufferPointer<UInt8>) {
        guard let from = bytes.baseAddress, bytes.count > 0 else { return }
        if isWide {
            for byte in bytes { wide.append(UInt32(byte)) }
        } else if let place = take(bytes.count) {
            copyBytes(place, from, bytes.count)
        }
    }

    /// The same code point `count` times.
    public mutating func append(_ point: UInt32, count: Int) {
        if count <= 0 { return }
        all |= point
        if _slowPath(isWide || point > 0xFF) {
            widen()
            wide.append(contentsOf: repeatElement(point, count: count))
        } else if let place = take(count) {
            fillBytes(place, UInt8(truncatingIfNeeded: point), count)
        }
    }

    private mutating func widen() {
        if isWide { return }
        isWide = true
        wide.reserveCapacity(filled * 2 + 8)
        for index in 0..<filled { wide.append(UInt32(base.unsafelyUnwrapped[index])) }
    }

    /// The text as bytes. - Precondition: all code points are below 256.
    func latin1(_ t: Thread) throws(PythonError) -> [UInt8] {
        if failed { throw t.noMemory() }
        return Array(UnsafeBufferPointer(start: base, count: filled))
    }

    public func finish(_ t: Thread) throws(PythonError) -> Value {
        if _slowPath(failed) { throw t.noMemory() }
        if isWide { return try t.makeString(codePoints: wide) }
        guard filled > 0, let base else { return t.emptyString }
        return try t.makeString(latin1: UnsafeBufferPointer(start: base, count: filled), all)
    }
}

extension ThreadState {
    /// - Parameter all: the bytes or-ed, or anything that is above 127 exactly if one of them is.
    func makeString(latin1 bytes: UnsafeBufferPointer<UInt8>, _ all: UInt32) throws(PythonError) -> Value {
        guard bytes.count > 0, let base = bytes.baseAddress else { return emptyString }
        if bytes.count == 1 { return StaticStrings.single(UInt32(base[0])) }
        let result = try newString(count: bytes.count, kind: all < 0x80 ? 0 : 1)
        copyBytes(result.data, base, bytes.count)
        return result.value
    }
}
