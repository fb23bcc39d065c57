# Classes: inheritance, descriptors, metaclasses, special methods.
class Meta(type):
    def __new__(mcls, name, bases, namespace, **keywords):
        cls = super().__new__(mcls, name, bases, namespace)
        cls.tag = keywords.get("tag", "none")
        return cls
    def __init__(cls, name, bases, namespace, **keywords):
        super().__init__(name, bases, namespace)

class Base(metaclass=Meta, tag="base"):
    registry = []
    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        Base.registry.append(cls.__name__)
    def who(self): return "base"

class Left(Base):
    def who(self): return "left>" + super().who()
class Right(Base):
    def who(self): return "right>" + super().who()
class Both(Left, Right):
    def who(self): return "both>" + super().who()
print(Both().who(), [c.__name__ for c in Both.__mro__], Base.registry, Both.tag, Base.tag)

class Celsius:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, instance, owner): return self if instance is None else getattr(instance, self.name, 0)
    def __set__(self, instance, value):
        if value < -273: raise ValueError("too cold")
        setattr(instance, self.name, value)
class Weather:
    degrees = Celsius()
w = Weather(); w.degrees = 20
print(w.degrees, w.__dict__)
try: w.degrees = -300
except ValueError as error: print(error)

class Vector:
    __slots__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __mul__(self, factor): return Vector(self.x * factor, self.y * factor)
    __rmul__ = __mul__
    def __neg__(self): return Vector(-self.x, -self.y)
    def __eq__(self, other): return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)
    def __hash__(self): return hash((self.x, self.y))
    def __repr__(self): return f"Vector({self.x}, {self.y})"
    def __bool__(self): return bool(self.x or self.y)
    def __iter__(self): yield self.x; yield self.y
    def __getitem__(self, i): return (self.x, self.y)[i]
    def __len__(self): return 2
    def __contains__(self, v): return v in (self.x, self.y)
    def __call__(self, k): return self * k
v = Vector(1, 2)
print(v + v, 3 * v, -v, v == Vector(1, 2), {v: 1}[Vector(1, 2)], bool(Vector(0, 0)), list(v), v[1], len(v), 2 in v, v(5))

class Dynamic:
    def __getattr__(self, name): return "got " + name
    def __setattr__(self, name, value): object.__setattr__(self, name, value * 2)
d = Dynamic(); d.a = 4
print(d.a, d.b)
class Counter:
    count = 0
    @classmethod
    def up(cls): cls.count += 1; return cls.count
    @staticmethod
    def double(x): return x * 2
    @property
    def value(self): return self._value
    @value.setter
    def value(self, v): self._value = v + 1
    @value.deleter
    def value(self): del self._value
c = Counter(); c.value = 1
print(Counter.up(), c.up(), Counter.double(4), c.value); del c.value
print(hasattr(c, "value"), isinstance(c, Counter), issubclass(Both, Base), type(c).__name__)
T = type("T", (Base,), {"z": 9}); print(T.z, T().who(), T.__name__)
