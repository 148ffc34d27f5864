"""Where the programs under test are, and how one that says where it listens is started."""

import os
import pathlib
import subprocess

from harness.clients import ROOT


def program(name, variable):
    """The program that an environment variable names, or the one that `make build` left."""
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug" / name
    found = pathlib.Path(os.environ.get(variable) or built)
    if not found.exists():
        raise RuntimeError(f"{found} is not there: run `make build`, or say where it is with {variable}")
    return found


def stop(process, patience=20):
    """Asks a program to end; one that does not is killed, and that is a failure."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"{process.args} did not end in {patience} s when it was asked to") from None
