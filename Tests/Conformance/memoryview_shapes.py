# memoryview with several dimensions, or none.
def show(call):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)


data = bytearray(range(24))
m = memoryview(data).cast('B', [2, 3, 4])
print(m.ndim, m.shape, m.strides, m.nbytes, m.itemsize, len(m), m.format, m.c_contiguous, m.f_contiguous, m.contiguous)
print(m.tolist(), m[0, 0, 0], m[1, 2, 3], m[-1, -3, -4])
for key in ((0, 0), (0, 0, 0, 0), 0, (0, slice(1), 0), (2, 0, 0), (0, 3, 0), (0, 0, -5), 'x', ('a', 0, 0), 5):
    show(lambda: m[key])
m[1, 0, 2] = 99
print(data[14], m.tobytes() == bytes(data), m.tobytes('F'), m.tobytes(order='C') == m.tobytes(None))
for key, value in (((0, 0), 1), ((0, 0, 0), 256), ((0, 0, 0), 'a'), (0, 1), (slice(1), b'')):
    def assign(key=key, value=value):
        m[key] = value
    show(assign)
s = m[1:]
print(s.shape, s.strides, s.tolist(), s.c_contiguous, m[::-1].tolist(), m[::-1].c_contiguous, m[::-1].strides)
h = memoryview(bytes(range(16))).cast('H', (2, 4))
print(h.shape, h.strides, h.tolist(), h[1, 3], h.cast('B').tolist(), h.readonly)
show(lambda: hash(h))
i = memoryview(bytes(8)).cast('i').cast('B').cast('i', [2, 1])
print(i.tolist(), i.shape, i.strides)
z = memoryview(b'\x05').cast('B', [])
print(z.ndim, z.shape, z.strides, z[()], z.tolist(), z.nbytes, z.tobytes(), z[...] is z)
for call in (
    lambda: z[0], lambda: list(m), lambda: list(z), lambda: m.cast('B', [4, 6]), lambda: m.cast('H').shape, lambda: h.cast('I'),
    lambda: memoryview(b'abc').cast('B', [2, 2]), lambda: memoryview(b'abcd').cast('B', 4), lambda: memoryview(b'abcd').cast('B', [2, 'x']),
    lambda: memoryview(b'abcd').cast('B', [2, 0]), lambda: memoryview(b'abc').cast('H'), lambda: memoryview(b'abcd')[::2].cast('H'),
    lambda: memoryview(b'abcd').cast('B', [-4]), lambda: memoryview(b'abcd').cast('xx'), lambda: memoryview(b'abcd').cast('B', shape=[2, 2]).tolist(),
    lambda: memoryview(b'a').cast('B', [1] * 65),
):
    show(call)
print(m == memoryview(data).cast('B', [2, 3, 4]), m == memoryview(data), memoryview(data) == data, m != memoryview(data).cast('B', [3, 2, 4]))
print(m.cast('B').tolist() == list(data), m.cast('B').shape, memoryview(m).shape, bytes(m) == bytes(data), m.hex())
print(memoryview(b'ab').shape, memoryview(b'ab').strides, memoryview(b'abcd')[::2].strides, memoryview(b'abcd')[::2].contiguous, m.suboffsets)
d = memoryview(bytearray(16)).cast('d', [1, 2])
d[0, 1] = 1.5
print(d.tolist(), d.f_contiguous)
