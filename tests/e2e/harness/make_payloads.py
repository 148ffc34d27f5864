"""Writes a tiny real model and a tiny real dataset with the libraries people use. Runs in the newest client's environment.

Usage: make_payloads.py FOLDER
"""

import json
import pathlib
import sys

import numpy
import pyarrow
import pyarrow.csv
import pyarrow.parquet
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

folder = pathlib.Path(sys.argv[1])
model, parquet, csv = (folder / name for name in ("model", "parquet", "csv"))
for place in (model, parquet / "data", csv):
    place.mkdir(parents=True)

tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer.train_from_iterator(
    ["weigh the load", "seal the load", "write it in the book"],
    trainers.WordLevelTrainer(special_tokens=["[UNK]", "[PAD]", "[CLS]", "[SEP]"]),
)
PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
).save_pretrained(model)
(model / "config.json").write_text(
    json.dumps(
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_attention_heads": 2,
            "num_hidden_layers": 1,
            "vocab_size": tokenizer.get_vocab_size(),
        },
        indent=2,
    )
)
weights = numpy.random.default_rng(7)
save_file(
    {
        "embeddings.word_embeddings.weight": weights.standard_normal((tokenizer.get_vocab_size(), 32), dtype="float32"),
        "pooler.dense.weight": weights.standard_normal((32, 32), dtype="float32"),
    },
    model / "model.safetensors",
    metadata={"format": "pt"},
)
(model / "README.md").write_text("---\nlicense: apache-2.0\ntags:\n- test\n---\n# A tiny model\n")

table = pyarrow.table({"text": [f"truck {n}" for n in range(500)], "tonnes": [n % 40 for n in range(500)]})
pyarrow.parquet.write_table(table, parquet / "data" / "train-00000-of-00001.parquet", row_group_size=100)
pyarrow.csv.write_csv(table, csv / "train.csv")
card = "---\nlicense: cc-by-4.0\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: {}\n---\n# Trucks\n"
(parquet / "README.md").write_text(card.format("data/train-*.parquet"))
(csv / "README.md").write_text(card.format("train.csv"))
