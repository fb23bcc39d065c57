// Why the world was stopped.

public enum PauseReason: UInt32, CaseIterable, Sendable {
    case collectSlice, collectVerdict, collectStart, versionInvalidation, introspection, test, fork, finalization, threadBirth, collectYoung

    public var name: String {
        switch self {
        case .collectSlice: "collect slice"
        case .collectVerdict: "collect verdict"
        case .collectStart: "collect start"
        case .collectYoung: "collect young"
        case .versionInvalidation: "version invalidation"
        case .introspection: "introspection"
        case .test: "test"
        case .fork: "fork"
        case .finalization: "finalization"
        case .threadBirth: "thread birth"
        }
    }
    /// The thread's processor clock costs a system call, more than a short pause itself: read for pauses with real work only. In a forked
    /// child it begins anew.
    var measuresCPU: Bool { self != .versionInvalidation && self != .test && self != .fork && self != .threadBirth }
}
