# Calls of all shapes: classes, defaults, keywords, spread arguments, bound methods; what they raise and where.


def outcome(function):
    try:
        print(function())
    except BaseException as error:
        print(type(error).__name__, error)


class Plain:
    def __init__(self, x, y=2):
        self.x = x
        self.y = y

    def method(self, *values, **names):
        return self.x, values, sorted(names.items())


class Wrong:
    def __init__(self):
        return 5


class GeneratorInit:
    def __init__(self):
        yield 1


class Raises:
    def __init__(self, value):
        self.value = value
        raise ValueError(value)


class KeywordOnly:
    def __init__(self, *, key):
        self.key = key


class Variadic:
    def __init__(self, *values, **names):
        self.values = values
        self.names = names


class Counted:
    alive = 0

    def __init__(self):
        Counted.alive += 1

    def __del__(self):
        Counted.alive -= 1


def make(cls, *arguments, **names):
    return cls(*arguments, **names)


for _ in range(3):
    outcome(lambda: Plain(1).__dict__)
    outcome(lambda: Plain(1, 3).__dict__)
    outcome(lambda: Plain(1, y=4).__dict__)
    outcome(lambda: Plain())
    outcome(lambda: Plain(1, 2, 3))
    outcome(lambda: Plain(1, 2, z=3))
    outcome(lambda: Wrong())
    outcome(lambda: GeneratorInit())
    outcome(lambda: Raises(7))
    outcome(lambda: KeywordOnly())
    outcome(lambda: KeywordOnly(key=1).key)
    outcome(lambda: KeywordOnly(1))
    outcome(lambda: Variadic(1, 2, a=3).__dict__)
    outcome(lambda: make(Plain, 1).__dict__)
    outcome(lambda: make(Plain, *[5], **{"y": 6}).__dict__)
    outcome(lambda: make(Wrong))


def instance_loop():
    for _ in range(100):
        Counted()
    return Counted.alive


outcome(instance_loop)

# The same call instruction sees classes change.
kinds = []
for number in range(4):
    cls = [Plain, KeywordOnly, Variadic, int][number]
    try:
        kinds.append(type(cls(1)).__name__)
    except TypeError as error:
        kinds.append(str(error))
print(kinds)


class Changing:
    def __init__(self):
        self.made = "first"


def build():
    return Changing()


print(build().made, build().made)


def second(self):
    self.made = "second"


Changing.__init__ = second
print(build().made, build().made)
Changing.__new__ = lambda cls: "not an instance"
print(build())
del Changing.__new__
del Changing.__init__
print(type(build()).__name__)


class Base:
    def __init__(self, name):
        self.name = name

    def speak(self):
        return "base " + self.name


class Derived(Base):
    def __init__(self, name):
        super().__init__(name + "!")

    def speak(self):
        return super().speak() + " derived"


print(Derived("x").speak())


def defaults(a, b=len, c=(1, 2), *, d=None, **rest):
    return a, b("xyz"), c, d, sorted(rest)


outcome(lambda: defaults(1))
outcome(lambda: defaults(1, c=3))
outcome(lambda: defaults(1, d=3, e=4, f=5))
outcome(lambda: defaults())
outcome(lambda: defaults(1, a=2))
outcome(lambda: defaults(*(1,), **{"d": 2}))
outcome(lambda: defaults(*(1, 2, 3, 4)))


def two(a, b=1):
    return a, b


outcome(lambda: two())
outcome(lambda: two(1, 2, 3))
outcome(lambda: two(1, c=2))
outcome(lambda: two(*range(2)))
outcome(lambda: two(*range(3)))
outcome(lambda: two(**{"b": 1}))
two.__defaults__ = (5, 6)
outcome(lambda: two())
two.__defaults__ = None
outcome(lambda: two(1))

plain = Plain(9)
bound = plain.method
outcome(lambda: bound())
outcome(lambda: bound(1, 2, k=3))
outcome(lambda: bound(*[1, 2], **{"k": 3}))
outcome(lambda: plain.method(*[1], 2, k=3))
outcome(lambda: [].append())
outcome(lambda: [].append(1, 2))
outcome(lambda: list.append([]))
outcome(lambda: list.append(5, 1))
outcome(lambda: len())
outcome(lambda: len(5))
outcome(lambda: max(*[3, 1, 2]))
outcome(lambda: dict(*[[("a", 1)]], **{"b": 2}))
five = 5
outcome(lambda: five(*[1]))
outcome(lambda: sum([1, 2, 2**62, 2**62, -1]))
plain.function = lambda *values: values
outcome(lambda: plain.function(1, 2))
plain.kind = Plain
outcome(lambda: plain.kind(1, 2).__dict__)
plain.bound = bound
outcome(lambda: plain.bound(4, k=5))


def positional_only(a, /, b):
    return a, b


outcome(lambda: positional_only(1, b=2))
outcome(lambda: positional_only(a=1, b=2))
outcome(lambda: positional_only(*(1,), b=2))


class Deep:
    def __init__(self, left):
        self.inner = Deep(left - 1) if left else None


print(Deep(50).inner.inner is not None)


class Endless:
    def __init__(self):
        Endless()


try:
    Endless()
except RecursionError as error:
    print("RecursionError")


def spread_forever(*values):
    return spread_forever(*values)


try:
    spread_forever(1, 2)
except RecursionError as error:
    print("RecursionError")


def lines(function):
    try:
        function()
    except Exception as error:
        entry = error.__traceback__
        found = []
        while entry is not None:
            found.append(entry.tb_lineno)
            entry = entry.tb_next
        print(found)


lines(lambda: Raises(3))
lines(lambda: make(Raises, *[4]))
lines(lambda: Wrong())
lines(lambda: spread_forever(*5))


# Strings that grow in place stay values.
text = ""
kept = []
for number in range(400):
    text += "ab"
    if number % 100 == 0:
        kept.append(text)
print(len(text), [len(item) for item in kept], hash(text) == hash("ab" * 400))
table = {text: 1}
alias = text
text += "é"
print(len(alias), alias == "ab" * 400, table.get(alias), text[-1], len(text))
text += text
print(len(text), text.count("é"), text == ("ab" * 400 + "é") * 2)
text += "€"
text += "\U0001f600"
text += "x"
print(len(text), text[-3:], f"{7}{-7}{10**20}{True}{1.5}", str(-120), str(0), repr(-(2**62)), str(2**62 - 1))
