"""Large reads from the sockets of kafka-python, which by itself reads 4 KiB at a time and copies each byte often.

A client of its own kind is given to the consumer, as its options allow; what it does to the connections is no public
interface, so ``check_transport`` finds out at the start whether they still are what this file takes them for. Where
they are not, the client reads as it does by itself.
"""

from __future__ import annotations

import inspect
import socket
import ssl
from typing import TYPE_CHECKING, Any

from kafka import errors
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.protocol.consumer import FetchRequest, FetchResponse
from kafka.protocol.frame import KafkaBytes
from kafka.protocol.parser import KafkaProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

ROOM = 1 << 19
"""Bytes read together at most: what is copied out of them lies in the cache still."""

_RECORD = 1 << 14
"""What TLS has decrypted and not handed out at most: one record."""

_LITTLE = 1 << 16
"""Bytes of an answer that are not worth being received straight into its buffer."""

TEST_SIZES = (3 * _LITTLE, 100)
"""Bytes of records in the answers that the start is tried with."""
_VERSION = 12
_MOST_STEPS = 1_000
"""Pieces that the test of the start may take: some dozen are needed."""

_LATER = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Frame(KafkaBytes):  # type: ignore[misc]  # the client has no types
    """The buffer of an answer, of which the rest is read without a copy; the client makes two."""

    __slots__ = ()

    def read(self, nbytes: int | None = None) -> bytes | memoryview:
        """Return so many bytes, or a view of all that are left."""
        if nbytes is not None:
            return bytes(super().read(nbytes))
        start = self.tell()
        self.seek(len(self))
        return memoryview(self).toreadonly()[start:]


class WideReads:
    """Reads all that a socket holds into a buffer that is used again; stands for ``_sock_recv`` of a connection.

    What belongs to a long answer that has begun is read straight into the buffer of that answer instead.

    What came in front of the end of a connection is handed out before the end is told: a broker that lets nobody in
    says why, and hangs up.

    Parameters
    ----------
    wire : socket
        Does not block.
    parser_of : callable
        Returns the parser of the connection, None while there is none.
    """

    def __init__(
        self, wire: socket.socket | ssl.SSLSocket, parser_of: Callable[[], Any] = lambda: None
    ) -> None:
        self._wire = wire
        self._parser_of = parser_of
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
            while (frame := self._open_frame()) is not None:
                begin = frame.tell()
                # The parser must see the last byte to know that the answer is complete.
                with memoryview(frame) as whole, whole[begin:-1] as missing:
                    n_new = self._wire.recv_into(missing)
                if not n_new:
                    self._end = errors.KafkaConnectionError("socket disconnected")
                    return 0
                frame.seek(begin + n_new)
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

    def _open_frame(self) -> Frame | None:
        """Return the buffer of the answer that has begun, None if there is none, or little is missing of it."""
        parser = self._parser_of()
        if parser is None or not parser._receiving:  # noqa: SLF001  see ``check_transport``
            return None
        frame = parser._rbuffer  # noqa: SLF001
        if len(frame) - frame.tell() <= _LITTLE:
            return None
        # The client made it, and has written the first bytes: another class costs nothing, another buffer a copy.
        if type(frame) is KafkaBytes:
            frame.__class__ = Frame
        return frame  # type: ignore[no-any-return]


def wide_client(**options: Any) -> KafkaNetClient:  # noqa: ANN401  the client's own options
    """Return what connects to brokers, with ``WideReads`` on each connection."""
    client = KafkaNetClient(**options)
    manager = client._manager  # noqa: SLF001  see ``check_transport``
    build = manager._build_transport  # noqa: SLF001

    async def built(*given: Any, **named: Any) -> KafkaTCPTransport:  # noqa: ANN401
        transport = await build(*given, **named)

        def parser_of() -> Any:  # noqa: ANN401
            return getattr(transport._protocol, "parser", None)  # noqa: SLF001

        transport._sock_recv = WideReads(transport._sock, parser_of)  # noqa: SLF001
        return transport

    manager._build_transport = built  # noqa: SLF001
    return client


def _keeps_socket(kind: type) -> bool:
    """Return whether a class of connections, or the one that it is made of, has ``_sock``."""
    return any("_sock" in vars(base)["__init__"].__code__.co_names for base in kind.__mro__[:-1])


def check_transport() -> str | None:
    """Return why the connections of this client are not what ``wide_client`` takes them for, None if they are."""
    try:
        return _other_shape() or _other_reading()
    except Exception as error:  # noqa: BLE001  a client that changed may raise anything
        return f"its test came to an end by {type(error).__name__}"


def _other_shape() -> str | None:
    """Return what is named or placed otherwise."""
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


def _other_reading() -> str | None:
    """Receive answers through a pair of sockets, and compare them with what the parser makes of the same bytes."""
    if not {"_receiving", "_rbuffer", "KafkaBytes"} <= set(KafkaProtocol.receive_bytes.__code__.co_names):
        return "its parser keeps answers elsewhere"
    stream = b"".join(answer_of(at + 1, size) for at, size in enumerate(TEST_SIZES))
    expected = [_read_of(answer) for answer in waiting_parser().receive_bytes(stream)]
    found: list[tuple[Any, ...]] = []
    parser = waiting_parser()
    sender, receiver = socket.socketpair()
    with sender, receiver:
        receiver.setblocking(False)  # noqa: FBT003
        sender.setblocking(False)  # noqa: FBT003
        read = WideReads(receiver, lambda: parser)
        rest = memoryview(stream)
        for _ in range(_MOST_STEPS):
            if rest:
                rest = rest[sender.send(rest[:_LITTLE]) :]
            data, error = read()
            if error is not None:
                return "its connections break when they are read so"
            found += [_read_of(answer) for answer in parser.receive_bytes(data)]
            if len(found) == len(expected):
                break
    return None if found == expected else "its parser makes something else of the same bytes"


def _read_of(answer: tuple[int, Any]) -> tuple[Any, ...]:
    """Return what was read of an answer; to print it, as text, takes longer than all else at the start."""
    number, content = answer
    partition = content.responses[0].partitions[0]
    return number, content.responses[0].topic, partition.partition_index, partition.records


def waiting_parser() -> KafkaProtocol:
    """Return a parser that waits for the answers of ``TEST_SIZES``."""
    parser = KafkaProtocol(client_id="self-test")
    for _ in TEST_SIZES:
        parser.send_request(FetchRequest(version=_VERSION))
    return parser


def answer_of(number: int, size: int) -> bytes:
    """Return the bytes of an answer to the request of that number, with about ``size`` bytes of records."""
    topic = FetchResponse.FetchableTopicResponse
    partition = topic.PartitionData(partition_index=0, records=bytes(range(256)) * (size // 256 + 1))
    answer = FetchResponse(version=_VERSION, responses=[topic(topic="self-test", partitions=[partition])])
    answer.with_header(correlation_id=number)
    return bytes(answer.encode(framed=True, header=True))
