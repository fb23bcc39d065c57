// `array`: items as bytes of a bytearray.
enum ArraySource {
    static let text = #"""
        import _struct
        from operator import index as _index

        typecodes = 'bBuwhHiIlLqQfd'
        _sizes = dict(b=1, B=1, u=4, w=4, h=2, H=2, i=4, I=4, l=8, L=8, q=8, Q=8, f=4, d=8)
        _names = dict(b='signed char', B='unsigned byte integer', h='signed short', H='unsigned short', i='signed integer', I='unsigned int',
                      l='signed long', L='unsigned long', q='int', Q='int')
        _machine = dict(b=1, B=0, h=4, H=2, i=8, I=6, l=12, L=10, q=12, Q=10, f=14, d=16, u=20, w=20)


        def _bounds(code, size):
            return (-(1 << size * 8 - 1), (1 << size * 8 - 1) - 1) if code in 'bhilq' else (0, (1 << size * 8) - 1)


        _limits = {code: _bounds(code, size) for code, size in _sizes.items() if code not in 'uwfd'}


        class array:
            # The items are bytes of a bytearray: each change of it is one operation, so threads may share an array.
            __slots__ = ('typecode', 'itemsize', '_data', '_format', '__weakref__')

            def __new__(cls, typecode, initializer=None, /, **keywords):
                if cls is array and keywords:
                    raise TypeError('array.array() takes no keyword arguments')
                if not isinstance(typecode, str) or len(typecode) != 1:
                    raise TypeError('array() argument 1 must be a unicode character, not %s' % type(typecode).__name__)
                if typecode not in _sizes:
                    raise ValueError('bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)')
                self = object.__new__(cls)
                self.typecode = typecode
                self.itemsize = _sizes[typecode]
                self._format = _struct.Struct('=' + ('I' if typecode in 'uw' else typecode.replace('l', 'q').replace('L', 'Q')))
                self._data = bytearray()
                if initializer is None:
                    return self
                if isinstance(initializer, str):
                    if typecode not in 'uw':
                        raise TypeError("cannot use a str to initialize an array with typecode '%s'" % typecode)
                    self.fromunicode(initializer)
                elif isinstance(initializer, array):
                    if (typecode in 'uw') != (initializer.typecode in 'uw'):
                        raise TypeError("cannot use a unicode array to initialize an array with typecode '%s'" % typecode)
                    if initializer.typecode == typecode:
                        self._data.extend(initializer._data)
                    else:
                        self._data.extend(self._pack(initializer))
                elif isinstance(initializer, (bytes, bytearray)):
                    self.frombytes(initializer)
                else:
                    self._data.extend(self._pack(initializer))
                return self

            def _item(self, value):
                code = self.typecode
                if code in 'uw':
                    if not isinstance(value, str) or len(value) != 1:
                        raise TypeError('array item must be a unicode character, not %s' % type(value).__name__)
                    return self._format.pack(ord(value))
                if code in 'fd':
                    if isinstance(value, str) or not hasattr(type(value), '__float__') and not hasattr(type(value), '__index__'):
                        raise TypeError('must be real number, not %s' % type(value).__name__)
                    return self._format.pack(float(value))
                if isinstance(value, float):
                    raise TypeError("'float' object cannot be interpreted as an integer")
                number = _index(value)
                low, high = _limits[code]
                if not low <= number <= high:
                    if code in 'qQlL' or code == 'I':
                        if number < 0 and code in 'QLI':
                            raise OverflowError("can't convert negative value to unsigned int")
                        raise OverflowError('Python int too large to convert to C %s' % _names[code].replace('signed ', '')
                                            if code in 'lLqQ' else 'unsigned int is greater than maximum')
                    raise OverflowError('%s is %s' % (_names[code], 'less than minimum' if number < low else 'greater than maximum'))
                return self._format.pack(number)

            def _pack(self, items):
                made = bytearray()
                for item in items:
                    made += self._item(item)
                return made

            def _value(self, at):
                value, = self._format.unpack_from(self._data, at * self.itemsize)
                return chr(value) if self.typecode in 'uw' else value

            def __len__(self):
                return len(self._data) // self.itemsize

            def _at(self, index, what='array index out of range'):
                number = _index(index)
                count = len(self)
                if number < 0:
                    number += count
                if not 0 <= number < count:
                    raise IndexError(what)
                return number

            def _like(self, data):
                made = array(self.typecode)
                made._data = data
                return made

            def _pieces(self, chosen):
                size, data = self.itemsize, self._data
                return bytearray(b''.join([data[at * size:at * size + size] for at in chosen]))

            def __getitem__(self, index):
                if isinstance(index, slice):
                    start, stop, step = index.indices(len(self))
                    if step == 1:
                        return self._like(self._data[start * self.itemsize:max(start, stop) * self.itemsize])
                    return self._like(self._pieces(range(start, stop, step)))
                if not hasattr(type(index), '__index__'):
                    raise TypeError('array indices must be integers')
                return self._value(self._at(index))

            def __setitem__(self, index, value):
                size = self.itemsize
                if isinstance(index, slice):
                    if not isinstance(value, array):
                        raise TypeError('can only assign array (not "%s") to array slice' % type(value).__name__)
                    if value.typecode != self.typecode:
                        raise TypeError('bad argument type for built-in operation')
                    start, stop, step = index.indices(len(self))
                    data = bytes(value._data)
                    if step == 1:
                        self._data[start * size:max(start, stop) * size] = data
                        return
                    places = range(start, stop, step)
                    if len(places) != len(data) // size:
                        raise ValueError('attempt to assign array of size %d to extended slice of size %d' % (len(data) // size, len(places)))
                    for number, at in enumerate(places):
                        self._data[at * size:at * size + size] = data[number * size:number * size + size]
                    return
                at = self._at(index, 'array assignment index out of range') * size
                self._data[at:at + size] = self._item(value)

            def __delitem__(self, index):
                size = self.itemsize
                if isinstance(index, slice):
                    gone = range(*index.indices(len(self)))
                    if gone.step == 1:
                        del self._data[gone.start * size:max(gone.start, gone.stop) * size]
                        return
                    gone = set(gone)
                    self._data[:] = self._pieces([at for at in range(len(self)) if at not in gone])
                    return
                at = self._at(index, 'array assignment index out of range') * size
                del self._data[at:at + size]

            def __iter__(self):
                at = 0
                while at < len(self):
                    yield self._value(at)
                    at += 1

            def __contains__(self, value):
                return any(item is value or item == value for item in self)

            def append(self, v, /):
                self._data.extend(self._item(v))

            def extend(self, bb, /):
                if isinstance(bb, array):
                    if bb.typecode != self.typecode:
                        raise TypeError('can only extend with array of same kind')
                    self._data.extend(bytes(bb._data))
                else:
                    for item in bb:
                        self.append(item)

            def fromlist(self, list, /):
                if not isinstance(list, _list):
                    raise TypeError('arg must be list')
                self._data.extend(self._pack(list))

            def tolist(self):
                return [*self]

            def frombytes(self, buffer, /):
                data = bytes(memoryview(buffer))
                if len(data) % self.itemsize:
                    raise ValueError('bytes length not a multiple of item size')
                self._data.extend(data)

            def tobytes(self):
                return bytes(self._data)

            def fromfile(self, f, n, /):
                if n < 0:
                    raise ValueError('negative count')
                data = f.read(n * self.itemsize)
                if not isinstance(data, bytes):
                    raise TypeError("read() didn't return bytes")
                self.frombytes(data[:len(data) // self.itemsize * self.itemsize])
                if len(data) != n * self.itemsize:
                    raise EOFError('read() didn\'t return enough bytes')

            def tofile(self, f, /):
                f.write(self.tobytes())

            def fromunicode(self, ustr, /):
                if self.typecode not in 'uw':
                    raise ValueError("fromunicode() may only be called on unicode type arrays ('u' or 'w')")
                if not isinstance(ustr, str):
                    raise TypeError('fromunicode() argument must be str, not %s' % type(ustr).__name__)
                self._data.extend(self._pack(ustr))

            def tounicode(self):
                if self.typecode not in 'uw':
                    raise ValueError("tounicode() may only be called on unicode type arrays ('u' or 'w')")
                return ''.join(self)

            def insert(self, i, v, /):
                count = len(self)
                at = _index(i)
                at = max(0, at + count) if at < 0 else min(at, count)
                self._data[at * self.itemsize:at * self.itemsize] = self._item(v)

            def pop(self, i=-1, /):
                if not len(self):
                    raise IndexError('pop from empty array')
                at = self._at(i, 'pop index out of range')
                value = self._value(at)
                del self._data[at * self.itemsize:(at + 1) * self.itemsize]
                return value

            def remove(self, v, /):
                for at, item in enumerate(self):
                    if item is v or item == v:
                        del self._data[at * self.itemsize:(at + 1) * self.itemsize]
                        return
                raise ValueError('array.remove(x): x not in array')

            def index(self, v, start=0, stop=9223372036854775807, /):
                count = len(self)
                start = max(0, start + count) if start < 0 else start
                stop = stop + count if stop < 0 else min(stop, count)
                for at in range(start, stop):
                    item = self._value(at)
                    if item is v or item == v:
                        return at
                raise ValueError('array.index(x): x not in array')

            def count(self, v, /):
                return sum(1 for item in self if item is v or item == v)

            def reverse(self):
                self._data[:] = self._pieces(range(len(self) - 1, -1, -1))

            def byteswap(self):
                size, data = self.itemsize, self._data
                self._data[:] = b''.join([data[at:at + size][::-1] for at in range(0, len(data), size)])

            def buffer_info(self):
                return id(self._data), len(self)

            def __buffer__(self, flags, /):
                view = memoryview(self._data)
                code = self.typecode
                return view if code == 'B' else view.cast('I' if code in 'uw' else code)

            def __add__(self, other):
                if not isinstance(other, array):
                    raise TypeError('can only append array (not "%s") to array' % type(other).__name__)
                if other.typecode != self.typecode:
                    raise TypeError('bad argument type for built-in operation')
                return self._like(self._data + other._data)

            def __iadd__(self, other):
                if not isinstance(other, array):
                    raise TypeError('can only extend with array (not "%s")' % type(other).__name__)
                self.extend(other)
                return self

            def __mul__(self, count):
                if not hasattr(type(count), '__index__'):
                    return NotImplemented
                return self._like(self._data * _index(count))

            __rmul__ = __mul__

            def __imul__(self, count):
                if not hasattr(type(count), '__index__'):
                    return NotImplemented
                self._data *= _index(count)
                return self

            def _compare(self, other, compare):
                if not isinstance(other, array):
                    return NotImplemented
                return compare([*self], [*other])

            def __eq__(self, other):
                return self._compare(other, lambda a, b: a == b)

            def __ne__(self, other):
                return self._compare(other, lambda a, b: a != b)

            def __lt__(self, other):
                return self._compare(other, lambda a, b: a < b)

            def __le__(self, other):
                return self._compare(other, lambda a, b: a <= b)

            def __gt__(self, other):
                return self._compare(other, lambda a, b: a > b)

            def __ge__(self, other):
                return self._compare(other, lambda a, b: a >= b)

            __hash__ = None

            def __copy__(self):
                return self._like(bytearray(self._data))

            def __deepcopy__(self, memo, /):
                return self.__copy__()

            def __reduce_ex__(self, protocol, /):
                return type(self), (self.typecode, self.tounicode() if self.typecode in 'uw' else self.tolist())

            def __sizeof__(self):
                return 64 + len(self._data)

            def __repr__(self):
                name = type(self).__name__
                if not len(self):
                    return "%s('%s')" % (name, self.typecode)
                return "%s('%s', %r)" % (name, self.typecode, ''.join(self) if self.typecode in 'uw' else [*self])

            @classmethod
            def __class_getitem__(cls, item, /):
                return type(tuple[int])(cls, item)


        _list = list
        array.__module__ = 'array'
        ArrayType = array


        def _array_reconstructor(arraytype, typecode, mformat_code, items, /):
            order = '>' if mformat_code & 1 else '<'
            for code, number in _machine.items():
                if mformat_code & ~1 == number & ~1 and (code in 'fduw') == (mformat_code >= 14):
                    break
            else:
                raise ValueError('third argument must be a valid machine format code.')
            size = _sizes[code]
            format = order + ('I' if code in 'uw' else code.replace('l', 'q').replace('L', 'Q'))
            return arraytype(typecode, [_struct.unpack_from(format, items, at)[0] for at in range(0, len(items), size)])


        from _collections_abc import MutableSequence as _MutableSequence
        _MutableSequence.register(array)
        """#
}
