"""A client that costs next to nothing: fetches one address over N connections at once and throws the bytes away.

Usage: sink.py CONNECTIONS URL

The kernel discards the body (MSG_TRUNC), so the machine's cores are the server's. One redirect is followed, as every Hub
client does. Prints one JSON object; a status other than 200 or a missing byte is an error.
"""

import json
import selectors
import socket
import sys
import time
import urllib.parse

PATIENCE_S = 300
HEAD_BYTES = 64 * 1024
DISCARDED_AT_ONCE = 4 << 20
SCRATCH = bytearray(DISCARDED_AT_ONCE)


class Fetch:
    """One connection with one request."""

    def __init__(self, url, selector):
        self.first_s = self.end_s = None
        self.received = 0
        self._redirected = False
        self._selector = selector
        self._begun = time.monotonic()
        self._ask(url)

    def _ask(self, url):
        parts = urllib.parse.urlsplit(url)
        self._head, self._left, self._url = b"", None, url
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), timeout=PATIENCE_S)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: bench\r\nConnection: close\r\n\r\n"
        self._socket.sendall(head.encode())
        self._socket.setblocking(False)
        self._selector.register(self._socket, selectors.EVENT_READ, self)

    def readable(self):
        """Takes what is there. True when the body is complete."""
        if self._left is None:
            self._take_head()
        else:
            self._discard()
        if self._left == 0 and self.end_s is None:
            self.end_s = time.monotonic() - self._begun
            self._close()
        return self.end_s is not None

    def _take_head(self):
        # The body's first bytes stay in the socket: only the head is taken out of it.
        seen = self._socket.recv(HEAD_BYTES, socket.MSG_PEEK)
        end = seen.find(b"\r\n\r\n")
        if end < 0:
            if not seen or len(seen) >= HEAD_BYTES:
                raise RuntimeError(f"no answer from {self._url}")
            return
        lines = self._socket.recv(end + 4).decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if status in (301, 302, 307, 308) and not self._redirected:
            self._redirected = True
            self._close()
            self._ask(urllib.parse.urljoin(self._url, headers["location"]))
            return
        if status != 200:
            raise RuntimeError(f"{status} from {self._url}: {headers.get('x-error-message', '')}")
        self._left = int(headers["content-length"])

    def _discard(self):
        while self._left:
            try:
                count = self._socket.recv_into(SCRATCH, min(self._left, DISCARDED_AT_ONCE), socket.MSG_TRUNC)
            except BlockingIOError:
                return
            if count == 0:
                raise RuntimeError(f"{self._url} ended {self._left} bytes early")
            if self.first_s is None:
                self.first_s = time.monotonic() - self._begun
            self._left -= count
            self.received += count

    def _close(self):
        self._selector.unregister(self._socket)
        self._socket.close()


def main(connections, url):
    """Fetches, and says how it went."""
    selector = selectors.DefaultSelector()
    begun = time.monotonic()
    fetches = [Fetch(url, selector) for _ in range(connections)]
    under_way = connections
    while under_way:
        ready = selector.select(PATIENCE_S)
        if not ready or time.monotonic() - begun > PATIENCE_S:
            raise RuntimeError(f"{url} took more than {PATIENCE_S} s")
        under_way -= sum(key.data.readable() for key, _ in ready)
    answer = {
        "seconds": time.monotonic() - begun,
        "bytes": sum(fetch.received for fetch in fetches),
        "first_s": max(fetch.first_s for fetch in fetches),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
