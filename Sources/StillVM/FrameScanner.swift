// What a thread's frames refer to, for the collector. Runs with the world stopped.
//
// A slice scans the frames that ran since the last one (from `lowWater` up) and, until all have been seen in this collection, some
// of the older ones (below `scannedDownTo`), so that a deep recursion does not make a long pause. Frames between the
// two have not run since they were scanned.
// A register refers uncounted to deferred objects; a frame also to its function, code, locals mapping or generator.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

public enum FrameScanner {
    static let framesAtOnce = 64

    /// For `CollectorRoots.scanFrames`. True: no older frames are left unscanned.
    public static let scan: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Bool = {
        raw, visitor, part in FrameScanner.scan(Thread(raw), visitor, part)
    }

    static func scan(_ t: Thread, _ visitor: UnsafeMutableRawPointer, _ part: Int) -> Bool {
        guard t.objects.pointee.vm != nil else { return true }
        let vm = t.vm
        switch part {
        case 0:
            for value in [t.objects.pointee.raised, t.objects.pointee.handled] where value.isObject {
                visitor.report(value.object.raw, true)
            }
            t.lowWater = t.currentFrame ?? vm.pointee.stackBase
            return older(t, from: t.currentFrame, callee: nil, visitor)
        case 1:
            var frame = t.currentFrame
            var callee: Registers?
            let low = min(t.lowWater, frame ?? vm.pointee.stackBase)
            while let regs = frame, regs >= low {
                visit(regs, callee, visitor)
                callee = regs
                frame = regs.callerFrame
            }
            if low < vm.pointee.scannedDownTo { vm.pointee.scannedDownTo = callee ?? vm.pointee.stackBase }
            t.lowWater = t.currentFrame ?? vm.pointee.stackBase
            return true
        case 3:
            var frame = t.currentFrame
            var callee: Registers?
            while let regs = frame {
                visit(regs, callee, visitor)
                callee = regs
                frame = regs.callerFrame
            }
            return true
        default:
            if vm.pointee.scannedDownTo == vm.pointee.stackBase { return true }
            return older(t, from: vm.pointee.scannedDownTo.callerFrame, callee: vm.pointee.scannedDownTo, visitor)
        }
    }

    private static func older(
        _ t: Thread, from first: Registers?, callee: Registers?, _ visitor: UnsafeMutableRawPointer
    ) -> Bool {
        var frame = first
        var above = callee
        var count = 0
        while let regs = frame {
            if count == framesAtOnce {
                t.vm.pointee.scannedDownTo = above.unsafelyUnwrapped
                return false
            }
            visit(regs, above, visitor)
            count += 1
            above = regs
            frame = regs.callerFrame
        }
        t.vm.pointee.scannedDownTo = t.vm.pointee.stackBase
        return true
    }

    private static func visit(_ regs: Registers, _ callee: Registers?, _ visitor: UnsafeMutableRawPointer) {
        var end = Int(regs.code.pointee.registerCount)
        // A callee that lies over this frame's temporaries; others lie behind them.
        if let callee { end = min(end, callee - regs - FrameLayout.headerWords) }
        var index = 0
        while index < end {
            let value = regs.value(index)
            if value.isObject { visitor.report(value.object.raw, value.isCounted) }
            index += 1
        }
        visitor.report(regs.code.pointee.object, false)
        if let function = regs.functionRaw { visitor.report(function, false) }
        let mapping = regs.localsMapping
        if mapping.isObject { visitor.report(mapping.object.raw, false) }
    }
}
