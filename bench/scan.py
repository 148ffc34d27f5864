"""Runs the scanner and its four peers over the corpus and measures their speed: `make bench-scan`. Writes docs/detection.md.

Every program gets the same files, by its own command line. `stopped` is whatever makes that command say no, be it a finding or
an error; `dangerous` is its highest level; a file that it says it did not look at is silence, and counts as passed.
"""

import argparse
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import pickle
import platform
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "scan"))

import verdicts  # noqa: E402

TOOLS = ROOT / ".tools" / "venv"
COMMAND = ROOT / "target" / "release" / "weighbridge"
DOCUMENT = ROOT / "docs" / "detection.md"
QUIET = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PROMPTFOO_DISABLE_TELEMETRY": "1", "NO_ANALYTICS": "1"}
SECONDS = 120


def run(*command, **how):
    """A program's exit code and what it printed; 124 when it took too long."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS, env=QUIET, check=False, **how
        )
    except subprocess.TimeoutExpired:
        return 124, ""
    return done.returncode, done.stdout


def picklescan(path):
    code, out = run(TOOLS / "picklescan/bin/picklescan", "-p", path)
    if "Scanned files: 0" in out:
        return "unseen"
    return {0: "clean", 1: "dangerous"}.get(code, "stopped")


def modelscan(path):
    code, out = run(TOOLS / "modelscan/bin/modelscan", "-p", path, "-r", "json")
    if code == 1:
        return "stopped" if '"CRITICAL": 0' in out.replace("\n", "") else "dangerous"
    return {0: "clean", 3: "unseen"}.get(code, "stopped")


def fickling(path):
    files = sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]
    found = "unseen"
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            answer = pathlib.Path(folder) / "answer.json"
            code, _ = run(TOOLS / "fickling/bin/fickling", "--check-safety", file, "--json-output", answer, cwd=folder)
            text = answer.read_text(errors="replace") if answer.exists() else ""
        if "OVERTLY_MALICIOUS" in text:
            return "dangerous"
        if code:
            found = "stopped"
        elif found == "unseen":
            found = "clean"
    return found


class Forked:
    """A peer whose imports take longer than its work: imported once a thread, forked for each file."""

    def __init__(self, name, *command):
        self.command = [TOOLS / name / "bin/python3", ROOT / "bench/forked.py", *command]
        self.of_thread = threading.local()

    def run(self, path):
        """The exit code and what was printed."""
        server = getattr(self.of_thread, "server", None)
        if server is None:
            server = self.of_thread.server = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=QUIET
            )
        server.stdin.write(json.dumps(str(path)) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        return answer["code"], answer["out"]


MODELAUDIT = Forked("modelaudit", "modelaudit.cli:main", "scan", "--format", "json")


def modelaudit(path):
    code, out = MODELAUDIT.run(path)
    try:
        levels = {issue["severity"] for issue in json.loads(out)["issues"]}
    except (ValueError, KeyError):
        return "stopped"
    if "critical" in levels:
        return "dangerous"
    return "stopped" if code or "warning" in levels else "clean"


PEERS = {"picklescan": picklescan, "modelscan": modelscan, "fickling": fickling, "modelaudit": modelaudit}


def ours(folder, wanted):
    """Our verdicts."""
    answers = verdicts.scan(COMMAND, folder, wanted)
    words = {"clean": "clean", "dangerous": "dangerous"}
    return {path: words.get(answer["verdict"], "stopped") for path, answer in answers.items()}


def table(wanted, answers):
    """How often each program says what, of the hostile and of the benign."""
    lines = [
        "| scanner | act: stopped | act: called dangerous | to be looked at: stopped | benign: clean | benign: not looked at | benign: dangerous |",
        "|---|---|---|---|---|---|---|",
    ]
    of = {kind: [s["path"] for s in wanted if s["expected"] == kind] for kind in ("dangerous", "stopped", "clean")}
    for name, said in answers.items():
        count = {kind: collections.Counter(said[path] for path in paths) for kind, paths in of.items()}

        def part(kind, *words, count=count):
            share = sum(count[kind][word] for word in words)
            return f"{share} ({100 * share / max(1, len(of[kind])):.1f} %)"

        cells = [
            part("dangerous", "stopped", "dangerous"),
            part("dangerous", "dangerous"),
            part("stopped", "stopped", "dangerous"),
        ]
        cells += [part("clean", "clean"), part("clean", "unseen"), part("clean", "dangerous")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def by_class(wanted, answers):
    """How many of each class are stopped."""
    numbers = sorted({s["class"] for s in wanted if s["class"] != "benign"})
    lines = ["| class | samples | " + " | ".join(answers) + " |", "|---|---|" + "---|" * len(answers)]
    for number in numbers:
        paths = [s["path"] for s in wanted if s["class"] == number]
        cells = [str(sum(said[path] in ("stopped", "dangerous") for path in paths)) for said in answers.values()]
        lines.append(f"| {number} | {len(paths)} | {' | '.join(cells)} |")
    return lines


def files_for_speed(folder):
    """The inputs of the measures of time."""
    small, many, opcodes = folder / "small.pkl", folder / "many", folder / "opcodes.pkl"
    small.write_bytes(pickle.dumps({"w": [1.0, 2.0]}, 4))
    many.mkdir()
    for number in range(2000):
        (many / f"{number}.pkl").write_bytes(pickle.dumps({"n": number, "w": [1.0] * 10}, 4))
    opcodes.write_bytes(b"\x80\x04](" + b"K\x01" * 2_400_000 + b"e.")
    storage = b"X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0%dX\x03\0\0\0cpuJ\0\0\x60\x17t"
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n(("
        + storage % 0
        + b"QK\0J\0\0\x60\x17\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR"
    )
    large = folder / "large.pt"
    with zipfile.ZipFile(large, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}X\x01\0\0\0w" + tensor + b"s.")
        archive.writestr("archive/version", b"3\n")
        with archive.open("archive/data/0", "w", force_zip64=True) as member:
            for _ in range(1568):
                member.write(bytes(1 << 20))
    tensors = folder / "large.safetensors"
    header = json.dumps({"w": {"dtype": "F32", "shape": [0x17600000], "data_offsets": [0, 0x17600000 * 4]}}).encode()
    with tensors.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 0x17600000 * 4)
    return {
        "one small pickle": small,
        "2,000 small pickles": many,
        "2.4 million opcodes": opcodes,
        "1.6 GB torch zip": large,
        "1.6 GB safetensors": tensors,
    }


COMMANDS = {
    "weighbridge": lambda path: [COMMAND, "scan", path],
    "picklescan": lambda path: [TOOLS / "picklescan/bin/picklescan", "-p", path],
    "modelscan": lambda path: [TOOLS / "modelscan/bin/modelscan", "-p", path],
    "fickling": lambda path: [TOOLS / "fickling/bin/fickling", "--check-safety", path, "--json-output", "/dev/null"],
    "modelaudit": lambda path: [TOOLS / "modelaudit/bin/modelaudit", "scan", path],
}
# modelaudit needs about a second for each of many files; fickling opens one file a run.
SKIPPED = {("modelaudit", "2,000 small pickles"), ("fickling", "2,000 small pickles")}


def timed(command):
    """Seconds of one run."""
    words = [*map(str, command)]
    silent = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in range(3)]
    before = time.perf_counter()
    process = os.posix_spawn(words[0], words, QUIET, file_actions=silent)
    # A wait with a timeout would look in ever longer steps, up to 50 ms: longer than what is measured.
    signal.signal(signal.SIGALRM, lambda *_: os.kill(process, signal.SIGKILL))
    signal.alarm(SECONDS * 3)
    os.waitpid(process, 0)
    took = time.perf_counter() - before
    signal.alarm(0)
    return took


def typical(command, rounds, least):
    """The median of so many runs, and of so many seconds of them: a few short ones say more about the machine."""
    times = []
    while len(times) < rounds or sum(times) < least:
        times.append(timed(command))
    return statistics.median(times)


def shown(seconds):
    """Seconds, or milliseconds where those are few."""
    return f"{seconds:.3f} s" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def speed(folder, rounds=5, least=1):
    """A table of medians, and the ratio to the fastest peer."""
    lines = ["| measure | " + " | ".join(COMMANDS) + " | fastest peer ÷ ours |", "|---|" + "---|" * (len(COMMANDS) + 1)]
    files = files_for_speed(folder)
    # The large files go to the disk now and not while something is measured.
    os.sync()
    for measure, path in files.items():
        seconds = {}
        for name, command in COMMANDS.items():
            if (name, measure) not in SKIPPED:
                seconds[name] = typical(command(path), rounds, least)
        fastest = min(held for name, held in seconds.items() if name != "weighbridge")
        cells = [shown(seconds[name]) if name in seconds else "–" for name in COMMANDS]
        lines.append(f"| {measure} | {' | '.join(cells)} | {fastest / seconds['weighbridge']:.1f} |")
    return lines


def peak(folder):
    """Our peak memory over the large inputs, each in a process of its own that reports it."""
    script = "import resource,subprocess,sys; subprocess.run(sys.argv[1:],stdout=-3); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024)"
    names = ("opcodes.pkl", "large.pt", "large.safetensors")
    sizes = [float(run(sys.executable, "-c", script, COMMAND, "scan", folder / name)[1]) for name in names]
    return max(sizes)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true", help="one sample of five, one round")
    options.add_argument("--speed", action="store_true", help="only the times, and only printed")
    chosen = options.parse_args()
    if chosen.speed:
        with tempfile.TemporaryDirectory() as place:
            print(*speed(pathlib.Path(place)), f"peak memory: {peak(pathlib.Path(place)):.0f} MiB", sep="\n")
        return
    quick = chosen.quick
    with tempfile.TemporaryDirectory() as place:
        inputs = pathlib.Path(place) / "speed"
        inputs.mkdir()
        times = speed(inputs, rounds=1, least=0) if quick else speed(inputs)
        memory = peak(inputs)
        sys.stderr.write("the times are taken\n")
        folder = pathlib.Path(place) / "corpus"
        subprocess.run([ROOT / "tests" / "scan" / "generate", folder], check=True, stderr=subprocess.DEVNULL)
        wanted = verdicts.samples(folder)[:: 5 if quick else 1]
        answers = {"weighbridge": ours(folder, wanted)}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, ask in PEERS.items():
                said = pool.map(lambda sample, ask=ask: ask(folder / sample["path"]), wanted)
                answers[name] = dict(zip([sample["path"] for sample in wanted], said, strict=True))
                sys.stderr.write(f"{name} is done\n")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.strip()
    part = ", every fifth sample and one round" if quick else ""
    head = (ROOT / "bench" / "detection.md").read_text()
    day = datetime.datetime.now(datetime.UTC).date()
    where = f"{day}, {platform.system()} {platform.release().split('-')[0]}, two cores, commit `{commit}`{part}."
    body = [
        where,
        "",
        *table(wanted, answers),
        "",
        "How many of each class are stopped:",
        "",
        *by_class(wanted, answers),
    ]
    body += ["", "## Time", "", *times, "", f"Our peak memory over the three large inputs: {memory:.0f} MiB."]
    DOCUMENT.write_text(head + "\n".join(body) + "\n")


if __name__ == "__main__":
    main()
