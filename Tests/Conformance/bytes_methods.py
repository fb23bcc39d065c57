# bytes and bytearray: every method with many arguments, contents that lie in the object and contents that do not, queues, slices, errors.
import zlib

state = 12345


def pick(n):
    global state
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % n


def piece(longest, letters=b'ab \t\nAz09-\x00\xff'):
    return bytes(letters[pick(len(letters))] for _ in range(pick(longest + 1)))


def attempt(function):
    try:
        return repr(function())
    except Exception as problem:
        return type(problem).__name__ + ': ' + str(problem)


class Summary:
    def __init__(self, name):
        self.name, self.count, self.sum = name, 0, 0

    def add(self, text):
        self.count += 1
        self.sum = zlib.crc32(text.encode('latin-1', 'backslashreplace'), self.sum)

    def show(self):
        print(self.name, self.count, '%08x' % self.sum)


searches = ['find', 'rfind', 'index', 'rindex', 'count', 'startswith', 'endswith']
for kind in (bytes, bytearray):
    for name in searches:
        summary = Summary(kind.__name__ + '.' + name)
        for _ in range(400):
            text = kind(piece(40, b'aab'))
            part = piece(3, b'ab')
            bounds = [pick(60) - 15 for _ in range(pick(3))]
            summary.add(attempt(lambda: getattr(text, name)(part, *bounds)))
            if name not in ('startswith', 'endswith'):
                summary.add(attempt(lambda: getattr(text, name)(97 + pick(3), *bounds)))
        summary.show()
    summary = Summary(kind.__name__ + ' cutting')
    for _ in range(500):
        text = kind(piece(30))
        by = piece(2)
        limit = pick(5) - 1
        for function in (
                lambda: text.split(), lambda: text.rsplit(), lambda: text.split(None, limit), lambda: text.rsplit(None, limit),
                lambda: text.split(by), lambda: text.rsplit(by, limit), lambda: text.split(by, maxsplit=limit),
                lambda: text.splitlines(), lambda: text.splitlines(True), lambda: text.partition(by), lambda: text.rpartition(by),
                lambda: text.strip(), lambda: text.lstrip(by), lambda: text.rstrip(by), lambda: text.removeprefix(by),
                lambda: text.removesuffix(by)):
            summary.add(attempt(function))
    summary.show()
    summary = Summary(kind.__name__ + ' changing')
    for _ in range(400):
        text = kind(piece(30))
        old, new = piece(2, b'ab'), piece(3, b'abc')
        width = pick(50)
        for function in (
                lambda: text.replace(old, new), lambda: text.replace(old, new, pick(4) - 1), lambda: text.ljust(width), lambda: text.rjust(width, b'*'),
                lambda: text.center(width, b'-'), lambda: text.zfill(width), lambda: text.expandtabs(pick(9)), lambda: text.lower(),
                lambda: text.upper(), lambda: text.title(), lambda: text.swapcase(), lambda: text.capitalize(),
                lambda: text.translate(bytes(range(255, -1, -1)), old), lambda: text.translate(None, new),
                lambda: text.join([old, bytearray(new), memoryview(text)]), lambda: text * pick(4), lambda: text + new, lambda: new + text,
                lambda: text.hex(), lambda: text.hex(':', pick(7) - 3), lambda: text[pick(40) - 20:pick(40) - 20],
                lambda: text[pick(40) - 20:pick(40) - 20:pick(7) - 3], lambda: text[pick(40) - 20], lambda: old in text, lambda: pick(300) in text):
            summary.add(attempt(function))
        for name in ('isalpha', 'isdigit', 'isalnum', 'isspace', 'isascii', 'islower', 'isupper', 'istitle'):
            summary.add(attempt(lambda: getattr(text, name)()))
    summary.show()

print(b'', b'a' * 3, repr(b"it's"), repr(b'"it\'s"'), b'\t\n\r\\\x00\x7f\xff', bytearray(b'x"'))
for length in (0, 1, 2, 471, 472, 473, 5000):
    text = bytes(length)
    longer = text + b'!'
    print(len(text), len(longer), longer[-1:], text == bytes(bytearray(text)), hash(longer) == hash(bytes(bytearray(longer))), longer.find(b'!'), {longer: 1}[bytes(longer)])


class Named(bytes):
    pass


named = Named(b'abc' * 300)
named.note = 'kept'
print(type(named[:2]), type(named + b''), named.note, len(named), named == b'abc' * 300, named.upper()[:3], Named(b'') == b'', bytes(named) == named, Named.fromhex('6162'))

# Queues: what is taken off the front and put at the end.
queue = bytearray()
taken = bytearray()
summary = Summary('queue')
for number in range(3000):
    queue += piece(20)
    if pick(3):
        cut = pick(25)
        taken += queue[:cut]
        del queue[:cut]
    if number % 100 == 0:
        summary.add(repr(queue))
summary.add(repr(taken))
summary.show()

summary = Summary('bytearray in place')
own = bytearray(b'0123456789')
for _ in range(3000):
    low, high, step = pick(30) - 10, pick(30) - 10, pick(7) - 3
    what = pick(12)
    if what == 0:
        own[low:high] = piece(8)
    elif what == 1:
        del own[low:high]
    elif what == 2:
        summary.add(attempt(lambda: own.__setitem__(slice(low, high, step), piece(6))))
    elif what == 3:
        summary.add(attempt(lambda: own.__delitem__(slice(low, high, step))))
    elif what == 4:
        own.insert(low, pick(256))
    elif what == 5:
        summary.add(attempt(lambda: own.pop(low)))
    elif what == 6:
        summary.add(attempt(lambda: own.remove(pick(128))))
    elif what == 7:
        own.extend(piece(10))
    elif what == 8:
        own.reverse()
    elif what == 9:
        own *= pick(3)
    elif what == 10:
        own.extend(number for number in range(pick(5)))
    else:
        own += own[:5]
    if len(own) > 2000:
        own.clear()
    summary.add(repr(own))
summary.show()

for function in (
        lambda: bytes([1, 256]), lambda: bytes(-1), lambda: bytes('x'), lambda: bytes(1.5), lambda: bytes(5, 'ascii'), lambda: bytes('é', 'ascii'),
        lambda: bytes('é', 'latin-1'), lambda: bytes(b'x', errors='strict'), lambda: bytearray([1, 'x']), lambda: bytearray(b'a').append(256),
        lambda: b'a' + 'b', lambda: b'a' < 'b', lambda: b'ab'.join(['x']), lambda: b'ab'.join(5), lambda: b'a'.split(b''), lambda: b'a'.partition(b''),
        lambda: b'a'.find('a'), lambda: b'a'.startswith('a'), lambda: b'a'.startswith((b'b', 'a')), lambda: b'a'.endswith((b'b', b'a')),
        lambda: b'a'.ljust(3, b'xy'), lambda: b'a'.translate(b'x'), lambda: bytes.maketrans(b'a', b'bc'), lambda: bytes.fromhex('6 1'),
        lambda: bytes.fromhex(' 61 62\n'), lambda: b'ab'.hex('xy'), lambda: b'ab'.hex('é'), lambda: b'a'[1], lambda: b'abc'[::0], lambda: b'a' * 'b',
        lambda: 'x' in b'a', lambda: 300 in b'a', lambda: bytearray(b'a').__setitem__(0, 256), lambda: bytearray(b'a').__setitem__(5, 1),
        lambda: bytearray().pop(), lambda: bytearray(b'a').remove(98), lambda: bytearray(b'abcd').__setitem__(slice(0, 4, 2), b'xyz'),
        lambda: hash(bytearray()), lambda: b'%d %s %b' % (5, b'x', bytearray(b'y')), lambda: bytes(memoryview(b'abcdef')[1:5:2]),
        lambda: b'\xe4\xb8\xad\xf0\x9f\x98\x80\xc3\xa9'.decode(), lambda: b'\xed\xa0\x80'.decode(), lambda: b'a\xff'.decode('ascii'),
        lambda: b'a\xc3'.decode('utf-8', 'replace'), lambda: bytearray(b'\xe9').decode('latin-1'), lambda: 'é中😀'.encode(), lambda: '\ud800'.encode(),
        lambda: 'a\ud800'.encode('utf-8', 'surrogatepass'), lambda: 'é'.encode('utf-8', 5), lambda: b'a'.decode('utf-8', 5)):
    print(attempt(function))


class Giver:
    def __bytes__(self):
        return b'given'


class Wrong:
    def __bytes__(self):
        return 'given'


print(bytes(Giver()), attempt(lambda: bytes(Wrong())), attempt(lambda: bytearray(Giver())), b'%b' % Giver())
