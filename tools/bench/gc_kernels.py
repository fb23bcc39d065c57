"""A program that stores all the time, for barrier_cost: attributes, items, dict entries, appends, and their ends. gc_kernels.py [ROUNDS]"""
import gc
import sys


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right


def swap(nodes, rounds):
    for turn in range(rounds):
        one, two = nodes[turn % 100], nodes[turn * 7 % 100]
        one.left, two.right = two.right, one.left


def build(rounds):
    tree = None
    for turn in range(rounds):
        tree = Node(tree if turn % 50 else None, turn)
    return tree


def items(rounds):
    row = [None] * 100
    for turn in range(rounds):
        row[turn % 100] = row[turn * 3 % 100] or [turn]
    return row


def entries(rounds):
    table = {}
    for turn in range(rounds):
        table[turn % 64] = (turn, table.get(turn % 63, 0) is None)
    return table


def appended(rounds):
    rows = []
    for turn in range(rounds):
        if turn % 200 == 0:
            rows.clear()
        rows.append([turn, rows])
    return rows


def main(arguments):
    rounds = int(arguments[0]) if arguments else 40_000
    gc.disable()
    swap([Node(None, None) for _ in range(100)], rounds)
    build(rounds)
    items(rounds)
    entries(rounds)
    appended(rounds)


main(sys.argv[1:])
