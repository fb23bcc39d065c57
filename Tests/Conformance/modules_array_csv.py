# array, _csv, memoryview formats.
import array, csv, io, struct, copy, pickle
a = array.array('i', [1, 2, 3])
a.append(4); a.extend([5, 6]); a.insert(0, 0); print(a, len(a), a[1], a[-1], a[1:3], a[::2], a.itemsize, a.typecode)
a[1] = 10; a[2:4] = array.array('i', [7, 8, 9]); del a[0]; print(a, a.pop(), a.index(8), a.count(7), 9 in a)
a.reverse(); print(a.tolist(), a.tobytes()[:8]); a.byteswap(); print(a[0]); a.byteswap()
for code in array.typecodes:
    if code in 'uw': continue
    try: x = array.array(code, 'ab' if code == 'u' else [1, 2]); print(code, x, x.itemsize, x.tobytes() == bytes(memoryview(x)), memoryview(x).format)
    except ValueError as e: print(code, e)
for code, v in [('b', 200), ('B', -1), ('h', 1 << 20), ('H', 1 << 20), ('I', -1), ('Q', -1), ('q', 1 << 70), ('i', 'x'), ('f', 'x'), ('i', 1.5), ('u', 'xx')]:
    try: array.array(code, [v]); print('made', code, v)
    except (TypeError, OverflowError) as e: print(code, v, type(e).__name__)
print(a == array.array('i', a), a < array.array('i', [100]), a + a, a * 2, copy.copy(a) == a, pickle.loads(pickle.dumps(a)) == a)
m = memoryview(a); m[0] = 42; print(a[0], m.tolist(), m.nbytes, m.shape)
f = array.array('d', [1.5, -2.0]); print(f, bytes(f) == struct.pack('2d', 1.5, -2.0), b''.join([f])[:2])
b = array.array('B'); b.frombytes(b'hello'); print(b, bytes(b), io.BytesIO(b).read())
try: a[100]
except IndexError as e: print(e)
try: a[0] = 1 << 40
except OverflowError as e: print('overflow')
try: array.array('z')
except ValueError as e: print('bad typecode')
data = bytearray(16); v = memoryview(data).cast('I'); v[1] = 0xdeadbeef; print(data.hex(), v[1], v.tolist()); v[2:4] = memoryview(struct.pack('2I', 1, 2)).cast('I'); print(v.tolist())
try: v[0] = -1
except ValueError as e: print(e)
try: v[0] = 'x'
except TypeError as e: print(e)
q = memoryview(data).cast('q'); q[0] = -5; print(q[0], memoryview(data).cast('d')[0] != 0)
rows = list(csv.reader(['a,b,c', '1,"x,y",3', '"he said ""hi""",,', '"multi', 'line",z,w', '']))
print(rows)
print(list(csv.reader(['a;b\\;c;d'], delimiter=';', escapechar='\\')), list(csv.reader(["1, 'a', 3"], quotechar="'", skipinitialspace=True)), list(csv.reader(['1,"2",3.5'], quoting=csv.QUOTE_NONNUMERIC)))
o = io.StringIO(); w = csv.writer(o); w.writerow(['a', 1, None, 2.5, 'x,y', 'q"q', 'l\nl', '']); w.writerow(['']); w.writerows([[1, 2], (3, 4)]); print(repr(o.getvalue()))
for q in (csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_MINIMAL):
    o = io.StringIO(); csv.writer(o, quoting=q, lineterminator='\n').writerow(['a', 1, 'b c', 3.0, None]); print(repr(o.getvalue()))
try: csv.writer(io.StringIO(), quoting=csv.QUOTE_NONE).writerow(['a,b'])
except csv.Error as e: print(e)
o = io.StringIO(); d = csv.DictWriter(o, ['x', 'y']); d.writeheader(); d.writerow({'x': 1, 'y': 'two'}); print(repr(o.getvalue())); o.seek(0); print(list(csv.DictReader(o)))
csv.register_dialect('pipes', delimiter='|', quoting=csv.QUOTE_ALL); print(sorted(csv.list_dialects()), list(csv.reader(['"a"|"b"'], 'pipes')), csv.get_dialect('pipes').delimiter)
print(csv.Sniffer().sniff('a;b;c\n1;2;3\n').delimiter)
for bad in [dict(delimiter='ab'), dict(quotechar=''), dict(quoting=99), dict(delimiter=5)]:
    try: csv.reader([], **bad)
    except TypeError as e: print(e)
try: list(csv.reader(['"a"b'], strict=True))
except csv.Error as e: print(e)
try: list(csv.reader(['"a'], strict=True))
except csv.Error as e: print(e)
r = csv.reader(io.StringIO('x\r\ny\r\n')); print(next(r), r.line_num, list(r))
try: csv.get_dialect('nope')
except csv.Error as e: print(e)
