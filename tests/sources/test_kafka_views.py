"""Records as views of an answer, and a decoder that is left alone where it is another."""

from __future__ import annotations

import pytest

from auditor.sources import kafka_views
from auditor.sources.kafka_views import LONG, VERSION, view_records


@pytest.fixture
def decoder():
    """Return the client's decoder with the meaning of ``bytes`` that it was given, which comes back afterwards."""
    found = kafka_views._decoder(VERSION)  # noqa: SLF001
    before = found.__globals__.get("bytes")
    found.__globals__.pop("bytes", None)
    yield found
    found.__globals__.pop("bytes", None)
    if before is not None:
        found.__globals__["bytes"] = before


def records_of(decode, sizes):
    """Return the records of an answer."""
    answer = kafka_views._answer(VERSION)  # noqa: SLF001
    found, _ = decode(answer, 0)
    held = [partition.records for partition in found.responses[0].partitions]
    assert [len(each) for each in held] == list(sizes)
    return held, answer


def test_view_records__gives_views_of_what_is_long(decoder):
    """The same bytes, of which the long ones lie in the answer."""
    sizes = kafka_views._TEST_SIZES  # noqa: SLF001
    copied, _ = records_of(decoder, sizes)
    assert all(isinstance(each, bytes) for each in copied)
    assert view_records.__wrapped__() is None
    held, answer = records_of(decoder, sizes)
    assert [bytes(each) for each in held] == copied
    assert [isinstance(each, memoryview) for each in held] == [size >= LONG for size in sizes]
    assert all(each.obj is answer.obj for each in held if isinstance(each, memoryview))


def test_view_records__leaves_another_decoder_alone(decoder, monkeypatch):
    """One that does not copy by ``bytes``, is made anew each time, or fails."""

    def other(data, pos):
        return decoder(data, pos)

    monkeypatch.setattr(kafka_views, "_decoder", lambda _: other)
    assert view_records.__wrapped__() == "its decoder of answers copies records elsewhere"
    monkeypatch.setattr(kafka_views, "_decoder", lambda _: lambda data, pos: (bytes(data), pos))
    assert view_records.__wrapped__() == "its decoder of answers copies records elsewhere"
    monkeypatch.setattr(kafka_views, "_decoder", lambda _: 1 // 0)
    assert view_records.__wrapped__() == "the test of its decoder came to an end by ZeroDivisionError"
    assert "bytes" not in decoder.__globals__


def test_view_records__takes_back_what_reads_otherwise(decoder, monkeypatch):
    """A decoder of which the records are not as expected is left as it was."""
    monkeypatch.setattr(kafka_views, "_held", lambda *given: memoryview(bytes(*given))[:-1])
    assert view_records.__wrapped__() == "its decoder of answers makes something else of views"
    assert "bytes" not in decoder.__globals__


def test_view_records__copies_what_is_little_of_an_answer(decoder):
    """A paused partition must not keep the records of all others."""
    assert view_records.__wrapped__() is None
    copy = decoder.__globals__["bytes"]
    for size, total, is_view in (
        (LONG, 8 * LONG, True),
        (LONG, 8 * LONG + 1, False),
        (LONG - 1, LONG, False),
    ):
        held = copy(memoryview(bytearray(total))[:size])
        assert isinstance(held, memoryview) == is_view
        assert len(held) == size
