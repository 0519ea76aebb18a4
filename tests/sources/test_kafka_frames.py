"""Long answers received straight into their buffer: the parser makes the same of them, however the bytes arrive."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.protocol.frame import KafkaBytes
from kafka.protocol.parser import KafkaProtocol

from auditor.sources import kafka_transport
from auditor.sources.kafka_transport import (
    TEST_SIZES,
    Frame,
    WideReads,
    answer_of,
    check_transport,
    waiting_parser,
)

CHUNK = 1 << 16
STREAM = b"".join(answer_of(at + 1, size) for at, size in enumerate(TEST_SIZES))


class ScriptedWire:
    """Gives pieces of a stream, of so many bytes; behind each of them it would block."""

    def __init__(self, stream, blocks=BlockingIOError):
        self.rest = memoryview(stream)
        self.left = 0
        self.blocks = blocks
        self.places = set()

    def recv_into(self, room):
        """Write as many as there is room for."""
        size = min(len(room), self.left, len(self.rest))
        if not size:
            raise self.blocks
        room[:size], self.rest = self.rest[:size], self.rest[size:]
        self.left -= size
        self.places.add(type(room.obj))
        return size

    def pending(self):
        """Say that nothing is decrypted and not handed out."""
        return 0


def records_of(answers):
    """Return the bytes of records in answers."""
    return [
        (number, bytes(partition.records))
        for number, answer in answers
        for topic in answer.responses
        for partition in topic.partitions
    ]


EXPECTED = records_of(waiting_parser().receive_bytes(STREAM))


def read_all(wire, sizes):
    """Return what the parser makes of a stream that comes in such pieces."""
    parser = waiting_parser()
    read = WideReads(wire, lambda: parser)
    answers = []
    sizes = list(sizes)
    while wire.rest:
        wire.left = sizes.pop(0) if sizes else len(wire.rest)
        data, error = read()
        assert error is None
        answers += parser.receive_bytes(data)
    return records_of(answers)


@pytest.mark.parametrize("blocks", [BlockingIOError, ssl.SSLWantReadError])
@given(
    sizes=st.lists(st.sampled_from([1, 3, 4, 5, 4096, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]), max_size=20)
)
def test_wide_reads__give_the_parser_the_same_however_bytes_arrive(blocks, sizes):
    """Pieces of any size, answers that end in the middle of one."""
    assert read_all(ScriptedWire(STREAM, blocks), sizes) == EXPECTED


def test_wide_reads__write_long_answers_into_their_buffer():
    """All but the first piece and what is left at the end."""
    wire = ScriptedWire(STREAM)
    assert read_all(wire, [CHUNK]) == EXPECTED
    assert wire.places == {bytearray, Frame}


@pytest.mark.parametrize("n_before", [0, CHUNK])
def test_wide_reads__tell_the_end_in_the_middle_of_an_answer(n_before):
    """As they do before one."""
    parser = waiting_parser()
    parser.receive_bytes(STREAM[:n_before])

    class Over:
        def recv_into(self, _):
            return 0

    content, error = WideReads(Over(), lambda: parser)()
    assert content == b""
    assert str(error) == "KafkaConnectionError: socket disconnected"


def test_read__of_a_frame_is_a_view_of_the_rest():
    """So many bytes are copied; all that are left are not, and cannot be written to."""
    frame = KafkaBytes(4)
    frame.write(b"abcd")
    frame.seek(0)
    frame.__class__ = Frame
    assert frame.read(1) == b"a"
    rest = frame.read()
    assert (rest, rest.readonly, rest.obj is frame, frame.tell()) == (b"bcd", True, True, 4)


def test_check_transport__says_that_answers_are_kept_elsewhere(monkeypatch):
    """In another parser."""
    monkeypatch.setattr(KafkaProtocol, "receive_bytes", lambda *_: [])
    assert check_transport() == "its parser keeps answers elsewhere"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ((b"", None), "its parser makes something else of the same bytes"),
        ((b"", OSError()), "its connections break when they are read so"),
    ],
)
def test_check_transport__says_what_comes_otherwise(monkeypatch, found, reason):
    """Nothing at all, or an error."""
    monkeypatch.setattr(WideReads, "__call__", lambda _: found)
    assert check_transport() == reason


def test_check_transport__says_that_its_test_failed(monkeypatch):
    """A client that changed may raise anything."""
    monkeypatch.setattr(kafka_transport, "waiting_parser", lambda: 1 / 0)
    assert check_transport() == "its test came to an end by ZeroDivisionError"
