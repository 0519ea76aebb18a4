"""An S3-compatible server on this machine, with what it was asked."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys

SERVE = """
import json, os, sys
from moto.server import ThreadedMotoServer
from werkzeug.serving import WSGIRequestHandler

told, sys.stdout = sys.stdout.fileno(), sys.stderr  # the server has a banner

def tell(value):
    os.write(told, json.dumps(value).encode() + b"\\n")  # whole lines, from any thread

def write(self, code="-", size="-"):
    asked = {"method": self.command, "path": self.path, "range": self.headers.get("Range"), "code": int(code)}
    tell(asked)

WSGIRequestHandler.log_request = write
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=True)
server.start()
tell(server.get_host_and_port()[1])
sys.stdin.read()
server.stop()
"""


class Store:
    """The server; every request is a line in a file.

    Attributes
    ----------
    url : str
        Its address.
    """

    def __init__(self, log):
        self._log = log
        self._n_seen = 1
        with log.open("wb") as sink:
            self._server = subprocess.Popen(
                [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=sink, stderr=subprocess.DEVNULL
            )
        while not (lines := log.read_text().splitlines()):
            assert self._server.poll() is None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(0.05)
        self._port = json.loads(lines[0])
        self.url = f"http://127.0.0.1:{self._port}"

    def _ask(self, method, path, content=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        headers = {"Authorization": "AWS k:s", "Content-Type": "application/octet-stream"}
        connection.request(method, f"/{path}", content, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status < 300, answer.status

    def make(self, bucket):
        """Make a bucket."""
        self._ask("PUT", bucket)

    def put(self, bucket, key, content):
        """Store an object."""
        self._ask("PUT", f"{bucket}/{key}", content)

    def delete(self, bucket, key):
        """Remove an object."""
        self._ask("DELETE", f"{bucket}/{key}")

    def asked(self):
        """Return the requests since the last call."""
        lines = self._log.read_text().splitlines()
        new = [json.loads(line) for line in lines[self._n_seen :]]
        self._n_seen = len(lines)
        return new

    def close(self):
        """End the server."""
        self._server.stdin.close()
        try:
            self._server.wait(5)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
