"""Everything that stands in one run: the stub, Weighbridge, the peers, and the clients that come to them."""

import functools
import itertools
import json
import pathlib
import shutil
import statistics
import sys
import time
from dataclasses import dataclass

import peers
from harness.clients import HUB_2, Desk
from harness.fakehub import FakeHub
from harness.gateway import Gateway
from processes import cpu_seconds, run

HERE = pathlib.Path(__file__).resolve().parent
MIB = 1 << 20
SHAPED = {"rate_mib": 100.0, "latency_ms": 30}


@dataclass(frozen=True)
class Sizes:
    """How much is moved and how often."""

    warm_bytes: int
    cold_bytes: int
    crowd_bytes: int
    sample_bytes: int
    rounds: int
    head_s: float

    @staticmethod
    def of(quick):
        if quick:
            return Sizes(256 * MIB, 128 * MIB, 256 * MIB, sample_bytes=1024 * MIB, rounds=2, head_s=2)
        return Sizes(2048 * MIB, 1024 * MIB, 2048 * MIB, sample_bytes=4096 * MIB, rounds=5, head_s=8)


@dataclass(frozen=True)
class Cost:
    """What moving some bytes took."""

    seconds: float
    cpu_s: float
    moved: int
    first_s: float | None = None

    @property
    def cpu_per_gb(self):
        return self.cpu_s / (self.moved / 1e9)


class Yard:
    """One run's world. Nothing outlives `close`."""

    WARM = ("acme/warm", "model.safetensors")
    SMALL = "acme/small"
    SMALL_FILES = 100

    def __init__(self, folder, sizes):
        self.folder = folder
        self.sizes = sizes
        self._numbers = itertools.count(1)
        self._open = []
        self.hub = FakeHub()
        self._open.append(self.hub)
        self.hub.publish("acme/first", {"README.md": "---\nlicense: apache-2.0\n---\nThe client warms up with this.\n"})

    def close(self):
        """Ends every program, newest first."""
        for one in reversed(self._open):
            (one.stop if isinstance(one, Gateway) else one.close)()

    @functools.cached_property
    def gateway(self):
        """The server most measures share: as nobody configured it, with policy and audit on."""
        return self.new_gateway("weighbridge")

    def new_gateway(self, name):
        """A started server with an empty data directory, in front of the stub."""
        gateway = Gateway(self.folder / name / "data")
        for source in gateway.data_of("source", "list"):
            gateway.cli("source", "remove", source["name"]).succeeded()
        gateway.cli("source", "add", "upstream", self.hub.url, "--kind", "hub", "--tier", "2").succeeded()
        gateway.start()
        self._open.append(gateway)
        return gateway

    def retire(self, gateway):
        """Ends a server and forgets its data."""
        gateway.stop()
        self._open.remove(gateway)
        shutil.rmtree(gateway.data.parent)

    @functools.cached_property
    def olah(self):
        """The public Python mirror."""
        return self._keep(peers.start_olah(self.folder / "olah", self.hub))

    @functools.cached_property
    def nginx(self):
        """A file server on our own blobs: the same file, in the same page cache."""
        return self._keep(peers.start_nginx(self.folder / "nginx", self.gateway.data / "blobs"))

    def _keep(self, served):
        self._open.append(served)
        return served

    @functools.cached_property
    def warm_paths(self):
        """Brings the large warm file in at us. Its path at a Hub, and at nginx.

        The path names the commit: a branch is answered with a redirect to it, which is not a file.
        """
        repo, path = self.WARM
        size = self.sizes.warm_bytes
        digest = self.hub.publish_made(repo, path, size, seed=1, safetensors=True)
        at_hub = f"/{repo}/resolve/{self.hub.repo(repo)['commit']}/{path}"
        self.sink(self.gateway, at_hub)
        blob = self.gateway.whole_blobs()[digest]
        return at_hub, f"/{blob.relative_to(self.gateway.data / 'blobs')}"

    @functools.cached_property
    def small_repo(self):
        """A hundred files of five kilobytes, as checkpoints with many configurations have."""
        body = json.dumps({"weights": list(range(1000))})[:4990]
        files = {
            f"configs/part-{n:03}.json": json.dumps({"part": n, "filler": body})
            for n in range(self.SMALL_FILES)
        }
        self.hub.publish(self.SMALL, files)
        return self.SMALL

    def fresh_file(self, size):
        """A repository with one safetensors file that nobody has seen yet: its name, and the file's path."""
        number = next(self._numbers)
        repo, path = f"acme/cold-{number}", f"cold-{number}.safetensors"
        self.hub.publish_made(repo, path, size, seed=1000 + number, safetensors=True)
        return repo, path

    def sink(self, server, path, connections=1):
        """Fetches over several connections and discards. `server` needs `url` and, for CPU-seconds, `pid`."""
        pid = getattr(server, "pid", None)
        before = cpu_seconds(pid) if pid else 0.0
        out = json.loads(run([sys.executable, HERE / "sink.py", connections, server.url + path], 330))
        cpu = (cpu_seconds(pid) if pid else 0.0) - before
        return Cost(out["seconds"], cpu, out["bytes"], out["first_s"])

    def sink_long(self, server, path, connections):
        """The same as often as it takes: CPU-seconds are counted in hundredths, so a sample has to last."""
        times = -(-self.sizes.sample_bytes // (self.sizes.warm_bytes * connections))
        costs = [self.sink(server, path, connections) for _ in range(times)]
        return Cost(*(sum(getattr(cost, name) for cost in costs) for name in ("seconds", "cpu_s", "moved")))

    def client(self, server, *words):
        """What a person's script takes with the real client and an empty cache: seconds, files, digest."""
        # In memory where that is possible: in the field a client has a disk of its own.
        memory = pathlib.Path("/dev/shm")
        base = memory if memory.is_dir() and shutil.disk_usage(memory).free > 4 * self.sizes.cold_bytes else self.folder
        home = base / f"weighbridge-bench-{next(self._numbers)}-{self.folder.name}"
        desk = Desk(HUB_2, home, server.url)
        try:
            return desk.run("python", HERE / "client.py", *words, timeout=600).answer()
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def shape(self, **link):
        """The link from here to the upstream; nothing is unshaped."""
        self.hub.settings(**{"rate_mib": None, "latency_ms": 0, **link})

    def upstream_requests(self):
        """What the stub was asked so far, at both of its origins."""
        return len(self.hub.requests())

    def settle_down(self):
        """Lets the work that follows a download end, so that its CPU-seconds are counted where they belong."""
        pid, last = self.gateway.pid, None
        for _ in range(20):
            now = cpu_seconds(pid)
            if now == last:
                return
            last = now
            time.sleep(0.3)


def median(values):
    """The middle one."""
    return statistics.median(values)
