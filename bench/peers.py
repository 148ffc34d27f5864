"""The programs we stand beside, installed below .tools/bench: nginx and hey from the system's packages, olah from PyPI.

Packages are unpacked, not installed: no root is needed and no service starts.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

from harness.clients import ROOT
from harness.gateway import free_port
from harness.programs import stop
from processes import run

TOOLS = ROOT / ".tools" / "bench"
REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")
READY_WITHIN_S = 60


def find_package_program(name):
    """A program of the system: where it is, or unpacked from the package of the same name."""
    unpacked = TOOLS / "packages"
    for folder in ("usr/sbin", "usr/bin"):
        if (unpacked / folder / name).exists():
            return unpacked / folder / name
    if found := shutil.which(name):
        return found
    if not shutil.which("apt-get"):
        raise RuntimeError(f"please install `{name}` with this system's package manager")
    unpacked.mkdir(parents=True, exist_ok=True)
    try:
        run(["apt-get", "download", "-q", name], 120, cwd=unpacked)
    except RuntimeError:
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        run([*as_root, "apt-get", "update", "-qq"], 300)
        run(["apt-get", "download", "-q", name], 120, cwd=unpacked)
    for package in unpacked.glob(f"{name}_*.deb"):
        run(["dpkg-deb", "-x", package, unpacked], 60)
        package.unlink()
    return find_package_program(name)


def find_olah():
    """olah's program, in a virtual environment with the pinned closure."""
    venv = TOOLS / "olah"
    stamp = venv / ".ready"
    pinned = REQUIREMENTS.read_text()
    if not stamp.exists() or stamp.read_text() != pinned:
        shutil.rmtree(venv, ignore_errors=True)
        run([sys.executable, "-m", "venv", venv], 120)
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
        run([venv / "bin" / "pip", "install", *quiet, "-r", REQUIREMENTS], 900)
        stamp.write_text(pinned)
    return venv / "bin" / "olah-cli"


class Served:
    """A peer that answers at `url` until it is closed."""

    def __init__(self, name, command, port, folder, probe="/"):
        self.url = f"http://127.0.0.1:{port}"
        with (folder / f"{name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                cwd=folder,
                env={"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._answers(probe):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise RuntimeError(f"{name} did not start: {(folder / f'{name}.log').read_text()[-2000:]}")
            time.sleep(0.05)

    @property
    def pid(self):
        return self._process.pid

    def close(self):
        """Asks it to end."""
        stop(self._process)

    def _answers(self, probe):
        try:
            with urllib.request.urlopen(self.url + probe, timeout=10):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False


def start_nginx(folder, root):
    """nginx with sendfile and no log: the best that a file server does here."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    # Blobs are for their owner alone; a worker that drops root could not read them.
    user = "user root;" if os.geteuid() == 0 else ""
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # `tcp_nopush`, which many recommend beside `sendfile`, costs twice the CPU here: the ceiling is the better one.
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"""
        daemon off; worker_processes auto; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
        events {{ worker_connections 1024; }}
        http {{
            access_log off; sendfile on; tcp_nopush off; tcp_nodelay on; keepalive_requests 100000000;
            default_type application/octet-stream; {places}
            server {{ listen 127.0.0.1:{port}; root {root}; }}
        }}
        """
    )
    command = [find_package_program("nginx"), "-p", folder, "-e", folder / "error.log", "-c", configuration]
    return Served("nginx", command, port, folder)


def start_olah(folder, hub):
    """olah as its page says to start it, in front of our stub."""
    folder.mkdir(parents=True, exist_ok=True)
    # It asks the upstream for this public file before it says that it is there.
    hub.publish("datasets/Salesforce/wikitext", {".gitattributes": "* text=auto\n"})
    port = free_port()
    own = f"127.0.0.1:{port}"
    command = [
        find_olah(),
        *("--host", "127.0.0.1", "--port", port, "--repos-path", folder / "repos", "--log-path", folder / "logs"),
        *("--hf-scheme", "http", "--hf-netloc", hub.url.removeprefix("http://")),
        *("--hf-lfs-netloc", hub.cdn_url.removeprefix("http://")),
        *("--mirror-scheme", "http", "--mirror-netloc", own, "--mirror-lfs-netloc", own),
    ]
    return Served("olah", command, port, folder)
