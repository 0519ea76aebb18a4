"""The scanner of VPC text where it goes on: from some lines to the next, to a larger dictionary, to another block."""

from __future__ import annotations

import ipaddress
import random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given

from auditor.flows import known_addresses as memory
from auditor.flows import vpc_scan
from auditor.flows.vpc_columns import Columns
from auditor.flows.vpc_lines import VpcLines
from kernels import record_layout as layout
from tests.flows.streams import cut
from tests.flows.test_vpc_lines import LIMIT, agree, batches
from tests.flows.vpc_drawn import odd_logs

NAMES = "version srcaddr dstaddr srcport dstport protocol tcp-flags start end action log-status bytes packets"
USUAL = "5 10.0.{0}.1 10.0.0.{0} 40000 443 6 2 1616729292 1616729349 ACCEPT OK {0}00 1"
KINDS = (
    *[USUAL] * 12,
    "5 fd00::1:2:3:4:{0} fd00::1:2:3:4:5:{0} 40000 53 17 0 1616729292 1616729349 REJECT OK 1 {0}",
    "5 - - - - - - 1616729292 1616729349 - NODATA - -",
    "5 - - - - - - 1616729292 1616729349 - SKIPDATA - -",
    USUAL.replace("443", "65536"),
    USUAL.replace("10.0.0.{0}", "10.0.0.256"),
    USUAL.replace(" 1616729349", " 99999999999"),
    USUAL.replace("ACCEPT", "DROP"),
    USUAL + "\r",
    USUAL + " # why",
    "# a comment",
    "",
    NAMES,
)


class Rooms(vpc_scan._Room):  # noqa: SLF001 - what is tested
    """Little room for what is noted of some lines."""

    def __init__(self, n_lines=65, n_ends=130):
        super().__init__()
        scratch = {
            name: each[..., :n_lines].copy() if name != "lines" else each[:n_lines].copy()
            for name, each in self.scratch._asdict().items()
        }
        self.scratch = layout.Scratch(**scratch | {"ends": np.empty(n_ends, np.uint32)})


@pytest.mark.parametrize("n", [layout.ROWS - 1, layout.ROWS, layout.ROWS + 1, 3 * layout.ROWS + 70])
@pytest.mark.parametrize("seed", range(3))
def test_scan__goes_on_from_some_lines_to_the_next(n, seed):
    """Records of all kinds, more of them than are read together."""
    drawn = random.Random(seed)
    kinds = KINDS if seed else [USUAL]
    lines = [drawn.choice(kinds).format(drawn.randrange(256)) for _ in range(n)]
    agree("\n".join([NAMES, *lines]).encode())


@given(odd_logs().map(str.encode))
def test_scan__needs_little_room(content):
    """A line at a time, lines of more fields than there is room for among them."""
    with patch.object(vpc_scan, "_ROOM", Rooms()):
        agree(content)
        agree(b"\n".join([content] * 5))


def addresses(n):
    """Return addresses of four to 45 bytes, many alike in their first 16."""
    found = [str(ipaddress.IPv4Address(number * 2654435761 % 2**32)) for number in range(n)]
    found[1::3] = [f"fd00:0:0:0:0:0:0:{number:x}" for number in range(len(found[1::3]))]
    found[2::3] = [
        f"0000:0000:0000:0000:0000:ffff:10.1.{n // 256}.{n % 256}" for n in range(len(found[2::3]))
    ]
    return found


def test_scan__takes_a_larger_dictionary(monkeypatch):
    """Addresses of more than one table are all told apart, each read once, and the table shrinks afterwards."""
    monkeypatch.setattr(memory, "_FIRST_TABLE", 1 << 11)
    monkeypatch.setattr(memory, "KNOWN", memory.Known())
    texts = addresses(2_000)
    lines = [f"{one} {other} 80 6" for one, other in zip(texts, texts[::-1], strict=True)]
    content = "\n".join(["srcaddr dstaddr dstport protocol", *lines, lines[0], ""]).encode()
    agree(content)
    (batch,) = batches(content)
    assert batch.sources.texts.array().take(batch.src_codes).to_pylist() == [*texts, texts[0]]
    assert len(batch.sources.texts) == len(set(texts))
    assert len(memory.KNOWN.dictionary.table) == 1 << 13
    batches(content[:200])
    assert len(memory.KNOWN.dictionary.table) == memory.KNOWN.size == 1 << 11


def test_scan__keeps_what_it_returned():
    """Addresses of one block stay when the next one is read."""
    header = b"srcaddr dstaddr dstport protocol\n"
    (first,) = batches(header + b"10.0.0.1 10.0.0.2 80 6\n")
    batches(header + b"10.0.0.3 fd00::1 80 6\n")
    assert first.sources.texts.array().to_pylist() == ["10.0.0.1", "10.0.0.2"]
    assert first.sources.low.tolist() == [0xFFFF_0A00_0001, 0xFFFF_0A00_0002]


def with_addresses(first, n):
    """Return n sources, ``first`` the number of the first of them, and a log of a line for each."""
    texts = [str(ipaddress.IPv4Address(0x0A000000 + first + number)) for number in range(n)]
    lines = ["srcaddr dstaddr dstport protocol", *[f"{each} fd00::1 80 6" for each in texts]]
    return texts, "\n".join([*lines, ""]).encode()


def test_scan__goes_on_with_the_dictionary_of_the_block_before(monkeypatch):
    """Of two long blocks the second one adds to what the first has, which keeps what it returned."""
    monkeypatch.setattr(memory, "KNOWN", memory.Known())
    n = memory._FEWEST_LINES  # noqa: SLF001
    texts, content = with_addresses(0, n)
    (first,) = batches(content)
    known = first.sources.texts.array().to_pylist()
    more, content = with_addresses(n // 2, n)
    (second,) = batches(content)
    assert sorted(known) == sorted(["fd00::1", *texts])
    assert first.sources.texts.array().to_pylist() == known
    assert second.sources.texts.array().to_pylist() == [*known, *more[n // 2 :]]
    assert second.sources.texts.array().take(second.src_codes).to_pylist() == more
    assert second.sources.low[second.src_codes].tolist() == [
        0xFFFF_0000_0000 + int(ipaddress.ip_address(each)) for each in more
    ]
    agree(content)


def test_scan__forgets_what_few_lines_would_have_to_look_up(monkeypatch):
    """A block of few lines, or one of far fewer than there are addresses, has its own alone."""
    monkeypatch.setattr(memory, "KNOWN", memory.Known())
    monkeypatch.setattr(memory, "_FEWEST_LINES", 10)
    for n_before, n, n_found in ((9, 8, 9), (100, 26, 127), (200, 26, 27)):
        batches(with_addresses(0, n_before)[1])
        (batch,) = batches(with_addresses(1000, n)[1])
        assert len(batch.sources.texts) == n_found


def test_scan__begins_anew_after_a_failure(monkeypatch):
    """What a scan that failed has left in the dictionary is not used."""
    monkeypatch.setattr(memory, "KNOWN", memory.Known())
    monkeypatch.setattr(memory, "_FEWEST_LINES", 10)
    _, content = with_addresses(0, 20)
    batches(content)
    scanned = vpc_scan.scan_records

    def fails(*arguments):
        scanned(*arguments)
        raise MemoryError

    with patch.object(vpc_scan, "scan_records", fails), pytest.raises(MemoryError):
        batches(with_addresses(500, 20)[1])
    texts, content = with_addresses(1000, 20)
    (batch,) = batches(content)
    assert sorted(batch.sources.texts.array().to_pylist()) == sorted(["fd00::1", *texts])


@pytest.mark.parametrize("place", range(10))
@pytest.mark.parametrize("letter", ["/", ":", "x", "\u0663", "-", " ", ""])
def test_scan__sees_what_is_no_digit_in_a_time(place, letter):
    """One letter in one of many times, wherever it stands: that line is rejected, and no other."""
    time = "1616729292"
    usual = f"10.0.0.1 10.0.0.2 80 6 {time} {time}"
    broken = usual.replace(time, time[:place] + letter + time[place + 1 :], 1)
    agree("\n".join(["srcaddr dstaddr dstport protocol start end", *[usual] * 9, broken, usual]).encode())


def test_vpc_lines__asks_the_exact_decoder_about_no_header():
    """A header is counted without a look at it; odd lines around it are still the exact decoder's."""
    names = Columns(("srcaddr", "dstaddr", "dstport", "protocol"))
    content = b"srcaddr dstaddr dstport protocol\n10.0.0.1 10.0.0.2 80 6\n"
    (block,) = cut(content * 2, limit=LIMIT)
    with patch.object(VpcLines, "_exact", side_effect=AssertionError):
        batch = VpcLines("flows", block, names, (1, 3), LIMIT)()
    assert (batch.account.n_rows, batch.account.skipped, batch.rows.tolist()) == (4, {"header": 2}, [2, 4])
    agree(content + b"x\n" + content + b"\n10.0.0.1 - 80 6")
