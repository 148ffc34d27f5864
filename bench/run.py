"""Measures Weighbridge beside its ceiling and its peer in one run: `make bench`, `make bench QUICK=1`.

docs/benchmarks.md says what is measured and how. Ends with 0 when every measure could be taken, however it came out.
"""

import argparse
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
for name, variable in (("weighbridge", "WEIGHBRIDGE_BIN"), ("fakehub", "WEIGHBRIDGE_FAKEHUB")):
    os.environ.setdefault(variable, str(ROOT / "target" / "release" / name))

from measures import cold, crowd, footprint, head, snapshot, warm  # noqa: E402
from table import NotTaken, as_json, markdown  # noqa: E402
from yard import Sizes, Yard  # noqa: E402

MEASURES = {
    "footprint": footprint.measure,
    "warm-1": lambda yard: warm.measure(yard, 1),
    "warm-8": lambda yard: warm.measure(yard, 8),
    "head": head.measure,
    "snapshot": snapshot.measure,
    "cold": cold.measure,
    "many": crowd.many_callers,
    "large": crowd.one_large_file,
}


def machine(quick):
    """What the numbers came from."""
    cpu = next(line for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return {
        "commit": commit.stdout.strip(),
        "cpu": cpu.partition(":")[2].strip(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_before": os.getloadavg(),
        "quick": quick,
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="smaller files, fewer rounds")
    words.add_argument("--only", nargs="+", choices=MEASURES, help="these measures alone")
    arguments = words.parse_args()

    out = ROOT / "target" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    about = machine(arguments.quick)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=out))
    rows = []
    yard = None
    try:
        yard = Yard(folder, Sizes.of(arguments.quick))
        for name in arguments.only or MEASURES:
            begun = time.monotonic()
            print(f"{name} …", end=" ", file=sys.stderr, flush=True)
            try:
                rows += MEASURES[name](yard)
            except Exception as error:  # noqa: BLE001 - whatever it was, the other measures go on and the end says so
                traceback.print_exc()
                rows.append(NotTaken(name, f"{type(error).__name__}: {error}"))
            print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    finally:
        if yard:
            yard.close()
        shutil.rmtree(folder, ignore_errors=True)
    about["load_after"] = os.getloadavg()
    (out / "results.json").write_text(as_json(rows, about))
    print(markdown(rows))
    return 1 if any(row.verdict == "not taken" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
