"""`weighbridge scan` for code scanning tools: what it writes passes the official SARIF schema, and it leaves nothing behind."""

import ctypes
import json
import pathlib
import subprocess

from harness.clients import PROBES, VENVS
from harness.programs import program

CALLS = b"cos\ngetpid\n(tR."


def faults(log):
    done = subprocess.run(
        [VENVS / "oracle/bin/python", PROBES / "validate_sarif.py"],
        input=json.dumps(log),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_code_scanning_tools_read_it(tmp_path):
    folder = tmp_path / "a model"
    folder.mkdir()
    (folder / "weights.pkl").write_bytes(CALLS)
    (folder / "odd").write_bytes(bytes([7, 250, 3, 0, 9]))
    (folder / "gone").symlink_to("nowhere")
    (tmp_path / "looked-at.toml").write_text(
        '[[suppress]]\ncode = "WB-PICKLE-CALL"\npath = "**/*.pkl"\nreason = "a number"\nexpires = "2999-01-01"\n'
    )
    words = [program("weighbridge", "WEIGHBRIDGE_BIN"), "scan", "a model", "--format", "sarif", "--suppressions", "looked-at.toml"]
    done = subprocess.run(words, cwd=tmp_path, env={"HOME": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    log = json.loads(done.stdout)
    assert faults(log) == []
    results = {result["ruleId"]: result for result in log["runs"][0]["results"]}
    assert set(results) == {"WB-PICKLE-CALL", "WB-NOT-EXAMINED"}
    assert results["WB-PICKLE-CALL"]["suppressions"][0]["kind"] == "external"
    place = results["WB-PICKLE-CALL"]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "a%20model/weights.pkl"
    known = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert set(results) <= known
    log["runs"][0]["results"][0]["level"] = "terrible"
    assert faults(log), "the schema refuses what is wrong"


# What ends without its parent goes to the nearest process that asked for it with this.
PR_SET_CHILD_SUBREAPER = 36


def test_it_leaves_no_process_to_whoever_started_it(tmp_path):
    for index in range(200):
        (tmp_path / f"{index}.pkl").write_bytes(CALLS)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = children()
    try:
        words = [program("weighbridge", "WEIGHBRIDGE_BIN"), "scan", tmp_path]
        done = subprocess.run(words, env={"HOME": str(tmp_path)}, capture_output=True, text=True)
        assert done.returncode == 1, done.stderr
        assert children() == before
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def children():
    """The processes below this one, those that have ended too."""
    tasks = pathlib.Path("/proc/self/task").iterdir()
    return {pid for task in tasks for pid in (task / "children").read_text().split()}
