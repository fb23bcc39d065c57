"""Programs whose memory must stay flat. The same file for every Python.

usage: gc_memory.py PROGRAM LIVE SECONDS

payload    LIVE instances in cycles with themselves, each with 10 kB of bytes; replaced at random. What a collector that counts objects only
           lets grow: a thousand dead cycles are nothing, ten megabytes are.
chains     LIVE old chains; each new chain is linked to an old one, and the old one to it, in place of the one before, which is garbage then.
requests   LIVE sessions that keep the last four of their requests, each a cycle of request, response, context and rows. So garbage has
           survived a while before it becomes garbage.

Prints {"phase": "built"} when LIVE things exist and nothing else, {"phase": "measured"} at the end, and the number of things made.
"""
import gc
import sys
import time

PAYLOAD = 10_000  # bytes
LINKS = 30  # nodes in a chain
ROWS = 20  # in a response
KEPT = 4  # requests of a session


class Holder:
    def __init__(self, number):
        self.itself = self
        self.payload = b"x" * (PAYLOAD + (number & 1))


class Link:
    __slots__ = ("before", "after", "other")

    def __init__(self, before):
        self.before = before
        self.after = None
        self.other = None
        if before is not None:
            before.after = self


def make_chain():
    first = last = Link(None)
    for _ in range(LINKS - 1):
        last = Link(last)
    first.before = last
    last.after = first
    return first


class Request:
    def __init__(self, session, number):
        self.session = session
        self.headers = {"number": number, "path": "/things/%d" % (number & 1023)}
        self.response = Response(self)


class Response:
    def __init__(self, request):
        self.request = request
        self.rows = [{"row": index, "response": self} for index in range(ROWS)]
        self.context = {"request": request, "response": self}


class Session:
    def __init__(self):
        self.requests = []


def payload_step(table, number):
    table[(number >> 6) % len(table)] = Holder(number)


def chain_step(table, number):
    old = table[(number >> 6) % len(table)]
    new = make_chain()
    new.other = old
    old.other = new


def request_step(table, number):
    session = table[(number >> 6) % len(table)]
    session.requests.append(Request(session, number))
    if len(session.requests) > KEPT:
        del session.requests[0]


PROGRAMS = {
    "payload": (Holder, payload_step, 16),
    "chains": (lambda number: make_chain(), chain_step, 16),
    "requests": (lambda number: Session(), request_step, 16),
}


def main(arguments):
    if len(arguments) != 3 or arguments[0] not in PROGRAMS:
        print("usage: gc_memory.py %s LIVE SECONDS" % "|".join(PROGRAMS), file=sys.stderr)
        return 2
    make, step, steps = PROGRAMS[arguments[0]]
    live, seconds = int(arguments[1]), float(arguments[2])
    began = time.monotonic_ns()
    table = [make(number) for number in range(live)]
    number = 1
    if arguments[0] == "requests":
        # Full from the start: what comes is churn only.
        for session in table:
            for _ in range(KEPT):
                session.requests.append(Request(session, number))
    gc.collect()
    print('{"phase": "built", "nanoseconds": %d}' % (time.monotonic_ns() - began), flush=True)
    began = now = time.monotonic_ns()
    end = now + int(seconds * 1e9)
    made = 0
    while now < end:
        for _ in range(steps):
            number = (number * 1103515245 + 12345) & 0x7FFFFFFF
            step(table, number)
        made += steps
        now = time.monotonic_ns()
    print('{"phase": "measured", "nanoseconds": %d}' % (now - began), flush=True)
    print('{"made": %d}' % made, flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
