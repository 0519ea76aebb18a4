"""A connection as a person names it."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from auditor.errors import ConfigError
from auditor.ir.explain import PROTOCOL_NAMES
from auditor.ir.model import LAST_PORT, PORT_PROTOCOLS, Address, Connection, Kind

if TYPE_CHECKING:
    from auditor.ir.model import Inventory

_NUMBERS = {name.upper(): number for number, name in PROTOCOL_NAMES.items()}


def connection(inventory: Inventory, source: str, destination: str, port: int, protocol: str) -> Connection:
    """Return the connection that two ends, a port and a protocol name.

    An end is an address, or a pod as ``namespace/name`` that stands for its first address, of the other end's IP
    version where it has one.

    Raises
    ------
    ConfigError
        If an end, the port or the protocol has no meaning.
    """
    number = protocol_number(protocol)
    if not 0 <= port <= LAST_PORT:
        raise ConfigError(f"expected a port from 0 to {LAST_PORT}, came `{port}`")
    if number in PORT_PROTOCOLS and port == 0:
        raise ConfigError(
            f"expected a destination port for `{protocol}`, came none; write it as `5432/{protocol}`"
        )
    sources, destinations = _addresses(inventory, source), _addresses(inventory, destination)
    for one in sources:
        for other in destinations:
            if one.version == other.version:
                return Connection(one, other, number, port)
    raise ConfigError(f"expected two addresses of one IP version, came `{source}` and `{destination}`")


def protocol_number(text: str) -> int:
    """Return the IANA number of a protocol given by name or number."""
    if re.fullmatch("[0-9]{1,3}", text) and int(text) <= 255:  # noqa: PLR2004  one byte in the header
        return int(text)
    number = _NUMBERS.get(text.upper())
    if number is None:
        listed = ", ".join(PROTOCOL_NAMES.values())
        raise ConfigError(f"expected a protocol ({listed} or a number), came `{text}`")
    return number


def _addresses(inventory: Inventory, text: str) -> tuple[Address, ...]:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return _addresses_of_pod(inventory, text)
    if "%" in text:
        raise ConfigError(f"expected an address without a zone, came `{text}`")
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    parsed = mapped or parsed
    return (Address(parsed.version, int(parsed)),)


def _addresses_of_pod(inventory: Inventory, text: str) -> tuple[Address, ...]:
    namespace, _, name = text.partition("/")
    for endpoint in inventory.endpoints:
        if endpoint.kind is Kind.POD and (endpoint.namespace, endpoint.name) == (namespace, name):
            if endpoint.addresses:
                return endpoint.addresses
            raise ConfigError(f"pod `{text}` holds no address in the inventory")
    raise ConfigError(f"expected an address or a pod of the inventory as `namespace/name`, came `{text}`")
