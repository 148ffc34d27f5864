"""`snapshot_download` of a hundred small files that are here: time beside the stub, and what the upstream was asked."""

from table import Row
from yard import median


def measure(yard):
    """Rounds of the stub and us in turn; olah, warmed once, once."""
    repo = yard.small_repo
    brought = yard.client(yard.gateway, "snapshot", repo)
    direct, us, asked = [], [], []
    for _ in range(yard.sizes.rounds):
        straight = yard.client(yard.hub, "snapshot", repo)
        before = yard.upstream_requests()
        through = yard.client(yard.gateway, "snapshot", repo)
        asked.append(yard.upstream_requests() - before)
        if not straight["digest"] == through["digest"] == brought["digest"]:
            raise RuntimeError("the client got other bytes through us")
        direct.append(straight["seconds"])
        us.append(through["seconds"])
    yard.client(yard.olah, "snapshot", repo)
    before = yard.upstream_requests()
    olah = yard.client(yard.olah, "snapshot", repo)["seconds"]
    olah_asked = yard.upstream_requests() - before
    return [
        Row(
            measure=f"warm snapshot of {yard.SMALL_FILES} small files",
            unit="s",
            ceiling=median(direct),
            ceiling_is="stub directly",
            us=median(us),
            peer=olah,
            judged="ratio",
            limit=1.2,
            note=f"the first one, cold, took {brought['seconds']:.2f} s",
            samples={"direct": direct, "us": us},
        ),
        Row(
            measure="warm snapshot, upstream requests",
            unit="requests",
            us=max(asked),
            peer=olah_asked,
            limit=0,
            samples={"us": asked},
        ),
    ]
