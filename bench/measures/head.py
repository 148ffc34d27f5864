"""HEAD of a file that is here: how many a second of server CPU, and the slowest in a hundred."""

import re
from dataclasses import dataclass

from peers import find_package_program
from processes import cpu_seconds, run
from table import Row

CALLERS = 8
#: A first look at the pace, so that a slow server is not asked for minutes; enough for a p99.
TRIAL = 128
MOST = 400_000


@dataclass(frozen=True)
class Pace:
    """What `hey` and the server's clock said."""

    per_core: float
    per_second: float
    p99_ms: float | None


def measure(yard):
    """The same file by its commit at nginx, the stub, us and olah; then by its branch, which costs a redirect more."""
    at_commit, at_nginx = yard.warm_paths
    repo, path = yard.WARM
    nginx = pace(yard, yard.nginx, at_nginx, "200")
    stub = pace(yard, yard.hub, at_commit, "302")
    us = pace(yard, yard.gateway, at_commit, "200")
    redirect = pace(yard, yard.gateway, f"/{repo}/resolve/main/{path}", "307")
    yard.sink(yard.olah, at_commit)
    olah = pace(yard, yard.olah, at_commit, "200")
    note = (
        f"a file by its commit, {CALLERS} connections; by the wall clock, on cores shared with the load generator: nginx "
        f"{nginx.per_second:,.0f}/s, stub {stub.per_second:,.0f}/s, us {us.per_second:,.0f}/s, olah {olah.per_second:,.0f}/s"
    )
    return [
        Row(
            measure="warm HEAD resolve",
            unit="per CPU-s",
            ceiling=nginx.per_core,
            ceiling_is="nginx",
            us=us.per_core,
            peer=olah.per_core,
            limit=8_000,
            goal=20_000,
            at_least=True,
            note=note,
        ),
        Row(
            measure="warm HEAD resolve, p99",
            unit="ms",
            ceiling=nginx.p99_ms,
            ceiling_is="nginx",
            us=us.p99_ms,
            peer=olah.p99_ms,
            limit=3.0,
        ),
        Row(
            measure="warm HEAD resolve, branch and commit",
            unit="per CPU-s",
            us=1 / (1 / redirect.per_core + 1 / us.per_core),
            limit=8_000,
            goal=20_000,
            at_least=True,
            note=f"what a client asks that names a branch: a 307 ({redirect.per_core:,.0f} per CPU-s) and then the above",
        ),
    ]


def pace(yard, server, path, status):
    """Asks for about `head_s` seconds, as fast as the server answers."""
    trial = hey(server, path, TRIAL, status)
    count = int(min(MOST, max(TRIAL, trial.per_second * yard.sizes.head_s)))
    return hey(server, path, count, status)


def hey(server, path, count, status):
    """One bounded run of the load generator. Every answer has to have this status."""
    pid = getattr(server, "pid", None)
    before = cpu_seconds(pid) if pid else 0.0
    command = [find_package_program("hey"), "-m", "HEAD", "-n", count, "-c", CALLERS, "-disable-redirects"]
    said = run([*command, server.url + path], 180)
    cpu = (cpu_seconds(pid) if pid else 0.0) - before
    statuses = dict(re.findall(r"\[(\d+)\]\s+(\d+) responses", said))
    if "Error distribution" in said or set(statuses) != {status}:
        raise RuntimeError(f"HEAD {server.url}{path} was not answered with {status} alone: {said[-500:]}")
    answered = sum(map(int, statuses.values()))
    slowest = re.search(r"99% in ([\d.]+) secs", said)
    return Pace(
        per_core=answered / cpu if cpu else 0.0,
        per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),
        p99_ms=float(slowest[1]) * 1000 if slowest else None,
    )
