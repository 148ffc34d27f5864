"""Benign: what lies beside weights: configurations, cards, notebooks, tables, pictures, and whole repositories."""

import io
import json
import struct
import zlib

import numpy
import pandas
import pyarrow
import pyarrow.feather
import safetensors.numpy

from .headers import HARMLESS
from .store import made_by

CARD = "---\nlicense: apache-2.0\ntags:\n- text-generation\n---\n# Tiny\n\n```python\nimport os\nos.system('pip install transformers')\n```\n"
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.57.0",
}
TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "model_max_length": 1e30,
    "chat_template": HARMLESS,
}
WEIGHTS = safetensors.numpy.save({"w": numpy.ones(4, dtype="f4")}, {"format": "pt"})


def encoded(held):
    """JSON as these libraries write it."""
    return (json.dumps(held, indent=2) + "\n").encode()


def notebook():
    """A notebook as Jupyter writes it."""
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Training\n", "Run all."]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": "b",
            "metadata": {},
            "outputs": [],
            "source": ["import numpy as np\n", "np.ones(3)"],
        },
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def picture():
    """A PNG of one colour."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress((b"\0" + b"\x10\x20\x30" * 8) * 8))
        + chunk(b"IEND", b"")
    )


def texts():
    """Files of text under their usual names."""
    yield "README.md", CARD.encode()
    yield "LICENSE", b"Apache License\nVersion 2.0, January 2004\n"
    yield ".gitattributes", b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
    yield "config.json", encoded(CONFIG)
    yield "generation_config.json", encoded({"do_sample": True, "temperature": 0.6})
    yield "tokenizer_config.json", encoded(TOKENIZER)
    yield "special_tokens_map.json", encoded({"bos_token": "<s>", "unk_token": {"content": "<unk>", "lstrip": False}})
    yield (
        "preprocessor_config.json",
        encoded({"image_processor_type": "CLIPImageProcessor", "image_mean": [0.5, 0.5, 0.5]}),
    )
    yield (
        "adapter_config.json",
        encoded(
            {
                "base_model_name_or_path": "acme/base",
                "peft_type": "LORA",
                "r": 8,
                "target_modules": ["q_proj", "v_proj"],
            }
        ),
    )
    yield (
        "trainer_state.json",
        encoded({"epoch": 1.0, "global_step": 10, "log_history": [{"loss": float("nan"), "step": 1}]}),
    )
    yield (
        "modules.json",
        encoded([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]),
    )
    yield (
        "index.json",
        encoded({"metadata": {"total_size": 16}, "weight_map": {"w": "model-00001-of-00001.safetensors"}}),
    )
    yield "vocab.json", encoded({"os.system": 1, "eval(": 2, "__import__": 3, "\u0120the": 4})
    yield "vocab.txt", "\n".join(["[PAD]", "[UNK]", "eval", "##(", "os", "."]).encode()
    yield "merges.txt", "#version: 0.2\n\u0120 t\nh e\n".encode()
    yield "params.yaml", b"lr: 0.1\nsteps: [1, 2]\nname: !!str 7\nbase: &base {a: 1}\nother:\n  <<: *base\n"
    yield "environment.yml", b"name: x\ndependencies:\n- python=3.11\n- pip:\n  - torch\n"
    yield "pyproject.toml", b"[project]\nname = 'x'\n"
    yield "requirements.txt", b"torch>=2\nnumpy\n"
    yield "train.csv", b"text,label\n\"=cmd|' /C calc'!A0\",1\nos.system,0\n"
    yield "train.jsonl", b'{"text": "import os"}\n{"text": "eval(1)"}\n'
    yield "notebook.ipynb", encoded(notebook())
    yield "results.json", encoded({"accuracy": 0.9, "command": "python run.py --model x && echo done"})
    yield "log.txt", b"step 1 loss 0.5\nTraceback (most recent call last):\nTypeError\n"
    yield "index.html", b"<!doctype html><title>x</title><p>Hello</p>\n"
    yield "chat_template.jinja", HARMLESS.encode()
    yield "LICENSE.txt", b".\n"
    yield "short.txt", b"comment\n."
    yield "empty.txt", b""
    yield "picture.png", picture()


def repositories():
    """Whole repositories in the usual layouts."""
    files = dict(texts())
    base = {
        name: files[name]
        for name in ["README.md", ".gitattributes", "config.json", "generation_config.json", "tokenizer_config.json"]
    }
    yield (
        "language-model",
        base
        | {
            "model.safetensors": WEIGHTS,
            "tokenizer.json": b'{"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": {}, "merges": []}}\n',
        },
    )
    split = encoded({"metadata": {}, "weight_map": {"w": "model-00001-of-00001.safetensors"}})
    yield "split", base | {"model-00001-of-00001.safetensors": WEIGHTS, "model.safetensors.index.json": split}
    yield (
        "adapter",
        {
            "README.md": CARD.encode(),
            "adapter_config.json": files["adapter_config.json"],
            "adapter_model.safetensors": WEIGHTS,
        },
    )
    pooling = encoded({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True})
    parts = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling")])
    ]
    yield (
        "sentences",
        base | {"model.safetensors": WEIGHTS, "modules.json": encoded(parts), "1_Pooling/config.json": pooling},
    )
    pipeline = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.35.0",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
    }
    yield (
        "diffusion",
        {
            "README.md": CARD.encode(),
            "model_index.json": encoded(pipeline),
            "unet/config.json": encoded({"_class_name": "UNet2DConditionModel"}),
            "unet/diffusion_pytorch_model.safetensors": WEIGHTS,
        },
    )
    yield "data", {"README.md": CARD.encode(), "data/train.csv": b"a,b\n1,2\n", "data/test.jsonl": b'{"a": 1}\n'}


def tables():
    """Parquet, Feather and CSV by pyarrow and pandas."""
    frame = pandas.DataFrame({"text": ["a", "import os"] * 50, "label": range(100), "score": numpy.linspace(0, 1, 100)})
    for compression in ["snappy", "zstd", "gzip", "none"]:
        held = io.BytesIO()
        frame.to_parquet(held, compression=None if compression == "none" else compression)
        yield f"{compression}.parquet", held.getvalue()
    held = io.BytesIO()
    pyarrow.feather.write_feather(pyarrow.table({"a": [1, 2, 3]}), held)
    yield "table.feather", held.getvalue()
    held = io.BytesIO()
    nested = pyarrow.table({"image": [{"bytes": b"\x80\x04N.", "path": "x.png"}], "tags": [["a", "b"]]})
    with pyarrow.ipc.new_stream(held, nested.schema) as stream:
        stream.write_table(nested)
    yield "data.arrow", held.getvalue()
    yield "frame.csv", frame.to_csv(index=False).encode()
    yield "frame.json", frame.to_json(orient="records").encode()


def write(corpus):
    """All of them."""
    for name, data in texts():
        corpus.clean(f"files/{name}", data)
    for name, files in repositories():
        corpus.clean(f"repositories/{name}", files, made_by("safetensors"))
    for name, data in tables():
        corpus.clean(f"tables/{name}", data, made_by("pyarrow", "pandas"))
