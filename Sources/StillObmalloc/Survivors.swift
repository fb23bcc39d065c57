// What is still alive when an interpreter ends, by type.
import StillPlatform
import StillThreadRegistry
import Synchronization

/// Objects of one type that were alive when their interpreter's heap was given back.
public struct Survivor: Equatable, Sendable, CustomStringConvertible {
    public var typeName: String
    public var count: Int
    /// Their blocks; buffers are not counted to an object.
    public var bytes: Int
    public init(typeName: String, count: Int, bytes: Int) {
        self.typeName = typeName
        self.count = count
        self.bytes = bytes
    }

    public var description: String { "\(count) × \(typeName), \(bytes) bytes" }
}

extension InterpreterHeap {
    /// Objects that are alive, by type, most bytes first. Immortal ones are not counted: they live as long as the heap by intention.
    ///
    /// - Parameter typeName: names a type object. Asked only about type objects that are alive or lie outside the heap.
    /// - Threads: no other thread of the interpreter exists, or the world is stopped.
    public func survivors(typeName: (_ type: UnsafeMutableRawPointer) -> String) -> [Survivor] {
        var found: [UnsafeMutableRawPointer: Survivor] = [:]
        forEachLiveObject { object, pool in
            let type = object.typeRaw
            let name = found[type]?.typeName ?? (isDeadObject(type) ? "(freed type)" : typeName(type))
            found[type, default: Survivor(typeName: name, count: 0, bytes: 0)].count += 1
            found[type]!.bytes += Int(pool.fields.pointee.blockBytes)
        }
        // Types of the same name are one line.
        var byName: [String: Survivor] = [:]
        for survivor in found.values {
            byName[survivor.typeName, default: Survivor(typeName: survivor.typeName, count: 0, bytes: 0)].count += survivor.count
            byName[survivor.typeName]!.bytes += survivor.bytes
        }
        return byName.values.sorted { ($0.bytes, $1.typeName) > ($1.bytes, $0.typeName) }
    }

    /// Calls `body` for every object that is neither dead nor immortal.
    func forEachLiveObject(_ body: (ObjectRef, Pool) -> Void) {
        for index in 0..<poolCount {
            let pool = self.pool(at: index)
            guard pool.kind == PoolKind.plain || pool.kind == PoolKind.collectable else { continue }
            for block in 0..<Int(pool.fields.pointee.capacity) {
                let object = ObjectRef(pool.block(at: block))
                let word = object.sharedWord.pointee.load(ordering: .relaxed)
                if word & (SharedFlags.dead | SharedFlags.immortal) == 0 { body(object, pool) }
            }
        }
    }

    /// The address lies in this heap, but not at a live object.
    ///
    /// - Threads: no other thread of the interpreter exists, or the world is stopped.
    public func isDeadObject(_ address: UnsafeMutableRawPointer) -> Bool {
        guard let info = InterpreterHeap.whose(address), info.interpreterID == interpreter.id else { return false }
        guard info.kind == .plainObject || info.kind == .collectableObject, info.blockStart == UInt(bitPattern: address) else { return true }
        return ObjectRef(address).sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.dead != 0
    }
}
