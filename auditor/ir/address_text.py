"""Text of addresses and networks, read as the API server reads it.

Its legacy parsers take leading zeros, which are decimal, and bits below a prefix: k8s.io/utils ``net``
``ParseIPSloppy`` and ``ParseCIDRSloppy``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from auditor.ir.addresses import Address, Network

_IPV4, _IPV6 = 4, 6
_BITS = {_IPV4: 32, _IPV6: 128}
_IPV4_TEXT = re.compile(r"\.".join([r"0*([0-9]{1,3})"] * 4))
_IPV6_TEXT = re.compile(r"[0-9A-Fa-f:.]+")
_PREFIX = re.compile(r"0*([0-9]{1,3})")
_LAST_OCTET = 255
_LAST_IPV4 = 0xFFFF_FFFF
_MAPPED = 0xFFFF
"""What stands before the last 32 bits of an IPv4-mapped IPv6 address."""
_MAPPED_BITS = 96
"""How many bits that is; the prefix length of a mapped network counts them."""


# Node addresses repeat on every pod of the node.
@lru_cache(maxsize=65_536)
def parse_address(text: str) -> Address | None:
    """Return the address, or None for text that is none.

    An IPv4-mapped IPv6 address is the IPv4 address, as in Go's ``net.IP``; an address with a zone is none.
    """
    value = _ipv4(text)
    if value is not None:
        return Address(_IPV4, value)
    value = _ipv6(text)
    if value is None:
        return None
    return Address(_IPV4, value & _LAST_IPV4) if value >> 32 == _MAPPED else Address(_IPV6, value)


def parse_network(text: str) -> Network | None:
    """Return the network of CIDR text, or None for text that is none; bits below the prefix are cleared.

    An IPv6 block inside ``::ffff:0:0/96`` is the IPv4 block mapped there, as in Go's ``net.IPNet``; a wider one
    around a mapped address is IPv6.
    """
    base, _, prefix_text = text.partition("/")
    found = _PREFIX.fullmatch(prefix_text)
    value = _ipv4(base)
    version = _IPV6 if value is None else _IPV4
    value = _ipv6(base) if value is None else value
    if found is None or value is None or (prefix := int(found[1])) > _BITS[version]:
        return None
    free = _BITS[version] - prefix
    first = value >> free << free
    if version == _IPV6 and prefix >= _MAPPED_BITS and first >> 32 == _MAPPED:
        version, first = _IPV4, first & _LAST_IPV4
    return Network(version, first, first | (1 << free) - 1)


def address_text(address: Address) -> str:
    """Return the usual text of an address."""
    kind = IPv4Address if address.version == _IPV4 else IPv6Address
    return str(kind(address.value))


def network_text(network: Network) -> str:
    """Return a network in CIDR form."""
    prefix = _BITS[network.version] - (network.last - network.first).bit_length()
    return f"{address_text(Address(network.version, network.first))}/{prefix}"


def _ipv4(text: str) -> int | None:
    found = _IPV4_TEXT.fullmatch(text)
    if found is None:
        return None
    octets = [int(octet) for octet in found.groups()]
    return int.from_bytes(octets, "big") if max(octets) <= _LAST_OCTET else None


def _ipv6(text: str) -> int | None:
    """Read IPv6; the IPv4 form at its end takes leading zeros as well."""
    # The standard library takes zones, in which any character may stand.
    if not _IPV6_TEXT.fullmatch(text):
        return None
    head, colon, tail = text.rpartition(":")
    if "." in tail:
        value = _ipv4(tail)
        if value is None:
            return None
        text = f"{head}{colon}{value >> 16:x}:{value & 0xFFFF:x}"
    try:
        return int(IPv6Address(text))
    except AddressValueError:
        return None
