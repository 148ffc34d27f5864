"""Measures the ledger: `make bench-ledger`. How many entries a second it takes durably, how long a proof of one among ten
million takes, and how long the whole of a million is verified.

The large ledgers are grown here, entry by entry, by a second implementation of the tree: that the server's own
verification accepts them is part of the measure.
"""

import argparse
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
RELEASE = ROOT / "target" / "release"
os.environ.setdefault("WEIGHBRIDGE_BIN", str(RELEASE / "weighbridge"))

from harness.gateway import Gateway  # noqa: E402

PROOFS = 500


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Tree:
    """The RFC 6962 tree of a log, appended to; and the roots of complete subtrees of 256 to the power of a level."""

    def __init__(self, size, peaks):
        self.size, self.peaks = size, peaks

    def append(self, leaf):
        """Appends a leaf hash; answers the subtree roots of whole tiles that it completes, as (level, place, hash)."""
        nodes, level, position, node = [], 0, self.size, leaf
        while position & 1:
            node = sha256(b"\x01", self.peaks.pop(), node)
            level, position = level + 1, position >> 1
            if level % 8 == 0:
                nodes.append((level // 8, position, node.hex()))
        self.peaks.append(node)
        self.size += 1
        return nodes

    def root(self):
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = sha256(b"\x01", peak, root)
        return root


def grow(database, wanted):
    """Appends entries until there are `wanted`, and says so in the head."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    size, frontier = connection.execute("SELECT size, frontier FROM ledger_head").fetchone()
    tree = Tree(size, [bytes.fromhex(peak) for peak in json.loads(frontier)])
    at = int(time.time() * 1e6)
    connection.execute("BEGIN")
    while tree.size < wanted:
        entries, nodes = [], []
        for _ in range(min(50_000, wanted - tree.size)):
            at += 1
            entry, leaf = make_entry(tree.size, at)
            entries.append(entry)
            nodes.extend(tree.append(leaf))
        connection.executemany("INSERT INTO ledger_entry (position, at, kind, body, leaf) VALUES (?, ?, ?, ?, ?)", entries)
        connection.executemany("INSERT INTO ledger_node (level, position, hash) VALUES (?, ?, ?)", nodes)
    frontier = json.dumps([peak.hex() for peak in tree.peaks])
    head = (tree.size, frontier, tree.root().hex())
    connection.execute("UPDATE ledger_head SET size = ?, frontier = ?, root = ?", head)
    connection.execute("COMMIT")
    connection.close()


def make_entry(position, at):
    kind = "bench.entry"
    body = json.dumps({"kind": kind, "artifact": f"acme/model-{position % 1000}", "commit": f"{position:040x}"})
    moment = datetime.datetime.fromtimestamp(at // 1_000_000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    digest = hashlib.sha256(body.encode()).hexdigest()
    text = f'{{"at":"{moment}.{at % 1_000_000:06}Z","kind":"{kind}","body_sha256":"{digest}"}}'
    leaf = sha256(b"\x00", text.encode())
    return (position, at, kind, body, leaf.hex()), leaf


def prove(gateway, size):
    """Asks for receipts of entries at random, one after the other, over one connection."""
    token = gateway.data_of("token", "create", f"bench-{size}", "--role", "auditor")["token"]
    connection = http.client.HTTPConnection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    chosen = random.Random(size)
    # The first signs a checkpoint over what was grown.
    time_of(connection, "/api/v1/audit/entries/0/receipt", token)
    paths = [f"/api/v1/audit/entries/{chosen.randrange(size)}/receipt" for _ in range(PROOFS)]
    proofs = statistics.quantiles([time_of(connection, path, token) for path in paths], n=100)
    plain = [f"/api/v1/audit/entries?from={chosen.randrange(size)}&limit=1" for _ in paths]
    entries = statistics.quantiles([time_of(connection, path, token) for path in plain], n=100)
    nothing = statistics.quantiles([time_of(connection, "/readyz", token) for _ in paths], n=100)
    print(
        f"a receipt of one entry among {size:,}: p50 {proofs[49]:.2f} ms, p99 {proofs[98]:.2f} ms by HTTP; "
        f"the entry without a proof: p50 {entries[49]:.2f} ms, p99 {entries[98]:.2f} ms; "
        f"an answer that says nothing: p50 {nothing[49]:.2f} ms, p99 {nothing[98]:.2f} ms"
    )


def time_of(connection, path, token):
    """How many milliseconds an answer takes."""
    begin = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - begin) * 1e3
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return took


def verify(gateway, folder):
    """Has the server hash everything anew; then hashes a copy without it, as an auditor does."""
    timed(gateway, "a full verification by the server", "audit", "verify")
    timed(gateway, "a copy of everything", "audit", "export", folder)
    timed(gateway, "a full verification of the copy", "audit", "verify", folder)


def timed(gateway, what, *words):
    """Runs a command and prints how long it took and what it said."""
    begin = time.perf_counter()
    said = gateway.cli(*words, timeout=600).succeeded().stdout
    print(f"{what}: {time.perf_counter() - begin:.2f} s")
    print("   ", said.strip().replace("\n", "\n    "))


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="a million entries where it would be ten")
    words.add_argument("--folder", help="where the ledgers are grown: on the disk that is to be measured")
    arguments = words.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        subprocess.run([RELEASE / "examples" / "ledger_throughput", folder], check=True)
        gateway = Gateway(pathlib.Path(folder) / "data").start()
        gateway.stop()
        for wanted in (1_000_000,) if arguments.quick else (1_000_000, 10_000_000):
            grow(gateway.data / "weighbridge.db", wanted)
            gateway.start()
            prove(gateway, wanted)
            if wanted == 1_000_000:
                verify(gateway, pathlib.Path(folder) / "copy")
            gateway.stop()


if __name__ == "__main__":
    main()
