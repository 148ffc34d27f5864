"""What a program costs: CPU-seconds and memory of a process with all its children, from /proc."""

import os
import pathlib
import subprocess
import threading

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def family(pid):
    """A process and everything below it that is alive right now."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue  # It ended meanwhile: what it cost is its parent's cutime.
    return found


def cpu_seconds(pid):
    """User and system time so far of a process, its living children, and the children it has buried."""
    total = 0
    for one in family(pid):
        try:
            stat = pathlib.Path(f"/proc/{one}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # The name in parentheses may hold spaces; after it, utime stime cutime cstime are fields 14 to 17.
        total += sum(int(field) for field in stat.rpartition(")")[2].split()[11:15])
    return total / TICKS_PER_S


def resident_mib(pid, peak=False):
    """Memory of one process in RAM: now, or the most it ever had."""
    wanted = "VmHWM" if peak else "VmRSS"
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(wanted)).split()[1]) / 1024


class FamilyWatch:
    """Looks every 20 ms how much memory a process and its children have together. Shared pages count each time."""

    def __init__(self, pid):
        self.peak_mib = 0.0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _look(self):
        while not self._done.wait(0.02):
            total = 0.0
            for one in family(self._pid):
                try:
                    total += resident_mib(one)
                except (OSError, StopIteration):
                    continue
            self.peak_mib = max(self.peak_mib, total)


def run(command, timeout_s, **options):
    """A helper program's output; its failure is ours, with what it said."""
    command = [str(word) for word in command]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, **options
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout
