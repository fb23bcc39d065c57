// What a call reads of a function: its code and its defaults, as they were together at one moment.
//
// Guarded   The function's version is valid: the words are read plainly and borrowed. They stay true until the reader's next safepoint,
//           and binding arguments crosses none.
// Changed   One of them was changed once: all are read under the function's lock and held until the frame is complete.
// Releasing what was held may run a destructor: `letGo` only after the callee's frame is linked, or the call has failed.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVersions
import Synchronization

struct CallTarget {
    let function: FunctionRef
    /// Deferred: only the collector frees it, which finds it in the callee's frame.
    let code: UnsafeMutablePointer<CodeRecord>
    let defaults: Value
    let keywordDefaults: Value
    private let isHeld: Bool

    @inline(__always)
    init(_ function: FunctionRef, _ t: Thread) {
        let guarded = function.guarded
        if _fastPath(FunctionVersion.isValid(guarded.pointee.version)) {
            self.init(guarded: function, guarded)
        } else {
            self.init(changed: function, t)
        }
    }

    @inline(__always)
    private init(guarded function: FunctionRef, _ code: UnsafeMutablePointer<CodeRecord>) {
        self.function = function
        self.code = code
        SchedulingNoise.point()
        defaults = function.slot(FunctionLayout.defaults).pointee
        keywordDefaults = function.slot(FunctionLayout.keywordDefaults).pointee
        isHeld = false
    }

    @inline(never)
    private init(changed function: FunctionRef, _ t: Thread) {
        let object = ObjectRef(function.raw)
        let locks = !FaultInjection.isActive(.tearFunctionSnapshot)
        if locks { ObjectLock.lock(object.lockByte) }
        self.function = function
        code = CodeRef(Self.read(object, FunctionLayout.code).object.raw).record
        SchedulingNoise.point()
        defaults = Self.read(object, FunctionLayout.defaults)
        keywordDefaults = Self.read(object, FunctionLayout.keywordDefaults)
        if defaults.isCounted { ReferenceCount.retainAndShare(defaults.object, t) }
        if keywordDefaults.isCounted { ReferenceCount.retainAndShare(keywordDefaults.object, t) }
        if locks { ObjectLock.unlock(object.lockByte) }
        isHeld = true
    }

    private static func read(_ object: ObjectRef, _ offset: Int) -> Value {
        Value(bits: object.atomicWord(offset).pointee.load(ordering: .relaxed))  // under the lock
    }

    @inline(__always)
    func letGo(_ t: Thread) {
        if _slowPath(isHeld) {
            t.release(defaults)
            t.release(keywordDefaults)
        }
    }
}
