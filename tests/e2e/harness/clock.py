"""A clock that a test can put forward: the server reads it instead of the machine's, while it runs."""

import datetime
import pathlib
import subprocess


class Clock:
    """The machine's clock, and as much more as the test has said."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        source, library = pathlib.Path(__file__).with_name("clock.c"), folder / "clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self._ahead = folder / "ahead"
        self._seconds = 0
        self._tell()
        # What `Gateway` takes, for the server and for commands.
        self.environment = {"LD_PRELOAD": str(library), "TEST_CLOCK": str(self._ahead)}

    def now(self):
        """What the server takes for now."""
        return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self._seconds)

    def advance(self, **how_far):
        """Puts it forward: `advance(hours=4)`."""
        self._seconds += int(datetime.timedelta(**how_far).total_seconds())
        self._tell()

    def _tell(self):
        # In place: running servers have the file mapped.
        with self._ahead.open("r+b" if self._ahead.exists() else "wb") as file:
            file.write(self._seconds.to_bytes(8, "little", signed=True))
