"""Benign: what `torch.save` and `torch.jit` write, in the zip, in the old format and with every optimizer."""

import argparse
import collections
import io
import random
import types

import numpy
import torch

from .store import made_by

BY = made_by("torch")
DTYPES = [
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "bool",
    "complex64",
    "complex128",
]


def saved(thing, **how):
    """What `torch.save` writes."""
    held = io.BytesIO()
    torch.save(thing, held, **how)
    return held.getvalue()


def network():
    """A small model with most of the usual layers."""
    torch.manual_seed(7)
    nn = torch.nn
    return nn.Sequential(
        collections.OrderedDict(
            conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4), act=nn.ReLU(), pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(), line=nn.Linear(4, 8), drop=nn.Dropout(0.1), layer=nn.LayerNorm(8), gelu=nn.GELU(), out=nn.Linear(8, 2),
        )
    )  # fmt: skip


def tensors():
    """Tensors of every kind."""
    for name in DTYPES:
        held = torch.arange(24).reshape(4, 6).to(getattr(torch, name))
        yield name, {"w": held, "b": held[0]}
    base = torch.randn(6, 6)
    yield "noise-half", torch.randn(50_000).half()
    yield "noise-bytes", torch.randint(0, 256, (50_000,), dtype=torch.uint8)
    yield "views", {"all": base, "transposed": base.t(), "slice": base[1:3, ::2], "diagonal": base.diagonal()}
    yield "shared", {"embed": base, "head": base}
    yield "expanded", torch.ones(1, 4).expand(5, 4)
    yield "scalar", torch.tensor(3.5)
    yield "empty", torch.zeros(0, 4)
    yield "parameter", torch.nn.Parameter(base)
    yield "buffers", torch.nn.ParameterList([torch.nn.Parameter(torch.ones(2)) for _ in range(3)])
    yield "sparse", torch.eye(4).to_sparse()
    yield "sparse-rows", torch.eye(4).to_sparse_csr()
    yield "quantized", torch.quantize_per_tensor(base, 0.1, 0, torch.qint8)
    yield (
        "quantized-channels",
        torch.quantize_per_channel(base, torch.full((6,), 0.1), torch.zeros(6, dtype=torch.long), 0, torch.qint8),
    )
    yield "gradient", base.clone().requires_grad_()
    yield "channels-last", torch.randn(1, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    yield "sizes", {"size": base.size(), "dtype": torch.float16, "device": torch.device("cpu"), "layout": torch.strided}
    yield "meta", torch.empty(3, 3, device="meta")
    yield "storage", base.storage()


def training():
    """What trainers keep beside the weights."""
    model = network()
    yield "state-dict", model.state_dict()
    yield "module", model
    yield "gru", torch.nn.GRU(4, 8, 2)
    yield "transformer", torch.nn.TransformerEncoderLayer(8, 2, 16)
    yield "embedding", torch.nn.Embedding(100, 8)
    for name in ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam"]:
        optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.01)
        model(torch.randn(2, 3, 8, 8)).sum().backward()
        optimizer.step()
        yield f"optimizer-{name}", optimizer.state_dict()
    schedulers = torch.optim.lr_scheduler
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for scheduler in [
        schedulers.StepLR(optimizer, 3), schedulers.CosineAnnealingLR(optimizer, 10), schedulers.OneCycleLR(optimizer, 0.1, 10),
        schedulers.ReduceLROnPlateau(optimizer), schedulers.LinearLR(optimizer), schedulers.MultiStepLR(optimizer, [1, 2]),
        schedulers.PolynomialLR(optimizer), torch.optim.swa_utils.SWALR(optimizer, 0.05),
    ]:  # fmt: skip
        yield f"scheduler-{type(scheduler).__name__}", scheduler.state_dict()
    yield "scheduler-whole", schedulers.CosineAnnealingWarmRestarts(optimizer, 3)
    yield "optimizer-whole", torch.optim.RAdam(model.parameters())
    yield "lazy", torch.nn.LazyLinear(4)
    yield "losses", [torch.nn.TripletMarginLoss(), torch.nn.SoftMarginLoss(), torch.nn.PoissonNLLLoss()]
    yield "layers", torch.nn.Sequential(torch.nn.Unfold(2), torch.nn.ZeroPad2d(1), torch.nn.MaxUnpool2d(2), torch.nn.Softmin(1))
    yield "normed", torch.nn.utils.weight_norm(torch.nn.Linear(3, 3))
    random.seed(7)
    numpy.random.seed(7)
    states = {
        "python": random.getstate(),
        "numpy": numpy.random.get_state(),
        "cpu": torch.random.get_rng_state(),
        "cuda": [],
    }
    yield "rng_state", states
    history = {
        "loss": [1.0, 0.5],
        "best": float("inf"),
        "config": argparse.Namespace(lr=0.1, cmd="python train.py"),
        "epoch": 3,
    }
    yield "checkpoint", {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "rng": states, **history}
    yield "lightning", {
        "epoch": 1, "global_step": 10, "pytorch-lightning_version": "2.5.0", "state_dict": model.state_dict(), "loops": {},
        "callbacks": {}, "optimizer_states": [optimizer.state_dict()], "lr_schedulers": [], "hparams_name": "kwargs",
        "hyper_parameters": {"lr": 0.1},
    }  # fmt: skip
    yield "namespace", types.SimpleNamespace(weights=torch.ones(2), notes="os.system('true')")
    yield "looks-bad", {"eval(": torch.ones(2), "os.system": torch.zeros(2), "posix\nsystem": torch.ones(1)}
    yield "lora", {f"base_model.model.layers.{n}.lora_A.weight": torch.randn(4, 8) for n in range(12)}


def write(corpus):
    """Each in the zip; most in the old format too."""
    torch.manual_seed(7)
    for name, thing in [*tensors(), *training()]:
        suffix = {"rng_state": "pth", "checkpoint": "ckpt", "lightning": "ckpt", "state-dict": "bin"}.get(name, "pt")
        corpus.clean(f"torch/{name}.{suffix}", saved(thing), BY)
        if name not in {"meta", "sparse-rows"}:
            corpus.clean(f"torch/{name}-legacy.{suffix}", saved(thing, _use_new_zipfile_serialization=False), BY)
    shards = [saved(held) for held in (torch.randn(4, 4), torch.ones(3), {"step": 3})]
    corpus.clean("torch/__0_0.distcp", b"".join(shards), BY)
    corpus.clean("torch/protocol-4.pt", saved(network().state_dict(), pickle_protocol=4), BY)
