// Workers with a thread state and a heap each use of, but no Python: an interpreter's memory by itself.
import StillObmalloc
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization

final class HeapWorkers: @unchecked Sendable {
    let interpreter: Interpreter
    let heap: InterpreterHeap
    /// The type object of all objects of scenarios: they have no references.
    let type: UnsafeMutableRawPointer

    init() throws {
        interpreter = try Runtime.makeInterpreter()
        interpreter.hooks = InterpreterHeap.standaloneHooks
        heap = try InterpreterHeap.make(for: interpreter)
        guard let raw = rawAllocateZeroed(ObjectLayout.headerBytes + MemoryLayout<TypeMemorySlots>.size) else {
            throw HeapError.outOfMemory(bytes: MemoryLayout<TypeMemorySlots>.size)
        }
        type = raw
        (raw + TypeMemorySlots.offset).assumingMemoryBound(to: TypeMemorySlots.self).pointee.deallocate = { thread, object in
            Allocation.free(ObjectRef(object), ThreadState(thread))
        }
    }

    /// A new thread state with a slot, attached to the calling OS thread. nil: no memory.
    func enter() -> ThreadState? {
        guard let thread = try? interpreter.makeThread() else { return nil }
        thread.attach()
        guard (try? heap.takeSlot(for: thread)) != nil else {
            thread.destroy()
            return nil
        }
        return thread
    }

    /// Stops the world and checks the whole heap.
    func check(_ thread: ThreadState) -> String? {
        thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
            HeapCheck.run(heap, world).problems.first
        }
    }

    /// Asks for trimming and gives resting pools time.
    func settle(_ thread: ThreadState) {
        ThreadHeap(thread).fields.pointee.trimWanted = 1
        thread.request(RequestBits.collect)
        for _ in 0..<8 { thread.safepoint() }
    }

    /// Has everything freed that was retired, by the last thread, and checks the heap.
    func drain(_ thread: ThreadState) -> String? {
        for _ in 0..<4 {
            thread.request(RequestBits.delayedFrees)
            _ = interpreter.qsbr.advance()
            thread.safepoint()
        }
        settle(thread)
        return check(thread)
    }

    /// Frees everything; no worker is left.
    ///
    /// - Returns: what is wrong: objects that are alive although all were given up.
    func finish() -> String? {
        let survivors = heap.destroy()
        interpreter.destroy()
        rawFree(type)
        return survivors == 0 ? nil : "\(survivors) objects survive although nothing refers to them"
    }
}

/// A buffer whose content tells whether it is whole.
///
/// Word 0: size and seed; the others follow from the seed.
struct StampedBlock {
    let raw: UnsafeMutableRawPointer

    /// A size of each kind of buffer, small ones most often.
    static func bytes(_ random: inout SplitMix64) -> Int {
        let bits = random.next()
        switch bits & 255 {
        case 0...199: return 16 + Int(bits >> 8 % 497)
        case 200...252: return 513 + Int(bits >> 8 % 7680)
        default: return 8193 + Int(bits >> 8 % 60_000)
        }
    }

    static func make(_ thread: ThreadState, bytes: Int, seed: UInt64) -> StampedBlock? {
        guard let raw = Allocation.buffer(thread, bytes: bytes) else { return nil }
        let stamp = UInt64(bytes) << 40 | seed & 0xFF_FFFF_FFFF
        raw.storeBytes(of: stamp, as: UInt64.self)
        var offset = 8
        while offset + 8 <= bytes {
            raw.storeBytes(of: word(stamp, offset), toByteOffset: offset, as: UInt64.self)
            offset += step(bytes)
        }
        return StampedBlock(raw: raw)
    }

    /// Big buffers are not written everywhere.
    private static func step(_ bytes: Int) -> Int { bytes <= 512 ? 8 : bytes <= 8192 ? 64 : 512 }
    private static func word(_ stamp: UInt64, _ offset: Int) -> UInt64 {
        // Never like the header of an object: see `looksLikeBuffer`.
        (stamp ^ UInt64(offset)) &* 0x9E37_79B9_7F4A_7C15 | 0x8000_0000_0000_0000
    }

    var bytes: Int { Int(raw.load(as: UInt64.self) >> 40) }

    /// - Returns: what is wrong with the content.
    func check() -> String? {
        let stamp = raw.load(as: UInt64.self)
        let bytes = Int(stamp >> 40)
        var offset = 8
        while offset + 8 <= bytes {
            let found = raw.load(fromByteOffset: offset, as: UInt64.self)
            if found != StampedBlock.word(stamp, offset) {
                return "the block of \(bytes) bytes at \(raw) has \(String(found, radix: 16)) at \(offset): somebody else wrote there"
            }
            offset += StampedBlock.step(bytes)
        }
        return nil
    }
}
