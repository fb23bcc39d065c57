// Calls that leave parameters to their defaults, guarded by the callee's version.
//
// Cache of the call instruction (InlineCache.swift)
//   word 0  version u32 | kind u8 << 32 | turn u8 << 40
//     kind 5  the callee's function version; word 1: parameters u16, defaults u16 << 16, arguments given u16 << 32
//     kind 6  a class's version tag; word 1: its `__init__` (Instantiation.swift)
// Guard     The version says how many parameters and defaults the callee has, for every closure of one `def`; the values are the callee's own.
//           It was read and all that rests on it is done before the next safepoint.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVersions
import Synchronization

enum CallCache {
    static let defaults: UInt64 = 5
    static let initializer: UInt64 = 6

    /// The arguments' frame with the missing defaults filled in; nil when the site's cache does not know the callee.
    @inline(__always)
    static func bind(
        _ t: Thread, _ function: FunctionRef, _ pc: UnsafeMutableRawPointer, _ arguments: Registers, _ count: Int
    ) -> UnsafeMutablePointer<CodeRecord>? {
        let word = pc.cache(0).pointee.load(ordering: .acquiring)
        let version = UInt32(truncatingIfNeeded: word)
        let code = function.guarded
        guard (word &>> 32) & 0xFF == defaults, version == code.pointee.version, FunctionVersion.isValid(version),
            let detail = InlineCache.detail(pc, for: word), Int(detail &>> 32) == count
        else { return nil }
        let parameters = Int(detail & 0xFFFF)
        let values = TupleRef(function.slot(FunctionLayout.defaults).pointee)
        let first = parameters &- Int((detail &>> 16) & 0xFFFF)
        var index = 0
        while index < count {
            if _slowPath(arguments[index] == 0) { return nil }
            index &+= 1
        }
        guard Calls.hasRoom(t, arguments, code) else { return nil }
        while index < parameters {
            arguments[index] = Calls.defaultArgument(t, values.item(index &- first))
            index &+= 1
        }
        return code
    }

    /// Remembers a callee whose missing arguments all have defaults.
    @inline(never)
    static func learn(_ t: Thread, _ target: CallTarget, _ pc: UnsafeMutableRawPointer, _ count: Int) {
        let parameters = Int(target.code.pointee.argumentCount)
        guard target.code.pointee.simpleArgumentCount >= 0, count < parameters, !target.defaults.isNull else { return }
        let defaultCount = TupleRef(target.defaults).count
        guard count >= parameters - defaultCount, parameters < 0x1_0000, defaultCount <= parameters else { return }
        let version = target.function.version
        guard FunctionVersion.isValid(version) else { return }
        InlineCache.fill(
            pc, UInt64(version) | defaults << 32,
            UInt64(parameters) | UInt64(defaultCount) << 16 | UInt64(count) << 32)
        FunctionVersion.register(target.function, t)
    }
}
