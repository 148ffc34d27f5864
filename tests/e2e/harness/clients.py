"""Real clients in their pinned virtual environments. They are told an endpoint and perhaps a token, and nothing else."""

import json
import os
import pathlib
import subprocess
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
VENVS = ROOT / ".tools" / "venv"
PROBES = HERE / "probes"


@dataclass(frozen=True)
class Client:
    """One installed version of the Hub client."""

    name: str
    has_cache_verify: bool = True
    has_models_ls: bool = True
    shows_warnings: bool = True

    @property
    def bin(self):
        return VENVS / self.name / "bin"

    def __str__(self):
        return self.name


HUB_036 = Client("hub036", has_cache_verify=False, has_models_ls=False, shows_warnings=False)
HUB_16 = Client("hub16")
HUB_1_LAST = Client("hub1last")
HUB_2 = Client("hub2")
EVERY_CLIENT = [HUB_036, HUB_16, HUB_1_LAST, HUB_2]


@dataclass
class Outcome:
    """How a client's process ended and what its user saw."""

    code: int
    stdout: str
    stderr: str
    command: list = field(repr=False)

    def succeeded(self):
        """The same outcome, or a failure that shows what the user saw."""
        assert self.code == 0, f"{self.command} ended with {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        return self

    def failed(self):
        """The same outcome, or a failure because the client got through."""
        assert self.code != 0, f"{self.command} succeeded, it should not have\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        return self

    def answer(self):
        """What a probe printed last, as data."""
        return json.loads(self.succeeded().stdout.strip().splitlines()[-1])

    def seen(self):
        """Everything the user could read, on one line: the CLI wraps its text at the width of a terminal."""
        return " ".join((self.stdout + " " + self.stderr).split())


@dataclass
class Desk:
    """One person's machine: a client version, a home of its own, and the endpoint its user exported."""

    client: Client
    home: pathlib.Path
    endpoint: str
    token: str | None = None

    def environment(self):
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "HF_HOME": str(self.home / "hf"),
            "HF_ENDPOINT": self.endpoint,
            "LANG": "C.UTF-8",
            "COLUMNS": "400",  # a terminal this wide does not break the texts we look for
        }
        if self.token:
            env["HF_TOKEN"] = self.token
        return env

    def start(self, *command, **more_environment):
        """Starts a program of the client's virtual environment and does not wait for it."""
        self.home.mkdir(parents=True, exist_ok=True)
        program, *arguments = [str(word) for word in command]
        return subprocess.Popen(
            [str(self.client.bin / program), *arguments],
            env=self.environment() | more_environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command, timeout=150, **more_environment):
        """Runs a program of the client's virtual environment to its end."""
        return finish(self.start(*command, **more_environment), timeout)

    def hf(self, *arguments, **options):
        """The command-line client."""
        return self.run("hf", *arguments, **options)

    def probe(self, name, *arguments, **options):
        """A short user's script from `probes/`."""
        return self.run("python", PROBES / f"{name}.py", *arguments, **options)


def finish(process, timeout=150):
    """Waits for a started client; one that never ends is a failure of its own."""
    try:
        stdout, stderr = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        raise AssertionError(
            f"{process.args} did not end in {timeout} s\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        ) from None
    return Outcome(process.returncode, stdout, stderr, process.args)
