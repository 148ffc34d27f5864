"""Somebody who is told things: a server on loopback that keeps what it gets and answers as it is told."""

import base64
import hashlib
import hmac
import http.server
import threading
import time

# Messages to this machine are refused otherwise.
LOOPBACK = """
[outgoing]
allow_networks = ["127.0.0.0/8"]
"""


def signed_with(secret, message):
    """Whether the secret signed the message, as Standard Webhooks says it: by the text of the standard alone."""
    headers, body = message["headers"], message["body"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(wanted, given) for given in headers["webhook-signature"].split())


class Receiver:
    """A receiver of webhooks. It can hang, and it can be stopped and started again on the same port."""

    def __init__(self):
        self.got = []
        self.answers = []
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._server = None
        self._port = 0
        self.start()

    def start(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver._may_answer.wait()
                receiver.got.append({"headers": {name.lower(): value for name, value in self.headers.items()}, "body": body})
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def hang(self):
        """Takes messages and does not answer."""
        self._may_answer.clear()

    def go_on(self):
        """Answers again, first of all what it had taken."""
        self._may_answer.set()

    def stop(self):
        """Refuses connections."""
        self.go_on()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}/hook"

    def wait_for(self, count, within=60):
        """The messages, once there are so many."""
        self.wait_until(lambda: len(self.got) >= count, within)
        return self.got

    def wait_until(self, holds, within=60):
        """Waits until what has come is enough."""
        deadline = time.monotonic() + within
        while not holds():
            assert time.monotonic() < deadline, self.got
            time.sleep(0.02)
