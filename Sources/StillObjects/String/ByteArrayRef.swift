// bytearray: bytes that change. Layout: 24 length (atomic), 32 buffer, 40 capacity, 48 exports, 56 where in the buffer the contents begin.
//
// Sharing   Buffer, capacity, beginning, length and exports are read and changed under the object's lock; readers copy what they need, or look at it
//           under the lock. Nobody keeps the data's address, so a replaced buffer is freed at once.
// Front     What goes at the front leaves room there: it costs nothing to take bytes off a queue.
// Exports   Memoryviews that have not been released. While there is one, the length does not change.
// Ordering  (B1) `len()` loads the length without the lock: a number at some moment, which guards no memory.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public struct ByteArrayRef {
    let object: ObjectRef
    public init(_ value: Value) { object = value.object }

    static let bytes = 64

    public var count: Int { Int(object.atomicWord(24).pointee.load(ordering: .relaxed)) }  // B1
    private func setCount(_ count: Int) { object.atomicWord(24).pointee.store(UInt64(count), ordering: .relaxed) }  // B1
    private var buffer: UnsafeMutableRawPointer? { object.field(32) }
    private var capacity: Int { object.field(40) }
    private var front: Int { object.field(56) }
    private func setFront(_ front: Int) { object.setField(56, front) }
    /// The first byte; meaningless when there is none.
    private var data: UnsafeMutableRawPointer { buffer.map { $0 + front } ?? UnsafeMutableRawPointer(bitPattern: 8)! }
    private func setBuffer(_ buffer: UnsafeMutableRawPointer?, _ capacity: Int) {
        object.setField(32, buffer)
        object.setField(40, capacity)
        object.setField(56, 0)
    }

    @inline(__always) private func locked<R>(_ body: () -> R) -> R {
        ObjectLock.lock(object.lockByte)
        defer { ObjectLock.unlock(object.lockByte) }
        return body()
    }

    // MARK: Reading

    /// The contents at one moment.
    public func snapshot() -> [UInt8] { locked { Array(UnsafeRawBufferPointer(start: data, count: count)) } }
    /// A copy of the contents at one moment.
    func view(_ t: Thread) throws(PythonError) -> ByteView {
        let view: ByteView? = locked {
            let count = self.count
            if count == 0 { return .empty }
            guard let memory = rawAllocate(count) else { return nil }
            copyBytes(memory, data, count)
            return ByteView(copy: memory, count: count)
        }
        guard let view else { throw t.noMemory() }
        return view
    }
    /// Looks at the contents, under the lock: `body` takes no other lock and runs no Python code.
    func looking<R>(_ body: (UnsafeRawPointer, Int) -> R) -> R { locked { body(data, count) } }
    /// The byte there, nil when the index is out of range.
    public func byte(_ index: Int) -> UInt8? {
        locked { index >= 0 && index < count ? data.load(fromByteOffset: index, as: UInt8.self) : nil }
    }
    /// Copies the bytes of a slice, those that are still there. - Returns: how many.
    func copy(_ range: SliceIndices, to memory: UnsafeMutableRawPointer) -> Int {
        locked {
            let count = self.count
            if range.step == 1 {
                let number = max(0, min(range.count, count - range.start))
                if number > 0 { copyBytes(memory, data + range.start, number) }
                return number
            }
            var number = 0
            for index in 0..<range.count {
                let at = range.start + index * range.step
                if at >= count { continue }
                memory.storeBytes(of: data.load(fromByteOffset: at, as: UInt8.self), toByteOffset: number, as: UInt8.self)
                number += 1
            }
            return number
        }
    }

    // MARK: Changing

    /// False when the index is out of range.
    func setByte(_ index: Int, _ byte: UInt8) -> Bool {
        locked {
            if index < 0 || index >= count { return false }
            data.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            return true
        }
    }
    /// Stores bytes at places `step` apart, as far as these are there.
    func set(_ bytes: ByteView, from start: Int, step: Int) {
        locked {
            let count = self.count
            for number in 0..<bytes.count {
                let at = start + number * step
                if at >= 0 && at < count { data.storeBytes(of: bytes[number], toByteOffset: at, as: UInt8.self) }
            }
        }
    }

    /// A memoryview is made over the bytes, or released.
    func changeExports(_ difference: Int) { locked { object.setField(48, (object.field(48) as Int) + difference) } }
    private var isExported: Bool { (object.field(48) as Int) != 0 }

    private enum Change { case done, noMemory, exported }
    private func check(_ t: Thread, _ change: Change) throws(PythonError) {
        switch change {
        case .done: return
        case .noMemory: throw t.noMemory()
        case .exported: throw t.raise(.bufferError, "Existing exports of data: object cannot be re-sized")
        }
    }

    /// Replaces start ..< end, clamped, by bytes of somebody else's.
    ///
    /// - Throws: MemoryError, and BufferError when the length would change under a memoryview.
    func splice(_ t: Thread, _ start: Int, _ end: Int, _ bytes: UnsafeRawPointer, _ number: Int) throws(PythonError) {
        try check(t, locked { spliceLocked(t, start, end, bytes, number) })
    }
    private func spliceLocked(_ t: Thread, _ start: Int, _ end: Int, _ bytes: UnsafeRawPointer, _ number: Int) -> Change {
        let count = self.count
        let first = min(max(start, 0), count)
        let last = min(max(end, first), count)
        let tail = count - last
        let total = first + number + tail
        if total != count && isExported { return .exported }
        let isSpacious = capacity > 1024 && total < capacity / 4
        // What is moved to the front gains an eighth at least: a queue of bytes must not move with each of them.
        let isCrowded = total > capacity || (front + total > capacity && front < total >> 3)
        if isCrowded || isSpacious {
            let wanted = total + total >> 3 + 8
            guard wanted <= 1 << 40, let fresh = Allocation.buffer(t, bytes: wanted) else {
                return total > capacity ? .noMemory : moveLocked(first, last, bytes, number)
            }
            copyBytes(fresh, data, first)
            copyBytes(fresh + first, bytes, number)
            copyBytes(fresh + (first + number), data + last, tail)
            free(t)
            setBuffer(fresh, wanted)
            setCount(total)
            return .done
        }
        return moveLocked(first, last, bytes, number)
    }
    /// With room enough.
    private func moveLocked(_ first: Int, _ last: Int, _ bytes: UnsafeRawPointer, _ number: Int) -> Change {
        guard let buffer else { return .done }
        let tail = count - last
        let total = first + number + tail
        if first == 0 && number < last {
            setFront(front + last - number)
        } else if front + total <= capacity {
            moveBytes(data + (first + number), data + last, tail)
        } else {
            let old = data
            moveBytes(buffer, old, first)
            // To the left of where it was, or to the right: then the room is needed that was at the front.
            moveBytes(buffer + (first + number), old + last, tail)
            setFront(0)
        }
        copyBytes(data + first, bytes, number)
        if total == 0 { setFront(0) }
        setCount(total)
        return .done
    }
    func append(_ t: Thread, _ bytes: ByteView) throws(PythonError) { try splice(t, Int.max, Int.max, bytes.base, bytes.count) }
    func append(_ t: Thread, _ byte: UInt8) throws(PythonError) {
        try check(
            t,
            locked {
                let count = self.count
                if front + count < capacity && !isExported {
                    data.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
                    setCount(count + 1)
                    return .done
                }
                var byte = byte
                return withUnsafeBytes(of: &byte) { spliceLocked(t, count, count, $0.baseAddress.unsafelyUnwrapped, 1) }
            })
    }
    /// Replaces the contents.
    func replace(_ t: Thread, _ bytes: ByteView) throws(PythonError) { try splice(t, 0, Int.max, bytes.base, bytes.count) }

    /// Repeats the contents in place.
    func multiply(_ t: Thread, _ times: Int) throws(PythonError) {
        let bytes = try view(t)
        defer { bytes.end() }
        let total = try BytesType.repeated(t, bytes.count, times)
        if total == bytes.count { return }
        guard let memory = rawAllocate(max(1, total)) else { throw t.noMemory() }
        defer { rawFree(memory) }
        if total > 0 {
            copyBytes(memory, bytes.base, bytes.count)
            repeatBytes(memory, unit: bytes.count, total: total)
        }
        try splice(t, 0, Int.max, memory, total)
    }

    /// Removes one byte, nil when there is none. A negative index counts from the end.
    ///
    /// - Throws: BufferError.
    func pop(_ t: Thread, _ index: Int) throws(PythonError) -> UInt8? {
        var byte: UInt8?
        try check(
            t,
            locked {
                let count = self.count
                let index = index < 0 ? index + count : index
                guard index >= 0, index < count else { return .done }
                if isExported { return .exported }
                byte = data.load(fromByteOffset: index, as: UInt8.self)
                return spliceLocked(t, index, index + 1, UnsafeRawPointer(data), 0)
            })
        return byte
    }
    /// Removes the first byte of this value; false when there is none.
    ///
    /// - Throws: BufferError.
    func remove(_ t: Thread, _ byte: UInt8) throws(PythonError) -> Bool {
        var isThere = false
        try check(
            t,
            locked {
                guard let place = findByte(data, byte, count) else { return .done }
                isThere = true
                if isExported { return .exported }
                let index = place - data
                return spliceLocked(t, index, index + 1, UnsafeRawPointer(data), 0)
            })
        return isThere
    }
    /// Removes the bytes of a slice, as far as these are there.
    ///
    /// - Throws: BufferError.
    func remove(_ t: Thread, _ range: SliceIndices) throws(PythonError) {
        if range.count == 0 { return }
        let step = abs(range.step)
        let first = range.step > 0 ? range.start : range.start + (range.count - 1) * range.step
        try check(
            t,
            locked {
                if isExported { return .exported }
                let count = self.count
                var (to, next, left) = (first, first, range.count)
                if first >= count { return .done }
                for at in first..<count {
                    if at == next && left > 0 {
                        next += step
                        left -= 1
                    } else {
                        data.storeBytes(of: data.load(fromByteOffset: at, as: UInt8.self), toByteOffset: to, as: UInt8.self)
                        to += 1
                    }
                }
                return spliceLocked(t, to, count, UnsafeRawPointer(data), 0)
            })
    }
    func reverse() {
        locked {
            guard count > 1 else { return }
            let bytes = UnsafeMutableRawBufferPointer(start: data, count: count)
            for low in 0..<(count / 2) { bytes.swapAt(low, count - 1 - low) }
        }
    }
    func free(_ t: Thread) {
        if let buffer { Allocation.freeBuffer(t, buffer, bytes: capacity) }
    }

    /// Of a new object, for `newByteArray`.
    fileprivate func begin(_ buffer: UnsafeMutableRawPointer, capacity: Int, _ count: Int) {
        setBuffer(buffer, capacity)
        setCount(count)
    }
}

extension ThreadState {
    public func isByteArray(_ value: Value) -> Bool {
        guard value.isObject else { return false }
        let type = typeOf(value)
        if type == self.type(.bytearray) { return true }
        return type.has(TypeFlags.heapType) && isSubtype(type, self.type(.bytearray))
    }

    /// A bytearray to be filled at once by the caller, who alone knows it.
    func newByteArray(_ count: Int) throws(PythonError) -> (value: Value, data: UnsafeMutableRawPointer) {
        let made = Value(try allocateInstance(of: type(.bytearray)))
        guard count <= 1 << 40, let buffer = Allocation.buffer(self, bytes: max(1, count)) else {
            release(made)
            throw noMemory()
        }
        ByteArrayRef(made).begin(buffer, capacity: max(1, count), count)
        return (made, buffer)
    }
    public func makeByteArray(_ bytes: [UInt8]) throws(PythonError) -> Value {
        let (made, data) = try newByteArray(bytes.count)
        bytes.withUnsafeBytes { if let base = $0.baseAddress { copyBytes(data, base, bytes.count) } }
        return made
    }
}
