"""CIDR text as the API server reads it.

Its legacy parser takes bits below the prefix, and leading zeros, which are decimal: k8s.io/kubernetes
``pkg/apis/core/validation`` ``IsValidCIDRForLegacyField``; k8s.io/utils ``net`` ``ParseCIDRSloppy``.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from auditor.ir.model import Network
from auditor.policies.kubernetes import Cidr

if TYPE_CHECKING:
    from auditor.errors import Origin

_CIDR = re.compile(r"([0-9A-Fa-f:.]+)/([0-9]{1,10})")
_IPV4 = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})\.([0-9]{1,10})\.([0-9]{1,10})")
_LAST_OCTET = 255
_V4, _V6 = 4, 6
_BITS = {_V4: 32, _V6: 128}
_MAPPED = 0xFFFF << 32
_MAPPED_PREFIX = 96


def parse_cidr(text: str, origin: Origin) -> Cidr | None:
    """Return the block that ``text`` means, or None if it is no CIDR.

    An IPv6 block inside ``::ffff:0:0/96`` is the IPv4 block mapped there, as in Go's ``net.IPNet``.
    """
    found = _CIDR.fullmatch(text)
    if found is None:
        return None
    version = _V6 if ":" in found[1] else _V4
    value = _ipv6(found[1]) if version == _V6 else _ipv4(found[1])
    prefix = int(found[2])
    if value is None or prefix > _BITS[version]:
        return None
    network, reading = _network(version, value, prefix)
    is_plain = reading == text if version == _V4 else network == Network(version, value, network.last)
    return Cidr(text, network, None if is_plain else reading, origin)


def is_address(text: str) -> bool:
    """Return whether ``text`` is an address without a prefix length."""
    # The standard library takes zones, in which any character may stand.
    return "%" not in text and (_ipv6(text) if ":" in text else _ipv4(text)) is not None


def _network(version: int, value: int, prefix: int) -> tuple[Network, str]:
    free = _BITS[version] - prefix
    first = value >> free << free
    if version == _V6 and prefix >= _MAPPED_PREFIX and first & ~0xFFFFFFFF == _MAPPED:
        version, prefix, first = _V4, prefix - _MAPPED_PREFIX, first & 0xFFFFFFFF
    network = Network(version, first, first | (1 << free) - 1)
    address = IPv4Address(first) if version == _V4 else IPv6Address(first)
    return network, f"{address}/{prefix}"


def _ipv4(text: str) -> int | None:
    found = _IPV4.fullmatch(text)
    if found is None:
        return None
    octets = [int(octet) for octet in found.groups()]
    if max(octets) > _LAST_OCTET:
        return None
    return int.from_bytes(octets, "big")


def _ipv6(text: str) -> int | None:
    """Read IPv6; the IPv4 form at its end takes leading zeros as well."""
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
