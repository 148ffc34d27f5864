"""What the scanner says about the corpus, against what it has to say.

The rule: every hostile sample is stopped, 97 % of those that act are called dangerous, 97 % of the benign ones are clean and
none is dangerous. What is not there yet stands by name in `floor.json`, which may only shrink: `WEIGHBRIDGE_TEST_BLESS=1`
writes it anew, and a reviewer sees what was added.
"""

import collections
import concurrent.futures
import json
import pathlib
import subprocess

FLOOR = pathlib.Path(__file__).parent / "floor.json"

PASSES = "hostile and clean"
WEAK = "acts and is not called dangerous"
NOISY = "benign and not clean"
ACCUSED = "benign and called dangerous"


def samples(folder):
    """The lines of the manifest."""
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


def scan(program, folder, wanted):
    """What `weighbridge scan` answers, by path. A file is a sample of its own; a folder is a repository."""
    paths = [sample["path"] for sample in wanted]
    repositories = [path for path in paths if (folder / path).is_dir()]
    files = [path for path in paths if not (folder / path).is_dir()]
    answers = {file["path"]: file for file in report(program, folder, files)["files"]}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers.update(zip(repositories, pool.map(lambda path: report(program, folder, [path]), repositories)))
    return answers


def report(program, folder, paths):
    """The report over some samples."""
    done = subprocess.run(
        [program, "scan", "--format", "json", *paths], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def shortfall(wanted, answers):
    """What falls short of the rule, by kind and class: names of samples."""
    short = {kind: collections.defaultdict(list) for kind in (PASSES, WEAK, NOISY, ACCUSED)}
    for sample in wanted:
        verdict = answers[sample["path"]]["verdict"]
        if sample["expected"] == "clean":
            kind = {"clean": None, "dangerous": ACCUSED}.get(verdict, NOISY)
        elif verdict == "clean":
            kind = PASSES
        else:
            kind = WEAK if sample["expected"] == "dangerous" and verdict != "dangerous" else None
        if kind:
            group, name = sample["path"].split("/", 1)
            short[kind][group].append(name)
    return {kind: {group: sorted(names) for group, names in sorted(held.items())} for kind, held in short.items()}


def compared(short, floor):
    """What got worse and what got better than the floor says."""
    now, before = (
        {(k, g, n) for k, groups in held.items() for g, names in groups.items() for n in names}
        for held in (short, floor)
    )
    return sorted(now - before), sorted(before - now)


def shares(wanted, answers):
    """How many of each kind there are, and how many get the verdict they should."""
    counts = collections.Counter(sample["expected"] for sample in wanted)
    good = collections.Counter(s["expected"] for s in wanted if answers[s["path"]]["verdict"] == s["expected"])
    return {kind: (good[kind], counts[kind]) for kind in ("dangerous", "clean")}
