"""Classes 21 and 22: repositories that bring code, and configurations that name what to call."""

import io
import json
import zipfile

import numpy
import safetensors.numpy
import sklearn.linear_model
import skops.io

from . import opcodes as op
from .archives import tarred, zipped
from .store import made_by

WEIGHTS = safetensors.numpy.save({"w": numpy.ones(4, dtype="f4")})
ACTS = op.stream(op.called("os", "getpid"))
CODE = b"import torch\n\n\nclass Net(torch.nn.Module):\n    pass\n"
CONFIG = {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 32}


def encoded(*held):
    """A JSON document of several mappings."""
    return json.dumps({key: value for mapping in held for key, value in mapping.items()}, indent=2).encode()


def tree(config=None, **more):
    """A repository with weights; `__` in a name stands for a dot, `_in_` for a slash."""
    files = {"config.json": encoded(CONFIG, config or {}), "model.safetensors": WEIGHTS, "README.md": b"# A model\n"}
    return files | {name.replace("_in_", "/").replace("__", "."): data for name, data in more.items()}


def called_by_configuration():
    """Functions that a loader of sentence-transformers or diffusers would import and call."""
    dense = {"in_features": 4, "out_features": 2, "bias": True}
    parts = encoded({"idx": 0, "name": "0", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    parts = b"[" + parts + b"]"
    for name in ["os.system", "pip.main", "code.interact"]:
        layer = encoded(dense, {"activation_function": name})
        yield f"activation-{name}", tree(modules__json=parts) | {"2_Dense/config.json": layer}
    own = parts.replace(b"sentence_transformers.models.Dense", b"subprocess.Popen")
    yield "module-popen", tree(modules__json=own)
    pipeline = encoded({"_class_name": "StableDiffusionPipeline", "unet": ["os", "system"]})
    yield "pipeline-system", tree(model_index__json=pipeline)


def code_beside_weights():
    """Code that a loader would run when somebody trusts it: a person has to look."""
    automatic = {"auto_map": {"AutoModel": "modeling_net.Net"}}
    yield "auto-map", tree(automatic, modeling_net__py=CODE)
    yield (
        "auto-map-config",
        tree({"auto_map": {"AutoConfig": "configuration_net.NetConfig"}}, configuration_net__py=CODE),
    )
    yield "auto-map-missing", tree(automatic)
    yield "auto-map-elsewhere", tree({"auto_map": {"AutoModel": "acme/other--modeling_net.Net"}})
    yield "auto-map-elsewhere-list", tree({"auto_map": {"AutoTokenizer": ["acme/other--tok.Slow", None]}})
    tokenizer = encoded({"auto_map": {"AutoTokenizer": ["tok.Tok", None]}, "tokenizer_class": "Tok"})
    yield "auto-map-tokenizer", tree(tokenizer_config__json=tokenizer, tok__py=CODE)
    yield (
        "auto-map-processor",
        tree(preprocessor_config__json=encoded({"auto_map": {"AutoImageProcessor": "proc.Proc"}}), proc__py=CODE),
    )
    yield (
        "auto-map-generation",
        tree(generation_config__json=encoded({"custom_generate": "x"}), custom_generate_in_generate__py=CODE),
    )
    yield (
        "custom-pipeline",
        tree({"custom_pipelines": {"net": {"impl": "pipeline.Net", "pt": ["AutoModel"]}}}, pipeline__py=CODE),
    )
    yield (
        "modules",
        tree(
            modules__json=json.dumps([{"idx": 0, "name": "0", "path": "", "type": "net.Pool"}]).encode(), net__py=CODE
        ),
    )
    yield (
        "modules-elsewhere",
        tree(modules__json=json.dumps([{"idx": 0, "name": "0", "path": "", "type": "os.system"}]).encode()),
    )
    yield (
        "model-index",
        {
            "model_index.json": encoded({"_class_name": ["pipeline", "Net"], "unet": ["net", "UNet"]}),
            "pipeline.py": CODE,
        },
    )
    yield (
        "model-index-part",
        {
            "model_index.json": encoded({"_class_name": "StableDiffusionPipeline", "unet": ["my_unet", "UNet"]}),
            "unet/my_unet.py": CODE,
        },
    )
    yield (
        "dataset-script",
        {
            "README.md": b"# Data\n",
            "data.py": b"import datasets\n\n\nclass Data(datasets.GeneratorBasedBuilder):\n    pass\n",
        },
    )
    yield "handler", tree(handler__py=b"class EndpointHandler:\n    def __init__(self, path=''):\n        pass\n")
    yield "python", tree(train__py=CODE)
    yield "setup", tree(setup__py=b"from setuptools import setup\nsetup()\n")
    yield "shell", tree(install__sh=b"#!/bin/sh\ntrue\n")
    yield "library", tree(ops__so=b"\x7fELF\x02\x01\x01" + bytes(57))
    index = {"metadata": {}, "weight_map": {"w": "../../other/model.bin"}}
    yield "index-outside", tree(model__safetensors__index__json=encoded(index))
    yield "index-pickle", tree(model__safetensors__index__json=encoded(index | {"weight_map": {"w": "weights.bin"}}))
    yield (
        "adapter",
        {
            "adapter_config.json": encoded({"auto_mapping": {"base_model_class": "Net", "parent_library": "os"}}),
            "adapter_model.safetensors": WEIGHTS,
        },
    )


def commanding():
    """Fields that make loaders run code though nobody agreed, and pickles where weights seem safe."""
    yield "trust-field", tree({"trust_remote_code": True, "auto_map": {"AutoModel": "net.Net"}}, net__py=CODE)
    yield "trust-field-nested", tree({"text_config": {"trust_remote_code": True}})
    yield "trust-tokenizer", tree(tokenizer_config__json=encoded({"trust_remote_code": True}))
    yield "attention", tree({"_attn_implementation_internal": "acme/kernel"})
    yield "attention-nested", tree({"vision_config": {"_attn_implementation_internal": "acme/kernel:fn"}})
    yield "pickle-beside", tree(pytorch_model__bin=ACTS)
    yield "pickle-deep", tree(original_in_consolidated__00__pth=ACTS)
    yield "arguments", tree(training_args__bin=ACTS)
    yield "scheduler", tree(scheduler__pt=ACTS)
    yield "site", tree(easy__pth=b"import os; os.getpid()\n")


def skops_dumped(schema):
    """A skops file with another schema."""
    held = io.BytesIO()
    good = skops.io.dumps(sklearn.linear_model.Ridge().fit([[0.0], [1.0]], [0.0, 1.0]))
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "schema.json":
                content = json.dumps(json.loads(content) | schema).encode()
            new.writestr(zipfile.ZipInfo(name), content)
    return held.getvalue()


def callable_names():
    """Configurations whose loaders import and call what they name."""
    for number, name in enumerate(
        [
            "os.system",
            "subprocess.Popen",
            "builtins.eval",
            "builtins.exec",
            "shutil.rmtree",
            "pickle.loads",
            "torch.load",
            "pydoc.locate",
        ]
    ):
        config = f"model:\n  _target_: {name}\n  _args_: ['true']\n".encode()
        yield f"model-{number}.nemo", tarred(("model_config.yaml", config), ("model_weights.ckpt", b""))
        if number < 4:
            yield f"hydra-{number}/config.yaml", config
    for number, tag in enumerate(
        [
            "object/apply:os.getpid []",
            "name:os.system",
            "object/new:subprocess.Popen [[true]]",
            "module:os",
            "object:os.system {}",
        ]
    ):
        yield f"tags-{number}.yaml", f"a: 1\nb: !!python/{tag}\n".encode()
    yield "tags-long.yaml", b"b: !<tag:yaml.org,2002:python/object/apply:os.getpid> []\n"
    yield "tags-handle.yaml", b"%TAG !p! tag:yaml.org,2002:python/\n---\nb: !p!object/apply:os.getpid []\n"
    yield "tags.nemo", tarred(("model_config.yaml", b"a: !!python/object/apply:os.getpid []\n"))
    operator = {"__class__": "methodcaller", "__module__": "operator", "__loader__": "OperatorFuncNode"}
    yield "operator.skops", skops_dumped(operator | {"attrs": ["system"]})
    yield (
        "method.skops",
        skops_dumped(
            {
                "__class__": "system",
                "__module__": "os",
                "__loader__": "MethodNode",
                "content": {"func": "system", "obj": {}},
            }
        ),
    )
    yield (
        "function.skops",
        skops_dumped(
            {"__class__": "function", "__module__": "builtins", "__loader__": "FunctionNode", "content": "os.system"}
        ),
    )
    yield "type.skops", skops_dumped({"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode"})
    manifest = {
        "createdOn": "x",
        "runtime": "python",
        "model": {"modelName": "m", "serializedFile": "m.pt", "handler": "handler.py", "modelVersion": "1"},
    }
    yield (
        "handler.mar",
        zipped(
            ("MAR-INF/MANIFEST.json", json.dumps(manifest).encode()),
            ("handler.py", b"import os\nos.getpid()\n"),
            ("m.pt", ACTS),
        ),
    )
    yield "model.mar", zipped(("MAR-INF/MANIFEST.json", json.dumps(manifest).encode()), ("m.pt", ACTS))
    entity = b'<?xml version="1.0"?><!DOCTYPE %s [<!ENTITY x SYSTEM "file:///etc/passwd">]><%s version="4.4">&x;</%s>'
    yield "entity.pmml", entity % (b"PMML", b"PMML", b"PMML")
    yield "entity.xml", entity % (b"net", b"net", b"net")
    yield (
        "parameter.xml",
        b'<?xml version="1.0"?><!DOCTYPE net SYSTEM "http://localhost:1/x.dtd"><net name="m" version="11"></net>',
    )
    yield "easy-install.pth", b"import os; os.getpid()\n"
    yield "sneaky.pth", b"# weights\nimport os,sys; exec('1')\n"
    yield (
        "promise.rds",
        b"X\n\0\0\0\x03\0\x04\x03\0\0\x03\x05\0"
        + b"\0\0\0\x05"
        + b"\0\0\0\xfd"
        + b"\0\0\0\x06"
        + b"\0\0\0\x01\0\x04\0\x09\0\0\0\x06system",
    )


REVIEWED = ("hydra", "promise")


def write(corpus):
    """Both classes."""
    for name, files in code_beside_weights():
        corpus.stopped(21, name, files, made_by("safetensors"))
    for name, files in [*commanding(), *called_by_configuration()]:
        corpus.dangerous(21, name, files, made_by("safetensors"))
    for name, data in callable_names():
        keep = corpus.stopped if name.startswith(REVIEWED) else corpus.dangerous
        by = made_by("skops") if name.endswith("skops") else None
        if "/" in name:
            folder, file = name.split("/")
            keep(22, folder, {file: data, "model.safetensors": WEIGHTS}, by)
        else:
            keep(22, name, data, by)
