"""A document to a NetworkPolicy, or to everything the API server would refuse about it.

Rules of k8s.io/kubernetes ``pkg/apis/networking/validation/validation.go``, plus types and unknown fields,
which the API server refuses under strict field validation: a misspelt ``policytypes`` must not change a
meaning silently.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.policies.fields import did_you_mean
from auditor.policies.kubernetes import NetworkPolicy, NetworkPolicyRule
from auditor.policies.metadata import read_metadata
from auditor.policies.nodes import MappingNode, quoted
from auditor.policies.peers import read_peer
from auditor.policies.ports import read_port
from auditor.policies.selectors import read_selector

if TYPE_CHECKING:
    from auditor.errors import Origin
    from auditor.policies.fields import Field
    from auditor.policies.kubernetes import LabelSelector

TYPES = ("Ingress", "Egress")
_FIELDS = ("apiVersion", "kind", "metadata", "spec", "status")
_SPEC_FIELDS = ("podSelector", "policyTypes", "ingress", "egress")
_PEERS_FIELD = {"ingress": "from", "egress": "to"}


def validate(document: Field) -> NetworkPolicy | None:
    """Return the NetworkPolicy that ``document`` is.

    Parameters
    ----------
    document : Field
        An object of kind NetworkPolicy. Its sheet takes every problem that is found, not only the first.

    Returns
    -------
    NetworkPolicy or None
        None if anything at all is wrong with it.
    """
    n_before = len(document.sheet.problems)
    fields = document.fields(_FIELDS)
    if fields is None:
        return None
    metadata = None
    if written := document.required(fields, "metadata"):
        metadata = read_metadata(written)
    pods: LabelSelector | None = None
    types: tuple[str, ...] | None = None
    rules: dict[str, tuple[NetworkPolicyRule, ...]] = {}
    places: dict[str, Origin] = {}
    if "spec" in fields and (spec := fields["spec"].fields(_SPEC_FIELDS)) is not None:
        places = _written(fields["spec"])
        pods = read_selector(spec["podSelector"]) if "podSelector" in spec else None
        types = _types(spec["policyTypes"]) if "policyTypes" in spec else None
        rules = {name: _rules(spec[name], peers) for name, peers in _PEERS_FIELD.items() if name in spec}
    if metadata is None or len(document.sheet.problems) > n_before:
        return None
    return NetworkPolicy(
        name=metadata.name,
        namespace=metadata.namespace,
        pod_selector=pods,
        policy_types=types,
        ingress=rules.get("ingress"),
        egress=rules.get("egress"),
        written=places,
        origin=document.origin,
    )


def _written(spec: Field) -> dict[str, Origin]:
    entries = spec.node.entries if isinstance(spec.node, MappingNode) else {}
    fields = {name: spec.sheet.origin(line, f"{spec.path}.{name}") for name, (line, _) in entries.items()}
    return {"spec": spec.origin} | fields


def _types(types: Field) -> tuple[str, ...]:
    elements = types.elements()
    if len(elements) > len(TYPES):
        types.refuse(f"expected at most `{len(TYPES)}` policyTypes, came `{len(elements)}`")
    read = []
    for element in elements:
        text = element.text()
        if text is None:
            continue
        if text not in TYPES:
            element.refuse(f"expected `Ingress` or `Egress`, came {quoted(text)}{did_you_mean(text, TYPES)}")
        read.append(text)
    return tuple(read)


def _rules(rules: Field, peers_field: str) -> tuple[NetworkPolicyRule, ...]:
    read = (_rule(element, peers_field) for element in rules.elements())
    return tuple(rule for rule in read if rule is not None)


def _rule(rule: Field, peers_field: str) -> NetworkPolicyRule | None:
    fields = rule.fields((peers_field, "ports"))
    if fields is None:
        return None
    peers = ports = None
    if peers_field in fields:
        read_peers = (read_peer(element) for element in fields[peers_field].elements())
        peers = tuple(peer for peer in read_peers if peer is not None)
    if "ports" in fields:
        read_ports = (read_port(element) for element in fields["ports"].elements())
        ports = tuple(port for port in read_ports if port is not None)
    return NetworkPolicyRule(peers, ports, rule.origin)
