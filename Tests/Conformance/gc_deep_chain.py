# Chains far longer than any stack is deep: freed by count, kept and freed by the collector.
import gc


class Node:
    def __init__(self, after):
        self.after = after


class Last:
    gone = 0

    def __del__(self):
        Last.gone += 1


def chain(length, make):
    node = first = make(Last())
    for _ in range(length):
        node = make(node)
    return node, first


KINDS = [
    ("lists", lambda after: [after], lambda node: node[0]),
    ("dicts", lambda after: {"after": after}, lambda node: node["after"]),
    ("instances", Node, lambda node: node.after),
    ("tuples", lambda after: (after, []), lambda node: node[0]),
]

for name, make, step in KINDS:
    head, tail = chain(200_000, make)
    gc.collect()
    gc.collect()
    length, node = 0, head
    while not isinstance(node, Last):
        node = step(node)
        length += 1
    print(name, "kept", length, Last.gone)
    del head, tail, node
    print(name, "freed", Last.gone)
    Last.gone = 0

for name, make, step in KINDS[:3]:
    head, tail = chain(200_000, make)
    # The tail refers to the head: a cycle of all of them.
    if name == "lists":
        tail.append(head)
    elif name == "dicts":
        tail["head"] = head
    else:
        tail.head = head
    del head, tail
    gc.collect()
    gc.collect()
    print(name, "cycle", Last.gone)
    Last.gone = 0
