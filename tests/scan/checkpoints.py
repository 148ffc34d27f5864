"""Run with torch: writes checkpoints into FOLDER and, beside each, what every tensor of it is, byte for byte."""

import collections
import hashlib
import json
import pathlib
import sys

import torch

WORDS = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
    torch.complex64: "C64",
}
# What only later versions have.
for name, word in {
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
}.items():
    if hasattr(torch, name):
        WORDS[getattr(torch, name)] = word


def bytes_of(tensor):
    plain = tensor.detach().contiguous().clone()
    if plain.numel() == 0:
        return b""
    if plain.dtype is torch.bool:
        plain = plain.view(torch.uint8)
    if plain.dtype is torch.complex64:
        plain = torch.view_as_real(plain)
    return bytes(plain.reshape(-1).view(torch.uint8).tolist())


def made(dtype, *shape):
    count = 1
    for side in shape:
        count *= side
    size = torch.empty(0, dtype=dtype).element_size()
    data = bytes((7 * at + 3) % 251 for at in range(count * size))
    if dtype is torch.bool:
        return torch.tensor([byte % 2 == 0 for byte in data]).reshape(shape)
    if dtype is torch.complex64:
        return torch.view_as_complex(torch.frombuffer(bytearray(data), dtype=torch.float32).reshape(*shape, 2))
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)


def checkpoints():
    yield "every-dtype", {word: made(dtype, 3, 5) for dtype, word in WORDS.items()}
    base = made(torch.float32, 40, 30)
    yield "views", {
        "base": base,
        "again": base,
        "transposed": base.t(),
        "slice": base[3:17, 5:20],
        "steps": base[::3, ::2],
        "row": base[7],
        "column": base[:, 7],
        "turned": base.reshape(5, 8, 30).permute(2, 0, 1),
        "repeated": base[0].expand(4, 30),
        "scalar": base[2, 2],
        "none": base[:0],
    }
    model = torch.nn.Sequential(torch.nn.Linear(17, 9), torch.nn.BatchNorm1d(9), torch.nn.Linear(9, 3))
    model[2].weight = torch.nn.Parameter(model[0].weight[:3, :9])
    yield "state-dict", model.state_dict()
    yield "parameters", dict(model.named_parameters())
    yield "nested", {"encoder": {"w": made(torch.float16, 4)}, "layers": [made(torch.int8, 2), made(torch.int8, 3)]}
    yield "large", {"w": made(torch.bfloat16, 700, 900), "t": made(torch.bfloat16, 700, 900).t()}
    yield "names", collections.OrderedDict([("a.ä \"quoted\"", made(torch.uint8, 3)), ("", made(torch.uint8, 1))])


def flat(name, value):
    if isinstance(value, torch.Tensor):
        yield name or "tensor", value
        return
    pairs = value.items() if isinstance(value, dict) else ((str(at), item) for at, item in enumerate(value))
    for key, item in pairs:
        yield from flat(f"{name}.{key}" if name else str(key), item)


def main(folder):
    folder = pathlib.Path(folder)
    for name, value in checkpoints():
        about = {
            key: [WORDS[tensor.dtype], list(tensor.shape), hashlib.sha256(bytes_of(tensor)).hexdigest()]
            for key, tensor in flat("", value)
        }
        for kind, is_new in {"zip": True, "legacy": False}.items():
            torch.save(value, folder / f"{name}-{kind}.pt", _use_new_zipfile_serialization=is_new)
            (folder / f"{name}-{kind}.json").write_text(json.dumps(about))
    state = {"w": made(torch.float32, 4)}
    torch.save({"state_dict": state, "epoch": 3}, folder / "with-epoch.pth")
    torch.save(torch.nn.Linear(2, 2), folder / "module.pth")
    torch.save({"w": torch.nn.Parameter(made(torch.float32, 3)), "rng": torch.get_rng_state(), "lr": 0.1}, folder / "mixed.pth")
    torch.save({"w": made(torch.float32, 2, 3).to_sparse()}, folder / "sparse.pth")
    shards = folder / "shards"
    shards.mkdir()
    places = {}
    for number in (1, 2):
        piece = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({f"layer.{number}": made(torch.float16, 6, number)}, shards / piece)
        places[f"layer.{number}"] = piece
    index = {"metadata": {"total_size": 36}, "weight_map": places}
    (shards / "pytorch_model.bin.index.json").write_text(json.dumps(index))


main(sys.argv[1])
