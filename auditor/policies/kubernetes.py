"""A ``networking.k8s.io/v1`` NetworkPolicy as it is written: valid, but without any default applied.

Shapes follow k8s.io/api ``networking/v1/types.go``. None is "absent or null"; an empty tuple is "there, but
empty".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.errors import Origin
    from auditor.ir.model import Network

API_VERSION = "networking.k8s.io/v1"
KIND = "NetworkPolicy"


@dataclass(frozen=True, slots=True)
class LabelExpression:
    """One entry of ``matchExpressions``; ``operator`` is one of the four the API knows."""

    key: str
    operator: str
    values: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """Conditions on labels, all of which must hold."""

    match_labels: Mapping[str, str] | None
    match_expressions: tuple[LabelExpression, ...] | None


@dataclass(frozen=True, slots=True)
class Cidr:
    """A block of addresses.

    Attributes
    ----------
    text : str
        As written.
    network : Network
        What it means.
    reading : str or None
        How it is usually written, where ``text`` has bits below its prefix, leading zeros or a mapped IPv4
        address.
    origin : Origin
        Where it is written.
    """

    text: str
    network: Network
    reading: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class IPBlock:
    """Addresses inside ``cidr`` and outside every one of ``excepts``."""

    cidr: Cidr
    excepts: tuple[Cidr, ...] | None


@dataclass(frozen=True, slots=True)
class NetworkPolicyPeer:
    """One entry of ``from`` or ``to``: a block alone, or one or both selectors."""

    pod_selector: LabelSelector | None
    namespace_selector: LabelSelector | None
    ip_block: IPBlock | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class NetworkPolicyPort:
    """One entry of ``ports``; a string is the name of a container port."""

    protocol: str | None
    port: int | str | None
    end_port: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class NetworkPolicyRule:
    """One entry of ``ingress`` or ``egress``; ``peers`` is its ``from`` or ``to``."""

    peers: tuple[NetworkPolicyPeer, ...] | None
    ports: tuple[NetworkPolicyPort, ...] | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """One object.

    Attributes
    ----------
    name : str
        ``metadata.name``.
    namespace : str or None
        ``metadata.namespace``.
    pod_selector : LabelSelector or None
        ``spec.podSelector``.
    policy_types : tuple of str or None
        ``spec.policyTypes``, repeats included.
    ingress, egress : tuple of NetworkPolicyRule or None
        Rules of each direction.
    written : mapping of str to Origin
        Fields of ``spec`` that are there, null or not, and where; ``spec`` itself among them.
    origin : Origin
        Where the object starts.
    """

    name: str
    namespace: str | None
    pod_selector: LabelSelector | None
    policy_types: tuple[str, ...] | None
    ingress: tuple[NetworkPolicyRule, ...] | None
    egress: tuple[NetworkPolicyRule, ...] | None
    written: Mapping[str, Origin]
    origin: Origin
