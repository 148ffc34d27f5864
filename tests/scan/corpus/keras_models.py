"""Class 16: Keras configurations that are programs, in `.keras` zips and in HDF5, made from models that Keras saved."""

import copy
import io
import json
import tempfile
import zipfile
from pathlib import Path

import h5py
import keras

from .store import made_by

BY = made_by("keras", "h5py")
CODE = "4wAAAAAAAAAA"  # What marshal would be given; nothing reads it.


def saved(model, suffix):
    """What `model.save` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        model.save(path)
        return path.read_bytes()


def small():
    """A model of two layers."""
    keras.utils.set_random_seed(7)
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="relu", name="one"), keras.layers.Dense(2, name="two")]
    )


def zipped(config, **more):
    """A `.keras` file with another configuration."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SAVED)) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            content = json.dumps(config).encode() if name == "config.json" else old.read(name)
            new.writestr(zipfile.ZipInfo(name), more.pop(name, content))
        for name, content in more.items():
            new.writestr(zipfile.ZipInfo(name), content)
    return held.getvalue()


def in_hdf5(config, **attributes):
    """An HDF5 model with another configuration."""
    held = io.BytesIO()
    with h5py.File(held, "w", track_order=False) as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = keras.__version__
        file.attrs["backend"] = "tensorflow"
        for name, value in attributes.items():
            file.attrs[name] = value
        file.create_group("model_weights").create_dataset("w", data=[1.0, 2.0])
    return held.getvalue()


def layer(module, kind, registered=None, /, **config):
    """A layer as Keras writes it."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": registered}


def called(name, module="builtins", kind="function"):
    """A function as Keras writes it."""
    return {"module": module, "class_name": kind, "config": name, "registered_name": kind}


def with_layer(extra):
    """The small model's configuration and one more layer."""
    config = copy.deepcopy(CONFIG)
    config["config"]["layers"].append(extra)
    return config


def layers():
    """Layers that run code, fetch files or name something else than a layer."""
    keras_layers = "keras.layers"
    marshalled = {"class_name": "__lambda__", "config": {"code": CODE, "defaults": None, "closure": None}}
    yield "lambda", layer(keras_layers, "Lambda", name="l", function=marshalled)
    yield "lambda-old", layer(keras_layers, "Lambda", name="l", function=[CODE, None, None], function_type="lambda")
    yield "lambda-named", layer(keras_layers, "Lambda", name="l", function=called("getpid", "os"))
    yield (
        "lambda-mask",
        layer(keras_layers, "Lambda", name="l", function=called("relu", "keras.activations"), mask=marshalled),
    )
    yield "function", called("getpid", "os")
    yield "module", layer("os", "getpid")
    yield "module-subprocess", layer("subprocess", "Popen", args=["true"])
    yield "module-inside", layer(keras_layers, "Dense", name="d", units=2, activation=called("system", "os"))
    yield (
        "module-initializer",
        layer(keras_layers, "Dense", name="d", units=2, kernel_initializer=layer("os", "system", command="true")),
    )
    yield "module-keras-utils", layer("keras.utils", "get_file", fname="x", origin="http://localhost:1/x")
    yield "get-file", layer(keras_layers, "Dense", name="d", units=2, activation=called("get_file", "keras.utils"))
    yield (
        "get-file-long",
        layer(keras_layers, "Dense", name="d", units=2, activation=called("keras.utils.get_file", "keras")),
    )
    yield "load-model", layer(keras_layers, "Dense", name="d", units=2, activation=called("load_model", "keras.models"))
    yield "torch-module", layer(keras_layers, "TorchModuleWrapper", name="t", module="gAR9lC4=")
    yield (
        "torch-module-registered",
        layer("keras.src.utils.torch_utils", "TorchModuleWrapper", name="t", module="gAR9lC4="),
    )
    yield "vocabulary", layer(keras_layers, "StringLookup", name="s", vocabulary="/etc/passwd")
    yield "vocabulary-text", layer(keras_layers, "TextVectorization", name="s", vocabulary="/etc/passwd")
    yield "vocabulary-integer", layer(keras_layers, "IntegerLookup", name="s", vocabulary="/tmp/numbers.txt")
    yield "vocabulary-url", layer(keras_layers, "StringLookup", name="s", vocabulary="http://localhost:1/v.txt")
    yield "enable-unsafe", called("enable_unsafe_deserialization", "keras.config")
    yield (
        "time-distributed",
        layer(
            keras_layers,
            "TimeDistributed",
            name="t",
            layer=layer(keras_layers, "Lambda", name="l", function=marshalled),
        ),
    )


def hdf5():
    """What HDF5 itself can do."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.attrs["model_config"] = json.dumps(CONFIG)
        file["model_weights"] = h5py.ExternalLink("/etc/passwd", "/x")
    yield "external-link.h5", held.getvalue()
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.create_group("model_weights").create_dataset("w", (4,), "u1", external=[("/etc/passwd", 0, 4)])
    yield "external-data.h5", held.getvalue()
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        layout = h5py.VirtualLayout((4,), "u1")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
        file.create_group("model_weights").create_virtual_dataset("w", layout)
    yield "virtual-data.h5", held.getvalue()
    with h5py.File(io.BytesIO(), "w") as file:
        file["w"] = h5py.ExternalLink("../other.h5", "/w")
        file.flush()
        yield "external.weights.h5", file.id.get_file_image()


def write(corpus):
    """The class."""
    for name, extra in layers():
        corpus.dangerous(16, f"{name}.keras", zipped(with_layer(extra)), BY)
        if name in {"lambda-old", "lambda", "module", "function", "vocabulary", "torch-module", "get-file"}:
            corpus.dangerous(16, f"{name}.h5", in_hdf5(with_layer(extra)), BY)
    for name, data in hdf5():
        corpus.dangerous(16, name, data, BY)
    loss = {"loss": called("getpid", "os"), "optimizer": "adam"}
    corpus.dangerous(16, "compiled.keras", zipped(CONFIG | {"compile_config": loss}), BY)
    corpus.dangerous(16, "built.keras", zipped(CONFIG | {"build_config": layer("os", "getpid")}), BY)
    corpus.dangerous(16, "training.h5", in_hdf5(CONFIG, training_config=json.dumps(loss)), BY)
    corpus.stopped(16, "own-layer.keras", zipped(with_layer(layer(None, "Gate", "Acme>Gate", name="g"))), BY)
    corpus.stopped(16, "own-module.keras", zipped(with_layer(layer("acme.layers", "Gate", "Gate", name="g"))), BY)
    corpus.dangerous(16, "asset-outside.keras", zipped(CONFIG, **{"assets/../../x.txt": b"x"}), BY)
    own = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(abs_of)])
    corpus.dangerous(16, "lambda-saved.keras", saved(own, ".keras"), BY)
    corpus.dangerous(
        16, "lambda-saved.h5", saved(keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x)]), ".h5"), BY
    )


def abs_of(x):
    """A function of the model's maker."""
    return abs(x)


SAVED = saved(small(), ".keras")
with zipfile.ZipFile(io.BytesIO(SAVED)) as archive:
    CONFIG = json.loads(archive.read("config.json"))
