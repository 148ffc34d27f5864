"""A server nobody talks to: how soon it is ready, and how much memory it keeps."""

import os
import socket
import subprocess
import time

from harness.gateway import free_port
from harness.programs import program, stop
from processes import resident_mib
from table import Row
from yard import median

STARTS = 5
PATIENCE_S = 20
IDLE_S = 5


def measure(yard):
    """Starts on a new directory and again on the same one."""
    fresh, again, idle = [], [], 0.0
    for number in range(STARTS):
        data = yard.folder / f"start-{number}"
        for times in (fresh, again):
            process, seconds = _start(data)
            times.append(seconds)
            if number == 0 and times is again:
                time.sleep(IDLE_S)
                idle = resident_mib(process.pid, peak=True)
            stop(process)
    return [
        Row(
            measure="start to ready",
            unit="s",
            us=max(median(fresh), median(again)),
            limit=0.3,
            note=f"{median(fresh):.3f} s with a new data directory, {median(again):.3f} s with one that is there",
            samples={"new": fresh, "again": again},
        ),
        Row(
            measure="idle memory",
            unit="MiB",
            us=idle,
            limit=60,
            note=f"VmHWM {IDLE_S} s after the start",
        ),
    ]


def _start(data):
    """Starts a server on `data`; the seconds until it says that it is ready."""
    port = free_port()
    words = ["serve", "--listen", f"127.0.0.1:{port}", "--data", data]
    command = [str(word) for word in (program("weighbridge", "WEIGHBRIDGE_BIN"), *words)]
    environment = {"HOME": str(data.parent), "PATH": os.environ["PATH"], "WEIGHBRIDGE_UPSTREAM__PUBLIC_HUB": ""}
    begun = time.monotonic()
    with data.with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    while not _is_ready(port):
        if process.poll() is not None or time.monotonic() - begun > PATIENCE_S:
            stop(process)
            raise RuntimeError(f"the server did not start: {data.with_suffix('.log').read_text()[-2000:]}")
        time.sleep(0.001)
    return process, time.monotonic() - begun


def _is_ready(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
