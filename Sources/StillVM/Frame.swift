// Frames on a thread's data stack.
//
// A frame is six header words and then its registers; a frame is known by the address of its register 0. The
// callee's header and registers lie over its caller's temporaries (StillBytecode/Opcode.swift, Calls), so arguments are written where
// the callee finds them. Header words have the low bit set: to the collector they look like ints.
//
//   [-6] caller's frame, 0 for none    [-5] CodeRecord    [-4] where to go on (next instruction)
//   [-3] function object, or 0         [-2] locals mapping of module and class bodies, generator, a fold's sum, or 0
//   [-1] FrameFlags
//
// Extent    A frame's registers end where its callee's header begins while it is calling, else at registerCount.
// Clean     A register that holds no live value is null or an immediate, everywhere on the data stack above the running frame.
// Low water `lowWater` is the lowest frame that has run since the collector last scanned this thread: returns lower it.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public typealias Registers = UnsafeMutablePointer<UInt64>

@frozen public enum FrameFlags {
    /// Called from native code: returning leaves the dispatch loop.
    @inlinable public static var entry: UInt64 { 2 }
    /// The registers belong to a generator, whose object is in the thread's `generator` field of the frame's function word.
    @inlinable public static var generator: UInt64 { 4 }
    /// `__init__` of an instance that the caller's call instruction holds as its result already; must return None.
    @inlinable public static var initializer: UInt64 { 8 }
    /// A generator's frame that an instruction of its caller has pushed (ResumedHere.swift).
    @inlinable public static var resumedHere: UInt64 { 16 }
    /// A generator expression that runs without a generator for the caller's call of a fold; which, in the bits `NativeFlags.intrinsics`
    /// (ExpressionFolds.swift).
    @inlinable public static var folding: UInt64 { 32 }
}

extension UnsafeMutablePointer where Pointee == UInt64 {
    @inlinable @inline(__always) var callerFrame: Registers? { Registers(bitPattern: UInt(self[-6] & ~1)) }
    @inlinable @inline(__always) var code: UnsafeMutablePointer<CodeRecord> {
        UnsafeMutablePointer<CodeRecord>(bitPattern: UInt(self[-5] & ~1)).unsafelyUnwrapped
    }
    @inlinable @inline(__always) var savedPC: UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(bitPattern: UInt(self[-4] & ~1)).unsafelyUnwrapped
    }
    @inlinable @inline(__always) func savePC(_ pc: UnsafeMutableRawPointer) {
        self[-4] = UInt64(UInt(bitPattern: pc)) | 1
    }
    @inlinable @inline(__always) var functionRaw: UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: UInt(self[-3] & ~1))
    }
    @inlinable @inline(__always) var function: FunctionRef { FunctionRef(functionRaw.unsafelyUnwrapped) }
    var localsMapping: Value { Value(bits: self[-2] & ~1) }
    @inlinable @inline(__always) var frameFlags: UInt64 { self[-1] }

    @inlinable @inline(__always)
    func writeHeader(
        caller: Registers?, code: UnsafeMutablePointer<CodeRecord>, function: UnsafeMutableRawPointer?,
        locals: UInt64, flags: UInt64
    ) {
        writeHeader(
            caller: caller, code: code, next: UnsafeMutableRawPointer(code.pointee.instructions), function: function, locals: locals, flags: flags)
    }

    /// - Parameter next: where to go on.
    @inlinable @inline(__always)
    func writeHeader(
        caller: Registers?, code: UnsafeMutablePointer<CodeRecord>, next: UnsafeMutableRawPointer,
        function: UnsafeMutableRawPointer?, locals: UInt64, flags: UInt64
    ) {
        self[-6] = UInt64(UInt(bitPattern: caller)) | 1
        self[-5] = UInt64(UInt(bitPattern: code)) | 1
        self[-4] = UInt64(UInt(bitPattern: next)) | 1
        self[-3] = UInt64(UInt(bitPattern: function)) | 1
        self[-2] = locals | 1
        self[-1] = flags | 1
    }

    /// Index of the instruction word the frame is at, from its saved pc.
    func wordIndex(before pc: UnsafeMutableRawPointer) -> Int {
        (pc - UnsafeMutableRawPointer(code.pointee.instructions)) / 8 - 1
    }
}

extension ThreadState {
    /// The running frame, nil outside Python code.
    @inlinable @inline(__always) public var currentFrame: Registers? {
        get { objects.pointee.frame?.assumingMemoryBound(to: UInt64.self) }
        nonmutating set { objects.pointee.frame = UnsafeMutableRawPointer(newValue) }
    }

    /// Lowest frame that has run since the collector's last scan.
    @inline(__always) var lowWater: Registers {
        get { objects.pointee.lowWater.unsafelyUnwrapped.assumingMemoryBound(to: UInt64.self) }
        nonmutating set { objects.pointee.lowWater = UnsafeMutableRawPointer(newValue) }
    }

    /// Register 0 of a frame that native code pushes.
    func freshFrameBase() -> Registers {
        if let frame = currentFrame { return frame + Int(frame.code.pointee.registerCount) + 6 }
        return vm.pointee.stackBase + 6
    }

    @inlinable @inline(__always) public var vm: UnsafeMutablePointer<ThreadVM> {
        objects.pointee.vm.unsafelyUnwrapped.assumingMemoryBound(to: ThreadVM.self)
    }
}

/// The VM's part of a thread.
@frozen public struct ThreadVM {
    public var stackBase: Registers
    public var stackEnd: Registers
    /// How far down the collector has scanned in this collection; frames below have not run since it began.
    public var scannedDownTo: Registers
    /// Where a run goes on, in builds whose handlers return (Dispatch.swift).
    var nextRegisters: Registers?
    var nextPC: UnsafeMutableRawPointer?
    /// Value on its way from a delegation to the caller of the generator.
    public var yielded: UInt64 = 0
    /// The frame that was left last is a generator's that yielded. Its state word may say something else already: another
    /// thread can resume it at once.
    public var hasYielded = false
    /// The exception being raised is passed on: the frame that raises it has a traceback entry already.
    public var reraising = false
    /// What the frame that was left last has yielded is an item of an asynchronous generator, not of something it awaits.
    var yieldedItem = false
    /// Which entry of its globals a module's `__name__` was that a function has been made in last: a hint.
    var moduleNameEntry = 0
    /// Places that the inline cache did not suit, in the thread's own cache (SecondCache.swift).
    var misses: UInt = 0
    /// How many frames a new coroutine remembers as its origin.
    public var originDepth = 0
    /// See ThreadToken.
    var token = Value.null
    /// See ThreadContext.
    var context = Value.null
    /// Hooks for new asynchronous generators (owned, null for none): called at the first use, and instead of a finalizer.
    public var firstAsyncIteration = Value.null
    public var asyncFinalizer = Value.null

    /// 512 entries of this thread (SecondCache.swift).
    var secondCache: UnsafeMutablePointer<SecondCacheEntry>
    /// The handlers, for `VM.run`.
    var handlers: UnsafeMutableRawPointer

    static let stackBytes = 512 << 20

    /// Reserves the data stack. Called at the thread's birth.
    static func make(_ t: Thread) throws(PythonError) {
        guard let memory = try? VirtualMemory.map(bytes: stackBytes, alignment: 4096) else { throw PythonError() }
        let ownBytes = (MemoryLayout<ThreadVM>.size + 15) & ~15
        let cacheBytes = SecondCache.count * MemoryLayout<SecondCacheEntry>.stride
        guard let record = rawAllocateZeroed(ownBytes + cacheBytes, alignment: 16) else {
            VirtualMemory.unmap(memory, bytes: stackBytes)
            throw PythonError()
        }
        let base = memory.bindMemory(to: UInt64.self, capacity: stackBytes / 8)
        record.bindMemory(to: ThreadVM.self, capacity: 1).initialize(
            to: ThreadVM(
                stackBase: base, stackEnd: base + (stackBytes / 8 - 4096), scannedDownTo: base,
                secondCache: (record + ownBytes).bindMemory(to: SecondCacheEntry.self, capacity: SecondCache.count),
                handlers: UnsafeMutableRawPointer(VM.handlers)))
        t.objects.pointee.vm = record
        t.lowWater = base
        t.objects.pointee.stackLimit = UnsafeMutableRawPointer(base + (stackBytes / 8 - 4096))
    }

    static func destroy(_ t: Thread) {
        guard let record = t.objects.pointee.vm else { return }
        VirtualMemory.unmap(UnsafeMutableRawPointer(t.vm.pointee.stackBase), bytes: stackBytes)
        rawFree(record)
        t.objects.pointee.vm = nil
    }
}
