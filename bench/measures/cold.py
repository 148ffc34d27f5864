"""A safetensors file nobody has fetched yet, over a shaped link, with the real client: time beside the same client
straight at the upstream, bytes over the link, and server CPU-seconds per GB with hashing, scan, policy and audit."""

import json
import pathlib
import sys

from processes import cpu_seconds, run
from table import Row
from yard import SHAPED, median

FLOOR = pathlib.Path(__file__).resolve().parent.parent / "floor.py"


def measure(yard):
    """Rounds of the upstream and us in turn; olah once."""
    size = yard.sizes.cold_bytes
    direct, us, cpu, egress, floor = [], [], [], [], []
    yard.client(yard.gateway, "snapshot", "acme/first")
    yard.shape(**SHAPED)
    try:
        for _ in range(max(2, yard.sizes.rounds - 2)):
            repo, path = yard.fresh_file(size)
            straight = yard.client(yard.hub, "file", repo, path)
            before, sent_before = cpu_seconds(yard.gateway.pid), yard.hub.bytes_sent(path)
            through = yard.client(yard.gateway, "file", repo, path)
            yard.settle_down()
            cpu.append((cpu_seconds(yard.gateway.pid) - before) / (size / 1e9))
            floor.append(json.loads(run([sys.executable, FLOOR, yard.folder / "floor", size], 330))["cpu_s"] / (size / 1e9))
            egress.append((yard.hub.bytes_sent(path) - sent_before) / size)
            if through["digest"] != straight["digest"]:
                raise RuntimeError("the client got other bytes through us")
            direct.append(straight["seconds"])
            us.append(through["seconds"])
        repo, path = yard.fresh_file(size)
        before = cpu_seconds(yard.olah.pid)
        olah_s = yard.client(yard.olah, "file", repo, path)["seconds"]
        olah_cpu = (cpu_seconds(yard.olah.pid) - before) / (size / 1e9)
        olah_egress = yard.hub.bytes_sent(path) / size
    finally:
        yard.shape()
    link = f"{SHAPED['rate_mib']:.0f} MiB/s, {SHAPED['latency_ms']} ms"
    return [
        Row(
            measure="cold streamed safetensors, time",
            unit="s",
            ceiling=median(direct),
            ceiling_is="stub directly",
            us=median(us),
            peer=olah_s,
            judged="ratio",
            limit=1.05,
            note=f"{size >> 20} MiB over {link}, huggingface_hub",
            samples={"direct": direct, "us": us},
        ),
        Row(
            measure="cold streamed safetensors, egress",
            unit="x size",
            us=max(egress),
            peer=olah_egress,
            limit=1.0,
            samples={"us": egress},
        ),
        Row(
            measure="cold streamed safetensors, CPU",
            unit="CPU-s/GB",
            ceiling=median(floor),
            ceiling_is="hash and write alone",
            us=median(cpu),
            peer=olah_cpu,
            limit=2.2,
            goal=2.0,
            note="the scan worker included; where a hypervisor takes free memory back, a new page of the page cache "
            "costs many times what it costs elsewhere, which the ceiling shows",
            samples={"us": cpu, "floor": floor},
        ),
    ]
