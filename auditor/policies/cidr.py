"""CIDR blocks of rules, and what the API server makes of unusual ones.

It takes bits below the prefix and leading zeros: k8s.io/kubernetes ``pkg/apis/core/validation``
``IsValidCIDRForLegacyField``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.address_text import network_text, parse_address, parse_network
from auditor.ir.model import Address
from auditor.policies.kubernetes import Cidr

if TYPE_CHECKING:
    from auditor.errors import Origin

_IPV6 = 6


def parse_cidr(text: str, origin: Origin) -> Cidr | None:
    """Return the block that ``text`` means, or None if it is no CIDR."""
    network = parse_network(text)
    if network is None:
        return None
    reading = network_text(network)
    base = text.partition("/")[0]
    # Another spelling of the same IPv6 block is no news.
    is_other_spelling = network.version == _IPV6 and parse_address(base) == Address(_IPV6, network.first)
    is_plain = reading == text or is_other_spelling
    return Cidr(text, network, None if is_plain else reading, origin)
