"""Addresses: the kernel against the standard library's ``ipaddress``."""

from __future__ import annotations

import ipaddress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.codes import ADDRESS_BROKEN, ADDRESS_MISSING, ADDRESS_OK
from kernels.parse import parse_addresses

MISSING = ("", "-", "None", "null")
_GOOD = """
    0.0.0.1 10.0.0.1 255.255.255.255 1.2.3.4 100.64.0.0
    :: ::1 1:: 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1:2:3:4:5:6:7:8 fe80::1:2 2001:DB8::aBcD 1:2:3:4:5::7:8
    ::ffff:1.2.3.4 ::1.2.3.4 64:ff9b::192.0.2.33 1:2:3:4:5:6:1.2.3.4 1::6:1.2.3.4 0000::0000
    ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255
"""
_BROKEN = """
    1.2.3 1.2.3.4.5 1.2.3.256 01.2.3.4 1.2.3.04 1.2.3.00 1..2.3 .1.2.3 1.2.3. 1.2.3.a 1.2.3.1000 0x1.2.3.4
    -1.2.3.4 1,2,3,4 1.2.3.4/32 10 localhost -- none NULL NaN nul nulll
    : ::: 1: :1 1:2 1::2::3 ::1:: 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7 1::2:3:4:5:6:7:8 1:2:3:4:5:6:7:8::
    ::1:2:3:4:5:6:7:8 12345:: ::12345 g:: fe80::1%eth0 1:2:3:4:5:6:7:1.2.3.4 ::1.2.3 ::1.2.3.4:5 1.2.3.4::
    ::1.2.3.256 ::01.2.3.4 ::1: 1:::2 [::1] ::a.2.3.4
"""
GOOD = _GOOD.split()
BROKEN = [
    *_BROKEN.split(),
    *(" 1.2.3.4", "1.2.3.4 ", "\0", "\N{FULLWIDTH DIGIT ONE}.2.3.4", "1" * 60, "::" + "0" * 60),
]


def parsed(texts):
    """Parse a list of texts; return status and 128-bit number of each."""
    raw = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, raw)]).astype(np.int32)
    text = np.frombuffer(b"".join(raw), np.uint8)
    n = len(texts)
    high, low, status = np.full(n, 7, np.uint64), np.full(n, 7, np.uint64), np.full(n, 7, np.uint8)
    parse_addresses(offsets, text, high, low, status)
    return [(int(s), int(h) << 64 | int(w)) for s, h, w in zip(status, high, low, strict=True)]


def expected(text):
    """Return the same by the standard library, which accepts zones and does not know missing values."""
    if text in MISSING:
        return ADDRESS_MISSING, 0
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ADDRESS_BROKEN, 0
    if "%" in text:
        return ADDRESS_BROKEN, 0
    return ADDRESS_OK, int(address) | (0xFFFF << 32 if address.version == 4 else 0)


@pytest.mark.parametrize("text", GOOD)
def test_parse_addresses__reads_what_is_an_address(text):
    """Every form of an address gives its number, IPv4 as mapped IPv6."""
    assert parsed([text]) == [expected(text)]
    assert expected(text)[0] == ADDRESS_OK


@pytest.mark.parametrize("text", BROKEN)
def test_parse_addresses__refuses_what_is_none(text):
    """Whatever is not exactly an address is broken, with both halves 0."""
    assert parsed([text]) == [(ADDRESS_BROKEN, 0)]


@pytest.mark.parametrize("text", MISSING)
def test_parse_addresses__knows_missing_values(text):
    """What writers put for no address is missing, not broken."""
    assert parsed([text]) == [(ADDRESS_MISSING, 0)]


def test_parse_addresses__equates_mapped_addresses():
    """An IPv4 address and its mapped IPv6 form are one address."""
    plain, mapped = parsed(["10.1.2.3", "::FFFF:10.1.2.3"])
    assert plain == mapped


def test_parse_addresses__agrees_with_the_list():
    """Many addresses in one buffer do not run into each other."""
    texts = [*GOOD, *MISSING, *BROKEN, *GOOD]
    assert parsed(texts) == [expected(text) for text in texts]


@given(st.lists(st.integers(0, 2**128 - 1) | st.integers(0xFFFF << 32, (0xFFFF << 32) + 2**32 - 1)))
def test_parse_addresses__inverts_writing(numbers):
    """Every address comes back from its compressed, exploded and upper-case text."""
    addresses = [ipaddress.IPv6Address(number) for number in numbers]
    for texts in ([a.compressed for a in addresses], [a.exploded.upper() for a in addresses]):
        assert parsed(texts) == [(ADDRESS_OK, number) for number in numbers]


@given(st.lists(st.text("0123456789abcdefAF:.%-g ", max_size=24), max_size=20))
def test_parse_addresses__agrees_with_the_standard_library(texts):
    """Text that looks like addresses is judged as the standard library judges it."""
    assert parsed(texts) == [expected(text) for text in texts]


@given(st.sampled_from(GOOD), st.integers(0, 45), st.sampled_from("0123456789abcdefF:.%x- "), st.booleans())
def test_parse_addresses__agrees_after_a_mutation(text, place, letter, is_insertion):
    """One letter more or another one: still as the standard library."""
    mutated = text[:place] + letter + text[place + (0 if is_insertion else 1) :]
    assert parsed([mutated]) == [expected(mutated)]


@pytest.mark.parametrize("offsets", [[-1, 3], [0, 4], [3, 1], [2**40, 2**40 + 4]])
def test_parse_addresses__stays_inside_the_text(offsets):
    """Offsets that a corrupt file claims are broken addresses, never a look at foreign memory."""
    high, low, status = np.zeros(1, np.uint64), np.zeros(1, np.uint64), np.zeros(1, np.uint8)
    parse_addresses(np.array(offsets, np.int64), np.frombuffer(b"::1", np.uint8), high, low, status)
    assert status.tolist() == [ADDRESS_BROKEN]


@pytest.mark.jit_only
def test_parse_addresses__compiles_once():
    """Offsets of both widths, writable or not, use one compiled version."""
    from kernels import parse

    outputs = np.zeros(1, np.uint64), np.zeros(1, np.uint64), np.zeros(1, np.uint8)
    for width in (np.int32, np.int64):
        for text in (np.frombuffer(b"::1", np.uint8), np.zeros(3, np.uint8)):
            parse_addresses(np.array([0, 3], width), text, *outputs)
    assert len(vars(parse)["_parse_loop"].signatures) == 1


@pytest.mark.parametrize("letters", ["0123456789", "0129.", "0123456789.:/;-\0"])
@given(st.data())
def test_parse_addresses__reads_dotted_decimals_with_and_without_room_behind(letters, drawn):
    """Four short texts between dots, followed by much or by nothing, are judged as the standard library judges them."""
    octets = st.lists(st.text(letters, max_size=4) | st.integers(0, 300).map(str), min_size=3, max_size=5)
    texts = [".".join(drawn.draw(octets)) for _ in range(3)]
    assert parsed(texts) == [expected(text) for text in texts]
    assert parsed([*texts, "x" * 64])[:-1] == [expected(text) for text in texts]


@pytest.mark.parametrize("place", range(4))
def test_parse_addresses__reads_every_octet(place):
    """Each number from 0 to 999, written with and without zeros in front, in each place."""
    octets = [text for number in range(1000) for text in {str(number), f"{number:02}", f"{number:03}"}]
    texts = [".".join(["7"] * place + [octet] + ["23"] * (3 - place)) for octet in octets]
    assert parsed([*texts, "x" * 64])[:-1] == [expected(text) for text in texts]
