"""A small web server in a thread of its own, for probes and Prometheus: five pages, read only, bounded."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Self, cast

from auditor.errors import ConfigError
from auditor.service.logs import Log

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from io import BufferedIOBase

    from auditor.service.health import Answer, Health

MAX_CONNECTIONS = 16
"""Connections at a time; the oldest gives way to a newcomer, so that probes get in whoever sits on the others."""

MAX_SECONDS = 10.0
"""From accept to close, however slowly the other end speaks or reads."""

MAX_REQUEST_BYTES = 16384
"""Of a request line and its headers."""

_TEXT = "text/plain; charset=utf-8"
_Request = socket.socket | tuple[bytes, socket.socket]
_STATUS = {True: 200, False: 503}


class Address(NamedTuple):
    """Where to listen; an empty host is every address of the machine, port 0 a free one."""

    host: str
    port: int


def parse_address(text: str) -> Address:
    """Read ``HOST:PORT``, ``[IPV6]:PORT`` or ``:PORT``.

    Raises
    ------
    ConfigError
        It is none of these.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > 65535:  # noqa: PLR2004
        raise ConfigError(
            f"expected an address like `127.0.0.1:8080` or `:8080` in `--http-address`, got `{text}`"
        )
    return Address(host, int(port))


class Pages:
    """What is served: the body for each path.

    Parameters
    ----------
    health : Health
        Answers the probes.
    render : callable
        Metrics for what a client accepts: the text and its content type.
    """

    def __init__(self, health: Health, render: Callable[[str], tuple[bytes, str]]) -> None:
        self._health, self._render = health, render

    def get(self, path: str, headers: Message) -> tuple[int, str, bytes]:
        """Return status, content type and body of a page."""
        if path == "/metrics":
            body, content_type = self._render(headers.get("Accept", ""))
            return 200, content_type, body
        if path == "/debug/state":
            return 200, "application/json", json.dumps(self._health.state(), default=str).encode() + b"\n"
        asked = {
            "/livez": self._health.live,
            "/readyz": self._health.ready,
            "/startupz": self._health.started,
        }.get(path)
        if asked is None:
            return 404, _TEXT, b"no such page\n"
        answer: Answer = asked()
        return _STATUS[answer.is_well], _TEXT, "".join(f"{line}\n" for line in answer.lines).encode()


class HealthServer:
    """Serves the pages until stopped; a ``with`` block does so.

    Parameters
    ----------
    address : Address
        Where to listen.
    pages : Pages
        What to serve.

    Raises
    ------
    ConfigError
        The address cannot be had.
    """

    def __init__(self, address: Address, pages: Pages, *, max_seconds: float = MAX_SECONDS) -> None:
        try:
            self._server = _Server(address, pages, max_seconds)
        except OSError as error:
            place = f"{address.host}:{address.port}"
            raise ConfigError(f"cannot listen on `{place}`: {error.strerror or error}") from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.25,), name="health-server", daemon=True
        )

    @property
    def port(self) -> int:
        """The port, also where 0 was asked for."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Return whether it answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.cut_off(0.0)
        self._server.server_close()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


class _Server(ThreadingHTTPServer):
    """Keeps connections few and short."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: Address, pages: Pages, max_seconds: float) -> None:
        self.pages = pages
        self._max_seconds = max_seconds
        self._open: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        host = address.host
        if not host and socket.has_dualstack_ipv6():
            host = "::"
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, address.port), _Page)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6 and socket.has_dualstack_ipv6():
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not the one of http.server, which asks the resolver for a name of this machine.
        super(HTTPServer, self).server_bind()
        self.server_name, self.server_port = "", self.server_address[1]

    def process_request(self, request: _Request, client_address: object) -> None:
        with self._lock:
            assert isinstance(request, socket.socket)
            self._open[request] = time.monotonic()
            crowd = len(self._open) > MAX_CONNECTIONS
            oldest = next(iter(self._open)) if crowd else None
        if oldest is not None:
            _hang_up(oldest)
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Between connections, and four times a second."""
        self.cut_off(self._max_seconds)

    def cut_off(self, older_than_s: float) -> None:
        """End the connections that have been open for too long."""
        before = time.monotonic() - older_than_s
        with self._lock:
            late = [each for each, since in self._open.items() if since <= before]
        for each in late:
            _hang_up(each)

    def shutdown_request(self, request: _Request) -> None:
        with self._lock:
            self._open.pop(cast("socket.socket", request), None)
        super().shutdown_request(request)

    def handle_error(self, request: _Request, client_address: object) -> None:  # noqa: ARG002
        """Leave alone whoever went away in the middle of an answer; the rest is a bug, and no reason to stop."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            Log("health").fail("page cannot be served", error=error)


class _Bounded:
    """The readable side of a connection, for its first ``MAX_REQUEST_BYTES``."""

    def __init__(self, connection: BufferedIOBase) -> None:
        self._connection = connection
        self.n_left = MAX_REQUEST_BYTES

    def readline(self, limit: int) -> bytes:
        line = self._connection.readline(min(limit, self.n_left))
        self.n_left -= len(line)
        return line

    def close(self) -> None:
        self._connection.close()


class _Page(BaseHTTPRequestHandler):
    """One request a connection."""

    server: _Server
    timeout = MAX_SECONDS
    server_version, sys_version = "auditor", ""

    def setup(self) -> None:
        super().setup()
        self.rfile = cast("BufferedIOBase", _Bounded(self.rfile))

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if not cast("_Bounded", self.rfile).n_left:
            self.send_error(431)
            return False
        if self.command not in ("GET", "HEAD"):
            self._answer(405, _TEXT, b"only GET and HEAD\n", ("Allow", "GET, HEAD"))
            return False
        return True

    def do_GET(self) -> None:
        status, content_type, body = self.server.pages.get(self.path.partition("?")[0], self.headers)
        self._answer(status, content_type, body)

    do_HEAD = do_GET  # noqa: N815 - the base class finds it by this name

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Say what is wrong with a request in plain words, and nothing of what it held."""
        self.request_version = "HTTP/1.0"  # what was not understood is taken for 0.9, which has no status
        self._answer(code, _TEXT, f"{self.responses.get(code, ('refused',))[0]}\n".encode())

    def _answer(self, status: int, content_type: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.close_connection = True
        self.send_response(status)
        fixed = (
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        )
        for name, value in (*fixed, *headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write no line for a probe: they come every few seconds, and what strangers send is no log."""


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # closed meanwhile
