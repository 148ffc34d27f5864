"""One instance cosigns another's ledger; what it cosigned is verified by Python alone, and another history is refused."""

import base64
import shutil
import subprocess
import time

import pytest

from harness.clients import PROBES, VENVS, Outcome
from harness.receiver import LOOPBACK


class Pair:
    """A log and its witness, which know each other."""

    def __init__(self, weigh):
        self.log, self.witness = (
            weigh(f'{LOOPBACK}\n[ledger]\norigin = "{name}.example/ledger"\n') for name in ("log", "witness")
        )
        self.log_key = self.log.data_of("audit", "witness", "list")["log_key"]
        self.witness_key = self.witness.data_of("audit", "witness", "list")["key"]
        self.witness.cli("audit", "witness", "add", self.log_key).succeeded()
        place = f"{self.witness.url}/api/v1/witness"
        self.log.cli("audit", "witness", "add", self.witness_key, "--at", place).succeeded()

    def grow(self, *names):
        for name in names:
            self.log.cli("token", "create", name).succeeded()

    def asked(self):
        """Asks the witness now; what it had against the log."""
        return self.log.data_of("audit", "witness", "ask")["witnesses"][0]["trouble"]

    def copy(self, folder):
        self.log.cli("audit", "export", folder).succeeded()
        return folder

    def words(self, folder, says):
        """Two verifiers that share nothing say the same: the script, and our own."""
        words = [VENVS / "oracle/bin/python", PROBES / "cosigned.py", folder, self.log_key, self.witness_key]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
        ours = self.witness.cli("audit", "verify", folder, "--key", self.log_key, "--witness", self.witness_key)
        assert ours.code == done.returncode == (0 if says is None else 1), (ours, done)
        if says:
            assert says in done.stderr, done.stderr
        return Outcome(done.returncode, done.stdout, done.stderr, words)


@pytest.fixture
def pair(weigh):
    return Pair(weigh)


def bent(folder, out, line, change):
    """The copy with another signature in one line of its checkpoint."""
    shutil.copytree(folder, out)
    lines = (out / "checkpoint").read_text().splitlines()
    head, encoded = lines[line].rsplit(" ", 1)
    lines[line] = f"{head} {base64.b64encode(change(bytearray(base64.b64decode(encoded)))).decode()}"
    (out / "checkpoint").write_text("\n".join(lines) + "\n")
    return out


def flipped(at):
    def change(signature):
        signature[at] ^= 1
        return signature

    return change


def test_a_cosigned_copy_verifies_in_python_and_a_bent_one_does_not(pair, tmp_path):
    pair.grow("one", "two", "three")
    lonely = pair.copy(tmp_path / "lonely")
    assert pair.asked() is None
    copy = pair.copy(tmp_path / "copy")
    said = pair.words(copy, None).answer()
    assert said["size"] == pair.log.data_of("audit", "witness", "list")["witnesses"][0]["cosigned_size"]
    assert abs(said["cosigned_at"] - time.time()) < 300

    pair.words(lonely, "the witness has not cosigned it")
    # The last line is the cosignature: four bytes of key id, eight of time, the rest signs both.
    pair.words(bent(copy, tmp_path / "signature", -1, flipped(-1)), "the cosignature is wrong")
    pair.words(bent(copy, tmp_path / "time", -1, flipped(11)), "the cosignature is wrong")
    pair.words(bent(copy, tmp_path / "key", -1, flipped(0)), "the witness has not cosigned it")
    pair.words(bent(copy, tmp_path / "log", -2, flipped(-1)), "the signature of the log is wrong")
    entries = next((copy / "tile" / "entries").rglob(str(said["size"])))
    entries.write_bytes(flipped(40)(bytearray(entries.read_bytes())))
    pair.words(copy, "do not hash to the root")


def test_a_history_that_was_rewritten_is_refused_and_an_alarm(pair, tmp_path):
    log, backup, honest = pair.log, tmp_path / "backup", tmp_path / "honest"
    log.stop()
    shutil.copytree(log.data, backup)
    log.start()
    pair.grow("one", "two", "three")
    assert pair.asked() is None
    cosigned = pair.copy(tmp_path / "cosigned")

    # The same keys, and another past.
    log.stop()
    log.data.rename(honest)
    backup.rename(log.data)
    log.start()
    pair.grow("mallory")
    assert "the end is lost" in pair.asked()
    pair.grow(*(f"mallory-{number}" for number in range(5)))
    assert "422" in pair.asked()
    [seen] = pair.witness.data_of("audit", "witness", "list")["logs"]
    assert seen["is_alarmed"]
    assert [event["kind"] for event in pair.witness.events()].count("witness.alarm") == 1
    forged = pair.copy(tmp_path / "forged")
    pair.words(forged, "the witness has not cosigned it")
    # Its own signature holds; the witness's word about the true history does not fit below it.
    line = (cosigned / "checkpoint").read_text().splitlines()[-1]
    with (forged / "checkpoint").open("a") as note:
        note.write(f"{line}\n")
    pair.words(forged, "the cosignature is wrong")

    log.stop()
    shutil.rmtree(log.data)
    honest.rename(log.data)
    log.start()
    pair.grow("four")
    assert pair.asked() is None, "the true history goes on"
    pair.words(pair.copy(tmp_path / "later"), None)
