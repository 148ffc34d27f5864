"""A person's script, timed: runs in the newest client's virtual environment, told an endpoint and nothing else.

Usage: client.py file REPO PATH | client.py snapshot REPO

What the library does once in a process (imports, its HTTP client) happens before the clock starts, with a tiny
repository. Digests are taken after it has stopped: a number for the wrong bytes is no number.
"""

import hashlib
import json
import pathlib
import sys
import time

from huggingface_hub import hf_hub_download, snapshot_download

WARM_UP = "acme/first"

what, repo, *rest = sys.argv[1:]
snapshot_download(WARM_UP)

begun = time.monotonic()
place = pathlib.Path(hf_hub_download(repo, *rest) if what == "file" else snapshot_download(repo))
seconds = time.monotonic() - begun

files = [place] if what == "file" else sorted(path for path in place.rglob("*") if path.is_file())
together = hashlib.sha256()
for path in files:
    with path.open("rb") as file:
        together.update(hashlib.file_digest(file, "sha256").digest())
print(json.dumps({"seconds": seconds, "files": len(files), "digest": together.hexdigest()}))
