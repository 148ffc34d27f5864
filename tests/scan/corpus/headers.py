"""Classes 19 and 20: GGUF headers and chat templates, safetensors headers."""

import json
import struct
import tempfile
from pathlib import Path

import gguf
import numpy
import safetensors.numpy

from . import opcodes as op
from .disguises import member
from .disguises import zipped as zip_of
from .store import made_by

HARMLESS = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
GGUF_BY = made_by("gguf")

# Walks from a value of the template to whatever Python has.
ESCAPES = {
    "globals": "{{ cycler.__init__.__globals__.os.popen('true').read() }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "base": "{{ ().__class__.__base__.__subclasses__()[0] }}",
    "item": "{{ ''['__class__'] }}",
    "attr-filter": "{{ ''|attr('__class__') }}",
    "joined": "{{ ''['__cl' + 'ass__'] }}",
    "tilde": "{{ ''|attr('__cl' ~ 'ass__') }}",
    "format": "{{ ''|attr('%s%s' % ('__cl', 'ass__')) }}",
    "join-filter": "{{ ''|attr(['__cl', 'ass__']|join) }}",
    "escaped": "{{ ''['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "set": "{% set a = '__class__' %}{{ ''[a] }}",
    "loop": "{% for a in ['__class__'] %}{{ ''|attr(a) }}{% endfor %}",
    "namespace": "{% set n = namespace(x='__globals__') %}{{ cycler.__init__[n.x] }}",
    "macro": "{% macro f(a) %}{{ a.__class__ }}{% endmacro %}{{ f('') }}",
    "lipsum": "{{ lipsum.__globals__['os'] }}",
    "self": "{{ self._TemplateReference__context }}",
    "request": "{{ messages.__class__.__init__.__globals__ }}",
    "map-attribute": "{{ [messages]|map(attribute='__class__')|list }}",
    "builtins": "{{ joiner.__init__.__globals__.__builtins__.eval('1') }}",
}


def written(template=HARMLESS, **names):
    """A GGUF file that gguf wrote."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_chat_template([{"name": name, "template": held} for name, held in names.items()] or template)
        writer.add_block_count(1)
        writer.add_tensor("token_embd.weight", numpy.ones((4, 4), dtype="f4"))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()


def text(content):
    """A text as GGUF writes it."""
    return struct.pack("<Q", len(content)) + content


def header(*pairs, tensors=(), version=3, pair_count=None, tensor_count=None, data=bytes(64)):
    """A GGUF file put together by hand."""
    held = b"GGUF" + struct.pack(
        "<IQQ",
        version,
        len(tensors) if tensor_count is None else tensor_count,
        len(pairs) if pair_count is None else pair_count,
    )
    held += b"".join(pairs) + b"".join(tensors)
    return held + bytes(-len(held) % 32) + data


def tensor(name=b"w", sizes=(4,), kind=0, offset=0, count=None):
    """A line of the tensor table."""
    return (
        text(name)
        + struct.pack(f"<I{len(sizes)}Q", len(sizes) if count is None else count, *sizes)
        + struct.pack("<IQ", kind, offset)
    )


def broken_gguf():
    """Counts and offsets that do not fit the file."""
    huge = 1 << 62
    array = text(b"a") + struct.pack("<IIQ", 9, 4, huge)
    yield "pairs", header(pair_count=huge)
    yield "pairs-all", header(pair_count=(1 << 64) - 1)
    yield "tensors", header(tensor_count=huge)
    yield "array", header(array)
    yield "array-wraps", header(text(b"a") + struct.pack("<IIQ", 9, 4, (1 << 62) + 1))
    yield "array-texts", header(text(b"a") + struct.pack("<IIQ", 9, 8, huge))
    yield "array-deep", header(text(b"a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 2000)
    yield "text", header(text(b"a") + struct.pack("<IQ", 8, huge))
    yield "key", header(struct.pack("<Q", (1 << 64) - 1) + b"a")
    yield "type", header(text(b"a") + struct.pack("<I", 99))
    yield "tensor-size", header(tensors=[tensor(sizes=(1 << 40,))])
    yield "tensor-wraps", header(tensors=[tensor(sizes=(1 << 33, 1 << 33))])
    yield "tensor-offset", header(tensors=[tensor(offset=1 << 40)])
    yield "tensor-offset-wraps", header(tensors=[tensor(offset=(1 << 64) - 32)])
    yield "tensor-unaligned", header(tensors=[tensor(offset=3)])
    yield "tensor-dimensions", header(tensors=[tensor(count=1 << 30)])
    yield "tensor-kind", header(tensors=[tensor(kind=9999)])
    yield "tensor-larger", header(tensors=[tensor(sizes=(64,))])
    yield "tensor-overlap", header(tensors=[tensor(b"a", (16,)), tensor(b"b", (16,), offset=0)])
    yield "tensor-twice", header(tensors=[tensor(), tensor()], data=bytes(64))
    yield "alignment-zero", header(text(b"general.alignment") + struct.pack("<II", 4, 0), tensors=[tensor()])
    yield "alignment-odd", header(text(b"general.alignment") + struct.pack("<II", 4, 7), tensors=[tensor()])
    yield "version", header(version=77)


def safetensors_file(held, data=b"", size=None):
    """A safetensors file with any header."""
    head = held if isinstance(held, bytes) else json.dumps(held).encode()
    return struct.pack("<Q", len(head) if size is None else size) + head + data


def tensor_line(start, end, shape=(4,), dtype="F32"):
    """One tensor of a header."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def broken_safetensors():
    """Headers that do not describe the file, and files that are something else as well."""
    line, data = tensor_line, bytes(16)
    acts = op.stream(op.called("os", "getpid"))
    twice = b'{"w":' + json.dumps(line(0, 16)).encode() + b',"w":' + json.dumps(line(0, 16)).encode() + b"}"
    good = safetensors.numpy.save({"w": numpy.ones(4, dtype="f4")})
    yield "size-huge", safetensors_file({}, size=1 << 62)
    yield "size-over", safetensors_file({"w": line(0, 16)}, data, size=4000)
    yield "size-limit", safetensors_file(b"{}" + b" " * 100, size=200_000_000)
    yield "overlap", safetensors_file({"a": line(0, 16), "b": line(8, 24)}, bytes(24))
    yield "overlap-same", safetensors_file({"a": line(0, 16), "b": line(0, 16)}, data)
    yield "hole", safetensors_file({"a": line(0, 16), "b": line(32, 48)}, bytes(48))
    yield "hole-first", safetensors_file({"a": line(16, 32)}, bytes(32))
    yield "trailing", good + bytes(64)
    yield "trailing-pickle", good + acts
    yield "trailing-zip", good + zip_of(member("data.pkl", acts))
    yield "beyond", safetensors_file({"a": line(0, 1 << 40)}, data)
    yield "backwards", safetensors_file({"a": line(16, 0)}, data)
    yield "negative", safetensors_file({"a": line(-16, 0)}, data)
    yield "shape", safetensors_file({"a": line(0, 16, (5,))}, data)
    yield "shape-overflow", safetensors_file({"a": line(0, 16, (1 << 62, 1 << 62))}, data)
    yield "shape-negative", safetensors_file({"a": line(0, 16, (-4,))}, data)
    yield "dtype", safetensors_file({"a": line(0, 16, dtype="X99")}, data)
    yield "dtype-object", safetensors_file({"a": line(0, 16, dtype="O")}, data)
    yield "duplicate", safetensors_file(twice, data)
    yield "duplicate-escaped", safetensors_file(twice.replace(b'"w"', b'"\\u0077"', 1), data)
    yield (
        "duplicate-field",
        safetensors_file(b'{"w":{"dtype":"F32","dtype":"U8","shape":[4],"data_offsets":[0,16]}}', data),
    )
    yield (
        "duplicate-metadata",
        safetensors_file(
            b'{"__metadata__":{},"__metadata__":{"a":"b"},"w":' + json.dumps(line(0, 16)).encode() + b"}", data
        ),
    )
    yield "not-json", safetensors_file(b"{not json}", data)
    yield "not-object", safetensors_file(b"[1, 2]", data)
    yield "not-utf8", safetensors_file(b'{"\xff":1}', data)
    yield "deep", safetensors_file(b'{"a":' * 5000 + b"1" + b"}" * 5000)
    yield "padding-content", safetensors_file(b'{"w":' + json.dumps(line(0, 16)).encode() + b"}" + acts, data)
    yield "metadata-object", safetensors_file({"__metadata__": {"a": {"b": 1}}, "w": line(0, 16)}, data)
    yield "cut", good[:-4]
    yield (
        "pickle-in-tensor",
        safetensors_file({"w": line(0, len(acts), (len(acts),), "U8")}, acts) + zip_of(member("x.pkl", acts)),
    )


def write(corpus):
    """Both classes."""
    for name, template in ESCAPES.items():
        # One underscore reaches no further than Jinja itself.
        keep = corpus.stopped if name == "self" else corpus.dangerous
        keep(19, f"template-{name}.gguf", written(template), GGUF_BY)
        keep(19, f"template-{name}.jinja", template.encode())
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": ESCAPES["globals"]}
    corpus.dangerous(19, "tokenizer-config", {"tokenizer_config.json": json.dumps(settings).encode()})
    listed = settings | {
        "chat_template": [{"name": "default", "template": HARMLESS}, {"name": "tool_use", "template": ESCAPES["base"]}]
    }
    corpus.dangerous(19, "tokenizer-config-named", {"tokenizer_config.json": json.dumps(listed).encode()})
    corpus.dangerous(
        19, "processor", {"processor_config.json": json.dumps({"chat_template": ESCAPES["item"]}).encode()}
    )
    corpus.dangerous(
        19, "chat-template-json", {"chat_template.json": json.dumps({"chat_template": ESCAPES["attr-filter"]}).encode()}
    )
    corpus.dangerous(19, "named.gguf", written(default=HARMLESS, tool_use=ESCAPES["lipsum"]), GGUF_BY)
    corpus.dangerous(
        19,
        "chat-templates",
        {"chat_template.jinja": HARMLESS.encode(), "additional_chat_templates/tools.jinja": ESCAPES["set"].encode()},
    )
    for name, data in broken_gguf():
        corpus.stopped(19, f"{name}.gguf", data)
    unsure = {
        "size-huge",
        "size-over",
        "size-limit",
        "not-json",
        "not-object",
        "not-utf8",
        "deep",
        "dtype",
        "dtype-object",
        "cut",
        "metadata-object",
    }
    for name, data in broken_safetensors():
        keep = corpus.stopped if name in unsure else corpus.dangerous
        keep(20, f"{name}.safetensors", data, made_by("safetensors") if "trailing" in name else None)
