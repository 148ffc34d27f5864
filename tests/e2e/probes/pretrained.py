"""What a user's script does: `from_pretrained(REPO)` for the configuration and the tokenizer. Prints what they hold."""

import json
import sys

from transformers import AutoConfig, AutoTokenizer

repo, *only = sys.argv[1:]
answer = {"hidden_size": AutoConfig.from_pretrained(repo).hidden_size}
if only != ["config"]:
    answer["ids"] = AutoTokenizer.from_pretrained(repo)("weigh the load")["input_ids"]
print(json.dumps(answer))
