"""What a user's script does: `hf_hub_download(REPO, FILE)`. Prints the file's SHA-256 and the commit it came from."""

import argparse
import hashlib
import json
import pathlib

from huggingface_hub import hf_hub_download

words = argparse.ArgumentParser()
words.add_argument("repo")
words.add_argument("file")
words.add_argument("--type", default="model")
words.add_argument("--revision")
args = words.parse_args()

path = pathlib.Path(hf_hub_download(args.repo, args.file, repo_type=args.type, revision=args.revision))
with path.open("rb") as file:
    digest = hashlib.file_digest(file, "sha256").hexdigest()
depth = len(pathlib.PurePosixPath(args.file).parts)
print(json.dumps({"commit": path.parts[-depth - 1], "sha256": digest, "size": path.stat().st_size}))
