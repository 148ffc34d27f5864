"""Writes the corpus: `tests/scan/generate FOLDER`. Nothing in it is ever loaded, and what would be called does no harm."""

import sys
import time

# Nearly the same bytes every time: seeds are fixed and Python's clock stands still. The moments in HDF5 files, object ids in
# skops files and keys of 7z differ; no verdict rests on them.
time.time = lambda: 1_767_312_000.0

from . import (  # noqa: E402
    archives,
    benign_arrays,
    benign_files,
    benign_models,
    benign_torch,
    benign_values,
    disguises,
    graphs,
    headers,
    keras_models,
    pickle_names,
    pickle_streams,
    pickle_tricks,
    pickle_uses,
    repositories,
    runtimes,
    tensors,
    unseen,
)
from .store import Corpus  # noqa: E402

WRITERS = [
    pickle_names,
    pickle_tricks,
    pickle_streams,
    pickle_uses,
    disguises,
    archives,
    tensors,
    keras_models,
    graphs,
    headers,
    repositories,
    runtimes,
    unseen,
    benign_values,
    benign_arrays,
    benign_torch,
    benign_models,
    benign_files,
]

if __name__ == "__main__":
    corpus = Corpus(sys.argv[1])
    for writer in WRITERS:
        writer.write(corpus)
    sys.stdout.write(corpus.finish() + "\n")
