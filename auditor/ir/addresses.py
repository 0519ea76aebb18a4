"""Addresses, networks and protocol numbers."""

from __future__ import annotations

from typing import NamedTuple

TCP = 6
UDP = 17
SCTP = 132
PORT_PROTOCOLS = (TCP, UDP, SCTP)
"""IANA numbers of the protocols whose ports a policy can name."""

LAST_PORT = 65535


class Address(NamedTuple):
    """An IP address.

    An IPv4-mapped IPv6 address (``::ffff:a.b.c.d``) is the IPv4 address, as in Go's ``net.IP``.

    Attributes
    ----------
    version : int
        4 or 6.
    value : int
        The address as an unsigned integer of 32 or 128 bits.
    """

    version: int
    value: int


class Network(NamedTuple):
    """A CIDR block as a closed range of addresses of one version; the versions are separate worlds."""

    version: int
    first: int
    last: int
