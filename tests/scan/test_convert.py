"""`weighbridge convert`: what torch wrote comes out as safetensors, tensor by tensor the same bytes; nothing else is converted."""

import hashlib
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TORCH = ROOT / ".tools" / "torch"
PYTHON = ROOT / ".tools" / "venv" / "scancorpus" / "bin" / "python"
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "weighbridge"


def surroundings():
    libraries = TORCH / "root" / "usr" / "lib" / "x86_64-linux-gnu"
    paths = [libraries, libraries / "blas", libraries / "lapack", TORCH / "root/usr/lib", TORCH / "root/lib/x86_64-linux-gnu"]
    return {
        "LD_LIBRARY_PATH": ":".join(map(str, paths)),
        "PYTHONPATH": str(TORCH / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Checkpoints that torch wrote."""
    place = tmp_path_factory.mktemp("checkpoints")
    # Another torch can be named: what later versions write is to be converted too.
    python, env = os.environ.get("WEIGHBRIDGE_TEST_TORCH"), surroundings()
    if python:
        env = {"PYTHONWARNINGS": "ignore"}
    words = [python or PYTHON, ROOT / "tests" / "scan" / "checkpoints.py", place]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


def run(folder, *words):
    done = subprocess.run([PROGRAM, *words], cwd=folder, env={"HOME": str(folder)}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def tensors(path):
    """What a safetensors file holds, read by its specification."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    assert size % 8 == 0
    assert header.pop("__metadata__") == {"format": "pt"}
    end = 0
    for about in sorted(header.values(), key=lambda about: about["data_offsets"]):
        assert about["data_offsets"][0] == end, "no hole and no overlap"
        end = about["data_offsets"][1]
    assert 8 + size + end == len(data)
    digest = lambda start, end: hashlib.sha256(data[8 + size + start : 8 + size + end]).hexdigest()
    return {name: [about["dtype"], about["shape"], digest(*about["data_offsets"])] for name, about in header.items()}


def test_every_tensor_comes_out_byte_by_byte(folder):
    described = sorted(folder.glob("*.json"))
    assert len(described) >= 14
    for about in described:
        checkpoint = about.with_suffix(".pt")
        code, said = run(folder, "convert", checkpoint.name)
        assert code == 0, (checkpoint.name, said)
        assert tensors(checkpoint.with_suffix(".safetensors")) == json.loads(about.read_text()), checkpoint.name


def test_the_reference_reader_takes_what_was_written(folder):
    code, said = run(folder, "convert", "views-zip.pt", "--output", "views.safetensors")
    assert code == 0, said
    script = (
        "import safetensors.numpy as s, sys\n"
        "found = s.load_file(sys.argv[1])\n"
        "assert (found['transposed'] == found['base'].T).all() and (found['again'] == found['base']).all()\n"
        "assert (found['steps'] == found['base'][::3, ::2]).all()\n"
    )
    done = subprocess.run([PYTHON, "-c", script, folder / "views.safetensors"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert run(folder, "scan", "views.safetensors")[0] == 0


def test_what_is_there_is_replaced_only_when_asked(folder):
    assert run(folder, "convert", "nested-zip.pt", "-o", "twice.safetensors")[0] == 0
    code, said = run(folder, "convert", "nested-zip.pt", "-o", "twice.safetensors")
    assert code == 2 and "there already" in said, said
    assert run(folder, "convert", "nested-zip.pt", "-o", "twice.safetensors", "--force")[0] == 0


def test_what_holds_more_than_tensors_is_refused_in_words(folder):
    code, said = run(folder, "convert", "with-epoch.pth")
    assert code == 2 and "`epoch` is no tensor: 3" in said and "`state_dict`" in said, said
    code, said = run(folder, "convert", "with-epoch.pth", "--entry", "state_dict")
    assert code == 0, said
    assert list(tensors(folder / "with-epoch.safetensors")) == ["w"]
    code, said = run(folder, "convert", "module.pth")
    assert code == 2 and "torch.nn.modules.linear.Linear" in said, said
    code, said = run(folder, "convert", "mixed.pth")
    assert code == 2 and "`lr` is no tensor: 0.1" in said, said
    code, said = run(folder, "convert", "sparse.pth")
    assert code == 2 and "`w` is no plain tensor" in said, said
    evil = b"\x80\x02cos\ngetpid\n)R."
    (folder / "evil.pt").write_bytes(evil)
    code, said = run(folder, "convert", "evil.pt")
    assert code == 2 and "WB-PICKLE-CALL" in said and "os.getpid" in said, said
    assert not (folder / "evil.safetensors").exists()


def test_a_checkpoint_in_pieces_gets_a_new_index(folder):
    code, said = run(folder, "convert", "shards", "--output", "out")
    assert code == 0, said
    index = json.loads((folder / "out" / "model.safetensors.index.json").read_text())
    expected = {f"layer.{number}": f"model-{number:05}-of-00002.safetensors" for number in (1, 2)}
    assert index == {"metadata": {"total_size": 36}, "weight_map": expected}
    for name, place in expected.items():
        assert list(tensors(folder / "out" / place)) == [name]


def test_pieces_that_cannot_all_be_converted_leave_nothing_behind(folder):
    pieces = folder / "half"
    pieces.mkdir()
    for source in sorted((folder / "shards").iterdir()):
        (pieces / source.name).write_bytes(source.read_bytes())
    index = pieces / "pytorch_model.bin.index.json"
    places = json.loads(index.read_text())["weight_map"]
    last = sorted(places.values())[-1]
    (pieces / last).write_bytes(b"\x80\x02cos\ngetpid\n)R.")
    before = sorted(path.name for path in pieces.iterdir())
    code, said = run(folder, "convert", "half", "--output", "nowhere")
    assert code == 2 and "os.getpid" in said, said
    assert not (folder / "nowhere").exists()
    code, said = run(folder, "convert", "half")
    assert code == 2, said
    assert sorted(path.name for path in pieces.iterdir()) == before


def test_a_scan_says_what_can_be_converted(folder):
    code, said = run(folder, "scan", "state-dict-zip.pt")
    assert code == 0 and "WB-TORCH-CONVERTIBLE" in said, said
    code, said = run(folder, "scan", "with-epoch.pth")
    assert "WB-TORCH-CONVERTIBLE" not in said, said
