"""The hash that names what a TableSet was built from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from auditor.ir.model import Kind
from kernels.layout import LAYOUT_VERSION

if TYPE_CHECKING:
    from auditor.ir.model import ContainerPort, Inventory, PolicySet, Switches


class Digest(Protocol):
    """A hash that goes on."""

    def update(self, text: bytes, /) -> None:
        """Add bytes."""
        ...

    def copy(self) -> Digest:
        """Return another one that has what this one has."""
        ...

    def hexdigest(self) -> str:
        """Return the hash so far."""
        ...


def fingerprint(policies: PolicySet, inventory: Inventory, switches: Switches) -> str:
    """Return 64 hexadecimal digits that change whenever a verdict, or the name of a rule, could.

    Neither the order of files nor the places inside them count.
    """
    return hash_inventory(hash_policies(policies, switches), inventory)


def hash_policies(policies: PolicySet, switches: Switches) -> Digest:
    """Return the part of a fingerprint that is the same for every inventory."""
    digest = hashlib.sha256(f"layout {LAYOUT_VERSION}\n{switches}\n".encode())
    for policy in policies.policies:
        head = (policy.kind, policy.namespace, policy.name, policy.subject, sorted(policy.directions))
        rules = [(rule.direction, rule.index, rule.peers, rule.ports) for rule in policy.rules]
        digest.update(f"{head}{rules}\n".encode())
    for opaque in policies.opaque:
        digest.update(f"{opaque.kind}/{opaque.namespace}/{opaque.name}\n".encode())
    return digest


def hash_inventory(policy_hash: Digest, inventory: Inventory) -> str:
    """Return the fingerprint of an inventory under the policies that were hashed."""
    digest = policy_hash.copy()
    for name in sorted(inventory.namespaces):
        digest.update(f"{name} {sorted(inventory.namespaces[name].items())}\n".encode())
    # Many pods have the same labels and ports, and a name of a kind is made by Python code: texts are made once.
    kinds = {kind: repr(kind) for kind in Kind}
    labels: dict[tuple[tuple[str, str], ...], str] = {}
    ports: dict[tuple[ContainerPort, ...], str] = {}
    texts = []
    for endpoint in inventory.endpoints:
        written = tuple(endpoint.labels.items())
        if written not in labels:
            labels[written] = str(sorted(written))
        if endpoint.ports not in ports:
            ports[endpoint.ports] = str([tuple(port) for port in endpoint.ports])
        held = ", ".join([f"({version}, {value})" for version, value in endpoint.addresses])
        texts.append(
            f"({kinds[endpoint.kind]}, {endpoint.namespace!r}, {endpoint.name!r}, {endpoint.node!r}, "
            f"{endpoint.workload!r}){labels[written]}[{held}]{ports[endpoint.ports]}\n"
        )
    digest.update("".join(texts).encode())
    rest = (sorted(inventory.pod_networks), sorted(inventory.node_ports), sorted(inventory.listening))
    digest.update(f"{rest}\n".encode())
    return digest.hexdigest()
