"""A large file that is here already: server CPU-seconds per GB, beside nginx on the same file."""

from table import Row
from yard import median


def measure(yard, connections):
    """Rounds of nginx and us in turn; olah, which takes far longer, once."""
    at_hub, at_nginx = yard.warm_paths
    nginx, us = [], []
    for _ in range(yard.sizes.rounds):
        nginx.append(yard.sink_long(yard.nginx, at_nginx, connections))
        us.append(yard.sink_long(yard.gateway, at_hub, connections))
    yard.sink(yard.olah, at_hub)  # Brings the file in when it is not there yet.
    olah = yard.sink(yard.olah, at_hub, connections)
    wall = median([cost.seconds for cost in us]) / median([cost.seconds for cost in nginx])
    what = "connection" if connections == 1 else "connections"
    return [
        Row(
            measure=f"warm file, {connections} {what}",
            unit="CPU-s/GB",
            ceiling=median([cost.cpu_per_gb for cost in nginx]),
            ceiling_is="nginx",
            us=median([cost.cpu_per_gb for cost in us]),
            peer=olah.cpu_per_gb,
            judged="ratio",
            limit=1.6,
            goal=1.3,
            note=f"wall {wall:.2f}x nginx's",
            samples={"nginx": [cost.cpu_per_gb for cost in nginx], "us": [cost.cpu_per_gb for cost in us]},
        )
    ]
