"""CIDR text as the API server reads it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import Origin
from auditor.ir.model import Network
from auditor.policies.cidr import parse_cidr

HERE = Origin("f")


def reading_of(text):
    """Return a block in its usual form, and whether it was written otherwise."""
    cidr = parse_cidr(text, HERE)
    network = cidr.network
    first = (ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address)(network.first)
    bits = 32 if network.version == 4 else 128
    return f"{first}/{bits - (network.last - network.first).bit_length()}", cidr.reading


@pytest.mark.parametrize(
    "text",
    ["10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "255.255.255.255/32", "::/0", "fd00::/8", "fd00::1/128"],
)
def test_parse_cidr__takes_usual_blocks(text):
    """Every prefix length is legal, both ends included."""
    assert reading_of(text) == (text, None)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("192.168.242.213/24", "192.168.242.0/24"),
        ("010.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.010/32", "10.0.0.10/32"),
        ("10.0.0.0/08", "10.0.0.0/8"),
        ("fd00::1/64", "fd00::/64"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("::ffff:a00:1/128", "10.0.0.1/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:10.0.0.0/8", "::/8"),
        ("0000000000010.0.0.0/00000000000008", "10.0.0.0/8"),
    ],
)
def test_parse_cidr__reads_unusual_blocks(text, reading):
    """Bits below the prefix are masked, leading zeros decimal, mapped blocks IPv4; the reading says so."""
    assert reading_of(text) == (reading, reading)


@pytest.mark.parametrize("text", ["FD00::/8", "fd00:0:0::/48", "::10.0.0.0/104", "::ffff:0:0/95"])
def test_parse_cidr__passes_over_spellings_of_ipv6(text):
    """Another spelling of the same IPv6 block is no news, nor is one wider than the mapped range IPv4."""
    cidr = parse_cidr(text, HERE)
    expected = ipaddress.ip_network(text, strict=False)
    assert cidr.network == Network(6, int(expected[0]), int(expected[-1]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0/8",
        "10.0.0.0.0/8",
        "10.0.0.256/8",
        "10.0.0.0/8 ",
        " 10.0.0.0/8",
        "10.0.0.0/8\n",
        "10.0.0.0/255.0.0.0",
        "1\uff10.0.0.0/8",
        "0x0a.0.0.0/8",
        "::/129",
        ":::/8",
        "fd00::1%eth0/64",
        "fd00::g/8",
        "::ffff:10.0.0.256/104",
        "10.0.0.0/8/8",
        "all",
    ],
)
def test_parse_cidr__refuses_the_rest(text):
    """What is no CIDR is none."""
    assert parse_cidr(text, HERE) is None


@given(st.ip_addresses(), st.integers(0, 128))
def test_parse_cidr__agrees_with_the_standard_library(address, prefix):
    """Any address with any prefix that fits is the network the standard library sees."""
    prefix = min(prefix, address.max_prefixlen)
    expected = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    network = Network(address.version, int(expected.network_address), int(expected.broadcast_address))
    if address.version == 6 and address.ipv4_mapped is not None:
        return
    assert parse_cidr(f"{address}/{prefix}", HERE).network == network
