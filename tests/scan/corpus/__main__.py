"""Writes the corpus: `tests/scan/generate FOLDER`. Nothing in it is ever loaded, and what would be called does no harm."""

import sys
import time

# The same bytes every time: the clock stands still for whoever writes it into a file.
time.time = lambda: 1_767_312_000.0

from . import (  # noqa: E402
    benign_arrays,
    benign_values,
    disguises,
    pickle_names,
    pickle_streams,
    pickle_tricks,
    pickle_uses,
)
from .store import Corpus  # noqa: E402

WRITERS = [
    pickle_names,
    pickle_tricks,
    pickle_streams,
    pickle_uses,
    disguises,
    benign_values,
    benign_arrays,
]

if __name__ == "__main__":
    corpus = Corpus(sys.argv[1])
    for writer in WRITERS:
        writer.write(corpus)
    sys.stdout.write(corpus.finish() + "\n")
