"""The upstream: a `fakehub` process of one test's own, and its control API."""

import base64
import json
import subprocess
import urllib.error
import urllib.request

from harness.programs import program


class FakeHub:
    """A fake Hub that runs until `close`."""

    def __init__(self):
        self._process = subprocess.Popen(
            [program("fakehub", "WEIGHBRIDGE_FAKEHUB")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        addresses = json.loads(self._process.stdout.readline())
        self.url, self.cdn_url, self._control = (addresses[name] for name in ("hub", "cdn", "control"))

    def close(self):
        """Ends the process; it has nothing to keep."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def control(self, action, **body):
        """One action of the control API."""
        request = urllib.request.Request(
            f"{self._control}/__control/{action}", data=json.dumps(body).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"fakehub {action}: {error.read().decode()}") from None

    def publish(self, repo, files):
        """One commit with these files: texts or bytes by path."""
        packed = {
            path: {"text": content} if isinstance(content, str) else {"base64": base64.b64encode(content).decode()}
            for path, content in files.items()
        }
        return self.control("publish", repo=repo, files=packed)["commit"]

    def publish_folder(self, repo, folder):
        """One commit with every file below a folder."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".ready")
        return self.publish(repo, {str(path.relative_to(folder)): path.read_bytes() for path in paths})

    def publish_made(self, repo, path, size, seed=1, **more):
        """One commit with a large file that is made while it is read. Answers its SHA-256."""
        return self.control("publish_synthetic", repo=repo, path=path, size=size, seed=seed, **more)["sha256"]

    def repo(self, repo, **properties):
        """Changes a repository: licence, gated, private, requires_token, tag, renamed_to, …"""
        return self.control("repo", repo=repo, **properties)

    def fault(self, what, **where):
        """Makes something go wrong; `where` is repo, path, route, times."""
        self.control("fault", what=what, **where)

    def clear_faults(self):
        """Makes everything go right again."""
        self.control("clear_faults")

    def settings(self, **changes):
        """Changes how the fake behaves in general."""
        self.control("settings", **changes)

    def requests(self):
        """Every request so far, at both of its origins."""
        return self.control("stats")["requests"]

    def strangers(self):
        """The requests that some client sent past the gateway."""
        return [entry for entry in self.requests() if not (entry["user_agent"] or "").startswith("weighbridge")]

    def downloads_of(self, path):
        """How often bytes of a file were sent."""
        return self.control("stats")["downloads"].get(path, 0)

    def bytes_sent(self, path):
        """How many bytes of a file were sent."""
        return self.control("stats")["bytes_sent"].get(path, 0)

    def tokens(self):
        """Every token that was shown to it."""
        return self.control("stats")["tokens"]

    def forget(self):
        """Forgets faults, settings and requests; the repositories stay."""
        self.control("reset")

    def go_down(self):
        """Refuses connections."""
        self.control("down")

    def come_back(self):
        """Takes them again."""
        self.control("up")
