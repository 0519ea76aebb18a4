"""Large reads from the sockets of kafka-python, which by itself reads 4 KiB at a time and copies each byte three times.

A client of its own kind is given to the consumer, as its options allow; what it does to the connections is no public
interface, so ``check_transport`` finds out at the start whether they still are what this file takes them for. Where
they are not, the client reads as it does by itself.
"""

from __future__ import annotations

import inspect
import ssl
from typing import TYPE_CHECKING, Any

from kafka import errors
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

ROOM = 1 << 19
"""Bytes read together at most: what is copied out of them lies in the cache still."""

_RECORD = 1 << 14
"""What TLS has decrypted and not handed out at most: one record."""

_LATER = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class WideReads:
    """Reads all that a socket holds into a buffer that is used again; stands for ``_sock_recv`` of a connection.

    What came in front of the end of a connection is handed out before the end is told: a broker that lets nobody in
    says why, and hangs up.

    Parameters
    ----------
    wire : socket
        Does not block.
    """

    def __init__(self, wire: socket.socket | ssl.SSLSocket) -> None:
        self._wire = wire
        self._pending: Callable[[], int] = getattr(wire, "pending", int)
        self._room: memoryview | None = None
        self._end: errors.KafkaConnectionError | None = None

    def __call__(self) -> tuple[memoryview | bytes, errors.KafkaConnectionError | None]:
        """Return bytes that are good until the next call, or why there will be no more."""
        if self._end is None:
            if self._room is None:
                self._room = memoryview(bytearray(ROOM + _RECORD))
            n_read = self._fill(self._room)
            if n_read or self._end is None:
                return self._room[:n_read], None
        return b"", self._end

    def _fill(self, room: memoryview) -> int:
        """Read what there is; return how many bytes."""
        n_read = 0
        try:
            while n_read < ROOM:
                n_new = self._wire.recv_into(room[n_read:ROOM])
                if not n_new:
                    self._end = errors.KafkaConnectionError("socket disconnected")
                    return n_read
                n_read += n_new
            # Nobody would be told of bytes that wait inside of TLS, and not in the socket.
            while n_left := self._pending():
                n_read += self._wire.recv_into(room[n_read : n_read + n_left])
        except _LATER:
            pass
        except OSError as error:
            self._end = errors.KafkaConnectionError(error)
        return n_read


def wide_client(**options: Any) -> KafkaNetClient:  # noqa: ANN401  the client's own options
    """Return what connects to brokers, with ``WideReads`` on each connection."""
    client = KafkaNetClient(**options)
    manager = client._manager  # noqa: SLF001  see ``check_transport``
    build = manager._build_transport  # noqa: SLF001

    async def built(*given: Any, **named: Any) -> KafkaTCPTransport:  # noqa: ANN401
        transport = await build(*given, **named)
        transport._sock_recv = WideReads(transport._sock)  # noqa: SLF001
        return transport

    manager._build_transport = built  # noqa: SLF001
    return client


def _keeps_socket(kind: type) -> bool:
    """Return whether a class of connections, or the one that it is made of, has ``_sock``."""
    return any("_sock" in vars(base)["__init__"].__code__.co_names for base in kind.__mro__[:-1])


def check_transport() -> str | None:
    """Return why the connections of this client are not what ``wide_client`` takes them for, None if they are."""
    if not inspect.iscoroutinefunction(getattr(KafkaConnectionManager, "_build_transport", None)):
        return "its manager builds its connections elsewhere"
    if "_manager" not in KafkaNetClient.__init__.__code__.co_names:
        return "its class `KafkaNetClient` has no manager"
    for kind in (KafkaTCPTransport, KafkaSSLTransport):
        read = getattr(kind, "_sock_recv", None)
        if read is None or tuple(inspect.signature(read).parameters) != ("self",):
            return f"its class `{kind.__name__}` reads its socket elsewhere"
        if "_sock_recv" not in kind._read_from_sock.__code__.co_names:  # noqa: SLF001
            return f"its class `{kind.__name__}` does not read by `_sock_recv`"
        if not _keeps_socket(kind):
            return f"its class `{kind.__name__}` keeps its socket elsewhere"
    return None
