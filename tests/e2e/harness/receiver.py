"""Somebody who is told things: a server on loopback that keeps what it gets and answers as it is told."""

import http.server
import threading
import time


class Receiver:
    """A receiver of webhooks. It can be stopped and started again on the same port."""

    def __init__(self):
        self.got = []
        self.answers = []
        self._server = None
        self._port = 0
        self.start()

    def start(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append({"headers": {name.lower(): value for name, value in self.headers.items()}, "body": body})
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        """Refuses connections."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}/hook"

    def wait_for(self, count, within=60):
        """The messages, once there are so many."""
        deadline = time.monotonic() + within
        while len(self.got) < count:
            assert time.monotonic() < deadline, self.got
            time.sleep(0.02)
        return self.got
