# Buffers that can't be resized while they are looked at, and closures for exec().
import types


def attempt(name, action):
    try:
        print(name, action())
    except Exception as error:
        print(name, type(error).__name__, error)


data = bytearray(b'abc')
view = memoryview(data)
part = view[1:]
actions = {
    'append': lambda: data.append(1), 'extend': lambda: data.extend(b'x'), 'clear': lambda: data.clear(), 'pop': lambda: data.pop(),
    'insert': lambda: data.insert(0, 1), 'remove': lambda: data.remove(97), 'delete': lambda: data.__delitem__(0),
    'slice': lambda: data.__setitem__(slice(0, 1), b'zz'), 'same': lambda: data.__setitem__(slice(0, 1), b'q'),
    'add': lambda: data.__iadd__(b'1'), 'again': lambda: data.__init__(b'1234'), 'nothing': lambda: data.extend(b''),
}
for name, action in actions.items():
    attempt(name, action)
print(data)
view.release()
view.release()
attempt('a part is left', lambda: data.append(1))
with part:
    pass
attempt('none is left', lambda: data.append(1))
print(data)
memoryview(data).cast('B')
attempt('dropped', lambda: data.append(2))
print(data, data.pop(), data.pop(-2), data.pop(0), data)
attempt('pop', lambda: data.pop(7))
attempt('pop', lambda: bytearray().pop())
attempt('pop', lambda: [].pop())
attempt('pop', lambda: [1].pop(-2))
numbers = [1, 2, 3]
numbers.insert(-1, 9)
numbers.insert(-99, 8)
numbers.insert(99, 7)
print(numbers, numbers.pop(-2), numbers)


def outer():
    x = 1

    def inner():
        nonlocal x
        x += 1
        print('inner', x)
    return inner


inner = outer()
cell = types.CellType(41)
attempt('exec', lambda: exec(inner.__code__, {}, closure=(cell,)))
print(cell.cell_contents)
attempt('exec', lambda: exec(inner.__code__, closure=inner.__closure__))
attempt('exec', lambda: exec(inner.__code__))
attempt('eval', lambda: eval(inner.__code__))
attempt('exec', lambda: exec(inner.__code__, closure=()))
attempt('exec', lambda: exec(inner.__code__, closure=(1,)))
attempt('exec', lambda: exec(inner.__code__, closure=[cell]))
attempt('exec', lambda: exec('1', closure=(cell,)))
attempt('exec', lambda: exec(compile('1', '', 'exec'), closure=(cell,)))
attempt('exec', lambda: exec(compile('1', '', 'exec'), closure=None))
