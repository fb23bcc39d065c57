// Blocks of hooked domains: guards before and behind, fill bytes, observers.
//
//   -32  bytes asked for         -24  serial number of the allocation     -16  its site, 0 if unknown     -8  eight guard bytes
//     0  the block; the rest of its place, at least 16 bytes, is guard bytes
//
// Layout    A guarded pool's blocks are `GuardedBlock.overhead` bytes further apart and the first begins behind its guard, so that
//           `Pool.block(at:)` is the address of the object or buffer: collections and heap walks need not know.
// Fill      fresh buffers and what lies behind a fresh object's header are 0xCD, freed ones 0xDD, behind the words that readers and the free list need.
//           A freed block is compared with its fill when it is handed out again: writes after the free are found then.
// Lists     A hooked list has no current pool; its pools with room are those on `available`. Their owner tag never says so, hence each
//           free comes here.
import StillPlatform
import StillThreadRegistry
import Synchronization

struct GuardedBlock {
    let raw: UnsafeMutableRawPointer

    static let front = 32
    static let overhead = 48
    static let guardByte: UInt8 = 0xFD
    static let freshByte: UInt8 = 0xCD
    static let deadByte: UInt8 = 0xDD
    private static let guardWord: UInt64 = 0xFDFD_FDFD_FDFD_FDFD

    var bytes: Int { (raw - 32).load(as: Int.self) }
    var serial: UInt64 { (raw - 24).load(as: UInt64.self) }
    var site: UInt64 { (raw - 16).load(as: UInt64.self) }

    /// - Parameter place: bytes from the block to the end of its place.
    func begin(bytes: Int, place: Int, serial: UInt64, site: UInt64, fillFrom: Int) {
        (raw - 32).storeBytes(of: bytes, as: Int.self)
        (raw - 24).storeBytes(of: serial, as: UInt64.self)
        (raw - 16).storeBytes(of: site, as: UInt64.self)
        (raw - 8).storeBytes(of: GuardedBlock.guardWord, as: UInt64.self)
        if fillFrom < bytes { fillBytes(raw + fillFrom, GuardedBlock.freshByte, bytes - fillFrom) }
        fillBytes(raw + bytes, GuardedBlock.guardByte, place - bytes)
    }

    /// Traps when a guard was written over.
    func check(place: Int, doing what: String) {
        let front = (raw - 8).load(as: UInt64.self)
        if front != GuardedBlock.guardWord || bytes < 0 || bytes > place - 16 {
            stillBug("\(what): the guard before the block at \(raw) holds \(String(front, radix: 16)); \(description)")
        }
        for offset in bytes..<min(place, bytes + 64) {
            let byte = raw.load(fromByteOffset: offset, as: UInt8.self)
            if byte != GuardedBlock.guardByte {
                stillBug("\(what): the byte \(offset - bytes) behind the block at \(raw) holds \(String(byte, radix: 16)); \(description)")
            }
        }
    }

    func end(fillFrom: Int) {
        if fillFrom < bytes { fillBytes(raw + fillFrom, GuardedBlock.deadByte, bytes - fillFrom) }
    }

    /// Traps when a free block was written to.
    func checkDead(fillFrom: Int) {
        var offset = fillFrom
        while offset < bytes {
            let byte = raw.load(fromByteOffset: offset, as: UInt8.self)
            if byte != GuardedBlock.deadByte {
                stillBug("byte \(offset) of the free block at \(raw) was overwritten with \(String(byte, radix: 16)); \(description)")
            }
            offset += 1
        }
    }

    var description: String { "\(bytes) bytes, allocation \(serial)\(site == 0 ? "" : ", site \(site)")" }

    /// First byte of a block that is filled: the header and the free list's link stay.
    static func fillFrom(kind: Int, free: Bool) -> Int {
        kind == PoolKind.plain || kind == PoolKind.collectable ? ObjectLayout.headerBytes : free ? 16 : 0
    }
}

extension InterpreterHeap {
    var hooks: HeapHooks? {
        fields.pointee.hooks.map { Unmanaged<HeapHooks>.fromOpaque($0).takeUnretainedValue() }
    }
    /// A domain of this heap is hooked or has guards.
    var isGuarded: Bool { fields.pointee.hooks != nil }

    /// Looks at the guards of every block that is in use and at the fill of every free one. World stopped.
    func checkGuards() {
        for index in 0..<poolCount {
            let pool = self.pool(at: index)
            guard pool.kind < PoolKind.count, pool.fields.pointee.guardBytes != 0 else { continue }
            var free: Set<UnsafeMutableRawPointer> = []
            var next = pool.fields.pointee.freeLocal
            while let block = next {
                free.insert(block)
                next = block.load(as: UnsafeMutableRawPointer?.self)
            }
            var block = pool.fields.pointee.start
            while block < pool.fields.pointee.untouched {
                if !free.contains(block) { GuardedBlock(raw: block).check(place: pool.place, doing: "in a check of the heap") }
                block += Int(pool.fields.pointee.blockBytes)
            }
        }
    }
}

extension Pool {
    /// Bytes from a guarded block to the end of its place.
    var place: Int { Int(fields.pointee.blockBytes) - GuardedBlock.front }
}

extension ThreadHeap {
    /// - Parameter bytes: as asked for, at most the list's class.
    func allocateHooked(list: Int, owner: UInt16, bytes: Int, _ hooks: HeapHooks) -> UnsafeMutableRawPointer? {
        let heap = InterpreterHeap(fields.pointee.heap!)
        let kind = list / SizeClass.count
        takeInbox()
        if available(list).pointee == nil {
            guard let pool = heap.takePool(classIndex: list % SizeClass.count, kind: kind, owner: owner) else { return nil }
            link(pool, list)
            pool.fields.pointee.next = nil
            pool.fields.pointee.hookListed = 1
            available(list).pointee = pool.raw
        }
        let pool = Pool(available(list).pointee!)
        let own = hooks.hooks(kind: kind)
        let block: UnsafeMutableRawPointer
        if let free = pool.fields.pointee.freeLocal {
            block = free
            pool.fields.pointee.freeLocal = block.load(as: UnsafeMutableRawPointer?.self)
            if own.isGuarded { GuardedBlock(raw: block).checkDead(fillFrom: GuardedBlock.fillFrom(kind: kind, free: true)) }
        } else {
            block = pool.fields.pointee.untouched
            pool.fields.pointee.untouched = block + Int(pool.fields.pointee.blockBytes)
        }
        pool.fields.pointee.used += 1
        if pool.fields.pointee.freeLocal == nil && pool.fields.pointee.untouched == pool.fields.pointee.limit {
            available(list).pointee = pool.fields.pointee.next
            pool.fields.pointee.next = nil
            pool.fields.pointee.hookListed = 0
        }
        announce(block, bytes, place: pool.place, kind: kind, own, hooks)
        return block
    }

    /// The block's guards are put up, observers are told.
    func announce(_ block: UnsafeMutableRawPointer, _ bytes: Int, place: Int, kind: Int, _ own: HeapHooks.DomainHooks, _ hooks: HeapHooks) {
        let domain = HeapHooks.domain(kind).rawValue
        if own.isGuarded {
            for observer in own.inside {
                observer.allocated(observer.context, domain, block - GuardedBlock.front, bytes + GuardedBlock.overhead)
            }
            let site = fields.pointee.thread.flatMap { hooks.site?($0) } ?? 0
            // Objects are set to zero by whole words.
            let isObject = kind == PoolKind.plain || kind == PoolKind.collectable
            GuardedBlock(raw: block).begin(
                bytes: isObject ? (bytes + 7) & ~7 : bytes, place: place, serial: hooks.serial.wrappingAdd(1, ordering: .relaxed).newValue, site: site,
                fillFrom: GuardedBlock.fillFrom(kind: kind, free: false))
        }
        for observer in own.outside { observer.allocated(observer.context, domain, block, bytes) }
    }

    func denounce(_ block: UnsafeMutableRawPointer, place: Int, kind: Int, _ own: HeapHooks.DomainHooks) {
        let domain = HeapHooks.domain(kind).rawValue
        let bytes = own.isGuarded ? GuardedBlock(raw: block).bytes : place
        for observer in own.outside { observer.freed(observer.context, domain, block, bytes) }
        guard own.isGuarded else { return }
        let guarded = GuardedBlock(raw: block)
        guarded.check(place: place, doing: "on its free")
        guarded.end(fillFrom: GuardedBlock.fillFrom(kind: kind, free: true))
        for observer in own.inside {
            observer.freed(observer.context, domain, block - GuardedBlock.front, bytes + GuardedBlock.overhead)
        }
    }

    /// Before a hooked block goes back to its pool, this thread's or another's.
    func farewell(_ block: UnsafeMutableRawPointer, _ pool: Pool) {
        guard let hooks = InterpreterHeap(fields.pointee.heap!).hooks else { return }
        denounce(block, place: pool.fields.pointee.guardBytes == 0 ? Int(pool.fields.pointee.blockBytes) : pool.place, kind: pool.kind, hooks.hooks(kind: pool.kind))
    }

    // MARK: Big buffers

    func allocateBigHooked(_ bytes: Int, _ hooks: HeapHooks) -> UnsafeMutableRawPointer? {
        let heap = InterpreterHeap(fields.pointee.heap!)
        let overhead = hooks.mem.isGuarded ? GuardedBlock.overhead : 0
        guard bytes < 1 << 40, let place = heap.allocateBig(bytes + overhead) else { return nil }
        let block = place + (hooks.mem.isGuarded ? GuardedBlock.front : 0)
        announce(block, bytes, place: bytes + 16, kind: PoolKind.medium, hooks.mem, hooks)
        return block
    }

    func freeBigHooked(_ buffer: UnsafeMutableRawPointer, _ bytes: Int, _ hooks: HeapHooks) {
        let heap = InterpreterHeap(fields.pointee.heap!)
        if hooks.mem.isGuarded && GuardedBlock(raw: buffer).bytes != bytes {
            stillBug("the buffer at \(buffer) is freed as \(bytes) bytes, but has \(GuardedBlock(raw: buffer).description)")
        }
        denounce(buffer, place: hooks.mem.isGuarded ? bytes + 16 : bytes, kind: PoolKind.medium, hooks.mem)
        heap.freeBig(
            buffer - (hooks.mem.isGuarded ? GuardedBlock.front : 0), bytes: bytes + (hooks.mem.isGuarded ? GuardedBlock.overhead : 0))
    }
}
