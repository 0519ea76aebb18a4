"""Text of addresses and networks."""

from __future__ import annotations

import pytest

from auditor.ir.address_text import address_text, network_text, parse_address, parse_network
from auditor.ir.model import Address, Network


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", Address(4, 0x0A000001)),
        ("010.000.0.08", Address(4, 0x0A000008)),
        ("0000000000010.0.0.1", Address(4, 0x0A000001)),
        ("::ffff:010.0.0.01", Address(4, 0x0A000001)),
        ("255.255.255.255", Address(4, 2**32 - 1)),
        ("::", Address(6, 0)),
        ("fd00::1", Address(6, 0xFD << 120 | 1)),
        ("::ffff:10.0.0.1", Address(4, 0x0A000001)),
        ("::ffff:a00:1", Address(4, 0x0A000001)),
        ("::10.0.0.1", Address(6, 0x0A000001)),
    ],
)
def test_parse_address__reads_both_versions(text, expected):
    """Leading zeros are decimal and a mapped address is the IPv4 one."""
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.1 ",
        "1.2.3.4.5",
        "fe80::1%eth0",
        "fd00::g",
        "a.b.c.d",
        "10.0.0.1/8",
        "\u0661.1.1.1",
    ],
)
def test_parse_address__other_text_is_none(text):
    """Text that is no address, or one with a zone or prefix, is none."""
    assert parse_address(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.0/8", Network(4, 0x0A000000, 0x0AFFFFFF)),
        ("10.1.2.3/16", Network(4, 0x0A010000, 0x0A01FFFF)),
        ("0.0.0.0/0", Network(4, 0, 2**32 - 1)),
        ("10.0.0.1/32", Network(4, 0x0A000001, 0x0A000001)),
        ("10.0.0.0/08", Network(4, 0x0A000000, 0x0AFFFFFF)),
        ("::/0", Network(6, 0, 2**128 - 1)),
        ("::ffff:10.0.0.0/104", Network(4, 0x0A000000, 0x0AFFFFFF)),
        ("::ffff:0:0/96", Network(4, 0, 2**32 - 1)),
        ("::ffff:10.0.0.0/8", Network(6, 0, 2**120 - 1)),
    ],
)
def test_parse_network__is_a_closed_range(text, expected):
    """Host bits are cleared; a mapped network is IPv4, one wider than all of those is IPv6."""
    assert parse_network(text) == expected


@pytest.mark.parametrize(
    "text", ["", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "x/8", "::/129", "10.0.0.0/8/8"]
)
def test_parse_network__other_text_is_none(text):
    """Text without a fitting prefix is no network."""
    assert parse_network(text) is None


@pytest.mark.parametrize("text", ["10.0.0.1", "fd00::1"])
def test_address_text__is_the_usual_text(text):
    """Text and back gives the same."""
    address = parse_address(text)
    assert address is not None
    assert address_text(address) == text


@pytest.mark.parametrize("text", ["10.0.0.0/8", "0.0.0.0/0", "10.0.0.1/32", "fd00::/8", "::/0", "::1/128"])
def test_network_text__is_cidr(text):
    """Text and back gives the same."""
    network = parse_network(text)
    assert network is not None
    assert network_text(network) == text
