"""The hash that names what a TableSet was built from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from kernels.layout import LAYOUT_VERSION

if TYPE_CHECKING:
    from auditor.ir.model import Inventory, PolicySet, Switches


def fingerprint(policies: PolicySet, inventory: Inventory, switches: Switches) -> str:
    """Return 64 hexadecimal digits that change whenever a verdict, or the name of a rule, could.

    Neither the order of files nor the places inside them count.
    """
    digest = hashlib.sha256(f"layout {LAYOUT_VERSION}\n{switches}\n".encode())
    for policy in policies.policies:
        head = (policy.kind, policy.namespace, policy.name, policy.subject, sorted(policy.directions))
        rules = [(rule.direction, rule.index, rule.peers, rule.ports) for rule in policy.rules]
        digest.update(f"{head}{rules}\n".encode())
    for opaque in policies.opaque:
        digest.update(f"{opaque.kind}/{opaque.namespace}/{opaque.name}\n".encode())
    for name in sorted(inventory.namespaces):
        digest.update(f"{name} {sorted(inventory.namespaces[name].items())}\n".encode())
    for endpoint in inventory.endpoints:
        names = (endpoint.kind, endpoint.namespace, endpoint.name, endpoint.node, endpoint.workload)
        held = [(address.version, address.value) for address in endpoint.addresses]
        ports = [tuple(port) for port in endpoint.ports]
        digest.update(f"{names}{sorted(endpoint.labels.items())}{held}{ports}\n".encode())
    rest = (sorted(inventory.pod_networks), sorted(inventory.node_ports), sorted(inventory.listening))
    digest.update(f"{rest}\n".encode())
    return digest.hexdigest()
