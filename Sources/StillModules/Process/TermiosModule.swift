// The module `termios`: native calls on descriptors, which may wait and are made detached; lists and errors are Python.
//
// A terminal's attributes cross as the four flag words and the two speeds in a tuple, and the control characters as bytes.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import StillObjects
import StillThreadRegistry
public import StillVM

public enum TermiosModule {
    public static let definition = ModuleDefinition(name: "termios") { m in
        for (name, number) in TermiosModule.numbers { m.set(name, Value(smallInt: number)) }
        for (index, speed) in TermiosModule.speeds { m.set("B\(speed)", Value(smallInt: index)) }
        // (descriptor): an error number or ((input, output, control, local, input speed, output speed), control characters)
        m.function("_get", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                var state = termios()
                if let code = TermiosModule.fails(t, { tcgetattr(descriptor, &state) }) { return code }
                let words = [
                    Int(state.c_iflag), Int(state.c_oflag), Int(state.c_cflag), Int(state.c_lflag), Int(cfgetispeed(&state)),
                    Int(cfgetospeed(&state)),
                ]
                let characters = withUnsafeBytes(of: &state.c_cc) { Array($0) }
                return try t.makeTuple([try t.makeTuple(words.map { Value(smallInt: $0) }), try t.makeBytes(characters)])
            }
        }
        // (descriptor, when, six words, control characters): an error number or 0
        m.function("_set", 4, 4) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                let when = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[1])))
                let items = TupleRef(Value(bits: a[2]))
                var words: [Int] = []
                for index in 0..<6 { words.append(try t.indexInt(items.item(index))) }
                let characters = t.bytesLike(Value(bits: a[3])) ?? []
                var state = termios()
                // What the system keeps beside these.
                if let code = TermiosModule.fails(t, { tcgetattr(descriptor, &state) }) { return code }
                state.c_iflag = tcflag_t(truncatingIfNeeded: words[0])
                state.c_oflag = tcflag_t(truncatingIfNeeded: words[1])
                state.c_cflag = tcflag_t(truncatingIfNeeded: words[2])
                state.c_lflag = tcflag_t(truncatingIfNeeded: words[3])
                withUnsafeMutableBytes(of: &state.c_cc) { bytes in
                    for index in 0..<min(bytes.count, characters.count) { bytes[index] = characters[index] }
                }
                if let code = TermiosModule.fails(t, { cfsetispeed(&state, speed_t(truncatingIfNeeded: words[4])) }) { return code }
                if let code = TermiosModule.fails(t, { cfsetospeed(&state, speed_t(truncatingIfNeeded: words[5])) }) { return code }
                return TermiosModule.fails(t) { tcsetattr(descriptor, when, &state) } ?? Value(smallInt: 0)
            }
        }
        // (which, descriptor, argument): an error number or 0
        m.function("_call", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let which = try t.indexInt(Value(bits: a[0]))
                let descriptor = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[1])))
                let argument = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[2])))
                let code = TermiosModule.fails(t) {
                    switch which {
                    case 0: tcsendbreak(descriptor, argument)
                    case 1: tcdrain(descriptor)
                    case 2: tcflush(descriptor, argument)
                    default: tcflow(descriptor, argument)
                    }
                }
                return code ?? Value(smallInt: 0)
            }
        }
        // (descriptor): an error number or (rows, columns)
        m.function("_size", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                var size = winsize()
                if let code = TermiosModule.fails(t, { ioctl(descriptor, UInt(TIOCGWINSZ), &size) }) { return code }
                return try t.makeTuple([Value(smallInt: Int(size.ws_row)), Value(smallInt: Int(size.ws_col))])
            }
        }
        // (descriptor, rows, columns): an error number or 0
        m.function("_resize", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let descriptor = Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                var size = winsize()
                // The size in pixels stays.
                if let code = TermiosModule.fails(t, { ioctl(descriptor, UInt(TIOCGWINSZ), &size) }) { return code }
                size.ws_row = UInt16(truncatingIfNeeded: try t.indexInt(Value(bits: a[1])))
                size.ws_col = UInt16(truncatingIfNeeded: try t.indexInt(Value(bits: a[2])))
                return TermiosModule.fails(t) { ioctl(descriptor, UInt(TIOCSWINSZ), &size) } ?? Value(smallInt: 0)
            }
        }
        PythonPart.run(m, TermiosModule.source)
    }

    /// The error number of a call that has failed.
    private static func fails(_ t: Thread, _ call: () -> Int32) -> Value? {
        let code: Int32 = t.detached { call() == -1 ? errno : 0 }
        return code == 0 ? nil : Value(smallInt: Int(code))
    }

    private static let source = """
        from posix import strerror as _text


        class error(Exception):
            pass


        def _descriptor(fd):
            if not isinstance(fd, int):
                try:
                    method = fd.fileno
                except AttributeError:
                    raise TypeError('argument must be an int, or have a fileno() method.') from None
                fd = method()
                if not isinstance(fd, int):
                    raise TypeError('fileno() returned a non-integer')
            if fd < 0:
                raise ValueError('file descriptor cannot be a negative integer (%d)' % fd)
            return fd


        def _checked(found):
            # Error numbers are positive.
            if found.__class__ is int and found:
                raise error(found, _text(found))
            return found


        def tcgetattr(fd, /):
            words, characters = _checked(_get(_descriptor(fd)))
            listed = [characters[n:n + 1] for n in range(NCCS)]
            if not words[3] & ICANON:
                for n in VMIN, VTIME:
                    listed[n] = characters[n]
            return list(words) + [listed]


        def tcsetattr(fd, when, attributes, /):
            fd = _descriptor(fd)
            if not isinstance(attributes, list) or len(attributes) != 7:
                raise TypeError('tcsetattr, arg 3: must be 7 element list')
            words = tuple(word.__index__() if hasattr(word, '__index__') else _refused(word) for word in attributes[:6])
            listed = attributes[6]
            if not isinstance(listed, list) or len(listed) != NCCS:
                raise TypeError('tcsetattr: attributes[6] must be %d element list' % NCCS)
            characters = bytearray()
            for item in listed:
                if isinstance(item, bytes) and len(item) == 1:
                    characters += item
                elif isinstance(item, int):
                    characters.append(item & 255)
                else:
                    raise TypeError('tcsetattr: elements of attributes must be characters or integers')
            _checked(_set(fd, when, words, bytes(characters)))


        def _refused(word):
            raise TypeError('%r object cannot be interpreted as an integer' % type(word).__name__)


        def tcsendbreak(fd, duration, /):
            _checked(_call(0, _descriptor(fd), duration))


        def tcdrain(fd, /):
            _checked(_call(1, _descriptor(fd), 0))


        def tcflush(fd, queue, /):
            _checked(_call(2, _descriptor(fd), queue))


        def tcflow(fd, action, /):
            _checked(_call(3, _descriptor(fd), action))


        def tcgetwinsize(fd, /):
            return _checked(_size(_descriptor(fd)))


        def tcsetwinsize(fd, winsize, /):
            fd = _descriptor(fd)
            try:
                rows, columns = winsize
            except (TypeError, ValueError):
                raise TypeError('tcsetwinsize, arg 2: must be a two-item sequence') from None
            if not (0 <= rows < 65536 and 0 <= columns < 65536):
                raise OverflowError('winsize value(s) out of range.')
            _checked(_resize(fd, rows, columns))
        """

    private static var numbers: [(String, Int)] {
        var all: [(String, Int)] = [
            ("TCSANOW", Int(TCSANOW)), ("TCSADRAIN", Int(TCSADRAIN)), ("TCSAFLUSH", Int(TCSAFLUSH)),
            ("TCIFLUSH", Int(TCIFLUSH)), ("TCOFLUSH", Int(TCOFLUSH)), ("TCIOFLUSH", Int(TCIOFLUSH)),
            ("TCOOFF", Int(TCOOFF)), ("TCOON", Int(TCOON)), ("TCIOFF", Int(TCIOFF)), ("TCION", Int(TCION)),
            ("IGNBRK", Int(IGNBRK)), ("BRKINT", Int(BRKINT)), ("IGNPAR", Int(IGNPAR)), ("PARMRK", Int(PARMRK)), ("INPCK", Int(INPCK)),
            ("ISTRIP", Int(ISTRIP)), ("INLCR", Int(INLCR)), ("IGNCR", Int(IGNCR)), ("ICRNL", Int(ICRNL)), ("IXON", Int(IXON)),
            ("IXANY", Int(IXANY)), ("IXOFF", Int(IXOFF)), ("IMAXBEL", Int(IMAXBEL)),
            ("OPOST", Int(OPOST)), ("ONLCR", Int(ONLCR)), ("OCRNL", Int(OCRNL)), ("ONOCR", Int(ONOCR)), ("ONLRET", Int(ONLRET)),
            ("OFILL", Int(OFILL)), ("OFDEL", Int(OFDEL)),
            ("CSIZE", Int(CSIZE)), ("CS5", Int(CS5)), ("CS6", Int(CS6)), ("CS7", Int(CS7)), ("CS8", Int(CS8)), ("CSTOPB", Int(CSTOPB)),
            ("CREAD", Int(CREAD)), ("PARENB", Int(PARENB)), ("PARODD", Int(PARODD)), ("HUPCL", Int(HUPCL)), ("CLOCAL", Int(CLOCAL)),
            ("ISIG", Int(ISIG)), ("ICANON", Int(ICANON)), ("ECHO", Int(ECHO)), ("ECHOE", Int(ECHOE)), ("ECHOK", Int(ECHOK)),
            ("ECHONL", Int(ECHONL)), ("ECHOCTL", Int(ECHOCTL)), ("ECHOPRT", Int(ECHOPRT)), ("ECHOKE", Int(ECHOKE)), ("FLUSHO", Int(FLUSHO)),
            ("NOFLSH", Int(NOFLSH)), ("TOSTOP", Int(TOSTOP)), ("PENDIN", Int(PENDIN)), ("IEXTEN", Int(IEXTEN)),
            ("VINTR", Int(VINTR)), ("VQUIT", Int(VQUIT)), ("VERASE", Int(VERASE)), ("VKILL", Int(VKILL)), ("VEOF", Int(VEOF)),
            ("VTIME", Int(VTIME)), ("VMIN", Int(VMIN)), ("VSTART", Int(VSTART)), ("VSTOP", Int(VSTOP)), ("VSUSP", Int(VSUSP)),
            ("VEOL", Int(VEOL)), ("VREPRINT", Int(VREPRINT)), ("VDISCARD", Int(VDISCARD)), ("VWERASE", Int(VWERASE)),
            ("VLNEXT", Int(VLNEXT)), ("VEOL2", Int(VEOL2)), ("NCCS", Int(NCCS)),
            ("TIOCGWINSZ", Int(TIOCGWINSZ)), ("TIOCSWINSZ", Int(TIOCSWINSZ)),
        ]
        #if canImport(Glibc)
            all += [
                ("IUCLC", 0o1000), ("IUTF8", 0o40000), ("OLCUC", 2), ("NLDLY", 0o400), ("NL0", 0), ("NL1", 0o400), ("CRDLY", 0o3000),
                ("TABDLY", 0o14000), ("TAB0", 0), ("TAB3", 0o14000), ("XTABS", 0o14000), ("CBAUD", 0o10017), ("CBAUDEX", 0o10000),
                ("CRTSCTS", 0o20000000000), ("XCASE", 4), ("VSWTC", 7), ("VSWTCH", 7), ("EXTPROC", 0o200000),
                ("TIOCGPGRP", 0x540F), ("TIOCSPGRP", 0x5410), ("TIOCOUTQ", 0x5411), ("TIOCSTI", 0x5412), ("TIOCINQ", 0x541B),
                ("FIONREAD", 0x541B), ("TIOCCONS", 0x541D), ("TIOCNOTTY", 0x5422), ("TIOCSCTTY", 0x540E), ("TIOCEXCL", 0x540C),
                ("TIOCNXCL", 0x540D), ("TCGETS", 0x5401), ("TCSETS", 0x5402), ("TCSETSW", 0x5403), ("TCSETSF", 0x5404),
                ("TCSBRK", 0x5409), ("TCXONC", 0x540A), ("TCFLSH", 0x540B), ("_POSIX_VDISABLE", 0),
            ]
        #endif
        return all
    }

    /// By the number that a terminal's attributes have.
    private static var speeds: [(Int, Int)] {
        [
            (Int(B0), 0), (Int(B50), 50), (Int(B75), 75), (Int(B110), 110), (Int(B134), 134), (Int(B150), 150), (Int(B200), 200),
            (Int(B300), 300), (Int(B600), 600), (Int(B1200), 1200), (Int(B1800), 1800), (Int(B2400), 2400), (Int(B4800), 4800),
            (Int(B9600), 9600), (Int(B19200), 19200), (Int(B38400), 38400), (Int(B57600), 57600), (Int(B115200), 115200),
            (Int(B230400), 230400),
        ]
    }
}
