// Workers that call functions of one Python program, each with a thread of its own in one interpreter.
//
// A function of the program returns a pair of ints, claim checks and entries into the race window, or a str that says what is wrong.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillModules
import StillVM
import Stillpoint

/// A scenario's program cannot begin.
struct ProgramFailure: Error, CustomStringConvertible {
    let problem: String
    var description: String { problem }
}

final class PythonWorkers: @unchecked Sendable {
    private let interpreter: Stillpoint.Interpreter
    private let functions: [String: Value]
    private let threads: Guarded<[Int: ThreadState]>

    init(program: String, name: String, functions names: [String]) throws {
        interpreter = try Stillpoint.Interpreter()
        try interpreter.run(source: Array(program.utf8), filename: "<\(name)>")
        threads = Guarded([:])
        let thread = try interpreter.registry.makeThread()
        try PythonThreads.enter(thread)
        var found: [String: Value] = [:]
        let modules = DictRef(interpreter.registry.state.pointee.modules)
        let main = modules.getName(thread, Interning.intern("__main__"))
        for name in names {
            found[name] = DictRef(ModuleRef(main).dict).getName(thread, Interning.intern(name))
        }
        thread.release(main)
        functions = found
        thread.destroy()
    }

    func enter(worker: Int) {
        guard let thread = try? interpreter.registry.makeThread(), (try? PythonThreads.enter(thread)) != nil else { return }
        threads.withLock { $0[worker] = thread }
    }

    /// The worker's thread, nil when there was no memory for one.
    func thread(of worker: Int) -> ThreadState? { threads.withLock { $0[worker] } }

    func leave(worker: Int) {
        threads.withLock { $0.removeValue(forKey: worker) }?.destroy()
    }

    /// Calls a function with a str, before there are workers. - Returns: what is wrong.
    func prepare(_ name: String, _ text: String) -> String? {
        guard let thread = try? interpreter.registry.makeThread(), (try? PythonThreads.enter(thread)) != nil else {
            return "no memory for a thread"
        }
        defer { thread.destroy() }
        guard let argument = try? thread.makeString(text) else { return "no memory for a str" }
        defer { thread.release(argument) }
        var counters = StressCounters()
        return call(thread, name, [argument], &counters)
    }

    /// - Returns: the function's owned result; null with `problem` set.
    func make(_ t: ThreadState, _ name: String, _ argument: Value, problem: inout String?) -> Value {
        do throws(PythonError) { return try t.call(functions[name]!, argument) } catch {
            problem = raised(t)
            return .null
        }
    }

    /// Calls a function and adds what it counted. - Returns: what is wrong.
    func call(_ t: ThreadState, _ name: String, _ arguments: [Value], _ counters: inout StressCounters) -> String? {
        let result: Value
        do throws(PythonError) { result = try t.call(functions[name]!, list: arguments) } catch { return raised(t) }
        defer { t.release(result) }
        if t.isStr(result) { return StrRef(result).string }
        guard result.isObject, t.typeOf(result) == t.type(.tuple), TupleRef(result).count == 2 else {
            return "\(name) returned neither a pair nor a str"
        }
        counters.claimChecks += UInt64(TupleRef(result).item(0).smallInt)
        counters.raceWindows += UInt64(TupleRef(result).item(1).smallInt)
        return nil
    }

    private func raised(_ t: ThreadState) -> String {
        let exception = t.takeRaised()
        defer { t.release(exception) }
        return "uncaught " + t.exceptionSummary(exception)
    }

    /// Ends the interpreter after a last call, when all workers have left.
    func finish(calling name: String? = nil) -> String? {
        guard let thread = try? interpreter.registry.makeThread(), (try? PythonThreads.enter(thread)) != nil else {
            return "no memory for a thread"
        }
        var counters = StressCounters()
        var problem = name.flatMap { call(thread, $0, [], &counters) }
        if BuildOptions.checksInvariants && problem == nil {
            problem = thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
                HeapCheck.run(InterpreterHeap(of: thread), world).problems.first
            }
        }
        for function in functions.values { thread.release(function) }
        thread.destroy()
        interpreter.close()
        return problem
    }
}
