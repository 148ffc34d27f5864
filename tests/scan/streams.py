"""Random pickles, and what CPython's own readers call when they load them.

A generator writes programs that are mostly valid, so that they run deep, and then spoils some. Two readers run each of them, the
one written in C and the one in Python, with a `find_class` that imports nothing: it answers with a class that writes down when it
is called. Whatever one of them called, the scanner has to have told.
"""

import io
import json
import pickle
import random
import re
import resource
import struct
import subprocess

#: Names that nobody has vetted, and names that are known to act: each call of them is told.
NAMES = [
    *((f"m{module}", f"f{name}") for module in range(4) for name in range(4)),
    ("m0.sub", "Class"),
    ("m1", "Outer.Inner"),
    ("os", "system"),
    ("builtins", "eval"),
    ("subprocess", "Popen"),
]
#: Names that may be called: they make programs longer and are not asked about.
VETTED = [("collections", "OrderedDict"), ("builtins", "set"), ("builtins", "bytearray"), ("_codecs", "encode")]
#: What spoiling made of a name can be imported no more.
IMPORTABLE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
#: A module that is frozen into the interpreter, as `os` is, has its name up to a zero byte: `os\0x` imports it.
ZERO = "\0x"
#: Memory of the process that unpickles: a place of the memo that is far away must not take it all.
ADDRESS_SPACE = 2 << 30


class Program:
    """A pickle in the making: bytes, and how its stack looks."""

    def __init__(self, chance):
        self.chance = chance
        self.protocol = chance.choice((0, 1, 2, 2, 3, 4, 4, 5))
        self.out = bytearray()
        #: Kinds of values: `v` any, `c` callable, `o` object of a callable, `l` list, `d` dict, `s` set, `t` tuple, `(` mark.
        self.stack = []
        self.memo = {}

    def emit(self, code, *kinds):
        self.out += code
        self.stack.extend(kinds)

    def text(self, word):
        data = word.encode()
        way = self.chance.randrange(5)
        if way == 0 and self.protocol >= 4:
            self.emit(b"\x8c" + bytes([len(data)]) + data, "v")
        elif way == 1:
            self.emit(b"V" + data + b"\n", "v")
        elif way == 2:
            self.emit(b"S" + repr(word).encode() + b"\n", "v")
        elif way == 3:
            self.emit(b"U" + bytes([len(data)]) + data, "v")
        else:
            self.emit(b"X" + struct.pack("<I", len(data)) + data, "v")

    def constant(self):
        if self.chance.random() < 0.01:
            # The reader written in C takes these for numbers, the other one does not.
            self.emit(self.chance.choice((b"I5\0x\n", b"I\0\n", b"F5\0\n", b"L5\0L\n")), "v")
            return
        self.emit(
            self.chance.choice(
                (b"N", b"\x88", b"\x89", b"K\x07", b"M\x01\x02", b"J\xff\xff\xff\xff", b"I12\n", b"I01\n", b"L5L\n", b"F1.5\n",
                 b"G?\xf0\0\0\0\0\0\0", b"\x8a\x02\x01\x02", b"C\x02ab", b"B\x02\0\0\0ab", b"T\x01\0\0\0a", b"U\x01a")
            ),
            "v",
        )

    def name(self):
        module, name = self.chance.choice(NAMES if self.chance.random() < 0.8 else VETTED)
        if self.chance.random() < 0.03:
            module += ZERO
        way = self.chance.randrange(3)
        if way == 0 and self.protocol >= 4 or way == 1 and self.chance.random() < 0.5:
            self.text(module)
            self.text(name)
            self.stack[-2:] = ["c"]
            self.out += b"\x93"
        else:
            self.emit(b"c" + module.encode() + b"\n" + name.encode() + b"\n", "c")

    def items(self, most=3):
        for _ in range(self.chance.randrange(most)):
            self.value()

    def container(self):
        kind = self.chance.choice("ldst")
        if kind == "t":
            count = self.chance.randrange(4)
            before = len(self.stack)
            if self.protocol >= 2 and self.chance.random() < 0.6:
                for _ in range(count):
                    self.value()
                self.out += (b")", b"\x85", b"\x86", b"\x87")[count]
            else:
                self.out += b"("
                self.items()
                self.out += b"t"
            self.stack[before:] = ["t"]
        elif self.chance.random() < 0.4 and kind in "ld":
            before = len(self.stack)
            self.out += b"("
            self.items()
            if kind == "d" and (len(self.stack) - before) % 2:
                self.constant()
            self.out += b"l" if kind == "l" else b"d"
            self.stack[before:] = [kind]
        else:
            self.emit({"l": b"]", "d": b"}", "s": b"\x8f"}[kind], kind)

    def call(self):
        before = len(self.stack)
        way = self.chance.randrange(6)
        if way == 0:
            module, name = self.chance.choice(NAMES)
            self.out += b"("
            self.items()
            self.out += b"i" + module.encode() + b"\n" + name.encode() + b"\n"
        elif way == 1:
            self.out += b"("
            self.callable()
            self.items()
            self.out += b"o"
        elif way == 2:
            self.callable()
            self.out += b")"
            self.dictionary()
            self.out += b"\x92"
        else:
            self.callable()
            self.arguments()
            self.out += b"\x81" if way == 3 else b"R"
        self.stack[before:] = ["o"]

    def callable(self):
        known = [place for place, kind in self.memo.items() if kind == "c"]
        if known and self.chance.random() < 0.3:
            self.recall(self.chance.choice(known))
        else:
            self.name()

    def arguments(self):
        before = len(self.stack)
        self.out += b"("
        self.items()
        self.out += b"t"
        self.stack[before:] = ["t"]

    def dictionary(self):
        before = len(self.stack)
        self.out += b"}"
        if self.chance.random() < 0.5:
            self.text("key")
            self.value()
            self.out += b"s"
        self.stack[before:] = ["d"]

    def change(self):
        """Something that changes what is on top."""
        before = len(self.stack)
        top = self.stack[-1]
        way = self.chance.randrange(6)
        if top in "do" and way < 2:
            self.value()
            self.value()
            self.out += b"s"
        elif top in "lo" and way == 2:
            self.value()
            self.out += b"a"
        elif way == 3:
            self.out += b"("
            self.items(4)
            self.out += b"e" if top in "lo" else b"\x90" if top == "s" else b"1"
        elif top == "o":
            self.dictionary() if way == 4 else self.value()
            self.out += b"b"
        del self.stack[before:]

    def memoise(self):
        place = self.chance.choice((len(self.memo), self.chance.randrange(12)))
        way = self.chance.randrange(4)
        if way == 0 and self.protocol >= 4:
            place = len(self.memo)
            self.out += b"\x94"
        elif way == 1:
            self.out += (b"p%d\n" if self.chance.random() < 0.98 else b"p%d\0x\n") % place
        elif way == 2:
            self.out += b"r" + struct.pack("<I", place)
        else:
            self.out += b"q" + bytes([place])
        self.memo[place] = self.stack[-1]

    def recall(self, place):
        code = self.chance.choice((b"g%d\n" % place, b"h" + bytes([place % 256]), b"j" + struct.pack("<I", place)))
        self.emit(code, self.memo[place])

    def value(self):
        """One more value on the stack."""
        if len(self.out) > 400:
            return self.constant()
        way = self.chance.random()
        if way < 0.25:
            self.constant()
        elif way < 0.35:
            self.text(self.chance.choice(("a", "os", "\u00e9\n", "x" * 30)))
        elif way < 0.5:
            self.name()
        elif way < 0.62:
            self.container()
        elif way < 0.85:
            self.call()
        elif way < 0.9 and self.memo:
            self.recall(self.chance.choice(list(self.memo)))
        elif way < 0.93:
            self.emit(b"P7\n" if self.protocol < 1 else b"K\x05Q", "v")
        elif self.stack:
            self.emit(b"2", self.stack[-1])
        else:
            self.constant()
        if self.chance.random() < 0.25:
            self.memoise()
        while self.chance.random() < 0.2 and self.stack:
            self.change()
        return None

    def finished(self):
        for _ in range(self.chance.randrange(1, 6)):
            self.value()
            if self.chance.random() < 0.3 and len(self.stack) > 1:
                self.stack.pop()
                self.out += b"0"
        body = bytes(self.out) + b"."
        if self.protocol >= 4 and self.chance.random() < 0.7:
            size = len(body) + (self.chance.choice((0, 0, 0, 0, 1, -1)))
            body = b"\x95" + struct.pack("<Q", max(0, size)) + body
        if self.protocol >= 2:
            body = b"\x80" + bytes([self.protocol]) + body
        return self.spoilt(body)

    def spoilt(self, body):
        way = self.chance.random()
        if way < 0.65:
            return body
        data = bytearray(body)
        for _ in range(self.chance.randrange(1, 4)):
            place = self.chance.randrange(len(data))
            kind = self.chance.randrange(4)
            if kind == 0:
                data[place] = self.chance.randrange(256)
            elif kind == 1:
                del data[place]
            elif kind == 2:
                data.insert(place, self.chance.choice(b"(0123.NtRbieaslud]}c\x81\x85\x93\x94\x95\x80q\x71h"))
            else:
                other = self.chance.randrange(len(data))
                data[place:place] = data[other : other + 12]
            if not data:
                return b"."
        return bytes(data)


class Told(type):
    """The class of the classes that `find_class` answers with."""

    def __call__(cls, *arguments, **named):
        CALLED.add(cls.full_name)
        return super().__call__(*arguments, **named)


#: What was called since it was emptied.
CALLED = set()
CLASSES = {}


def stand_in(module, name):
    """A class that writes down when it is called and takes whatever is done with it."""
    if not IMPORTABLE.fullmatch(f"{module.removesuffix(ZERO)}.{name}"):
        raise ImportError(name)
    known = CLASSES.get((module, name))
    if known is None:
        full = f"{module}.{name}".replace("\0", "\\u{0}")

        def make(cls, *_arguments, **_named):
            CALLED.add(full)
            return object.__new__(cls)

        nothing = lambda self, *_arguments, **_named: None  # noqa: E731
        members = dict.fromkeys(("__init__", "__setitem__", "append", "add"), nothing)
        known = Told("StandIn", (), {"__new__": make, "full_name": full, **members})
        CLASSES[(module, name)] = known
    return known


class InC(pickle.Unpickler):
    def find_class(self, module, name):
        return stand_in(module, name)

    def persistent_load(self, _pid):
        return None


class InPython(pickle._Unpickler):
    def find_class(self, module, name):
        return stand_in(module, name)

    def persistent_load(self, _pid):
        return None


def called(data):
    """The names that the readers of CPython call."""
    CALLED.clear()
    for reader in (InC, InPython):
        try:
            reader(io.BytesIO(data), buffers=iter([b"out of band"] * 4)).load()
        except (Exception, RecursionError):  # noqa: BLE001, S110
            pass
    return set(CALLED)


def generated(seed, count):
    """Streams, and what they call."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    chance = random.Random(seed)
    for _ in range(count):
        data = Program(chance).finished()
        yield data, called(data)


def missed(program, seed, count):
    """What CPython calls and the scanner does not tell: pairs of a stream and names. Also how many calls there were."""
    streams = list(generated(seed, count))
    given = b"".join(struct.pack("<I", len(data)) + data for data, _ in streams)
    done = subprocess.run([program, "streams"], input=given, capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(streams)
    vetted = {f"{module}.{name}" for module, name in VETTED}
    wrong, calls = [], 0
    for (data, names), answer in zip(streams, answers, strict=True):
        names = names - vetted
        calls += len(names)
        said = "\n".join(answer["said"])
        # Where the two readers disagree, that is told; what each of them reads then is not.
        is_told = "is read differently by its readers" in said
        untold = sorted(name for name in names if name not in said and not is_told)
        if untold or (names and answer["verdict"] == "clean"):
            wrong.append((data, untold, answer))
    return wrong, calls
