"""The small web server, asked over real connections."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from auditor.errors import ConfigError
from auditor.service import web
from auditor.service.health import CONDITIONS, Health
from auditor.service.metrics import Metrics
from auditor.service.web import Address, HealthServer, Pages, parse_address


@pytest.fixture
def health():
    """Return what the server is asked about."""
    return Health()


@pytest.fixture
def server(health):
    """Return a server on a free port of this machine."""
    with HealthServer(Address("127.0.0.1", 0), Pages(health, Metrics().render)) as running:
        yield running


def ask(server, path, method="GET", **headers):
    """Return status, headers and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def say(server, sent):
    """Return all that comes back for bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(sent)
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        (":8080", ("", 8080)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_parse_address__reads_host_and_port(text, address):
    """As they are written everywhere."""
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "8080", "host:", "host:http", "::1:80", ":65536", ":-1", ":٣"])
def test_parse_address__refuses_anything_else(text):
    """With an example of what is expected."""
    with pytest.raises(ConfigError) as caught:
        parse_address(text)
    expected = f"expected an address like `127.0.0.1:8080` or `:8080` in `--http-address`, got `{text}`"
    assert str(caught.value) == expected


def test_server__answers_probes(server, health):
    """With the status that Kubernetes asks for, and the reasons for people."""
    assert (ask(server, "/livez")[0], ask(server, "/readyz")[0], ask(server, "/startupz")[0]) == (
        200,
        503,
        503,
    )
    for condition in CONDITIONS:
        health.meet(condition)
    assert ask(server, "/startupz")[0] == 200
    status, headers, body = ask(server, "/readyz?verbose")
    assert (status, body) == (200, b"policies: ok\nkernels: ok\nassignment: ok\nsink: ok\n")
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("text/plain; charset=utf-8", "no-store")
    assert headers["Server"].strip() == "auditor"


def test_server__answers_prometheus(server):
    """In the form that is accepted."""
    status, headers, body = ask(server, "/metrics")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    assert b"\nauditor_build_info{" in body
    assert ask(server, "/metrics", Accept="application/openmetrics-text")[2].endswith(b"# EOF\n")


def test_server__shows_the_state(server, health):
    """As JSON, whatever the loop put there."""
    health.describe({"chains": {"flows/0": 4096}, "other": {1}})
    state = json.loads(ask(server, "/debug/state")[2])
    assert (state["chains"], state["other"]) == ({"flows/0": 4096}, "{1}")


@pytest.mark.parametrize("path", ["/", "/debug", "/livez/", "/..", "/../etc/passwd", "/LIVEZ"])
def test_server__has_no_other_page(server, path):
    """No folders, no files, no other spelling."""
    assert ask(server, path)[::2] == (404, b"no such page\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "NONSENSE"])
def test_server__refuses_other_methods(server, method):
    """Nothing can be changed from here."""
    status, headers, body = ask(server, "/livez", method)
    assert (status, headers["Allow"], body) == (405, "GET, HEAD", b"only GET and HEAD\n")


def test_server__answers_head_without_a_body(server):
    """With the length of the page."""
    status, headers, body = ask(server, "/livez", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "14", b"")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01 <script>\r\n\r\n", b"400"),
        (b"GET /livez HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /livez HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /" + b"x" * (web.MAX_REQUEST_BYTES - 5), b"431"),
    ],
    ids=["tls", "version", "headers", "line"],
)
def test_server__refuses_what_is_no_request(server, sent, status):
    """Bounded, and without a word of what was sent."""
    answer = say(server, sent)
    assert answer.split(b" ")[1] == status
    assert b"script" not in answer


def test_server__ends_slow_connections(health):
    """However little is said, and however often."""
    address, pages = Address("127.0.0.1", 0), Pages(health, Metrics().render)
    with (
        HealthServer(address, pages, max_seconds=0.2) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection,
    ):
        connection.sendall(b"GET /li")
        assert connection.recv(100) == b""


def test_server__lets_a_probe_in_though_others_sit_there(server):
    """The oldest connection gives way."""
    crowd = [
        socket.create_connection(("127.0.0.1", server.port), timeout=5)
        for _ in range(web.MAX_CONNECTIONS + 5)
    ]
    try:
        assert ask(server, "/livez")[0] == 200
        assert crowd[0].recv(100) == b""
    finally:
        for each in crowd:
            each.close()


def test_server__survives_a_page_that_fails(health, caplog):
    """A bug in a page is logged, and the next request is answered."""

    def render(_):
        raise RuntimeError("bug")

    with HealthServer(Address("127.0.0.1", 0), Pages(health, render)) as server:
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(server, "/metrics")
        assert ask(server, "/livez")[0] == 200
    assert [record.getMessage() for record in caplog.records] == ["page cannot be served"]


def test_server__listens_on_every_address(health):
    """Of both families where the machine has both."""
    with HealthServer(Address("", 0), Pages(health, Metrics().render)) as server:
        assert ask(server, "/livez")[0] == 200


def test_server__says_why_it_cannot_listen(health):
    """A port that is taken."""
    pages = Pages(health, Metrics().render)
    with HealthServer(Address("127.0.0.1", 0), pages) as server:
        with pytest.raises(ConfigError) as caught:
            HealthServer(Address("127.0.0.1", server.port), pages)
        assert str(caught.value) == f"cannot listen on `127.0.0.1:{server.port}`: Address already in use"


def test_stop__closes_the_port(health):
    """And ends the thread; a server that never started stops too."""
    server = HealthServer(Address("127.0.0.1", 0), Pages(health, Metrics().render))
    with server:
        assert server.is_alive()
    assert not server.is_alive()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)
    HealthServer(Address("127.0.0.1", 0), Pages(health, Metrics().render)).stop()
