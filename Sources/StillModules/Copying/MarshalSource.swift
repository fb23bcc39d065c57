// The module `marshal`: values of builtin types as bytes, version 2 of the format and the interned and short forms of version 4 when reading. In Python.
//
// Code objects are not written: the runtime's instructions would mean nothing to another build.
enum MarshalSource {
    static let text = #"""
        import struct as _struct

        version = 4


        def _write(value, put, depth):
            if depth > 1000:
                raise ValueError('object too deeply nested to marshal')
            kind = type(value)
            if value is None:
                put(b'N')
            elif value is True:
                put(b'T')
            elif value is False:
                put(b'F')
            elif value is StopIteration:
                put(b'S')
            elif value is Ellipsis:
                put(b'.')
            elif kind is int:
                if -2 ** 31 <= value < 2 ** 31:
                    put(b'i' + value.to_bytes(4, 'little', signed=True))
                else:
                    rest = abs(value)
                    digits = []
                    while rest:
                        digits.append(rest & 0x7fff)
                        rest >>= 15
                    count = -len(digits) if value < 0 else len(digits)
                    put(b'l' + count.to_bytes(4, 'little', signed=True) + _struct.pack('<%dH' % len(digits), *digits))
            elif kind is float:
                put(b'g' + _struct.pack('<d', value))
            elif kind is complex:
                put(b'y' + _struct.pack('<dd', value.real, value.imag))
            elif kind is str:
                data = value.encode('utf-8', 'surrogatepass')
                put(b'u' + len(data).to_bytes(4, 'little') + data)
            elif kind is tuple or kind is list or kind is set or kind is frozenset:
                put({tuple: b'(', list: b'[', set: b'<', frozenset: b'>'}[kind] + len(value).to_bytes(4, 'little'))
                for item in value:
                    _write(item, put, depth + 1)
            elif kind is dict:
                put(b'{')
                for key, item in value.items():
                    _write(key, put, depth + 1)
                    _write(item, put, depth + 1)
                put(b'0')
            elif kind is bytes or kind is bytearray or kind is memoryview:
                data = bytes(value)
                put(b's' + len(data).to_bytes(4, 'little') + data)
            else:
                raise ValueError('unmarshallable object')


        def dumps(value, version=version, /):
            parts = []
            _write(value, parts.append, 0)
            return b''.join(parts)


        def dump(value, file, version=version, /):
            file.write(dumps(value, version))


        _null = object()


        class _Reader:
            def __init__(self, take):
                self.take = take
                self.known = []

            def bytes(self, count):
                data = self.take(count)
                if len(data) < count:
                    raise EOFError('marshal data too short')
                return data

            def long(self):
                return int.from_bytes(self.bytes(4), 'little', signed=True)

            def size(self):
                count = self.long()
                if count < 0:
                    raise ValueError('bad marshal data (size out of range)')
                return count

            def value(self, depth=0):
                if depth > 2000:
                    raise ValueError('recursion limit exceeded')
                data = self.take(1)
                if not data:
                    raise EOFError('EOF read where object expected')
                keeps = data[0] & 0x80
                kind = chr(data[0] & 0x7f)
                if kind == 'r':
                    at = self.long()
                    if not 0 <= at < len(self.known) or self.known[at] is _null:
                        raise ValueError('bad marshal data (invalid reference)')
                    return self.known[at]
                place = None
                if keeps:
                    place = len(self.known)
                    self.known.append(_null)
                made = self.read(kind, depth, place)
                if keeps:
                    self.known[place] = made
                return made

            def read(self, kind, depth, place):
                simple = {'N': None, 'T': True, 'F': False, 'S': StopIteration, '.': Ellipsis}
                if kind in simple:
                    return simple[kind]
                if kind == '0':
                    return _null
                if kind == 'i':
                    return self.long()
                if kind == 'I':
                    return int.from_bytes(self.bytes(8), 'little', signed=True)
                if kind == 'l':
                    count = self.long()
                    number = 0
                    digits = _struct.unpack('<%dH' % abs(count), self.bytes(2 * abs(count)))
                    for digit in reversed(digits):
                        if digit > 0x7fff:
                            raise ValueError('bad marshal data (digit out of range in long)')
                        number = number << 15 | digit
                    return -number if count < 0 else number
                if kind == 'g':
                    return _struct.unpack('<d', self.bytes(8))[0]
                if kind == 'y':
                    return complex(*_struct.unpack('<dd', self.bytes(16)))
                if kind == 'f':
                    return float(self.bytes(self.bytes(1)[0]))
                if kind in 'ut':
                    return self.bytes(self.size()).decode('utf-8', 'surrogatepass')
                if kind in 'aA':
                    return self.bytes(self.size()).decode('latin-1')
                if kind in 'zZ':
                    return self.bytes(self.bytes(1)[0]).decode('latin-1')
                if kind == 's':
                    return bytes(self.bytes(self.size()))
                if kind in '()[<>':
                    count = self.bytes(1)[0] if kind == ')' else self.size()
                    if kind == '[':
                        items = []
                        if place is not None:
                            self.known[place] = items
                        for _ in range(count):
                            items.append(self.part(depth))
                        return items
                    items = [self.part(depth) for _ in range(count)]
                    return {'(': tuple, ')': tuple, '<': set, '>': frozenset}[kind](items)
                if kind == '{':
                    table = {}
                    if place is not None:
                        self.known[place] = table
                    while True:
                        key = self.value(depth + 1)
                        if key is _null:
                            return table
                        table[key] = self.part(depth)
                if kind == 'c':
                    raise ValueError('code objects of other runtimes cannot be read')
                raise ValueError('bad marshal data (unknown type code)')

            def part(self, depth):
                made = self.value(depth + 1)
                if made is _null:
                    raise TypeError('NULL object in marshal data for object')
                return made


        def loads(data, /):
            data = bytes(memoryview(data))
            at = 0

            def take(count):
                nonlocal at
                part = data[at:at + count]
                at += count
                return part
            made = _Reader(take).value()
            if made is _null:
                raise TypeError('NULL object in marshal data for object')
            return made


        def load(file, /):
            made = _Reader(file.read).value()
            if made is _null:
                raise TypeError('NULL object in marshal data for object')
            return made
        """#
}
