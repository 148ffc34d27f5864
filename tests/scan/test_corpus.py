"""The corpus is scanned in sandboxed workers, and the answers are held against the rule and the floor."""

import collections
import json
import os
import pathlib
import subprocess

import pytest
import verdicts

ROOT = pathlib.Path(__file__).parents[2]
CLASSES = range(1, 25)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The corpus, freshly written."""
    place = tmp_path_factory.mktemp("corpus")
    done = subprocess.run([ROOT / "tests" / "scan" / "generate", place], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def wanted(folder):
    """Its manifest."""
    return verdicts.samples(folder)


@pytest.fixture(scope="module")
def answers(folder, wanted):
    """What the scanner says."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return verdicts.scan(target / "debug" / "weighbridge", folder, wanted)


def test_there_are_enough_samples_of_every_class(wanted):
    counts = collections.Counter(sample["class"] for sample in wanted)
    assert [number for number in CLASSES if counts[number] < 25] == []
    assert counts["benign"] >= 400


def test_nothing_gets_worse_and_what_gets_better_is_written_down(wanted, answers):
    assert set(answers) == {sample["path"] for sample in wanted}
    short = verdicts.shortfall(wanted, answers)
    if os.environ.get("WEIGHBRIDGE_TEST_BLESS"):
        verdicts.FLOOR.write_text(json.dumps(short, indent=1, ensure_ascii=False) + "\n")
    worse, better = verdicts.compared(short, json.loads(verdicts.FLOOR.read_text()))
    described = [(*line, answers[f"{line[1]}/{line[2]}"]) for line in worse]
    assert not worse, described
    assert not better, f"better than the floor says; bless it: {better}"


def test_nothing_benign_is_called_dangerous(wanted, answers):
    assert verdicts.shortfall(wanted, answers)[verdicts.ACCUSED] == {}
