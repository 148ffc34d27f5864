"""Pickles put together opcode by opcode: what no pickler would write."""

import pickle
import struct

MARK, STOP, POP, DUP, REDUCE, BUILD, TUPLE = b"(", b".", b"0", b"2", b"R", b"b", b"t"
OBJ, NEWOBJ, NEWOBJ_EX, STACK_GLOBAL, POP_MARK = b"o", b"\x81", b"\x92", b"\x93", b"1"
MEMOIZE, EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, NONE = b"\x94", b"}", b"]", b")", b"N"
SETITEM, SETITEMS, APPEND, APPENDS, ADDITEMS = b"s", b"u", b"a", b"e", b"\x90"


def value(thing):
    """A plain value."""
    return pickle.dumps(thing, 2)[2:-1]


def text(string):
    """A text without a place in the memo."""
    data = string.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def data(held):
    """Bytes."""
    return b"B" + struct.pack("<I", len(held)) + held


def put(index):
    """Keeps the top of the stack in the memo."""
    return b"q" + bytes([index])


def get(index):
    """Takes a value from the memo."""
    return b"h" + bytes([index])


def arguments(*things):
    """A tuple of plain values."""
    return MARK + b"".join(value(thing) for thing in things) + TUPLE


def named(module, name, how="global"):
    """An imported name."""
    if how == "global":
        return f"c{module}\n{name}\n".encode()
    return text(module) + text(name) + STACK_GLOBAL


def called(module, name, *things, how="global"):
    """What a call returns."""
    return named(module, name, how) + arguments(*things) + REDUCE


def instance(module, name, *things):
    """What INST returns: it names and calls in one opcode."""
    return MARK + b"".join(value(thing) for thing in things) + f"i{module}\n{name}\n".encode()


def stream(*pieces, protocol=4):
    """A whole pickle; without a protocol it has no first opcode, as in the oldest ones."""
    head = b"" if protocol is None else bytes([0x80, protocol])
    return head + b"".join(pieces) + STOP


def frame(*pieces, size=None):
    """A frame, of its own size or of the one it shall claim."""
    held = b"".join(pieces)
    return b"\x95" + struct.pack("<Q", len(held) if size is None else size) + held


class Calls:
    """An object that a pickler writes as a call."""

    def __init__(self, function, *things, state=None):
        self.function = function
        self.things = things
        self.state = state

    def __reduce__(self):
        if self.state is None:
            return self.function, self.things
        return self.function, self.things, self.state
