"""The gateway under test: a `weighbridge serve` process on a data directory of its own, and its command line."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from harness.clients import Outcome
from harness.programs import program, stop

READY_WITHIN_S = 30


class Gateway:
    """A gateway that can be stopped, killed and started again on the same data.

    `binary` is the program of the server, where that is another one than the operator's.
    """

    def __init__(self, folder, config="", beside=None, wrap=(), environment=None, binary=None):
        self.data = pathlib.Path(folder)
        self.data.mkdir(parents=True, exist_ok=True)
        self._log_path = pathlib.Path(f"{beside or self.data}.log")
        self._config = pathlib.Path(f"{beside or self.data}.toml")
        self._config.write_text(config)
        self._wrap = list(wrap)
        self._binary = binary
        # An empty address: the public Hub is no source here.
        usual = {"HOME": str(self.data.parent), "PATH": os.environ["PATH"], "WEIGHBRIDGE_UPSTREAM__PUBLIC_HUB": ""}
        self._environment = usual | (environment or {})
        self._port = free_port()
        self._process = None

    @property
    def url(self):
        """What a person exports as HF_ENDPOINT."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self):
        return self._process.pid

    def configure(self, config):
        """Replaces the configuration file; it is read at the next start."""
        self._config.write_text(config)

    def unwrap(self):
        """From the next start on, nothing limits the server."""
        self._wrap = []

    def start(self):
        """Starts the server and waits until it takes requests."""
        program, *words = self._words("serve", "--listen", f"127.0.0.1:{self._port}")
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._wrap, str(self._binary or program), *words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.is_ready():
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended with {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the server was not ready in {READY_WITHIN_S} s:\n{self.log()}")
            time.sleep(0.02)
        return self

    def is_ready(self):
        """Whether the server says so itself."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        """Asks the server to end, as an operator does."""
        if self._process:
            stop(self._process)

    def kill(self):
        """Ends the server as a power cut does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def kill_workers(self):
        """Ends every process that the server has started."""
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                os.kill(int(child), signal.SIGKILL)

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def log(self):
        """What the server said so far."""
        return self._log_path.read_text(errors="replace")

    def cli(self, *arguments, timeout=60, stdin=""):
        """A command of the operator on the same data directory."""
        command = self._words(*arguments)
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=timeout, input=stdin
        )
        return Outcome(done.returncode, done.stdout, done.stderr, command)

    def data_of(self, *arguments):
        """What a command says as JSON."""
        return json.loads(self.cli(*arguments, "--format", "json").succeeded().stdout)

    def events(self):
        """The ledger, oldest first."""
        return self.data_of("audit", "tail", "--limit", "1000")

    def whole_blobs(self):
        """The files that were fetched whole, released or not, by the digests that name them."""
        folders = [self.data / "blobs" / name for name in ("quarantine", "released")]
        return {path.name: path for folder in folders for path in folder.rglob("*") if path.is_file()}

    def resident_kib(self):
        """The most memory that the server process ever had in RAM."""
        return self._status_kib("VmHWM")

    def own_kib(self):
        """The memory that the server process holds in RAM besides its program, which is large without optimisation."""
        return self._status_kib("RssAnon")

    def _status_kib(self, name):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(f"{name}:")).split()[1])

    def get(self, path, method="GET", **headers):
        """A bare request: status, headers, body. Redirects are not followed."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        try:
            with OPENER.open(request, timeout=120) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def _words(self, *arguments):
        words = [program("weighbridge", "WEIGHBRIDGE_BIN"), *arguments, "--data", self.data, "--config", self._config]
        return [str(word) for word in words]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(_Stay)


def free_port():
    """A port nobody has right now; the gateway keeps it over restarts, as in the field."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
