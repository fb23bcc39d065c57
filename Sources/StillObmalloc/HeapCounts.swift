// How much exists: what the collector paces itself by.
//
// Each thread counts for itself and reports now and then: the interpreter's figures lag by at most `interval` births, `deathsLimit` deaths and
// `byteLimit` bytes a thread. A report of births or of many new bytes asks for a slice; whether one is due the collector decides.
// Ordering  relaxed: estimates, nothing is published by them.
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum HeapCounts {
    @usableFromInline static var interval: Int { 250 }
    @usableFromInline static var deathsLimit: Int { 4000 }
    @usableFromInline static var byteLimit: Int { 1 << 18 }

    @usableFromInline @inline(never)
    static func reportAndAsk(_ thread: ThreadState) {
        report(thread)
        thread.request(RequestBits.collect)
    }

    /// Adds the thread's counts to the interpreter's. Own thread, attached.
    @inline(never)
    public static func report(_ thread: ThreadState) {
        let own = ThreadHeap(thread).fields
        let heap = InterpreterHeap(of: thread).fields
        heap.pointee.born.wrappingAdd(BirthLog.report(own), ordering: .relaxed)
        heap.pointee.died.wrappingAdd(own.pointee.deaths, ordering: .relaxed)
        own.pointee.deaths = 0
        heap.pointee.bufferBytes.wrappingAdd(own.pointee.bufferBytes, ordering: .relaxed)
        own.pointee.bufferBytes = 0
    }
}

extension InterpreterHeap {
    /// Collectable objects that were ever allocated, as far as reported.
    public var bornObjects: Int { fields.pointee.born.load(ordering: .relaxed) }
    /// Collectable objects that exist, garbage included, as far as reported.
    public var existingObjects: Int { max(0, bornObjects - fields.pointee.died.load(ordering: .relaxed)) }
    /// Bytes in buffers of more than 512 bytes, as far as reported.
    public var existingBufferBytes: Int { max(0, fields.pointee.bufferBytes.load(ordering: .relaxed)) }
}
