// What exists without the heap: the runtime's words, the first interpreter's record, and every interpreter's first thread state.
//
//   static memory   first interpreter's record and first thread state | its QSBR domain, chunk table and first chunk | global pause words
//
// Use       The interpreter that is made while no other has the static record gets it: the process's first one, and again one that is made
//           after that has been destroyed. Every other record comes from the heap, with its first thread state behind it.
// Reuse     A thread state that ends is wiped, and only then, with release, marked free; who takes it acquires.
import StillPlatform
import StillQSBR
import Synchronization

enum StaticRecords {
    /// An interpreter's record and its first thread state.
    static var interpreterBytes: Int { Interpreter.recordBytes + ThreadState.recordBytes }
    static var qsbrOffset: Int { interpreterBytes }
    static var globalPauseOffset: Int { StaticMemory.bytes - 256 }
    private static let isTaken = Atomic<UInt32>(0)

    /// Zeroed memory for an interpreter's record, its first thread state and its QSBR domain.
    static func makeInterpreter() -> (record: UnsafeMutableRawPointer, domain: QSBRDomain)? {
        if isTaken.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged {
            return (StaticMemory.base, QSBRDomain.make(in: StaticMemory.base + qsbrOffset))
        }
        guard let record = rawAllocateZeroed(interpreterBytes, alignment: 64) else { return nil }
        guard let domain = QSBRDomain.make() else {
            rawFree(record)
            return nil
        }
        return (record, domain)
    }

    static func free(_ interpreter: Interpreter) {
        guard interpreter.raw == StaticMemory.base else {
            rawFree(interpreter.raw)
            return
        }
        clearBytes(interpreter.raw, interpreterBytes)
        clearBytes(StaticMemory.base + qsbrOffset, QSBRDomain.staticBytes)
        isTaken.store(0, ordering: .releasing)
    }
}

extension Interpreter {
    private var firstState: UnsafeMutableRawPointer { raw + Interpreter.recordBytes }

    /// Zeroed memory for a thread state: the first one's if it is free.
    func makeThreadRecord() -> UnsafeMutableRawPointer? {
        if record.pointee.firstStateIsTaken.load(ordering: .relaxed) == 0
            && record.pointee.firstStateIsTaken.exchange(1, ordering: .acquiring) == 0
        {
            return firstState
        }
        return rawAllocateZeroed(ThreadState.recordBytes, alignment: 64)
    }

    func freeThreadRecord(_ thread: UnsafeMutableRawPointer) {
        if thread != firstState {
            rawFree(thread)
            return
        }
        clearBytes(thread, ThreadState.recordBytes)
        record.pointee.firstStateIsTaken.store(0, ordering: .releasing)
    }
}
