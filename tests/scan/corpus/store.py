"""Where samples go: a folder, and a manifest with a line for each.

A sample is one file, or one folder that stands for a repository. What it was made for decides what the scanner has to say:
`dangerous`, `stopped` (anything but clean: only a person can tell) or `clean`.
"""

import importlib.metadata
import json
import pathlib
import platform

BENIGN = "benign"


def made_by(*names):
    """The frameworks that wrote a sample, with their versions."""
    return " + ".join(f"{name} {version(name)}" for name in names) or f"CPython {platform.python_version()}"


def version(name):
    """The version of a framework that lies in this environment or beside it."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return __import__(name).__version__


class Corpus:
    """Writes samples below a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.lines = []
        self.paths = set()

    def dangerous(self, group, name, data, by=None):
        """Something that acts, or that exists only to attack a reader."""
        self.keep(group, name, data, "dangerous", by)

    def stopped(self, group, name, data, by=None):
        """Something that must not pass unseen, though it need not be hostile."""
        self.keep(group, name, data, "stopped", by)

    def clean(self, name, data, by=None):
        """Something that its framework writes every day."""
        self.keep(BENIGN, name, data, "clean", by)

    def keep(self, group, name, data, expected, by):
        """Writes one sample: bytes for a file, a mapping of paths to bytes for a repository."""
        place = f"{group:02}" if isinstance(group, int) else group
        path = f"{place}/{name}"
        if path in self.paths:
            raise ValueError(f"two samples are called {path}")
        self.paths.add(path)
        files = {path: data} if isinstance(data, bytes) else {f"{path}/{part}": held for part, held in data.items()}
        for part, held in files.items():
            target = self.folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(held)
        kind = "file" if isinstance(data, bytes) else "repository"
        line = {"path": path, "kind": kind, "class": group, "expected": expected, "made_by": by or made_by()}
        self.lines.append(line)

    def finish(self):
        """Writes the manifest, and says how much there is."""
        lines = "".join(json.dumps(line) + "\n" for line in self.lines)
        (self.folder / "manifest.jsonl").write_text(lines)
        benign = sum(line["class"] == BENIGN for line in self.lines)
        return f"{len(self.lines) - benign} hostile and {benign} benign samples"
