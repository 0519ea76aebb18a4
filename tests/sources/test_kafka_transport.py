"""Large reads from the client's sockets: every byte once, and the end behind them."""

from __future__ import annotations

import socket
import ssl
from types import SimpleNamespace

import pytest
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

from auditor.sources import kafka_transport
from auditor.sources.kafka_transport import WideReads, check_transport, wide_client


@pytest.fixture
def wires():
    """Give two ends of a connection; the second one does not block."""
    near, far = socket.socketpair()
    far.settimeout(0)
    with near, far:
        yield near, far


def test_wide_reads__give_what_there_is(wires):
    """Nothing if nothing came, and never the same bytes again."""
    near, far = wires
    read = WideReads(far)
    assert read() == (b"", None)
    near.sendall(b"abc")
    assert read() == (b"abc", None)
    assert read() == (b"", None)
    near.sendall(b"d")
    assert read() == (b"d", None)


def test_wide_reads__stop_where_the_room_ends(wires, monkeypatch):
    """The rest comes with the next read."""
    monkeypatch.setattr(kafka_transport, "ROOM", 4)
    near, far = wires
    read = WideReads(far)
    near.sendall(b"abcdefghi")
    assert [bytes(read()[0]) for _ in range(4)] == [b"abcd", b"efgh", b"i", b""]


def test_wide_reads__tell_the_end_behind_the_last_bytes(wires):
    """As often as they are asked."""
    near, far = wires
    read = WideReads(far)
    near.sendall(b"you may not")
    near.close()
    assert read() == (b"you may not", None)
    for _ in range(2):
        content, error = read()
        assert content == b""
        assert str(error) == "KafkaConnectionError: socket disconnected"


def test_wide_reads__tell_what_went_wrong(wires):
    """A connection that was reset, say."""

    class Broken:
        def recv_into(self, _):
            raise ConnectionResetError(104, "Connection reset by peer")

    content, error = WideReads(Broken())()
    assert content == b""
    assert str(error) == "KafkaConnectionError: [Errno 104] Connection reset by peer"


def test_wide_reads__leave_nothing_inside_of_tls(monkeypatch):
    """A record that is decrypted is not in the socket any more: nobody would say that it is there."""

    class Tls:
        left = b"abcdefgh"

        def recv_into(self, room):
            if not self.left:
                raise ssl.SSLWantReadError
            n = min(len(room), len(self.left))
            room[:n], self.left = self.left[:n], self.left[n:]
            return n

        def pending(self):
            return len(self.left)

    monkeypatch.setattr(kafka_transport, "ROOM", 3)
    assert WideReads(Tls())() == (b"abcdefgh", None)


def test_check_transport__accepts_the_locked_version():
    """Otherwise every read would be of 4 KiB."""
    assert check_transport() is None


def nothing(self):
    """Stand for a method that does something else."""
    del self


@pytest.mark.parametrize(
    ("place", "name", "value", "reason"),
    [
        (KafkaConnectionManager, "_build_transport", None, "its manager builds its connections elsewhere"),
        (KafkaNetClient, "__init__", nothing, "its class `KafkaNetClient` has no manager"),
        (
            KafkaTCPTransport,
            "_sock_recv",
            None,
            "its class `KafkaTCPTransport` reads its socket elsewhere",
        ),
        (
            KafkaSSLTransport,
            "_read_from_sock",
            nothing,
            "its class `KafkaSSLTransport` does not read by `_sock_recv`",
        ),
        (
            KafkaTCPTransport,
            "__init__",
            nothing,
            "its class `KafkaTCPTransport` keeps its socket elsewhere",
        ),
    ],
)
def test_check_transport__says_what_is_different(monkeypatch, place, name, value, reason):
    """In a version that nobody has tried."""
    monkeypatch.setattr(place, name, value)
    assert check_transport() == reason


def test_wide_client__reads_its_connections_widely(wires, monkeypatch):
    """It is the client's own but for that."""
    near, far = wires

    async def build(_, node):
        return SimpleNamespace(_sock=far, _protocol=None, node=node)

    monkeypatch.setattr(KafkaConnectionManager, "_build_transport", build)
    client = wide_client(bootstrap_servers=["127.0.0.1:1"])
    try:
        assert type(client) is KafkaNetClient
        with pytest.raises(StopIteration) as ended:
            client._manager._build_transport("broker").send(None)  # noqa: SLF001
        transport = ended.value.value
        assert transport.node == "broker"
        near.sendall(b"abc")
        read = transport._sock_recv  # noqa: SLF001
        assert isinstance(read, WideReads)
        assert read() == (b"abc", None)
    finally:
        client.close()
