"""What a user's script does: `snapshot_download(REPO, repo_type=…, revision=…)`. Prints each file's SHA-256."""

import argparse
import hashlib
import json
import pathlib

from huggingface_hub import snapshot_download

words = argparse.ArgumentParser()
words.add_argument("repo")
words.add_argument("--type", default="model")
words.add_argument("--revision")
args = words.parse_args()

folder = pathlib.Path(snapshot_download(args.repo, repo_type=args.type, revision=args.revision))
files = {
    str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted(folder.rglob("*"))
    if path.is_file()
}
print(json.dumps({"commit": folder.name, "files": files}))
