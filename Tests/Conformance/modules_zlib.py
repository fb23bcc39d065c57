# Compression: streams of zlib, and the modules of the library that stand on it.
import binascii
import gzip
import io
import threading
import zipfile
import zlib


def attempt(name, action):
    try:
        print(name, action())
    except Exception as error:
        print(name, type(error).__module__, type(error).__name__, error)


data = b''.join(b'%d squared is %d\n' % (n, n * n) for n in range(5000))
print(zlib.crc32(b''), zlib.crc32(b'hello'), zlib.crc32(b'lo', zlib.crc32(b'hel')), zlib.adler32(b'hello'), zlib.adler32(b'lo', zlib.adler32(b'hel')))
print(zlib.crc32(b'x', -1), zlib.crc32(b'x', 1 << 70), binascii.crc32(data), zlib.crc32(memoryview(data)[1:]))
for level in (-1, 0, 1, 6, 9):
    packed = zlib.compress(data, level)
    # The size of what is stored as it is depends on the pieces in which it is taken.
    print(level, len(packed) if level else '-', zlib.decompress(packed) == data)
for bits in (15, -15, 31, 9):
    packed = zlib.compress(data, wbits=bits)
    print(bits, len(packed), zlib.decompress(packed, wbits=bits) == data)

# Piece by piece.
packer = zlib.compressobj(level=9)
pieces = [packer.compress(data[at:at + 1000]) for at in range(0, len(data), 1000)]
pieces.append(packer.flush(zlib.Z_SYNC_FLUSH))
twin = packer.copy()
ends = [packer.flush(), twin.compress(b'more') + twin.flush()]
whole = b''.join(pieces) + ends[0]
print(len(whole), zlib.decompress(whole) == data, zlib.decompress(b''.join(pieces) + ends[1]) == data + b'more')
opener = zlib.decompressobj()
out = b''
for at in range(0, len(whole), 100):
    out += opener.decompress(whole[at:at + 100])
print(out == data, opener.eof, opener.unused_data, opener.unconsumed_tail)
print(opener.decompress(b'behind'), opener.unused_data, opener.flush())
opener = zlib.decompressobj()
out, rest = b'', whole + b'tail'
while not opener.eof:
    part = opener.decompress(rest, 777)
    assert len(part) <= 777
    out, rest = out + part, opener.unconsumed_tail
print(out == data, opener.unused_data)
opener = zlib.decompressobj()
first = opener.decompress(whole, 10)
other = opener.copy()
print(first, opener.flush() == other.flush() == data[10:], opener.eof)
words = b'squared is '
packer = zlib.compressobj(zdict=words)
packed = packer.compress(data[:200]) + packer.flush()
print(zlib.decompressobj(zdict=words).decompress(packed) == data[:200])
attempt('no dictionary', lambda: zlib.decompressobj().decompress(packed))
attempt('wrong dictionary', lambda: zlib.decompressobj(zdict=b'other').decompress(packed))
raw = zlib.compressobj(wbits=-15, zdict=words)
packed = raw.compress(data[:200]) + raw.flush()
print(zlib.decompressobj(wbits=-15, zdict=words).decompress(packed) == data[:200])

# Mistakes.
attempt('header', lambda: zlib.decompress(b'nonsense'))
attempt('cut', lambda: zlib.decompress(whole[:-5]))
attempt('check', lambda: zlib.decompress(whole[:-1] + b'\0'))
attempt('empty', lambda: zlib.decompress(b''))
attempt('level', lambda: zlib.compress(data, 10))
attempt('level', lambda: zlib.compressobj(10))
attempt('bits', lambda: zlib.decompressobj(99))
attempt('bits', lambda: zlib.decompress(whole, 99))
attempt('length', lambda: zlib.decompressobj().decompress(whole, -1))
attempt('flush', lambda: zlib.decompressobj().flush(0))
attempt('str', lambda: zlib.compress('text'))
attempt('str', lambda: zlib.crc32('text'))
attempt('str', lambda: zlib.compressobj().compress(1))
attempt('ended', lambda: packer.compress(b'x'))

# On top of it.
print(gzip.decompress(gzip.compress(data)) == data)
file = io.BytesIO()
with gzip.GzipFile(fileobj=file, mode='wb', mtime=0) as zipped:
    zipped.write(data[:5000])
    zipped.write(data[5000:])
file.seek(0)
with gzip.open(file, 'rt') as lines:
    print(sum(1 for _ in lines))
file = io.BytesIO()
with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('numbers.txt', data)
    archive.writestr('empty', b'')
with zipfile.ZipFile(file) as archive:
    print(archive.namelist(), archive.read('numbers.txt') == data, archive.testzip(), archive.getinfo('numbers.txt').CRC == zlib.crc32(data))

# Shared by threads: each step is whole.
packer = zlib.compressobj()
made, guard = [], threading.Lock()


def work():
    for _ in range(50):
        with guard:
            made.append(packer.compress(b'one piece of text, ' * 50))


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(zlib.decompress(b''.join(made) + packer.flush()) == b'one piece of text, ' * 50 * 200)
