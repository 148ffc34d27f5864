"""Many callers of one cold file: one fetch for all of them, in about the time of one, in little memory."""

from processes import FamilyWatch, resident_mib
from table import Row
from yard import MIB, median

MANY = 64
#: Slow enough that this machine can hand 64 copies out meanwhile: otherwise the loopback is measured, not the gate.
SLOW = {"rate_mib": 10.0, "latency_ms": 30}
SLOW_BYTES = 32 * MIB
PARALLEL = 20


def many_callers(yard):
    """64 callers beside one, each of a file of its own."""
    one, many = [], []
    yard.gateway  # started before the link gets slow
    yard.shape(**SLOW)
    try:
        for _ in range(3 if yard.sizes.rounds > 2 else 1):
            one.append(_cold(yard, yard.gateway, 1))
            many.append(_cold(yard, yard.gateway, MANY))
        stub = _cold(yard, yard.hub, 1)
        olah_one, olah_many = _cold(yard, yard.olah, 1), _cold(yard, yard.olah, MANY)
    finally:
        yard.shape()
    ratio = median(many) / median(one)
    note = (
        f"ratio to one caller of ours, {median(one):.2f} s; {SLOW_BYTES // MIB} MiB over {SLOW['rate_mib']:.0f} MiB/s, "
        f"{SLOW['latency_ms']} ms; olah's own ratio {olah_many / olah_one:.2f}x"
    )
    return [
        Row(
            measure=f"{MANY} cold callers of one file",
            unit="s",
            ceiling=stub,
            ceiling_is="stub, one caller",
            us=median(many),
            peer=olah_many,
            ratio=ratio,
            judged="ratio",
            limit=1.2,
            note=note,
            samples={"one": one, "many": many},
        )
    ]


def _cold(yard, server, callers):
    repo, path = yard.fresh_file(SLOW_BYTES)
    seconds = yard.sink(server, f"/{repo}/resolve/main/{path}", callers).seconds
    if server is yard.gateway and yard.hub.downloads_of(path) != 1:
        raise RuntimeError(f"{callers} callers cost {yard.hub.downloads_of(path)} upstream downloads")
    return seconds


def one_large_file(yard):
    """20 callers of a large cold file at a server of its own: upstream requests and memory."""
    size = yard.sizes.crowd_bytes
    repo, path = yard.fresh_file(size)
    at_hub = f"/{repo}/resolve/main/{path}"
    gateway = yard.new_gateway("crowd")
    with FamilyWatch(gateway.pid) as watch:
        cost = yard.sink(gateway, at_hub, PARALLEL)
    peak = resident_mib(gateway.pid, peak=True)
    downloads, egress = yard.hub.downloads_of(path), yard.hub.bytes_sent(path) / size
    yard.retire(gateway)
    return [
        Row(
            measure=f"{PARALLEL} cold callers of a large file, upstream GETs",
            unit="requests",
            us=downloads,
            limit=1,
            note=f"{size >> 20} MiB, link not shaped, egress {egress:.2f}, slowest first byte {cost.first_s:.2f} s, "
            f"{cost.cpu_per_gb:.2f} CPU-s per GB served",
        ),
        Row(
            measure=f"{PARALLEL} cold callers of a large file, peak memory",
            unit="MiB",
            us=peak,
            limit=200,
            note=f"the server's VmHWM; with its scan worker at the same moment {watch.peak_mib:.0f} MiB",
        ),
    ]
