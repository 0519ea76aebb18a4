"""Entries of ``from`` and ``to``: ``ValidateNetworkPolicyPeer`` of the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.ir.address_text import parse_address
from auditor.policies.cidr import parse_cidr
from auditor.policies.kubernetes import IPBlock, NetworkPolicyPeer
from auditor.policies.nodes import quoted
from auditor.policies.selectors import read_selector

if TYPE_CHECKING:
    from auditor.policies.fields import Field
    from auditor.policies.kubernetes import Cidr

_IPV4_BITS, _IPV6_BITS = 32, 128


def read_peer(peer: Field) -> NetworkPolicyPeer | None:
    """Return one peer; what is wrong with it is written down."""
    fields = peer.fields(("podSelector", "namespaceSelector", "ipBlock"))
    if fields is None:
        return None
    if not fields:
        peer.refuse("expected `podSelector`, `namespaceSelector` or `ipBlock` in a peer, came none")
    if "ipBlock" in fields and len(fields) > 1:
        selector = "podSelector" if "podSelector" in fields else "namespaceSelector"
        peer.refuse(f"expected `ipBlock` alone in its peer, came `{selector}` with it")
    pods = read_selector(fields["podSelector"]) if "podSelector" in fields else None
    namespaces = read_selector(fields["namespaceSelector"]) if "namespaceSelector" in fields else None
    block = _block(fields["ipBlock"]) if "ipBlock" in fields else None
    return NetworkPolicyPeer(pods, namespaces, block, peer.origin)


def _block(block: Field) -> IPBlock | None:
    fields = block.fields(("cidr", "except"))
    if fields is None:
        return None
    written = block.required(fields, "cidr")
    cidr = _cidr(written) if written else None
    excepts = None
    if "except" in fields:
        read = (_except(element, cidr) for element in fields["except"].elements())
        excepts = tuple(hole for hole in read if hole is not None)
    return None if cidr is None else IPBlock(cidr, excepts)


def _cidr(field: Field) -> Cidr | None:
    text = field.text()
    if text is None:
        return None
    cidr = parse_cidr(text, field.origin)
    if cidr is None:
        hint = ""
        if parse_address(text) is not None:
            hint = f"; one address is `{text}/{_IPV6_BITS if ':' in text else _IPV4_BITS}`"
        field.refuse(f"expected a CIDR block like `10.0.0.0/8`, came {quoted(text)}{hint}")
    return cidr


def _except(field: Field, cidr: Cidr | None) -> Cidr | None:
    hole = _cidr(field)
    if hole is None or cidr is None:
        return hole
    inner, outer = hole.network, cidr.network
    is_inside = inner.version == outer.version and outer.first <= inner.first and inner.last <= outer.last
    if not is_inside or inner == outer:
        field.refuse(f"expected a block inside `{cidr.text}` and smaller than it, came {quoted(hole.text)}")
    return hole
