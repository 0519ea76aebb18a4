"""Whole numbers, protocols, words and addresses from columns of any type."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from auditor.flows.generic_columns import (
    BROKEN,
    MISSING,
    OK,
    addresses,
    observed,
    protocols,
    truths,
    whole_numbers,
)
from kernels import codes


def read(numbers):
    """Return values, None where missing and ``x`` where broken."""
    if numbers.status is None:
        return numbers.values.tolist()
    shown = {OK: None, MISSING: None, BROKEN: "x"}
    return [
        value if status == OK else shown[status]
        for value, status in zip(numbers.values.tolist(), numbers.status, strict=True)
    ]


TEXTS = ["80", None, "8080.0", "", "-", "None", "nan", "http", "80.5", " 7 ", "9" * 30, "-3", "٣", "0x50"]
TEXT_VALUES = [80, None, 8080, None, None, None, None, "x", "x", 7, "x", -3, "x", "x"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([1, 65535], pa.uint16()), [1, 65535]),
        (pa.array([1, None, -5], pa.int8()), [1, None, -5]),
        (pa.array([0, 1, None, 2], pa.int32())[1:], [1, None, 2]),
        (pa.array([7, 2**64 - 1, None], pa.uint64()), [7, "x", None]),
        (pa.array([80.0, None, 80.5, np.nan, np.inf, -np.inf, 1e300]), [80, None, "x", None, "x", "x", "x"]),
        (pa.array([80.0], pa.float16()), [80]),
        (pa.array([Decimal(80), None], pa.decimal128(5, 0)), [80, None]),
        (pa.array([True, None, False]), [1, None, 0]),
        (pa.nulls(2), [None, None]),
        (pa.array(TEXTS), TEXT_VALUES),
        (pa.array(TEXTS, pa.large_string()), TEXT_VALUES),
        (pa.array(TEXTS, pa.string_view()), TEXT_VALUES),
        (pa.array(TEXTS).dictionary_encode(), TEXT_VALUES),
        (pa.array([b"80", b"\xff"]), [80, "x"]),
        (pa.array([], pa.string()), []),
        (pa.array([], pa.uint64()), []),
    ],
)
def test_whole_numbers__read_any_type(column, expected):
    """Integers of any width, integral floats and text give numbers; the rest is missing or broken, never guessed."""
    assert read(whole_numbers(column)) == expected


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (
            pa.array(["TCP", "udp", " Sctp ", "ICMP", "icmpv6", "IPv6-ICMP", "6", "47"]),
            [6, 17, 132, 1, 58, 58, 6, 47],
        ),
        (pa.array(["QUIC", None, ""]), ["x", None, None]),
        (pa.array([6, 17, None]), [6, 17, None]),
        (pa.array([6.0, 6.5]), [6, "x"]),
    ],
)
def test_protocols__read_names_and_numbers(column, expected):
    """Names in any case, and IANA numbers as text or number."""
    assert read(protocols(column)) == expected


def test_observed__reads_words():
    """Words in any case; nothing said is unseen, another word is broken."""
    column = pa.array(["forwarded", "DROPPED", "Refused", "audited", "unseen", "", None, "allowed"])
    assert read(observed(column)) == [1, 2, 3, 4, 0, 0, 0, "x"]
    assert read(observed(pa.nulls(2))) == [codes.OBSERVED_UNSEEN] * 2


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([True, False, None]), [1, 0, None]),
        (pa.array(["true", "FALSE", "1", "0", "", "yes"]), [1, 0, 1, 0, None, "x"]),
        (pa.array([1, 0, None, 2]), [1, 0, None, "x"]),
    ],
)
def test_truths__read_booleans(column, expected):
    """Booleans, 0 and 1, and their text."""
    assert read(truths(column)) == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["10.0.0.1", None, "x", "::1", "10.0.0.1"]),
        pa.array(["10.0.0.1", None, "x", "::1", "10.0.0.1"], pa.large_string()),
        pa.array(["10.0.0.1", None, "x", "::1", "10.0.0.1"], pa.string_view()),
        pa.array(["10.0.0.1", None, "x", "::1", "10.0.0.1"], pa.binary()),
        pa.array(["10.0.0.1", None, "x", "::1", "10.0.0.1"]).dictionary_encode(),
    ],
)
def test_addresses__read_text(column):
    """Every row has a valid code, and the status of its address."""
    places, found, status = addresses(column)
    assert found.texts.array().take(pa.array(places)).to_pylist() == ["10.0.0.1", "", "", "::1", "10.0.0.1"]
    assert status[places].tolist() == [
        codes.ADDRESS_OK,
        codes.ADDRESS_MISSING,
        codes.ADDRESS_BROKEN,
        codes.ADDRESS_OK,
        codes.ADDRESS_OK,
    ]


@pytest.mark.parametrize("kind", [pa.uint32(), pa.int64(), pa.uint64()])
def test_addresses__read_integers(kind):
    """Integers are IPv4 addresses, the first octet highest."""
    places, found, status = addresses(pa.array([0x0A000001, None, 0xFFFFFFFF, 0x0A000001], kind))
    texts = found.texts.array().take(pa.array(places)).to_pylist()
    assert texts == ["10.0.0.1", "", "255.255.255.255", "10.0.0.1"]
    assert found.low[places[0]] == 0xFFFF_0A00_0001
    assert status[places].tolist() == [codes.ADDRESS_OK, codes.ADDRESS_MISSING, *[codes.ADDRESS_OK] * 2]


def test_addresses__refuse_integers_that_are_none():
    """Numbers outside 32 bits are no IPv4 address."""
    places, _, status = addresses(pa.array([-1, 1 << 32, 0]))
    assert status[places].tolist() == [codes.ADDRESS_BROKEN, codes.ADDRESS_BROKEN, codes.ADDRESS_OK]


def test_addresses__are_all_missing_in_a_column_of_nulls():
    """A column without values has no type; none of its rows has an address."""
    places, _, status = addresses(pa.nulls(2))
    assert status[places].tolist() == [codes.ADDRESS_MISSING] * 2
