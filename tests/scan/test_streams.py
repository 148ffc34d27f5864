"""What CPython calls, the scanner tells: over random streams."""

import concurrent.futures
import os
import pathlib

import streams

ROOT = pathlib.Path(__file__).parents[2]
#: Streams of one process.
AT_ONCE = 2_000
STREAMS = int(os.environ.get("WEIGHBRIDGE_TEST_STREAMS", "10000"))
SEED = int(os.environ.get("WEIGHBRIDGE_TEST_SEED", "1"))


def missed(number):
    """What is missed among the streams of one seed."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    kind = os.environ.get("WEIGHBRIDGE_TEST_PROFILE", "debug")
    return streams.missed(target / kind / "scan-worker-probe", SEED * 1_000_000 + number, AT_ONCE)


def test_nothing_that_cpython_calls_goes_unrecorded():
    with concurrent.futures.ProcessPoolExecutor() as pool:
        runs = list(pool.map(missed, range(max(1, STREAMS // AT_ONCE))))
    wrong = [found for run, _ in runs for found in run]
    assert wrong[:5] == []
    # The programs run deep enough to mean something: most of them call something.
    assert sum(calls for _, calls in runs) > STREAMS // 2
