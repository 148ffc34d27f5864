"""What a running server signs is verified by programs that are not ours, and what was tampered with is refused by them."""

import base64
import hashlib
import json
import subprocess

import pytest

from harness.clients import PROBES, ROOT, VENVS, Outcome
from harness.contents import FILES, digests
from harness.people import CONFIG, say_yes, tokens_of

PYTHON = VENVS / "dsse" / "bin" / "python"
SIGSTORE = ROOT / ".tools" / "npm" / "sigstore"
APPROVAL = "https://weighbridge/approval/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
    return Outcome(done.returncode, done.stdout, done.stderr, list(words))


def dsse(envelope, threshold, *keys):
    """securesystemslib's word."""
    return run(PYTHON, PROBES / "dsse.py", envelope, threshold, *keys)


def countersign(envelope, private, out):
    """Adds the signature of another key, by securesystemslib."""
    return run(PYTHON, PROBES / "dsse.py", "--sign", envelope, private, out).answer()


def sigstore(bundle, key):
    """@sigstore/verify's word."""
    return run("node", PROBES / "sigstore.cjs", SIGSTORE, bundle, key)


def fits(schema, predicate):
    """jsonschema's word."""
    words = [str(PYTHON), str(PROBES / "fits.py"), str(schema)]
    done = subprocess.run(words, input=json.dumps(predicate), capture_output=True, text=True, timeout=60)
    return Outcome(done.returncode, done.stdout, done.stderr, words)


@pytest.fixture
def approved(hub, weigh, tmp_path):
    """A gateway where everybody has answered, its public key, and everything that is said about the revision."""
    gateway = weigh(CONFIG)
    tokens = tokens_of(gateway)
    hub.publish("acme/trucks", FILES)
    hub.repo("acme/trucks", licence="apache-2.0")
    say_yes(gateway, tokens, "acme/trucks")
    assert gateway.get("/api/models/acme/trucks", Authorization=f"Bearer {tokens['ci']}")[0] == 200
    key = tmp_path / "weighbridge.pem"
    key.write_bytes(gateway.get("/.well-known/weighbridge/attestations.pem")[2])
    return gateway, key, gateway.data_of("attestation", "list", "acme/trucks@main")


def written(gateway, place, digest, *words):
    """An envelope in a file, byte for byte as the server gives it."""
    place.write_text(gateway.cli("attestation", "show", digest, *words).succeeded().stdout.rstrip("\n"))
    return place


def tampered(envelope, out, change):
    """The envelope with a changed statement under the old signatures."""
    data = json.loads(envelope.read_text())
    inner = data.get("dsseEnvelope", data)
    statement = json.loads(base64.b64decode(inner["payload"]))
    change(statement)
    inner["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    out.write_text(json.dumps(data))
    return out


def reject(statement):
    statement["predicate"] = {}


def swap_subject(statement):
    statement["subject"][0]["digest"]["sha256"] = "0" * 64


def test_everything_that_is_said_verifies_with_securesystemslib_and_sigstore(approved, tmp_path):
    gateway, key, said = approved
    kinds = {view["predicate_type"] for view in said}
    assert APPROVAL in kinds and "https://slsa.dev/verification_summary/v1" in kinds and len(kinds) >= 6
    grades = {view["grade"] for view in said}
    assert grades == {"verified", "declared", "inferred"}
    for view in said:
        envelope = written(gateway, tmp_path / "envelope.json", view["digest"])
        assert hashlib.sha256(envelope.read_bytes()).hexdigest() == view["digest"]
        seen = dsse(envelope, 1, key).answer()
        statement = seen["statement"]
        assert statement["predicateType"] == view["predicate_type"]
        first, *files = statement["subject"]
        assert first["digest"]["sha256"] == view["manifest"]
        assert first["name"].startswith("pkg:huggingface/acme/trucks@")
        assert {file["name"]: file["digest"]["sha256"] for file in files} == digests(FILES)
        bundle = written(gateway, tmp_path / "bundle.json", view["digest"], "--sigstore")
        assert sigstore(bundle, key).answer()["statement"] == statement


def test_our_own_predicates_fit_their_published_schemas(approved, tmp_path):
    gateway, _, said = approved
    schemas = {"approval": "approval", "review": "approval", "licence": "licence"}
    fitting = []
    for view in said:
        kind = view["predicate_type"].removeprefix("https://weighbridge/").removesuffix("/v1")
        if kind not in schemas:
            continue
        schema = ROOT / "docs" / "schemas" / f"{schemas[kind]}-v1.json"
        predicate = view["predicate"]
        assert fits(schema, predicate).answer()
        assert fits(schema, predicate | {"more": 1}).failed()
        fitting.append(kind)
    assert sorted(fitting) == ["approval", "licence", "review", "review"]
    approval = next(view["predicate"] for view in said if view["predicate_type"] == APPROVAL)
    assert approval["answer"]["by"] == {"name": "ann", "authenticated": "token"}
    assert approval["request"]["justification"] == "support" and approval["state"] == "approved"
    named = {evidence["digest"]["sha256"] for evidence in approval["evidence"]}
    reviews = {view["digest"] for view in said if view["predicate_type"].endswith("/review/v1")}
    assert len(reviews) == 2 and reviews <= named and approval["receipts"]


def test_what_was_tampered_with_or_signed_by_others_is_refused_by_both(approved, tmp_path):
    gateway, key, said = approved
    digest = next(view["digest"] for view in said if view["predicate_type"] == APPROVAL)
    envelope = written(gateway, tmp_path / "envelope.json", digest)
    bundle = written(gateway, tmp_path / "bundle.json", digest, "--sigstore")
    both, other = tmp_path / "both.json", tmp_path / "other.key"
    countersign(envelope, other, both)
    stranger = other.with_suffix(".pub")

    assert "do not match threshold" in dsse(envelope, 1, stranger).failed().stderr
    assert "the key of the bundle is" in sigstore(bundle, stranger).failed().stderr
    for change in (reject, swap_subject):
        assert "do not match threshold" in dsse(tampered(envelope, tmp_path / "t", change), 1, key).failed().stderr
        assert "signature verification failed" in sigstore(tampered(bundle, tmp_path / "t", change), key).failed().stderr

    # Two signatures are asked for: one alone, or the same key twice, is not enough.
    assert "do not match threshold" in dsse(envelope, 2, key, stranger).failed().stderr
    assert len(dsse(both, 2, key, stranger).answer()["accepted"]) == 2
    assert "do not match threshold" in dsse(both, 2, key, key).failed().stderr


def test_a_copy_verifies_without_the_server(approved, tmp_path):
    gateway, key, said = approved
    copy = tmp_path / "copy"
    gateway.cli("attestation", "export", "acme/trucks@main", copy).succeeded()
    gateway.stop()
    shown = gateway.data_of("attestation", "verify", copy, "--key", key)
    assert shown["is_verified"] and len(shown["envelopes"]) >= len(said) and not shown["unknown"]
    for receipt in (copy / "receipts").iterdir():
        ledger = (copy / "ledger.key").read_text().strip()
        gateway.cli("audit", "receipt", "--verify", receipt, "--key", ledger).succeeded()
    manifest = copy / "manifest"
    manifest.write_text(manifest.read_text().replace("config.json", "config.py"))
    refused = gateway.cli("attestation", "verify", copy, "--key", key)
    assert refused.code == 1 and "the manifest" in refused.seen()


def test_an_envelope_of_somebody_else_counts_when_its_key_is_trusted(approved, tmp_path):
    gateway, _, said = approved
    digest = said[0]["digest"]
    envelope = written(gateway, tmp_path / "envelope.json", digest)
    statement = json.loads(base64.b64decode(json.loads(envelope.read_text())["payload"]))
    statement |= {"predicateType": PROVENANCE, "predicate": {"buildDefinition": {}}}
    unsigned = {
        "payload": base64.b64encode(json.dumps(statement).encode()).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [],
    }
    (tmp_path / "unsigned.json").write_text(json.dumps(unsigned))
    signed, private = tmp_path / "signed.json", tmp_path / "builder.key"
    countersign(tmp_path / "unsigned.json", private, signed)
    give = ("attestation", "import", "acme/trucks@main", signed)

    refused = gateway.cli(*give).failed()
    assert "no key that is trusted here signed it" in refused.seen()
    trust = ("trust", "add", "builder", "--key", private.with_suffix(".pub"), "--namespaces", "acme/*", "--for")
    gateway.cli(*trust, PROVENANCE).succeeded()
    gateway.cli(*give).succeeded()
    listed = gateway.data_of("attestation", "list", "acme/trucks@main", "--type", PROVENANCE)
    assert [(view["trusted_key"], view["grade"]) for view in listed] == [("builder", "declared")]
    kinds = [entry["kind"] for entry in gateway.events()]
    assert "trusted-key.added" in kinds and "attestation.imported" in kinds
