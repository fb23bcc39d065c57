// Whose is this address, in full, and the checks of frees that ask it.
import StillPlatform
public import StillThreadRegistry
import Synchronization

/// What lies at an address.
public struct AddressInfo: Equatable, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        case freeUnit, tables, buffer, plainObject, collectableObject, mediumBuffer, run, largeBuffer
    }
    public var interpreterID: Int64
    public var kind: Kind
    /// Start of the arena or large buffer.
    public var mapping: UInt
    /// Number of the pool or run in its arena.
    public var unit: Int
    /// Number of the block in its pool, and its address and size.
    public var block: Int
    public var blockStart: UInt
    public var blockBytes: Int

    public var description: String {
        "\(kind.rawValue) of interpreter \(interpreterID), arena 0x\(String(mapping, radix: 16)), pool \(unit), block \(block) at "
            + "0x\(String(blockStart, radix: 16)), \(blockBytes) bytes"
    }
}

extension InterpreterHeap {
    /// The interpreter whose heap an address belongs to; nil for none. Takes no lock, looks at no memory but the address map.
    public static func interpreterID(of address: UnsafeRawPointer) -> Int64? { AddressMap.find(address)?.interpreterID }

    /// What lies at an address. Takes no lock.
    ///
    /// - Precondition: the memory there stays mapped meanwhile: the caller holds it, or its interpreter lives on and gives nothing back.
    public static func whose(_ address: UnsafeMutableRawPointer) -> AddressInfo? {
        guard let entry = AddressMap.find(address) else { return nil }
        let number = UInt(bitPattern: address)
        let base = number & ~Arena.mask
        if entry.what != AddressMap.What.arena {
            let head = base - UInt(entry.stepsBack) * UInt(Arena.bytes)
            guard let first = AddressMap.find(UnsafeRawPointer(bitPattern: head)!) else { return nil }
            let bytes = Int(first.detail >> BigBuffers.numberBits)
            return AddressInfo(
                interpreterID: entry.interpreterID, kind: .largeBuffer, mapping: head, unit: 0, block: 0, blockStart: head,
                blockBytes: bytes)
        }
        var unit = Int((number & Arena.mask) / UInt(Pool.bytes))
        let arena = UnsafeMutableRawPointer(bitPattern: base)!
        if unit < Arena.firstPool {
            return AddressInfo(
                interpreterID: entry.interpreterID, kind: .tables, mapping: base, unit: unit, block: 0, blockStart: base,
                blockBytes: Arena.firstPool * Pool.bytes)
        }
        var pool = Pool(arena: arena, unit: unit)
        while pool.kind == PoolKind.part && unit > Arena.firstPool {
            unit -= 1
            pool = Pool(arena: arena, unit: unit)
        }
        let kind: AddressInfo.Kind
        switch pool.kind {
        case PoolKind.buffer: kind = .buffer
        case PoolKind.plain: kind = .plainObject
        case PoolKind.collectable: kind = .collectableObject
        case PoolKind.medium: kind = .mediumBuffer
        case PoolKind.run: kind = .run
        default: kind = .freeUnit
        }
        var info = AddressInfo(
            interpreterID: entry.interpreterID, kind: kind, mapping: base, unit: unit, block: 0,
            blockStart: UInt(bitPattern: pool.memory), blockBytes: Pool.bytes)
        if kind == .run {
            info.blockStart = UInt(bitPattern: pool.fields.pointee.start)
            info.blockBytes = Int(pool.fields.pointee.blockBytes)
        } else if kind != .freeUnit {
            info.blockBytes = Int(pool.fields.pointee.blockBytes)
            if number >= UInt(bitPattern: pool.fields.pointee.start) { info.block = pool.index(of: address) }
            info.blockStart = UInt(bitPattern: pool.block(at: info.block))
        }
        return info
    }
}

/// Checking builds: every block that is handed out and comes back is looked at.
@frozen public enum BlockChecks {
    @usableFromInline @inline(never)
    static func handedOut(_ block: UnsafeMutableRawPointer) {
        if LiveBits.set(block) { stillBug("the block at \(block) was handed out twice: \(describe(block))") }
        Poison.handedOut(block)
    }

    /// Before anything of the block is touched.
    @usableFromInline @inline(never)
    static func comesBack(_ block: UnsafeMutableRawPointer, bytes: Int?, _ thread: ThreadState) {
        let mine = thread.interpreter.id
        guard let entry = AddressMap.find(block), entry.what == AddressMap.What.arena else {
            stillBug("\(block) is freed, which is not in any interpreter's arenas (thread \(thread.id), interpreter \(mine))")
        }
        if entry.interpreterID != mine {
            stillBug("\(block) is freed by interpreter \(mine), thread \(thread.id), but belongs to interpreter \(entry.interpreterID)")
        }
        let info = InterpreterHeap.whose(block)
        if !LiveBits.clear(block) {
            let interior = info.map { $0.blockStart != UInt(bitPattern: block) } ?? false
            let what = interior ? "is inside a block" : "is free already"
            stillBug("\(block) is freed by thread \(thread.id), but \(what): \(describe(block))")
        }
        if let bytes, let info, classBytes(bytes) != info.blockBytes && !InterpreterHeap(of: thread).isGuarded {
            stillBug("\(block) is freed as \(bytes) bytes, but is \(info)")
        }
        Poison.comesBack(block)
    }

    static func classBytes(_ bytes: Int) -> Int {
        bytes <= SizeClass.largestBytes
            ? SizeClass.bytes(index: SizeClass.index(bytes: max(1, bytes))) : MediumClass.bytes(index: MediumClass.index(bytes: bytes))
    }

    private static func describe(_ block: UnsafeMutableRawPointer) -> String {
        InterpreterHeap.whose(block)?.description ?? "nobody's"
    }
}

extension InterpreterHeap {
    func checkRun(_ buffer: UnsafeMutableRawPointer, bytes: Int) {
        let mine = interpreter.id
        guard let info = InterpreterHeap.whose(buffer), info.interpreterID == mine, info.kind == .run,
            info.blockStart == UInt(bitPattern: buffer), info.blockBytes == bytes
        else {
            let what = InterpreterHeap.whose(buffer)?.description ?? "nobody's"
            stillBug("a run of \(bytes) bytes at \(buffer) is freed in interpreter \(mine), but there is \(what)")
        }
    }
}
