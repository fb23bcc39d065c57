// The Python part of `_socket`: socket objects, address records, names.
enum SocketSource {
    static let text = """
        import sys as _sys


        class gaierror(OSError):
            pass


        class herror(OSError):
            pass


        gaierror.__module__ = herror.__module__ = 'socket'
        _AGAIN, _IN_PROGRESS, _ALREADY, _CONNECTED = (11, 115, 114, 106) if _sys.platform == 'linux' else (35, 36, 37, 56)
        _default = None


        # Address records: (family, length) in two bytes, whose order is the platform's, then what the family wants.

        def _head(family, length):
            if _sys.platform == 'linux':
                return family.to_bytes(2, 'little')
            return bytes((length, family))


        def _family(record):
            return int.from_bytes(record[:2], 'little') if _sys.platform == 'linux' else record[1]


        def _port(port):
            if not isinstance(port, int):
                raise TypeError("'%s' object cannot be interpreted as an integer" % type(port).__name__)
            if not 0 <= port <= 65535:
                raise OverflowError('port must be 0-65535.')
            return port.to_bytes(2, 'big')


        def _host(host, family):
            if isinstance(host, (bytes, bytearray)):
                host = bytes(host).decode('ascii')
            if not isinstance(host, str):
                raise TypeError('str, bytes or bytearray expected, not %s' % type(host).__name__)
            if host == '':
                return bytes(4 if family == AF_INET else 16)
            if host == '<broadcast>' and family == AF_INET:
                return b'\\xff' * 4
            try:
                return inet_pton(family, host)
            except OSError:
                pass
            record = _getaddrinfo(gaierror, host, None, family, SOCK_DGRAM, 0, 0)[0][4]
            return record[4:8] if family == AF_INET else record[8:24]


        def _record(family, address, name):
            if family == AF_UNIX:
                if isinstance(address, str):
                    path = address.encode('utf-8', 'surrogateescape')
                else:
                    try:
                        path = bytes(memoryview(address))
                    except TypeError:
                        raise TypeError("a bytes-like object is required, not '%s'" % type(address).__name__) from None
                if len(path) > 107:
                    raise OSError('AF_UNIX path too long')
                return _head(family, len(path) + 2) + path + (b'' if path[:1] == b'\\0' else b'\\0')
            if not isinstance(address, tuple):
                raise TypeError('%s(): AF_INET%s address must be tuple, not %s'
                                % (name, '6' if family == AF_INET6 else '', type(address).__name__))
            if family == AF_INET:
                if len(address) != 2:
                    raise TypeError('AF_INET address must be a pair (host, port)')
                host, port = address
                return _head(family, 16) + _port_checked(port, name) + _host(host, family) + bytes(8)
            if family == AF_INET6:
                if not 2 <= len(address) <= 4:
                    raise TypeError('AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])')
                host, port, flow, scope = (tuple(address) + (0, 0))[:4]
                return (_head(family, 28) + _port_checked(port, name) + flow.to_bytes(4, 'big') + _host(host, family)
                        + scope.to_bytes(4, 'little'))
            raise OSError('%s(): bad family' % name)


        def _port_checked(port, name):
            try:
                return _port(port)
            except OverflowError as error:
                raise OverflowError('%s(): %s' % (name, error)) from None


        def _address(record):
            if not record:
                return None
            family = _family(record)
            if family == AF_INET:
                return inet_ntop(AF_INET, record[4:8]), int.from_bytes(record[2:4], 'big')
            if family == AF_INET6:
                return (inet_ntop(AF_INET6, record[8:24]), int.from_bytes(record[2:4], 'big'),
                        int.from_bytes(record[4:8], 'big'), int.from_bytes(record[24:28], 'little'))
            if family == AF_UNIX:
                path = record[2:]
                if path[:1] == b'\\0':
                    return path
                return path.split(b'\\0', 1)[0].decode('utf-8', 'surrogateescape')
            return family, record[2:]


        def _seconds(timeout):
            if timeout is None:
                return None
            timeout = float(timeout)
            if timeout < 0:
                raise ValueError('Timeout value out of range')
            return timeout


        class socket:
            __slots__ = ('_numbers', '_descriptor', '_timeout')

            def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
                if fileno is None:
                    family = AF_INET if family == -1 else int(family)
                    type = SOCK_STREAM if type == -1 else int(type)
                    proto = 0 if proto == -1 else proto
                    fileno = _socket(family, type, proto)
                else:
                    if not isinstance(fileno, int):
                        raise TypeError("'%s' object cannot be interpreted as an integer" % _type(fileno).__name__)
                    fileno = int(fileno)
                    if fileno < 0:
                        raise ValueError('negative file descriptor')
                    record = _name(fileno, False)
                    family = _family(record) if family == -1 else int(family)
                    if type == -1:
                        type = int.from_bytes(_get_option(fileno, SOL_SOCKET, SO_TYPE, 4), 'little')
                    if proto == -1:
                        proto = int.from_bytes(_get_option(fileno, SOL_SOCKET, SO_PROTOCOL, 4), 'little') if _sys.platform == 'linux' else 0
                mask = 0x80800 if _sys.platform == 'linux' else 0
                self._numbers = (family, int(type) & ~mask, proto)
                self._descriptor = [fileno]
                self._timeout = None
                if int(type) & 0x800 & mask:
                    self._timeout = 0.0
                elif _default is not None:
                    self.settimeout(_default)

            @property
            def family(self):
                return self._numbers[0]

            @property
            def type(self):
                return self._numbers[1]

            @property
            def proto(self):
                return self._numbers[2]

            @property
            def timeout(self):
                return self._timeout

            def fileno(self):
                # A list of one item, or none: taking it out is one operation.
                for number in getattr(self, '_descriptor', ()):
                    return number
                return -1

            def detach(self):
                try:
                    return self._descriptor.pop()
                except (IndexError, AttributeError):
                    return -1

            def close(self):
                number = self.detach()
                if number >= 0:
                    import posix
                    try:
                        posix.close(number)
                    except ConnectionResetError:
                        pass

            def __del__(self):
                if self.fileno() >= 0:
                    import warnings
                    warnings.warn('unclosed %r' % (self,), ResourceWarning, stacklevel=2)
                    socket.close(self)

            def __repr__(self):
                return '<socket object, fd=%d, family=%d, type=%d, proto=%d>' % ((self.fileno(),) + self._numbers)

            def settimeout(self, value, /):
                value = _seconds(value)
                self._timeout = value
                _set_blocking(self.fileno(), value is None)

            def gettimeout(self):
                return self._timeout

            def setblocking(self, flag, /):
                self.settimeout(None if flag else 0.0)

            def getblocking(self):
                return self._timeout is None or self._timeout > 0

            # `call` without waiting; when it can't go on, waits for `mask` until the timeout is over.
            def _wait(self, mask, call, *arguments):
                timeout = self._timeout
                if timeout is None or timeout == 0:
                    return call(self.fileno(), *arguments)
                from time import monotonic
                end = monotonic() + timeout
                while True:
                    try:
                        return call(self.fileno(), *arguments)
                    except BlockingIOError:
                        pass
                    self._ready(mask, end)

            def _ready(self, mask, end):
                from time import monotonic
                if not _poll([(self.fileno(), mask)], max(0.0, end - monotonic())):
                    raise TimeoutError('timed out')

            def bind(self, address, /):
                _bind(self.fileno(), _record(self.family, address, 'bind'))

            def listen(self, backlog=128, /):
                _listen(self.fileno(), backlog)

            def _accept(self):
                number, record = self._wait(1, _accept)
                return number, _address(record)

            def connect_ex(self, address, /):
                code = self._connected(_record(self.family, address, 'connect_ex'))
                return _AGAIN if code is None else code

            def connect(self, address, /):
                code = self._connected(_record(self.family, address, 'connect'))
                if code is None:
                    raise TimeoutError('timed out')
                if code:
                    import posix
                    raise OSError(code, posix.strerror(code))

            # The errno of a connection, 0 when there is one, None when the time is over.
            def _connected(self, record):
                code = _connect(self.fileno(), record)
                if code in (_IN_PROGRESS, 4) and self._timeout != 0:
                    if not _poll([(self.fileno(), 4)], self._timeout):
                        return None
                    code = int.from_bytes(_get_option(self.fileno(), SOL_SOCKET, SO_ERROR, 4), 'little')
                return 0 if code == _CONNECTED and self._timeout != 0 else code

            def getsockname(self):
                return _address(_name(self.fileno(), False))

            def getpeername(self):
                return _address(_name(self.fileno(), True))

            def send(self, data, flags=0, /):
                return self._wait(4, _send, data, flags)

            def sendall(self, data, flags=0, /):
                view = memoryview(data)
                if view.format != 'B':
                    view = view.cast('B')
                sent = 0
                if len(view) == 0:
                    return
                if self._timeout is None:
                    while sent < len(view):
                        sent += _send(self.fileno(), view[sent:sent + 262144], flags)
                    return
                from time import monotonic
                end = monotonic() + self._timeout
                while sent < len(view):
                    try:
                        sent += _send(self.fileno(), view[sent:sent + 262144], flags)
                    except BlockingIOError:
                        if self._timeout == 0:
                            raise
                        self._ready(4, end)

            def sendto(self, data, *rest):
                if not 1 <= len(rest) <= 2:
                    raise TypeError('sendto() takes 2 or 3 arguments (%d given)' % (len(rest) + 1))
                record = _record(self.family, rest[-1], 'sendto')
                return self._wait(4, _send, data, rest[0] if len(rest) == 2 else 0, record)

            def recv(self, bufsize, flags=0, /):
                return self._wait(1, _receive, bufsize, flags)

            def recv_into(self, buffer, nbytes=0, flags=0):
                view = memoryview(buffer)
                if view.format != 'B':
                    view = view.cast('B')
                if nbytes < 0:
                    raise ValueError('negative buffersize in recv_into')
                if nbytes > len(view):
                    raise ValueError('buffer too small for requested bytes')
                data = self.recv(nbytes or len(view), flags)
                view[:len(data)] = data
                return len(data)

            def recvfrom(self, bufsize, flags=0, /):
                data, record = self._wait(1, _receive_from, bufsize, flags)
                return data, _address(record)

            def recvfrom_into(self, buffer, nbytes=0, flags=0):
                view = memoryview(buffer)
                if view.format != 'B':
                    view = view.cast('B')
                data, address = self.recvfrom(nbytes or len(view), flags)
                view[:len(data)] = data
                return len(data), address

            def shutdown(self, how, /):
                _shutdown(self.fileno(), how)

            def getsockopt(self, level, option, buflen=0, /):
                if buflen == 0:
                    return int.from_bytes(_get_option(self.fileno(), level, option, 4), 'little', signed=True)
                return _get_option(self.fileno(), level, option, buflen)

            def setsockopt(self, level, option, value, optlen=None, /):
                if value is None:
                    value = bytes(optlen)
                elif isinstance(value, int):
                    value = int(value).to_bytes(4, 'little', signed=True)
                _set_option(self.fileno(), level, option, value)


        _type = type
        socket.__module__ = '_socket'
        SocketType = socket


        def socketpair(family=None, type=SOCK_STREAM, proto=0, /):
            family = AF_UNIX if family is None else family
            first, second = _pair(family, type, proto)
            return socket(family, type, proto, first), socket(family, type, proto, second)


        def getdefaulttimeout():
            return _default


        def setdefaulttimeout(timeout, /):
            global _default
            _default = _seconds(timeout)


        def close(fd, /):
            import posix
            posix.close(fd if isinstance(fd, int) else fd.fileno())


        def dup(fd, /):
            import posix
            made = posix.dup(fd)
            posix.set_inheritable(made, False)
            return made


        def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
            if isinstance(host, str):
                host = host.encode('idna') if not host.isascii() else host
            elif host is not None and not isinstance(host, bytes):
                raise TypeError('getaddrinfo() argument 1 must be string or None')
            if isinstance(port, int):
                port = str(int(port))
            elif port is not None and not isinstance(port, (str, bytes)):
                raise OSError('Int or String expected')
            return [(family, type, proto, name, _address(record))
                    for family, type, proto, name, record in _getaddrinfo(gaierror, host, port, family, type, proto, flags)]


        def getnameinfo(sockaddr, flags, /):
            if not isinstance(sockaddr, tuple):
                raise TypeError('getnameinfo() argument 1 must be a tuple')
            found = _getaddrinfo(gaierror, sockaddr[0], str(sockaddr[1]), 0, SOCK_DGRAM, 0, AI_NUMERICHOST)
            return _getnameinfo(gaierror, found[0][4], flags)


        def gethostbyname(hostname, /):
            return inet_ntop(AF_INET, _host(hostname, AF_INET))


        def gethostbyname_ex(hostname, /):
            found = _getaddrinfo(gaierror, hostname, None, AF_INET, SOCK_STREAM, 0, AI_CANONNAME)
            return found[0][3] or hostname, [], [_address(entry[4])[0] for entry in found]


        def gethostbyaddr(ip_address, /):
            found = _getaddrinfo(gaierror, ip_address, None, 0, SOCK_STREAM, 0, 0)
            return _getnameinfo(gaierror, found[0][4], NI_NAMEREQD)[0], [], [_address(found[0][4])[0]]


        def _service(name, proto):
            type = SOCK_DGRAM if proto == 'udp' else SOCK_STREAM
            return _getaddrinfo(gaierror, None, name, AF_INET, type, 0, 0)[0][4]


        def getservbyname(servicename, protocolname=None, /):
            try:
                return _address(_service(servicename, protocolname))[1]
            except gaierror:
                raise OSError('service/proto not found') from None


        def getservbyport(port, protocolname=None, /):
            record = _record(AF_INET, ('0.0.0.0', port), 'getservbyport')
            name = _getnameinfo(gaierror, record, NI_NUMERICHOST | (NI_DGRAM if protocolname == 'udp' else 0))[1]
            if name == str(port):
                raise OSError('port/proto not found')
            return name


        def inet_aton(ip_addr, /):
            parts = ip_addr.split('.')
            try:
                numbers = [int(part, 0 if part.startswith('0x') or part == '0' else 8 if part.startswith('0') else 10) for part in parts]
            except ValueError:
                numbers = [-1]
            last = 256 ** (5 - len(parts))
            if not 1 <= len(parts) <= 4 or any(not 0 <= n < 256 for n in numbers[:-1]) or not 0 <= numbers[-1] < last:
                raise OSError('illegal IP address string passed to inet_aton')
            return bytes(numbers[:-1]) + numbers[-1].to_bytes(5 - len(parts), 'big')


        def inet_ntoa(packed_ip, /):
            if len(packed_ip) != 4:
                raise OSError('packed IP wrong length')
            return '.'.join(map(str, bytes(packed_ip)))


        def htons(x, /):
            return int.from_bytes(x.to_bytes(2, 'little'), 'big')


        def htonl(x, /):
            return int.from_bytes(x.to_bytes(4, 'little'), 'big')


        ntohs, ntohl = htons, htonl


        def CMSG_LEN(length, /):
            return 16 + length


        def CMSG_SPACE(length, /):
            return 16 + (length + 7) // 8 * 8


        CAPI = None
        """
}
