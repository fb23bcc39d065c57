// An interpreter with a heap and no Python, and objects of a type of its own.
import StillObmalloc
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization
import Testing

struct HeapFixture {
    let interpreter: Interpreter
    let heap: InterpreterHeap
    let thread: ThreadState

    init(allocators: AllocatorConfiguration = AllocatorConfiguration()) throws {
        interpreter = try Runtime.makeInterpreter()
        interpreter.hooks = InterpreterHeap.standaloneHooks
        heap = try InterpreterHeap.make(for: interpreter, allocators: allocators)
        thread = try interpreter.makeThread()
        thread.attach()
        try heap.takeSlot(for: thread)
    }

    /// Another thread of the interpreter runs `body` to its end.
    func onOtherThread(_ body: @escaping @Sendable (ThreadState) -> Void) throws {
        let interpreter = self.interpreter
        let heap = self.heap
        let other = try OSThread.start(name: "other") {
            guard let state = try? interpreter.makeThread() else { return }
            state.attach()
            guard (try? heap.takeSlot(for: state)) != nil else { return }
            body(state)
            state.destroy()
        }
        thread.detached { other.join() }
    }

    /// Safepoints, as many as resting pools may need.
    func settle() {
        ThreadHeap(thread).fields.pointee.trimWanted = 1
        thread.request(RequestBits.collect)
        for _ in 0..<8 { thread.safepoint() }
    }

    func check(_ location: SourceLocation = #_sourceLocation) {
        thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
            let check = HeapCheck.run(heap, world)
            #expect(check.problems.isEmpty, "\(check.problems)", sourceLocation: location)
        }
    }

    /// - Returns: objects that were alive.
    @discardableResult func end() -> Int {
        thread.destroy()
        let survivors = heap.destroy()
        interpreter.destroy()
        return survivors
    }

    /// A type object whose objects have no references.
    static let type: UInt = {
        let raw = rawAllocateZeroed(ObjectLayout.headerBytes + MemoryLayout<TypeMemorySlots>.size)!
        (raw + TypeMemorySlots.offset).assumingMemoryBound(to: TypeMemorySlots.self).pointee.deallocate = { thread, object in
            HeapFixture.deallocated.wrappingAdd(1, ordering: .relaxed)
            Allocation.free(ObjectRef(object), ThreadState(thread))
        }
        return UInt(bitPattern: raw)
    }()
    static let deallocated = Atomic<Int>(0)

    static func object(_ thread: ThreadState, bytes: Int = 48, collectable: Bool = false) -> ObjectRef {
        Allocation.object(thread, type: UnsafeMutableRawPointer(bitPattern: type)!, bytes: bytes, collectable: collectable)!
    }
}

/// An address that may go to another thread.
struct Sent: @unchecked Sendable { let raw: UnsafeMutableRawPointer }
