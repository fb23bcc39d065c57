// The module `select`: poll and epoll are native calls on descriptors, made detached; the objects around them are Python.
//
// A `poll` object's table of descriptors is a dict of its own, copied before the wait: threads may register meanwhile. An epoll object is its descriptor.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum SelectModule {
    public static let definition = ModuleDefinition(name: "select") { m in
        m.set("error", StaticTypes.record(ExceptionID.osError).value)
        for (name, number) in [
            ("POLLIN", POLLIN), ("POLLPRI", POLLPRI), ("POLLOUT", POLLOUT), ("POLLERR", POLLERR), ("POLLHUP", POLLHUP),
            ("POLLNVAL", POLLNVAL), ("POLLRDNORM", POLLRDNORM), ("POLLRDBAND", POLLRDBAND), ("POLLWRNORM", POLLWRNORM),
            ("POLLWRBAND", POLLWRBAND),
        ] { m.set(name, Value(smallInt: Int(number))) }
        m.function("_poll", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try SelectModule.poll(t, Value(bits: a[0]), Value(bits: a[1])) }
        }
        PythonPart.run(m, SelectModule.source)
        #if os(Linux)
            m.set("POLLRDHUP", Value(smallInt: 0x2000))
            for (name, number) in [
                ("EPOLLIN", 1), ("EPOLLPRI", 2), ("EPOLLOUT", 4), ("EPOLLERR", 8), ("EPOLLHUP", 0x10), ("EPOLLRDHUP", 0x2000),
                ("EPOLLRDNORM", 0x40), ("EPOLLRDBAND", 0x80), ("EPOLLWRNORM", 0x100), ("EPOLLWRBAND", 0x200), ("EPOLLMSG", 0x400),
                ("EPOLLEXCLUSIVE", 1 << 28), ("EPOLLWAKEUP", 1 << 29), ("EPOLLONESHOT", 1 << 30), ("EPOLLET", 1 << 31),
                ("EPOLL_CLOEXEC", 0x80000),
            ] { m.set(name, Value(smallInt: number)) }
            SelectModule.epoll(m)
            PythonPart.run(m, SelectModule.epollSource)
        #endif
    }

    /// A wait that can time out: `body` gets the milliseconds left (-1: for ever), and is called again after a signal.
    private static func wait(_ t: Thread, _ timeout: Value, _ body: (Int32) -> Int) throws(PythonError) -> Int {
        var end: UInt64?
        if !timeout.isNone {
            let nanoseconds = try TimeModule.nanoseconds(t, timeout)
            if nanoseconds >= 0 { end = Clock.monotonicNanoseconds() &+ UInt64(nanoseconds) }
        }
        while true {
            var milliseconds: Int32 = -1
            if let end {
                let now = Clock.monotonicNanoseconds()
                // Rounded up: a wait never ends too early.
                milliseconds = now >= end ? 0 : Int32(clamping: (end - now + 999_999) / 1_000_000)
            }
            let (result, code) = t.detached { () -> (Int, Int32) in
                let result = body(milliseconds)
                return (result, result < 0 ? errno : 0)
            }
            if result > 0 { return result }
            if result == 0 {
                if let end, Clock.monotonicNanoseconds() < end { continue }
                return 0
            }
            guard code == EINTR else { throw t.raiseOSError(Int(code), SystemError.text(code)) }
            try Interrupts.deliver(t)
        }
    }

    /// A list of (descriptor, mask) to the list of those that are ready. `timeout`: seconds, None for ever.
    static func poll(_ t: Thread, _ wanted: Value, _ timeout: Value) throws(PythonError) -> Value {
        var records: [pollfd] = []
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        try ListRef(list).extend(t, wanted)
        for index in 0..<ListRef(list).count {
            let pair = ListRef(list).item(t, index)
            defer { t.release(pair) }
            let descriptor = try t.indexInt(TupleRef(pair).item(0))
            let mask = try t.indexInt(TupleRef(pair).item(1))
            records.append(pollfd(fd: Int32(truncatingIfNeeded: descriptor), events: Int16(truncatingIfNeeded: mask), revents: 0))
        }
        _ = try wait(t, timeout) { milliseconds in
            records.withUnsafeMutableBufferPointer { buffer in
                var none = pollfd()
                return Int(SelectModule.poll(buffer.baseAddress ?? withUnsafeMutablePointer(to: &none) { $0 }, buffer.count, milliseconds))
            }
        }
        let found = try t.makeList(capacity: 0)
        do throws(PythonError) {
            for record in records where record.revents != 0 {
                try ListRef(found).appendOwned(
                    t, t.makeTuple([Value(smallInt: Int(record.fd)), Value(smallInt: Int(UInt16(bitPattern: record.revents)))]))
            }
        } catch {
            t.release(found)
            throw error
        }
        return found
    }
    private static func poll(_ records: UnsafeMutablePointer<pollfd>, _ count: Int, _ milliseconds: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.poll(records, nfds_t(count), milliseconds)
        #else
            Darwin.poll(records, nfds_t(count), milliseconds)
        #endif
    }

    #if os(Linux)
        private static func epoll(_ m: ModuleBuilder) {
            m.function("_epoll_create", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    Value(smallInt: try PosixFiles.call(t) { Int(EventPoll.make()) })
                }
            }
            m.function("_epoll_ctl", 4, 4) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    var numbers: [Int] = []
                    for index in 0..<4 { numbers.append(try t.indexInt(Value(bits: a[index]))) }
                    _ = try PosixFiles.call(t) {
                        Int(
                            EventPoll.change(
                                Int32(truncatingIfNeeded: numbers[0]), operation: Int32(truncatingIfNeeded: numbers[1]),
                                Int32(truncatingIfNeeded: numbers[2]), mask: UInt32(truncatingIfNeeded: numbers[3])))
                    }
                    return .none
                }
            }
            m.function("_epoll_wait", 3, 3) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let descriptor = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                    let limit = max(1, min(65536, try t.indexInt(Value(bits: a[2]))))
                    var events = [EventPoll.Event](repeating: EventPoll.Event(), count: limit)
                    let count = try SelectModule.wait(t, Value(bits: a[1])) { milliseconds in
                        Int(EventPoll.wait(descriptor, &events, milliseconds))
                    }
                    let found = try t.makeList(capacity: count)
                    do throws(PythonError) {
                        for event in events[..<count] {
                            try ListRef(found).appendOwned(
                                t, t.makeTuple([Value(smallInt: Int(event.descriptor)), Value(smallInt: Int(event.mask))]))
                        }
                    } catch {
                        t.release(found)
                        throw error
                    }
                    return found
                }
            }
        }
    #endif

    private static let source = """
        def _descriptor(item):
            if isinstance(item, int):
                number = int(item)
            else:
                try:
                    method = item.fileno
                except AttributeError:
                    raise TypeError('argument must be an int, or have a fileno() method.') from None
                number = method()
                if not isinstance(number, int):
                    raise TypeError('fileno() returned a non-integer')
            if number < 0:
                raise ValueError('file descriptor cannot be a negative integer (%i)' % number)
            return number


        def select(rlist, wlist, xlist, timeout=None, /):
            if timeout is not None:
                if not isinstance(timeout, (int, float)):
                    raise TypeError('timeout must be a float or None')
                if timeout < 0:
                    raise ValueError('timeout must be non-negative')
            masks = {}
            lists = []
            for items, mask in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLPRI)):
                try:
                    pairs = [(_descriptor(item), item) for item in items]
                except TypeError as error:
                    if 'iterable' in str(error):
                        raise TypeError('arguments 1-3 must be sequences') from None
                    raise
                for number, _ in pairs:
                    masks[number] = masks.get(number, 0) | mask
                lists.append(pairs)
            ready = dict(_poll(list(masks.items()), timeout))
            for mask in ready.values():
                if mask & POLLNVAL:
                    raise OSError(9, 'Bad file descriptor')
            wanted = (POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI)
            return tuple([item for number, item in pairs if ready.get(number, 0) & mask] for pairs, mask in zip(lists, wanted))


        class poll:
            def __init__(self):
                self._masks = {}

            def register(self, fd, eventmask=POLLIN | POLLPRI | POLLOUT, /):
                self._masks[_descriptor(fd)] = eventmask

            def modify(self, fd, eventmask, /):
                number = _descriptor(fd)
                if number not in self._masks:
                    raise FileNotFoundError(2, 'No such file or directory')
                self._masks[number] = eventmask

            def unregister(self, fd, /):
                del self._masks[_descriptor(fd)]

            def poll(self, timeout=None, /):
                if timeout is not None:
                    timeout = None if timeout < 0 else timeout / 1000
                return _poll(list(self._masks.items()), timeout)


        poll.__module__ = 'select'
        """

    private static let epollSource = """
        class epoll:
            def __init__(self, sizehint=-1, flags=0):
                if sizehint == -1:
                    sizehint = 1022
                elif sizehint <= 0:
                    raise ValueError('sizehint must be positive or -1')
                if flags & ~EPOLL_CLOEXEC:
                    raise OSError(22, 'Invalid argument')
                # A list, so that one of several threads that close takes it.
                self._descriptor = [_epoll_create()]

            @classmethod
            def fromfd(cls, fd, /):
                made = cls.__new__(cls)
                made._descriptor = [fd]
                return made

            def _open(self):
                try:
                    return self._descriptor[0]
                except IndexError:
                    raise ValueError('I/O operation on closed epoll object') from None

            def fileno(self):
                return self._open()

            @property
            def closed(self):
                return not self._descriptor

            def close(self):
                try:
                    number = self._descriptor.pop()
                except (IndexError, AttributeError):
                    return
                import posix
                posix.close(number)

            def __enter__(self):
                self._open()
                return self

            def __exit__(self, *details):
                self.close()

            def __del__(self):
                self.close()

            def register(self, fd, eventmask=EPOLLIN | EPOLLPRI | EPOLLOUT):
                _epoll_ctl(self._open(), 1, _descriptor(fd), eventmask)

            def modify(self, fd, eventmask):
                _epoll_ctl(self._open(), 3, _descriptor(fd), eventmask)

            def unregister(self, fd):
                _epoll_ctl(self._open(), 2, _descriptor(fd), 0)

            def poll(self, timeout=None, maxevents=-1):
                if timeout is not None and timeout < 0:
                    timeout = None
                if maxevents == -1:
                    maxevents = 1023
                elif maxevents <= 0:
                    raise ValueError('maxevents must be greater than 0, got %d' % maxevents)
                return _epoll_wait(self._open(), timeout, maxevents)


        epoll.__module__ = 'select'
        """
}
