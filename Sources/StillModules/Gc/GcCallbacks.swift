// What the collector tells the program: gc.callbacks, gc.garbage and the lines of the debug flags.
import StillGC
import StillObjects
import StillPlatform
public import StillObmalloc
public import StillThreadRegistry
import StillVM
import Synchronization

extension GcModule {
    /// The collections of the shutdown call nobody and keep nothing: what callbacks use may be gone. Frozen objects end like the others.
    public static func forgetCallbacks(_ t: ThreadState) {
        let state = t.interpreterState
        t.release(Value(bits: state.pointee.collectorCallbacks.exchange(0, ordering: .acquiringAndReleasing)))
        let collector = Collector(of: t)
        collector.fields.pointee.debug.store(0, ordering: .relaxed)
        if collector.hasFrozen { collector.unfreeze(t) }
        t.release(Value(bits: state.pointee.collectorGarbage.exchange(0, ordering: .acquiringAndReleasing)))
    }

    /// For `CollectorRoots.notify`: a collection begins, or has ended.
    public static func notify(_ t: ThreadState, start: Bool, collected: Int, uncollectable: Int) {
        if Collector(of: t).fields.pointee.debug.load(ordering: .relaxed) & CollectorDebug.stats != 0 { printStatistics(t, start: start) }
        call(t, start: start) { t throws(PythonError) in
            let last = Collector(of: t).lastCollection
            return try information(
                t, generation: 2, start: start, collected: collected, uncollectable: uncollectable, duration: last.endedAt - last.startedAt,
                paused: last.pausedNanoseconds, longest: last.longestPauseNanoseconds)
        }
    }

    /// For `CollectorRoots.notifyYoung`.
    public static func notifyYoung(_ t: ThreadState, start: Bool, collected: Int, paused: UInt64) {
        call(t, start: start) { t throws(PythonError) in
            try information(
                t, generation: 0, start: start, collected: collected, uncollectable: 0, duration: paused, paused: paused, longest: paused)
        }
    }

    private static func call(_ t: ThreadState, start: Bool, _ information: (ThreadState) throws(PythonError) -> Value) {
        let callbacks = Value(bits: t.interpreterState.pointee.collectorCallbacks.load(ordering: .acquiring))
        if callbacks.isNull || ListRef(callbacks).count == 0 { return }
        let raised = t.takeRaised()
        defer { if !raised.isNull { t.setRaised(raised) } }
        do throws(PythonError) {
            let info = try information(t)
            defer { t.release(info) }
            let copy = try t.makeList(capacity: 0)
            defer { t.release(copy) }
            try ListRef(copy).extend(t, callbacks)
            for index in 0..<ListRef(copy).count {
                let function = ListRef(copy).item(t, index)
                defer { t.release(function) }
                do throws(PythonError) {
                    t.release(try t.call(function, Interning.intern(start ? "start" : "stop"), info))
                } catch { t.writeUnraisable(function) }
            }
        } catch { t.writeUnraisable(.null) }
    }

    /// The dict that callbacks get. At the end it also says how long the collection took, how long the world stood meanwhile, and the longest
    /// of these pauses, in seconds.
    private static func information(
        _ t: Thread, generation: Int, start: Bool, collected: Int, uncollectable: Int, duration: UInt64, paused: UInt64, longest: UInt64
    ) throws(PythonError) -> Value {
        let info = try t.makeDict()
        for (key, number) in [("generation", generation), ("collected", collected), ("uncollectable", uncollectable)] {
            try DictRef(info).set(t, Interning.intern(key), Value(smallInt: number))
        }
        if start { return info }
        for (key, nanoseconds) in [("duration", duration), ("paused", paused), ("longest_pause", longest)] {
            let seconds = try t.makeFloat(Double(nanoseconds) / 1e9)
            defer { t.release(seconds) }
            try DictRef(info).set(t, Interning.intern(key), seconds)
        }
        return info
    }

    /// For `CollectorRoots.reportCondemned`.
    public static func reportCondemned(_ t: ThreadState, _ object: ObjectRef) {
        let flags = Collector(of: t).fields.pointee.debug.load(ordering: .relaxed)
        let value = Value(object)
        if flags & CollectorDebug.collectable != 0 {
            OutputBuffer.writeError(t, Array("gc: collectable <\(t.typeName(value)) 0x\(String(UInt(bitPattern: object.raw), radix: 16))>\n".utf8))
        }
        guard flags & CollectorDebug.saveAll != 0 else { return }
        let garbage = Value(bits: t.interpreterState.pointee.collectorGarbage.load(ordering: .acquiring))
        if garbage.isNull { return }
        let raised = t.takeRaised()
        do throws(PythonError) { try ListRef(garbage).appendOwned(t, t.retain(value)) } catch { t.writeUnraisable(.null) }
        if !raised.isNull { t.setRaised(raised) }
    }

    private static func printStatistics(_ t: Thread, start: Bool) {
        let collector = Collector(of: t)
        var text: String
        if start {
            let heap = InterpreterHeap(of: t)
            text = "gc: collection begins: \(heap.existingObjects) objects, \(heap.existingBufferBytes) bytes in big buffers"
            text += ", \(collector.frozenCount(t)) frozen\n"
        } else {
            let last = collector.lastCollection
            func milliseconds(_ nanoseconds: UInt64) -> String { "\(Double(nanoseconds / 1000) / 1000) ms" }
            text = "gc: collection ended: \(last.live) alive, \(last.freed) unreachable, \(last.uncollectable) uncollectable, "
            text += "\(milliseconds(last.endedAt - last.startedAt)), of these \(milliseconds(last.pausedNanoseconds)) in \(last.pauses) pauses, "
            text += "the longest \(milliseconds(last.longestPauseNanoseconds))\n"
        }
        OutputBuffer.writeError(t, Array(text.utf8))
    }
}
