// Limits on native recursion, and the stack of objects whose repr is running.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

extension ThreadState {
    /// Sets the limit on native recursion from the stack of the running OS thread. Again when another OS thread takes the thread state over.
    public func updateStackLimit() {
        let bounds = OSThread.stackBounds
        let reserve = min(UInt(256 * 1024), (bounds.high - bounds.low) / 4)
        objects.pointee.nativeStackLimit = bounds.low == 0 ? 0 : bounds.low + reserve
    }

    /// Enters a native function that may recurse through Python objects.
    ///
    /// - Parameter place: end of the RecursionError's message, e.g. " in comparison".
    @inlinable public func enterNative(_ place: StaticString = "") throws(PythonError) {
        let own = objects
        own.pointee.nativeDepth &+= 1
        var marker: UInt8 = 0
        let here = withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
        if _slowPath(own.pointee.nativeDepth > own.pointee.recursionLimit || here < own.pointee.nativeStackLimit) {
            throw tooDeep(place)
        }
    }
    @usableFromInline @inline(never) func tooDeep(_ place: StaticString) -> PythonError {
        objects.pointee.nativeDepth -= 1
        return raise(.recursionError, "maximum recursion depth exceeded\(place)")
    }
    @inlinable public func leaveNative() { objects.pointee.nativeDepth &-= 1 }

    /// Notes that the object's repr runs. False: it is running already, print an ellipsis and do not leave.
    public func reprEnter(_ object: ObjectRef) throws(PythonError) -> Bool {
        let own = objects
        for index in 0..<own.pointee.reprCount where own.pointee.reprStack![index] == object.raw { return false }
        if own.pointee.reprCount == own.pointee.reprCapacity {
            let capacity = max(16, own.pointee.reprCapacity * 2)
            guard let grown = rawReallocate(own.pointee.reprStack.map { UnsafeMutableRawPointer($0) }, capacity * 8) else {
                throw noMemory()
            }
            own.pointee.reprStack = grown.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
            own.pointee.reprCapacity = capacity
        }
        own.pointee.reprStack![own.pointee.reprCount] = object.raw
        own.pointee.reprCount += 1
        return true
    }
    public func reprLeave(_ object: ObjectRef) {
        let own = objects
        var index = own.pointee.reprCount - 1
        while index >= 0 && own.pointee.reprStack![index] != object.raw { index -= 1 }
        if index < 0 { return }
        for at in index..<(own.pointee.reprCount - 1) { own.pointee.reprStack![at] = own.pointee.reprStack![at + 1] }
        own.pointee.reprCount -= 1
    }
}
