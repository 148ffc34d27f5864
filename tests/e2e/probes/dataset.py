"""What a user's script does: `load_dataset(REPO)`, plain or streaming. Prints the rows of the split `train`."""

import json
import sys

from datasets import load_dataset

repo, *words = sys.argv[1:]
rows = load_dataset(repo, split="train", streaming="streaming" in words)
print(json.dumps({"rows": list(rows)}))
