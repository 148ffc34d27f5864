"""The disk is full, the database is locked: a clear message, no crash, nothing lost."""

import contextlib
import shutil
import sqlite3
import subprocess

import pytest

from harness.contents import FILES, MIB, digests


class Tmpfs:
    """A disk of its own, that can be made larger."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder], check=True, capture_output=True)

    def grow(self, _gateway):
        subprocess.run(["mount", "-o", "remount,size=512m", self.folder], check=True)

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)

    wrap = ()


class FileLimit:
    """Where nothing may be mounted: no file may grow beyond a size."""

    # A process is sent a signal for trying, unless it inherits that the signal is ignored.
    wrap = ("bash", "-c", "trap '' XFSZ; ulimit -f 30000; exec \"$@\"", "limited")

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder

    def grow(self, gateway):
        gateway.unwrap()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(params=[Tmpfs, FileLimit], ids=["full disk", "largest file"])
def small_disk(request, tmp_path):
    """A place that runs out. Where this user may not mount, the limit on files stands in for the full disk too."""
    folder = tmp_path / "small"
    try:
        disk = request.param(folder)
    except (subprocess.CalledProcessError, FileNotFoundError):
        folder.rmdir()
        disk = FileLimit(folder)
    yield disk
    disk.close()


def test_a_disk_that_runs_out_is_said_and_survived(hub, weigh, desk, small_disk):
    hub.publish("acme/trucks", FILES)
    digest = hub.publish_made("acme/large", "model.safetensors", 80 * MIB, safetensors=True)
    gateway = weigh(folder=small_disk.folder / "data", wrap=small_disk.wrap)
    desk(gateway.url).probe("snapshot", "acme/trucks").answer()

    text = desk(gateway.url).probe("file", "acme/large", "model.safetensors").failed().seen()
    assert "no room" in text, text
    assert gateway.is_running()
    # What was released before is still served.
    assert desk(gateway.url).probe("snapshot", "acme/trucks").answer()["files"] == digests(FILES)

    small_disk.grow(gateway)
    gateway.stop()  # a failure is told for a moment to whoever asks again
    gateway.start()
    found = desk(gateway.url).probe("file", "acme/large", "model.safetensors").answer()
    assert found["sha256"] == digest


@contextlib.contextmanager
def locked(gateway):
    """Somebody else holds the database's write lock: a backup that hangs, a curious person with a shell."""
    (path,) = gateway.data.glob("*.db")
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
    finally:
        database.close()


def test_a_locked_database_is_said_and_survived(hub, gateway, desk):
    hub.publish("acme/trucks", FILES)
    with locked(gateway):
        status, headers, body = gateway.get("/api/models/acme/trucks")
        assert status >= 500, (status, body)
        assert headers["X-Error-Code"] is None, "a locked database is not a missing repository"
        assert gateway.is_running()
    found = desk(gateway.url).probe("snapshot", "acme/trucks").answer()
    assert found["files"] == digests(FILES)


def test_a_short_lock_is_waited_for(hub, gateway, desk):
    hub.publish("acme/trucks", FILES)
    with locked(gateway):
        process = desk(gateway.url).start("hf", "download", "acme/trucks")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
