# struct and bytearray, memoryview.
import struct


def attempt(f, *args, **kwargs):
    try:
        return f(*args, **kwargs)
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)


print(struct.pack('<ihb?', -5, 300, -1, True), struct.pack('>QHf', 2 ** 63, 65535, 1.5), struct.pack('=d', 3.25), struct.pack('!e', 1.5))
print(struct.calcsize('bhilq'), struct.calcsize('<bhilq'), struct.calcsize('3s2x4p'), struct.calcsize(''), struct.calcsize('0i'))
print(struct.unpack('<bhi', b'\xff\x02\x01\x04\x03\x02\x01'), struct.unpack('>3s2xB', b'abc\0\0\x07'), struct.unpack('5p', b'\x03abcd'))
print(struct.pack('5s', b'ab'), struct.pack('5p', b'abcdefg'), struct.pack('cc', b'x', b'y'), struct.pack('n', -1))
print(struct.unpack_from('<H', b'\0\1\2\3', 1), list(struct.iter_unpack('<H', b'\1\0\2\0')), struct.unpack('<eee', struct.pack('<eee', 0.1, -65504.0, 6e-8)))
buffer = bytearray(8)
struct.pack_into('<HH', buffer, 2, 1, 0xFFFF)
print(buffer, struct.unpack_from('<H', memoryview(buffer), 4))
s = struct.Struct('<2H')
print(s.size, s.format, s.pack(1, 2), s.unpack(b'\1\0\2\0'), s.unpack_from(b'\0\1\0\2\0', 1))
for args in (('b', 128), ('B', -1), ('i', 'x'), ('c', b'ab'), ('f', 'x'), ('3i', 1), ('y', 1), ('s', 'x')):
    print(args, attempt(struct.pack, *args))
print(attempt(struct.unpack, 'i', b'abc'), attempt(struct.unpack_from, 'i', b'abcd', 2), attempt(struct.pack_into, 'i', bytearray(2), 0, 1))
print(issubclass(struct.error, Exception), struct.error.__module__, attempt(struct.pack, 'e', 1e6), attempt(struct.pack, '<f', 1e300), struct.pack('f', 1e300))

b = bytearray(b'hello')
b.append(33)
b += b' world'
print(b, len(b), b[0], b[1:4], b.find(b'o'), b'wor' in b, 104 in b)
b[0] = 72
b[1:3] = b'EEE'
del b[-1]
print(b, b.pop(), b.pop(0), b)
b.insert(2, 65)
b.extend([1, 2])
b.reverse()
print(b, b.copy() == b, b == bytes(b), bytearray(3), bytearray([1, 2]), bytearray('é', 'utf8'), attempt(hash, b), attempt(b.append, 256))
b[::2] = bytes(len(b[::2]))
del b[1::3]
print(b, attempt(lambda: b[99]), attempt(b.remove, 250), bytearray(b'ab') * 2, 2 * bytearray(b'z'), bytearray(b'a') < b'b')
print(b'a,b,,c'.split(b','), b' a b  c '.split(), b'a b c'.rsplit(None, 1), b'a,b,c'.rsplit(b',', 1), b'  x '.strip(), b'abc'.replace(b'b', b'XX'))
print(b'aaa'.replace(b'', b'-'), b'abc'.partition(b'b'), b'abc'.rpartition(b'x'), b'abc'.translate(bytes.maketrans(b'ab', b'xy'), b'c'), b'a\nb\r\nc'.splitlines())
print(b'ab'.center(7, b'*'), b'-5'.zfill(5), b'Hello World'.swapcase(), b'hello world'.title(), b'a\tb'.expandtabs(4), b'abcabc'.count(b'b'))
print(b'abcabc'.rfind(b'b'), b'abc'.startswith((b'x', b'a')), b'\x00\xff'.hex(), bytes.fromhex('00 ff'), b'abc'.isalpha(), b'1'.isdigit(), b'aB'.islower())
print(bytearray(b'q').upper(), b'abc'.removeprefix(b'a'), b'abcde'.hex('-', 2), b'abcde'.hex(':', -2), attempt(b'abc'.index, b'z'), attempt(bytes.fromhex, '0g'))


class Own(bytearray):
    pass


x = Own(b'ab')
x.extra = 1
print(x, x.extra)

m = memoryview(bytearray(b'abcdef'))
m[0] = 122
m[1:3] = b'YX'
print(m.tobytes(), m[2:].tolist(), m[::-1].tobytes(), len(m), m.readonly, m.format, m.nbytes, m.shape, m == b'zYXdef', bytes(m[3:]))
print(m[:4].cast('H').tolist(), m[:4].cast('I')[0], memoryview(b'\xff\xff').cast('h').tolist(), attempt(memoryview, 'x'), attempt(m.cast('B').__getitem__, 9))
with memoryview(b'abc') as view:
    print(view[1], view.hex(), hash(view) == hash(b'abc'), attempt(view.__setitem__, 0, 1))
print(attempt(view.tobytes), int.from_bytes(bytearray(b'\1\2'), 'big'), b'%'.join([bytearray(b'a'), memoryview(b'b')]))
