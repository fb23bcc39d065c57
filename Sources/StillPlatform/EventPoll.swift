// epoll for the module select.
#if os(Linux)
    internal import CStillShims

    public enum EventPoll {
        public struct Event: Sendable {
            public var descriptor: Int32 = -1
            public var mask: UInt32 = 0
            public init() {}
        }
        public static func make() -> Int32 { still_epoll_create() }
        /// `operation`: 1 add, 2 delete, 3 modify. - Returns: -1 with errno.
        public static func change(_ epoll: Int32, operation: Int32, _ descriptor: Int32, mask: UInt32) -> Int32 {
            still_epoll_change(epoll, operation, descriptor, mask)
        }
        /// Fills the first events. May block. - Returns: how many, -1 with errno.
        public static func wait(_ epoll: Int32, _ events: inout [Event], _ milliseconds: Int32) -> Int32 {
            events.withUnsafeMutableBytes { space in
                still_epoll_wait(
                    epoll, space.baseAddress?.assumingMemoryBound(to: still_event.self), Int32(space.count / 8), milliseconds)
            }
        }
    }
#endif
