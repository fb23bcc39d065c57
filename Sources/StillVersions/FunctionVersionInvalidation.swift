// Changing a function's critical attributes while other threads call it.
//
// First     change of a function whose version is valid: the world is stopped, the version cleared for good, the attribute stored. A thread
//           that had passed a guard has finished with what it read; who comes later sees the cleared version.
// Later     changes hold the function's lock and stop nobody. Who calls a function without valid version reads all critical attributes
//           under that lock, each once, and holds them while it binds its arguments.
// So        every call sees one set of attributes that the function had at one moment, and a thread's own next call sees its change.
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum FunctionVersionInvalidation {
    /// From now on no guard on the function passes, and no version finds it.
    public static func clear<F: VersionedFunction>(_ function: F, _ world: borrowing StoppedWorld) {
        FunctionVersion.forget(function, world.interpreter)
        function.clearVersion()
    }

    /// Runs a change of critical attributes.
    ///
    /// - Parameter change: must not run Python code, release what may die, or take a lock.
    /// - Threads: attached, at a point where the thread may be stopped.
    public static func change<F: VersionedFunction, R>(_ function: F, _ t: ThreadState, _ change: () -> R) -> R {
        let guarded = FunctionVersion.isValid(function.version)
        if guarded && !FaultInjection.isActive(.changeFunctionRunning) {
            return t.withStoppedWorld(.versionInvalidation) { (world: borrowing StoppedWorld) in
                clear(function, world)
                return change()
            }
        }
        ObjectLock.lock(function.functionLock)
        defer { ObjectLock.unlock(function.functionLock) }
        SchedulingNoise.point()
        return change()
    }
}
