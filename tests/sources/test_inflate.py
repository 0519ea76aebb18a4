"""Members that follow one another, and the way on behind one that is corrupt."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zlib

import pytest

from auditor.errors import SourceError
from auditor.sources import inflate, streams
from auditor.sources.inflate import Inflater, inflated
from auditor.sources.raw import Raw
from auditor.sources.streams import ByteStream

COMPRESS = {"gzip": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
SMALL = 1 << 10


def lines(first, n_lines):
    """Return numbered lines that do not compress much."""
    choose = random.Random(first)
    return b"".join(b"%d %d\n" % (first + place, choose.getrandbits(200)) for place in range(n_lines))


def opened(content):
    """Open bytes in memory."""
    return ByteStream("flows", Raw(io.BytesIO(content), len(content)))


def read_on(stream, size=10_000):
    """Return the text between gaps, and the message of each; the last is that of what was not passed over."""
    texts, messages = [b""], []
    buffer = memoryview(bytearray(size))
    while True:
        try:
            n_bytes = stream.readinto(buffer)
        except SourceError as error:
            messages.append(str(error))
            if not stream.resume():
                return texts, messages
            texts.append(b"")
            continue
        if not n_bytes:
            return texts, messages
        texts[-1] += buffer[:n_bytes]


def damaged(content, place, n_bytes=40):
    """Return bytes with noise in the middle."""
    return content[:place] + random.Random(1).randbytes(n_bytes) + content[place + n_bytes :]


@pytest.mark.parametrize("codec", COMPRESS)
@pytest.mark.parametrize("slice_bytes", [1, 3, 1 << 12])
def test_inflated__joins_members_wherever_slices_end(codec, slice_bytes, monkeypatch):
    """Members of a few bytes, in slices of a byte or more, are all there."""
    monkeypatch.setattr(inflate, "_FIRST_SLICE", slice_bytes)
    monkeypatch.setattr(inflate, "_LARGEST_SLICE", slice_bytes)
    monkeypatch.setattr(inflate, "PIECE", 1 << 10)
    texts = [lines(number, number % 7) for number in range(40)]
    content = b"".join(COMPRESS[codec](text) for text in texts)
    assert b"".join(inflated(io.BytesIO(content), codec)) == b"".join(texts)


@pytest.mark.parametrize("codec", COMPRESS)
@pytest.mark.parametrize("place", [20, 3_000, 30_000])
def test_resume__goes_on_behind_a_corrupt_member(codec, place):
    """One corrupt member of three costs itself, and the message says where it lies and where reading goes on."""
    texts = [lines(0, 1_000), lines(10_000, 1_500), lines(20_000, 1_000)]
    first, second, third = (COMPRESS[codec](text) for text in texts)
    content = first + damaged(second, place) + third
    (before, after), (message,) = read_on(opened(content))
    assert before.startswith(texts[0])
    assert after == texts[2]
    behind = len(first) + len(second)
    words = message.replace(",", "").split()
    damage = int(words[7])
    assert len(first) <= damage <= len(first) + len(second)
    assert message == (
        f"file cannot be read from compressed byte {damage} to {behind}, after {len(before)} decompressed bytes: "
        f"the {codec} stream is corrupt - at flows"
    )


def test_resume__finds_a_wrong_checksum():
    """A member that inflates to other text than was written is told, and the next one follows at once."""
    first, second = gzip.compress(lines(0, 100)), gzip.compress(lines(200, 100))
    content = first[:-8] + bytes(4) + first[-4:] + second
    texts, (message,) = read_on(opened(content))
    assert texts[-1] == lines(200, 100)
    assert message.startswith(f"file cannot be read from compressed byte 0 to {len(first)}, after ")


def test_resume__passes_over_foreign_bytes():
    """What is no member between two of them is a gap."""
    first, second = gzip.compress(lines(0, 100)), gzip.compress(lines(200, 100))
    texts, messages = read_on(opened(first + b"foreign\n" + second))
    assert texts == [lines(0, 100), lines(200, 100)]
    (message,) = messages
    assert message == (
        f"file cannot be read from compressed byte {len(first)} to {len(first) + 8}, after {len(texts[0])} "
        "decompressed bytes: bytes follow the gzip stream that do not belong to it - at flows"
    )


def test_resume__goes_on_behind_a_member_that_was_cut():
    """A writer that was killed leaves half a member; the next one appends behind it."""
    first, second = gzip.compress(lines(0, 5_000)), gzip.compress(lines(9_000, 100))
    texts, messages = read_on(opened(first[: len(first) // 2] + second))
    assert lines(0, 5_000).startswith(texts[0][:50_000])
    assert texts[-1] == lines(9_000, 100)
    assert len(messages) == 1


def test_resume__passes_over_many_gaps():
    """Every second of many members is corrupt: the others are all there, in order."""
    texts = [lines(number * 1_000, 200) for number in range(40)]
    members = [gzip.compress(text) for text in texts]
    content = b"".join(damaged(member, 60) if place % 2 else member for place, member in enumerate(members))
    found, messages = read_on(opened(content))
    assert len(messages) == 20
    joined = b"".join(found)
    assert all(text in joined for text in texts[::2])


def test_resume__is_false_without_a_member_behind():
    """Damage in the last member ends the file, with the same words whenever it is asked."""
    content = gzip.compress(lines(0, 100)) + damaged(gzip.compress(lines(200, 100)), 100, 200)
    stream = opened(content)
    texts, messages = read_on(stream)
    assert (len(texts), len(messages)) == (1, 1)
    assert messages[0].startswith(f"file cannot be read further than {len(texts[0])} decompressed bytes: ")
    assert not stream.resume()


def test_resume__is_false_where_nothing_is_wrong():
    """Asking without need changes nothing."""
    stream = opened(gzip.compress(b"text\n"))
    assert not stream.resume()
    assert stream.read(10) == b"text\n"
    assert not stream.resume()


@pytest.mark.parametrize("mark", [b"\x1f\x8b\x08\xff noise", b"\x1f\x8b\x08\x00" + bytes(6) + b"\xff" * 300])
def test_resume__is_not_deceived_by_a_mark(mark):
    """The three bytes a member begins with also stand elsewhere: what does not inflate is passed over."""
    first, second = gzip.compress(lines(0, 100)), gzip.compress(lines(200, 100))
    texts, messages = read_on(opened(first + mark + second))
    assert texts == [lines(0, 100), lines(200, 100)]
    assert f" to {len(first) + len(mark)}, " in messages[0]


def test_resume__finds_a_member_far_behind(monkeypatch):
    """A mark is found wherever pieces of the file end."""
    second = gzip.compress(lines(200, 100))
    first = gzip.compress(lines(0, 10))
    for n_bytes in range(2_000, 2_030):
        monkeypatch.setattr(inflate, "PIECE", SMALL)
        texts, messages = read_on(opened(first + b"x" * n_bytes + second))
        assert (texts[-1], len(messages)) == (lines(200, 100), 1)


def test_resume__gives_up_in_a_trap(monkeypatch):
    """A file made of marks costs a bounded search, not one at every mark."""
    monkeypatch.setattr(inflate, "_MOST_TRIALS", 50)
    member = gzip.compress(lines(0, 100))
    trap = b"\x1f\x8b\x08\x00" * 100
    texts, messages = read_on(opened(member + trap + member))
    assert texts == [lines(0, 100)]
    assert messages[0].startswith(f"file cannot be read further than {len(texts[0])} decompressed bytes: ")
    monkeypatch.setattr(inflate, "_MOST_TRIALS", 150)
    texts, _ = read_on(opened(member + trap + member))
    assert texts == [lines(0, 100)] * 2


def test_resume__passes_over_so_many_gaps_only(monkeypatch):
    """A file that is a wreck ends: each gap is told, and they are not told for ever."""
    monkeypatch.setattr(streams, "MOST_GAPS", 3)
    member = gzip.compress(lines(0, 20))
    texts, messages = read_on(opened((member + b"foreign\n") * 10))
    assert (len(texts), len(messages)) == (4, 4)
    assert [" from compressed byte " in message for message in messages] == [True, True, True, False]


def blocks(text, size):
    """Compress text in members of ``size`` bytes, as bgzip does: cut anywhere, with an extra field."""
    members = []
    for start in range(0, len(text), size):
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        piece = text[start : start + size]
        body = deflate.compress(piece) + deflate.flush()
        extra = b"BC\x02\x00\x00\x00"
        head = b"\x1f\x8b\x08\x04" + bytes(6) + len(extra).to_bytes(2, "little") + extra
        tail = zlib.crc32(piece).to_bytes(4, "little") + len(piece).to_bytes(4, "little")
        members.append(head + body + tail)
    return members


@pytest.mark.parametrize("n_damaged", [0, 2])
def test_resume__lets_go_of_half_a_line_behind_the_gap(n_damaged):
    """Where members begin inside lines, what is read behind a gap still begins a whole one."""
    text = lines(0, 500)
    members = blocks(text, 5_000)
    members[n_damaged] = damaged(members[n_damaged], 30)
    texts, messages = read_on(opened(b"".join(members)))
    assert len(messages) == 1
    behind = text[(n_damaged + 1) * 5_000 :]
    assert texts[-1] == behind[behind.index(b"\n") + 1 :]


def test_resume__lets_go_of_half_a_line_of_plain_members():
    """Members without a mark of blocks that were seen to end inside a line are taken for blocks too."""
    text = lines(0, 500)
    members = [gzip.compress(text[start : start + 3_001]) for start in range(0, len(text), 3_001)]
    members[3] = damaged(members[3], 30)
    stream = opened(b"".join(members))
    texts, _ = read_on(stream)
    behind = text[4 * 3_001 :]
    assert texts[-1] == behind[behind.index(b"\n") + 1 :]


def test_begins_in_line__of_bzip2_is_true_before_a_member_was_seen():
    """Writers of many bzip2 streams cut anywhere."""
    inflater = Inflater(io.BytesIO(bz2.compress(b"text\n")), "bz2")
    assert inflater.begins_in_line


def test_readinto__fills_a_buffer_that_is_used_again():
    """Fewer bytes than the buffer holds come at the end only; nothing is written behind them."""
    content = lines(0, 1_000)
    stream = opened(gzip.compress(content))
    buffer = bytearray(b"x" * 10_000)
    found = b""
    while n_bytes := stream.readinto(memoryview(buffer)):
        found += buffer[:n_bytes]
        if n_bytes < len(buffer):
            assert stream.readinto(memoryview(buffer)) == 0
            break
    assert found == content
    assert stream.n_read == len(content)
    assert stream.share == 1.0
