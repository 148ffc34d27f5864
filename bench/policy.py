"""Measures the policy: one decision, 100,000 revisions tried out, HEAD with and without rules, a rule that grows without
end: `make bench-policy`.

docs/benchmarks.md says what is measured and how.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
RELEASE = ROOT / "target" / "release"
for name, variable in (("weighbridge", "WEIGHBRIDGE_BIN"), ("fakehub", "WEIGHBRIDGE_FAKEHUB")):
    os.environ.setdefault(variable, str(RELEASE / name))

from harness.gateway import Gateway  # noqa: E402

KINDS = ("decision", "simulation", "runaway", "head")

#: Refuses a licence that every tenth revision of the made inventory has.
PROPOSED = """[environment.production.rules.licence-denied]
mode = "enforce"
licences = ["cc-by-4.0"]
"""
OWN = """package weighbridge.own.big

import rego.v1

rule := {
	"title": "it is large and few people looked at it",
	"why": "Large ones cost.",
	"effect": "hold",
	"contact": "approver",
	"modes": {"production": "enforce"},
	"parameters": {"bytes": 900000000000},
}

objections contains {"message": sprintf("it has %d bytes", [input.facts.revision.total_bytes])} if {
	input.facts.revision.total_bytes > input.parameters.bytes
	count(input.facts.approvals) < 2
}
"""
#: Doubles a text until there is no memory left, about some artifacts.
GROWING = OWN.replace("own.big", "own.growing").replace("count(input.facts.approvals) < 2", """startswith(input.facts.artifact.name, "acme/slow")
	count(grow(grow(grow("more")))) == 0""").replace(
    "input.facts.revision.total_bytes > input.parameters.bytes", "input.parameters.bytes > 0"
).replace('"production"', '"dev"') + """
twice(text) := concat("", [text, text])

grow(text) := twice(twice(twice(twice(twice(twice(twice(twice(twice(text)))))))))
"""


def decisions():
    """One decision after the other, on one core."""
    done = subprocess.run([RELEASE / "examples" / "decide"], capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        print(f"decision, {row['own_rules']} own rules beside the shipped ones, {row['findings']} findings: "
              f"p50 {row['p50_us']:.0f} us, p99 {row['p99_us']:.0f} us")
    return rows


def facts(number):
    """What the gateway would know about a made-up revision that passes."""
    licence = "cc-by-4.0" if number % 10 == 0 else "apache-2.0"
    formats = [{"examined": True, "example": f"model-{n}.safetensors", "files": n + 1, "format": word}
               for n, word in enumerate(("json", "markdown", "safetensors"))]
    findings = [{"message": "the card says nothing about training", "path": f"README-{n}.md",
                 "rule": "WB-CARD-NOTE", "severity": "note"} for n in range(number % 4)]
    return {
        "approvals": [{"by": "ann", "expires_at": "2027-01-01T00:00:00Z", "role": "approver"}],
        "artifact": {"kind": "model", "name": f"org{number % 500}/model-{number}", "publisher": f"org{number % 500}"},
        "custody": {"example": None, "recalled": 0, "rejected": 0},
        "environment": "production",
        "finding_counts": {"dangerous": 0, "note": len(findings), "review": 0},
        "findings": findings,
        "formats": formats,
        "revision": {"age_hours": 2160, "commit": f"{number:040x}", "file_count": 6, "largest_file": "model.safetensors",
                     "largest_file_bytes": 4_000_000_000, "licence_grade": "declared", "licences": [licence],
                     "manifest": hashlib.sha256(str(number).encode()).hexdigest(), "restricted": False,
                     "total_bytes": 4_100_000_000 + number},
        "scan": {"example_unknown": None, "examined": 6, "pending": 0, "sandboxed": True, "unknown": 0},
        "schema": 1,
        "source": {"name": "hub", "tier": 2, "tier_because": "source"},
        "uses": [{"affected": None, "affects_people": False, "data": "internal", "request": "01K", "residency": None,
                  "use_case": "", "user_facing": False}],
        "waivers": [],
    }


def ulid(number):
    """In the order of the numbers, which is all that is asked of it."""
    return f"01K{number:023d}"


def made_inventory(database, revisions, is_current):
    """Writes revisions, the decisions about them and the pulls of the last days."""
    db = sqlite3.connect(database)
    effective = json.loads(db.execute("SELECT effective FROM policy_version WHERE state = 'active'").fetchone()[0])
    policy = effective["production"] if is_current else "0" * 64
    now = int(time.time() * 1e6)
    with db:
        db.execute("INSERT INTO document (digest, body) VALUES (?, '{}') ON CONFLICT DO NOTHING", (policy,))
        for number in range(revisions):
            known = facts(number)
            text = json.dumps(known, sort_keys=True, separators=(",", ":"))
            digest = hashlib.sha256(text.encode()).hexdigest()
            name, id_ = known["artifact"]["name"], ulid(number)
            db.execute("INSERT INTO artifact VALUES (?, 'model', ?, ?, 'hub', 0, ?)", (id_, name, name, now))
            db.execute("INSERT INTO revision VALUES (?, ?, ?, NULL, '{}', ?)", (id_, id_, f"{number:040x}", now))
            db.execute("INSERT INTO document VALUES (?, ?)", (digest, text))
            db.execute("INSERT INTO decision VALUES (?, ?, 'production', 'allow', '[]', ?, ?, ?, NULL)",
                       (id_, id_, policy, digest, now))
            for pull in range(number % 3):
                at = now - pull * 86_400_000_000
                db.execute("INSERT INTO download VALUES (?, ?, ?, NULL, 'production', ?, 'model.safetensors', ?, 0, 9, 'hf', '')",
                           (ulid(number * 4 + pull), at, f"person-{(number + pull) % 300}", id_, digest))
    db.close()


def simulation(folder, revisions, is_current, has_own):
    """Tries a policy out on a made inventory, in the process of the command and its workers: seconds, and the most memory."""
    gateway = Gateway(folder / f"inventory-{is_current}-{has_own}" / "data")
    gateway.cli("status").succeeded()
    made_inventory(gateway.data / "weighbridge.db", revisions, is_current)
    policy = gateway.data.parent / "policy"
    policy.mkdir()
    (policy / "policy.toml").write_text(PROPOSED)
    if has_own:
        (policy / "big.rego").write_text(OWN)
    words = [RELEASE / "weighbridge", "policy", "simulate", policy, "--days", "30", "--format", "json",
             "--data", gateway.data, "--config", f"{gateway.data}.toml"]
    begun = time.monotonic()
    bare = {"HOME": str(folder), "PATH": os.environ["PATH"], "WEIGHBRIDGE_UPSTREAM__PUBLIC_HUB": ""}
    running = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, env=bare)
    out = running.stdout.read()
    _, status, usage = os.wait4(running.pid, 0)
    seconds = time.monotonic() - begun
    if status != 0:
        raise RuntimeError(f"simulate ended with {status}")
    report = json.loads(out)
    expected = -(-revisions // 10)
    if report["evaluated"] != revisions or report["total"]["newly_denied"] != expected:
        raise RuntimeError(f"it saw {report['evaluated']} and stops {report['total']}")
    row = {"revisions": revisions, "seconds": round(seconds, 1), "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
           "peak_mib": usage.ru_maxrss // 1024, "pulls_stopped": report["total"]["pulls"], "baseline_on_record": is_current, "own_rules": int(has_own)}
    how = "the answers of the active policy are on record" if is_current else "both policies are asked"
    beside = "an own rule beside the shipped ones" if has_own else "shipped rules"
    print(f"simulation of {revisions:,} revisions, {beside}, {how}: {row['seconds']} s "
          f"({row['cpu_s']} CPU-s, {row['peak_mib']} MiB at most), {row['pulls_stopped']:,} pulls stopped")
    return row


def head(folder, rounds, seconds):
    """The same HEAD at two servers in turn: one as nobody configured it, one with every rule off."""
    from measures.head import hey  # noqa: PLC0415
    from harness.fakehub import FakeHub  # noqa: PLC0415

    hub = FakeHub()
    hub.publish_made("acme/warm", "model.safetensors", 64 << 20, seed=1, safetensors=True)
    path = f"/acme/warm/resolve/{hub.repo('acme/warm')['commit']}/model.safetensors"
    servers = {}
    try:
        for name in ("on", "off"):
            gateway = Gateway(folder / f"head-{name}" / "data")
            if name == "off":
                rules = gateway.data_of("policy", "show")["rules"]
                lines = "".join(f'{rule["id"]} = "off"\n' for rule in rules)
                gateway.configure(f"[environment.dev.rules]\n{lines}")
            gateway.cli("source", "add", "upstream", hub.url, "--kind", "hub", "--tier", "2").succeeded()
            gateway.start()
            servers[name] = gateway
            while gateway.get(path, method="GET")[0] != 200:
                time.sleep(0.2)
        shown = servers["off"].data_of("policy", "show")
        if {rule["environments"]["dev"]["mode"] for rule in shown["rules"]} != {"off"}:
            raise RuntimeError("the rules are not off")
        trial = hey(servers["on"], path, 2_000, "200")
        count = int(max(2_000, trial.per_second * seconds))
        paces = {"on": [], "off": []}
        for number in range(rounds):
            for name in ("on", "off") if number % 2 == 0 else ("off", "on"):
                paces[name].append(hey(servers[name], path, count, "200"))
    finally:
        for gateway in servers.values():
            gateway.stop()
        hub.close()
    ratios = [on.per_second / off.per_second for on, off in zip(paces["on"], paces["off"], strict=True)]
    row = {
        "rounds": rounds,
        "on_per_s": round(statistics.median(one.per_second for one in paces["on"])),
        "off_per_s": round(statistics.median(one.per_second for one in paces["off"])),
        "on_per_cpu_s": round(statistics.median(one.per_core for one in paces["on"])),
        "off_per_cpu_s": round(statistics.median(one.per_core for one in paces["off"])),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_least": round(min(ratios), 3),
    }
    print(f"warm HEAD, every rule as shipped against every rule off, {rounds} paired rounds: {row['on_per_s']:,}/s against "
          f"{row['off_per_s']:,}/s, {row['on_per_cpu_s']:,} against {row['off_per_cpu_s']:,} per CPU-s; "
          f"ratio {row['ratio']} (median of pairs; least {row['ratio_least']})")
    return row


def runaway(folder, rounds):
    """A rule that grows without end: how long until it denies, what others see meanwhile, what the server itself takes."""
    from harness.fakehub import FakeHub  # noqa: PLC0415

    hub = FakeHub()
    gateway = Gateway(folder / "runaway" / "data", config="[policy]\none_person = true\n")
    try:
        names = ["other", *(f"slow-{number}" for number in range(rounds))]
        for name in names:
            hub.publish_made(f"acme/{name}", "model.safetensors", 1 << 20, seed=1, safetensors=True)
        gateway.cli("source", "add", "upstream", hub.url, "--kind", "hub", "--tier", "2").succeeded()
        gateway.start()
        other, *slow = [f"/acme/{name}/resolve/{hub.repo(f'acme/{name}')['commit']}/model.safetensors" for name in names]
        while gateway.get(other)[0] != 200:
            time.sleep(0.2)
        policy = gateway.data.parent / "policy"
        policy.mkdir()
        (policy / "growing.rego").write_text(GROWING)
        before = gateway.resident_kib()
        gateway.cli("policy", "activate", str(policy), "--because", "to see", timeout=300).succeeded()
        gateway.cli("policy", "confirm", "2").succeeded()
        denials, others = [], []
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            for path in slow:
                begun = time.monotonic()
                denied = pool.submit(gateway.get, path)
                while not denied.done():
                    asked = time.monotonic()
                    if gateway.get(other)[0] != 200:
                        raise RuntimeError("the other one is not served")
                    others.append(time.monotonic() - asked)
                status, headers, _ = denied.result()
                if status != 403 or "more memory than" not in headers.get("x-error-message", ""):
                    raise RuntimeError(f"{status} {headers}")
                denials.append(time.monotonic() - begun)
        row = {"rounds": rounds, "denial_p50_ms": round(statistics.median(denials) * 1e3),
               "other_p50_ms": round(statistics.median(others) * 1e3, 1), "other_max_ms": round(max(others) * 1e3, 1),
               "peak_before_mib": round(before / 1024, 1), "peak_after_mib": round(gateway.resident_kib() / 1024, 1)}
    finally:
        gateway.stop()
        hub.close()
    print(f"a rule that grows without end, pulls of {rounds} artifacts: denied in {row['denial_p50_ms']} ms (p50); a pull of something else "
          f"meanwhile {row['other_p50_ms']} ms (p50), {row['other_max_ms']} ms at most; the server's own peak "
          f"{row['peak_before_mib']} MiB before, {row['peak_after_mib']} MiB after")
    return row


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="a tenth of the inventory, fewer rounds")
    words.add_argument("--only", nargs="+", choices=KINDS)
    arguments = words.parse_args()
    wanted = arguments.only or KINDS
    out = ROOT / "target" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="policy-", dir=out))
    results = {"load_before": os.getloadavg()}
    try:
        if "decision" in wanted:
            results["decision"] = decisions()
        if "simulation" in wanted:
            revisions = 10_000 if arguments.quick else 100_000
            cases = ((True, False), (True, True), (False, True))
            results["simulation"] = [simulation(folder, revisions, *case) for case in cases]
        if "runaway" in wanted:
            results["runaway"] = runaway(folder, 5 if arguments.quick else 20)
        if "head" in wanted:
            results["head"] = head(folder, 2 if arguments.quick else 6, 1 if arguments.quick else 4)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    results["load_after"] = os.getloadavg()
    (out / "policy.json").write_text(json.dumps(results, indent=1))
    print(f"load before {results['load_before'][0]:.1f}, after {results['load_after'][0]:.1f}")
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    sys.exit(main())
