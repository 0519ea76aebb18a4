"""Fetched records as views of the answer they came in, which kafka-python copies out of it.

What the client makes of an answer is decided by functions that it writes for itself; there ``bytes`` is looked up among
their globals, where it is given another meaning for what is long. No public interface: ``view_records`` finds out
whether records come out the same, and leaves everything as it was if not.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from kafka.protocol.consumer import FetchResponse

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 12
"""Of answers to this client by brokers since Kafka 2.7."""

LONG = 1 << 16
"""Bytes that are worth a view: keys, names and ids are shorter."""

_MOST_KEPT = 8
"""Times its own size that a view may keep alive: of the hundred partitions of an answer, one may be paused."""

_TEST_SIZES = (3, LONG - 1, LONG, 3 * LONG)


def _held(*given: Any, **named: Any) -> bytes | memoryview:  # noqa: ANN401  as ``bytes``
    """Return what ``bytes`` does, but a long view as it is, unless it is a small part of what it would keep alive."""
    if given and isinstance(given[0], memoryview) and len(given[0]) >= LONG:
        view = given[0]
        if len(view) * _MOST_KEPT >= len(view.obj):  # type: ignore[arg-type]  # a buffer of bytes
            return view
    return bytes(*given, **named)


def _decoder(version: int) -> Callable[..., Any]:
    """Return the function that decodes answers of a version: the same at every call."""
    is_flexible = FetchResponse.flexible_version_q(version)
    found: Callable[..., Any] = FetchResponse._struct.compiled_decode_from(  # noqa: SLF001
        version, compact=is_flexible, tagged=is_flexible, data_class=FetchResponse[None]
    )
    return found


@cache
def view_records(version: int = VERSION) -> str | None:
    """Have all clients of this process keep long records where they arrived; return why not, None if they do.

    Parameters
    ----------
    version : int
        Of answers; those of other versions are copied as before.
    """
    try:
        return _view_of(version)
    except Exception as error:  # noqa: BLE001  a client that changed may raise anything
        return f"the test of its decoder came to an end by {type(error).__name__}"


def _view_of(version: int) -> str | None:
    decode = _decoder(version)
    if _decoder(version) is not decode or "bytes" not in decode.__code__.co_names:
        return "its decoder of answers copies records elsewhere"
    answer = _answer(version)
    expected = _records(decode, answer)
    decode.__globals__["bytes"] = _held
    found = _records(decode, answer)
    is_same = [bytes(each) for each in found] == expected
    if not is_same or [isinstance(each, memoryview) for each in found] != [n >= LONG for n in _TEST_SIZES]:
        decode.__globals__.pop("bytes")
        return "its decoder of answers makes something else of views"
    return None


def _records(decode: Callable[..., Any], answer: memoryview) -> list[bytes | memoryview]:
    found, _ = decode(answer, 0)
    return [partition.records for partition in found.responses[0].partitions]


def _answer(version: int) -> memoryview:
    topic = FetchResponse.FetchableTopicResponse
    partitions = [
        topic.PartitionData(partition_index=number, records=bytes([number + 1]) * size)
        for number, size in enumerate(_TEST_SIZES)
    ]
    answer = FetchResponse(version=version, responses=[topic(topic="self-test", partitions=partitions)])
    return memoryview(bytes(answer.encode()))
