"""Text of addresses and networks to those of the ir, as lenient as the API server and not more."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from auditor.ir.model import Address, Network

_IPV4_TEXT = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII)
_PREFIX = re.compile(r"\d{1,3}", re.ASCII)
_IPV4 = 4
_IPV6 = 6
_BITS = {_IPV4: 32, _IPV6: 128}
_LAST_BYTE = 255
_MAPPED = 0xFFFF
"""What stands before the last 32 bits of an IPv4-mapped IPv6 address."""
_MAPPED_BITS = 96
"""How many bits that is; the prefix length of a mapped network counts them."""


# Node addresses repeat on every pod of the node.
@lru_cache(maxsize=65_536)
def parse_address(text: str) -> Address | None:
    """Return the address, or None for text that is none.

    Leading zeros of IPv4 are decimal, as in the API server; an IPv4-mapped IPv6 address is the IPv4 address;
    an address with a zone is none.
    """
    if _IPV4_TEXT.fullmatch(text):
        value = 0
        for part in text.split("."):
            if int(part) > _LAST_BYTE:
                return None
            value = value << 8 | int(part)
        return Address(_IPV4, value)
    if "%" in text:
        return None
    try:
        value = int(ipaddress.IPv6Address(text))
    except ValueError:
        return None
    if value >> 32 == _MAPPED:
        return Address(_IPV4, value & 0xFFFF_FFFF)
    return Address(_IPV6, value)


def parse_network(text: str) -> Network | None:
    """Return the network of CIDR text, or None for text that is none; host bits are cleared."""
    base, slash, length_text = text.partition("/")
    address = parse_address(base)
    if address is None or not slash or not _PREFIX.fullmatch(length_text):
        return None
    length = int(length_text)
    if address.version == _IPV4 and ":" in base:
        length -= _MAPPED_BITS
    bits = _BITS[address.version]
    if not 0 <= length <= bits:
        return None
    size = 1 << (bits - length)
    first = address.value // size * size
    return Network(address.version, first, first + size - 1)


def format_address(address: Address) -> str:
    """Return the usual text of an address."""
    kind = ipaddress.IPv4Address if address.version == _IPV4 else ipaddress.IPv6Address
    return str(kind(address.value))
