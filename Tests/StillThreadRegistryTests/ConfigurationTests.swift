import StillThreadRegistry
import Testing

@Suite struct ConfigurationTests {
    @Test func presets() throws {
        for legal in [InterpreterConfiguration.main, .isolated, .legacy] { try legal.validate() }
        #expect(throws: InterpreterConfigurationError.ownAllocatorNeedsExtensionCheck) { try InterpreterConfiguration.empty.validate() }
        #expect(!InterpreterConfiguration.isolated.allowsFork && !InterpreterConfiguration.isolated.allowsExec)
        #expect(!InterpreterConfiguration.isolated.allowsDaemonThreads && InterpreterConfiguration.isolated.allowsThreads)
    }

    @Test func everyCombination() {
        var legal = 0
        for bits in 0..<64 {
            for lock in InterpreterConfiguration.Lock.allCases {
                func bit(_ index: Int) -> Bool { bits >> index & 1 != 0 }
                let configuration = InterpreterConfiguration(
                    usesMainAllocator: bit(0), allowsFork: bit(1), allowsExec: bit(2), allowsThreads: bit(3), allowsDaemonThreads: bit(4),
                    checksMultiInterpreterExtensions: bit(5), lock: lock)
                let expected = (bit(0) || bit(5)) && !(bit(0) && lock == .own)
                let isLegal = (try? configuration.validate()) != nil
                #expect(isLegal == expected, "\(configuration)")
                if isLegal { legal += 1 }
            }
        }
        // 16 settings of the four rights that exclude nothing, times: main's allocator with either check and two locks, or an own
        // one with the check and three locks.
        #expect(legal == 16 * (2 * 2 + 3))
    }

    @Test func anIllegalOneChangesNothing() throws {
        let interpreter = try Runtime.makeInterpreter()
        #expect(throws: InterpreterConfigurationError.self) { try interpreter.configure(.empty) }
        #expect(interpreter.configuration == .main)
        try interpreter.configure(.isolated)
        #expect(interpreter.configuration == .isolated)
        interpreter.destroy()
    }
}
