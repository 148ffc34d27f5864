"""The audit stream: every line fits the published schema, and nothing is missed or told twice."""

import json
import subprocess

from harness.clients import PROBES, ROOT, VENVS
from harness.contents import FILES


def faults(lines):
    schema = json.loads((ROOT / "docs/audit-stream.schema.json").read_text())
    done = subprocess.run(
        [VENVS / "oracle/bin/python", PROBES / "validate_stream.py"],
        input=json.dumps({"schema": schema, "lines": lines}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_every_line_fits_the_published_schema(hub, gateway, desk):
    hub.publish("acme/trucks", FILES)
    desk(gateway.url).probe("snapshot", "acme/trucks").succeeded()
    gateway.cli("request", "acme/trucks", "--for", "production", "--because", "support", "--data-class", "public")
    gateway.cli("token", "create", "ci").succeeded()
    lines = gateway.cli("audit", "stream").succeeded().stdout.splitlines()
    assert len(lines) > 10
    assert [json.loads(line)["position"] for line in lines] == list(range(len(lines)))
    assert faults(lines) == []
    broken = lines[0].replace('"kind":"instance.created"', '"kind":"token.created"')
    assert faults([broken])


def test_whoever_follows_gets_each_entry_once_and_may_go_on_later(gateway):
    before = gateway.cli("audit", "stream").succeeded().stdout.splitlines()
    command = gateway._words("audit", "stream", "--follow", "--after", str(len(before) - 1))
    following = subprocess.Popen(command, env=gateway._environment, stdout=subprocess.PIPE, text=True)
    try:
        for number in range(3):
            gateway.cli("token", "create", f"ci{number}").succeeded()
        came = [json.loads(following.stdout.readline()) for _ in range(3)]
    finally:
        following.kill()
        following.wait()
        following.stdout.close()
    assert [entry["position"] for entry in came] == [len(before) + number for number in range(3)]
    assert [entry["body"]["name"] for entry in came] == ["ci0", "ci1", "ci2"]
    later = gateway.cli("audit", "stream", "--after", str(came[1]["position"])).succeeded().stdout.splitlines()
    assert [json.loads(line)["body"]["name"] for line in later] == ["ci2"]
