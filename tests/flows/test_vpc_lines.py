"""The scanner of VPC records against the exact decoder: equal in every column and count, whatever the lines are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.flows.vpc_columns import DEFAULT_COLUMNS, KEPT_FIELDS, Columns
from auditor.flows.vpc_lines import VpcLines
from data.synthetic import connection_pool, synthetic_cluster
from tests.flows.same import same_batches
from tests.flows.scanning import LIMIT, blocks_of

ADDRESSES = (
    "10.0.0.1",
    "10.0.0.2",
    "fd00::1",
    "255.255.255.255",
    "-",
    "10.0.0.256",
    "None",
    "x",
    "::ffff:1.2.3.4",
)
VALUES = {
    **dict.fromkeys(("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr"), ADDRESSES),
    "log-status": ["OK", "OK", "OK", "NODATA", "SKIPDATA", "-", "ok", "OKAY"],
    "action": ["ACCEPT", "REJECT", "-", "accept", "ACCEPTED", "None"],
    "protocol": ["6", "6", "17", "1", "255", "256", "-", "06", "TCP"],
    "srcport": ["443", "40000", "65535", "65536", "0", "-", "x"],
    "dstport": ["443", "40000", "65535", "65536", "0", "-", "-1"],
    "tcp-flags": ["2", "18", "0", "3", "19", "-", "255", "256"],
    "start": ["1700000000", "9223372036", "9223372037", "-", "0", "1700000000.5"],
    "end": ["1700000060", "-", "x"],
    "bytes": ["1", "9" * 16, "9" * 17, "9" * 18, "9" * 19, "12345678", "123456789", "-", "1e3"],
    "packets": ["7", "-", "\u0661"],
    "version": ["2", "5", "-"],
    "account-id": ["123456789012", "unknown", "-", "#1", "a\u00e9", "\x01", "\0"],
}
USUAL = {name: values[0] for name, values in VALUES.items()}
BETWEEN = st.sampled_from([" ", " ", " ", " ", "  ", "\t", "\v"])


def decoded(content, columns, *, is_exact, block_bytes=1 << 20):
    """Return the batches of a text of one set of columns."""
    return [
        VpcLines("log", block, columns, (), LIMIT, is_exact)() for block in blocks_of(content, block_bytes)
    ]


@st.composite
def texts(draw):
    """Return columns and lines of them: most fields usual, some lines broken in one way or another."""
    optional = [name for name in VALUES if name not in {"protocol", "dstport", "srcaddr", "dstaddr"}]
    chosen = draw(st.sets(st.sampled_from(optional)))
    names = draw(st.permutations(["protocol", "dstport", "srcaddr", "dstaddr", *sorted(chosen)]))
    lines = []
    for _ in range(draw(st.integers(0, 5))):
        fields = [
            draw(st.sampled_from(VALUES[name])) if not draw(st.integers(0, 7)) else USUAL[name]
            for name in names
        ]
        line = draw(st.sampled_from(["", "", "", " ", "# "])) + fields[0]
        for field in fields[1 : draw(st.sampled_from([None, None, None, None, -1]))]:
            line += draw(BETWEEN) + field
        lines.append(
            line + draw(st.sampled_from(["", "", "", "", "\r", " ", " \r", " extra", " # why", "\r\r"]))
        )
    blank = draw(st.sampled_from(["\n", "\n", "\n", "\n\n", "\r\n", "\n \n"]))
    return Columns(tuple(names)), (blank.join(lines) + draw(st.sampled_from(["", "\n"]))).encode()


@given(texts(), st.integers(1, 300))
def test_vpc_lines__agree_with_the_exact_decoder(log, block_bytes):
    """Columns in any order, optional ones absent, and every kind of broken line, wherever blocks end."""
    columns, content = log
    expected = decoded(content, columns, is_exact=True)
    same_batches(decoded(content, columns, is_exact=False), expected)
    same_batches(decoded(content, columns, is_exact=False, block_bytes=block_bytes), expected)


RECORD = b"2 123456789012 eni-1 10.0.0.1 10.0.0.2 443 40000 6 7 900 1700000000 1700000060 ACCEPT OK"


@pytest.mark.parametrize(
    "line",
    [
        RECORD,
        RECORD + b"\r",
        RECORD.replace(b"1700000000", b"-").replace(b"900", b"-"),
        RECORD.replace(b"10.0.0.1", b"fd00:0:0:0:0:0:0:1"),
        b"2 123456789012 eni-1 - - - - - - - 1700000000 1700000060 - NODATA",
        b"2 123456789012 eni-1 - - - - - - - 1700000000 1700000060 - SKIPDATA",
        b"",
    ],
)
def test_vpc_lines__scan_what_is_usual(line, monkeypatch):
    """Usual lines are not left to the exact decoder, or agreement with it proves nothing."""
    expected = decoded(line, DEFAULT_COLUMNS, is_exact=True)

    def fail(*_):
        raise AssertionError("left to the exact decoder")

    monkeypatch.setattr(VpcLines, "_exact", fail)
    same_batches(decoded(line, DEFAULT_COLUMNS, is_exact=False), expected)


def test_vpc_lines__put_rows_back_in_order():
    """Lines for the exact decoder stand between the others as in the file, with their numbers and evidence."""
    content = b"\n".join(
        [RECORD, RECORD.replace(b" ", b"  "), b"x", RECORD.replace(b"900", b"901"), RECORD + b" ", b""]
    )
    (batch,) = decoded(content, DEFAULT_COLUMNS, is_exact=False)
    assert batch.rows.tolist() == [1, 2, 4, 5]
    assert batch.evidence(np.array([1, 2, 3])).bytes.to_pylist() == [900, 901, 900]
    assert batch.evidence(np.array([2])).bytes.to_pylist() == [901]


@pytest.mark.parametrize(
    "text", [b" " * 1_999, b" a" * 900, b"\n" * 3_000, b"a\n" * 900, b"\r\n" * 70, b"a " * 31 + b"\r\n" * 3]
)
def test_vpc_lines__survive_nothing_but_blanks(text):
    """More fields, blanks and lines than text usually has, across the borders of words."""
    expected = decoded(text, DEFAULT_COLUMNS, is_exact=True)
    same_batches(decoded(text, DEFAULT_COLUMNS, is_exact=False), expected)


@pytest.mark.parametrize("n_before", range(60, 70))
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n", b"  ", b"\r\r\n", b"\t\n"])
def test_index_fields__sees_ends_across_words(n_before, end):
    """Line ends of any kind at the border of 64 bytes."""
    columns = Columns(("account-id", "srcaddr", "dstaddr", "dstport", "protocol"))
    text = b"a" * (n_before - 32) + b" 10.0.0.1 10.0.0.2 443 6" + end + b"b 10.0.0.1 10.0.0.2 80 17" + end
    expected = decoded(text, columns, is_exact=True)
    same_batches(decoded(text, columns, is_exact=False), expected)


@pytest.mark.jit_only
def test_vpc_lines__agree_on_generated_logs():
    """Thousands of generated records of both versions."""
    from data.vpc_text import V2, V5, vpc_lines

    pool = connection_pool(*synthetic_cluster(20, 60, seed=3), seed=3)
    for version, names in ((2, V2), (5, V5)):
        content = b"".join(vpc_lines(pool, 4_000, version, 3)).partition(b"\n")[2]
        columns = Columns(tuple(names))
        same_batches(decoded(content, columns, is_exact=False), decoded(content, columns, is_exact=True))


def test_kept_fields__all_have_a_slot():
    """What the exact decoder keeps, the scanner reads."""
    from auditor.flows.vpc_lines import _SLOTS

    assert set(_SLOTS) == set(KEPT_FIELDS)
