# Standard streams: encodings, handlers of errors, parts of lines, and input() from whatever sys.stdin is.
import io
import os
import sys
import threading


def feed(data):
    """What standard input gives from now on."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    os.dup2(reading, 0)
    os.close(reading)


# Input, in characters and in bytes; what can't be decoded.
sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
feed(b"abcdef\r\nx\ry\xff\xe9\xe4z\rl1\nl22\nl333\n\rrest\r\xe2\x82\xac!")
print(ascii(sys.stdin.readline(3)), ascii(sys.stdin.readline()), ascii(sys.stdin.read(4)), ascii(sys.stdin.readlines(5)))
print(ascii(sys.stdin.readline(0)), ascii(sys.stdin.readline(-1)), ascii(sys.stdin.read(6)), ascii(sys.stdin.read(1)), ascii(sys.stdin.read()))
feed(b"\xc3\xa4\xc3\xb6\xc3\xbc\nnext\nthird")
print(ascii(sys.stdin.read(2)), ascii(sys.stdin.read(2)), [ascii(line) for line in sys.stdin])

# input() asks sys.stdin and sys.stdout.
kept = sys.stdin, sys.stdout
sys.stdin = io.StringIO("one\ntwo")
print(repr(input()), repr(input("> ")))
try:
    input()
except EOFError as error:
    print(repr(error))


class Reader:
    def readline(self):
        return 5


sys.stdin = Reader()
try:
    input()
except TypeError as error:
    print(error)
sys.stdin, sys.stdout = io.StringIO("x\n"), io.StringIO()
answer = input("prompt")
text = sys.stdout.getvalue()
sys.stdout = kept[1]
print(answer, repr(text))
del sys.stdin
try:
    input()
except RuntimeError as error:
    print(error)
sys.stdin = kept[0]

# print() hands on any text.
sink = io.StringIO()
print("\ud800", 1, sep="\udfff", end="!\n", file=sink)
print(ascii(sink.getvalue()))

# Output.
sys.stdout.reconfigure(errors="strict")
try:
    print("\ud800")
except UnicodeEncodeError as error:
    print(error)
sys.stdout.reconfigure(errors="backslashreplace")
print("\ud800", sys.stdout.errors)
sys.stdout.reconfigure(encoding="latin-1")
print(sys.stdout.encoding, sys.stdout.errors)
try:
    print("\u20ac")
except UnicodeEncodeError as error:
    print(error)
sys.stdout.reconfigure(errors="xmlcharrefreplace")
print("\u20ac")
try:
    sys.stdout.reconfigure(encoding="nonsense")
except LookupError as error:
    print(error)
sys.stdout.reconfigure(encoding="utf-8")
print(sys.stdout.encoding, sys.stdout.errors, "\u20ac")

# Settings of threads.
print(threading.stack_size(), threading.stack_size(65536), threading.stack_size())
try:
    threading.stack_size(100)
except ValueError as error:
    print(error)
thread = threading.Thread(target=print, args=("ran",))
thread.start()
thread.join()
