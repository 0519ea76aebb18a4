"""Nodes and all the addresses that are theirs: their own, tunnels, and those of pods on the host network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auditor.ir.address_text import address_text, parse_address, parse_network
from auditor.ir.model import Endpoint, Kind
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from auditor.errors import Origin
    from auditor.inventory.notes import Notes
    from auditor.inventory.objects import Node
    from auditor.ir.model import Address, Network

_ADDRESS_TYPES = ("InternalIP", "ExternalIP")
"""Types whose text must be an address; others (Hostname, InternalDNS) may be one."""


@dataclass(slots=True)
class _Draft:
    """A node being put together; addresses are keys, to keep their order and lose repeats."""

    origin: Origin
    is_written: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    addresses: dict[Address, None] = field(default_factory=dict)


class NodeBook:
    """Nodes by name, made from Node objects and from what pods say of their hosts.

    Add all Node objects before the first host, so that a host known by address only finds its node.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._drafts: dict[str, _Draft] = {}
        self._by_address: dict[Address, str] = {}
        self.pod_networks: list[Network] = []
        """Ranges that nodes give to pods."""

    def add_node(self, name: str, node: Node, origin: Origin) -> None:
        """Add a Node object; a bad address or range of it is an error, of an annotation a warning."""
        draft = self._drafts.setdefault(name, _Draft(origin))
        draft.is_written = True
        draft.labels = node.metadata.labels or {}
        for index, entry in enumerate((node.status and node.status.addresses) or ()):
            address = parse_address(entry.address or "")
            if address is not None:
                self._hold(name, address)
            elif entry.type in _ADDRESS_TYPES:
                message = f"expected an IP address, got `{shown(entry.address or '')}`"
                self._notes.error(message, origin, f".status.addresses[{index}].address")
        annotations = node.metadata.annotations
        for key, text in annotations.node_addresses() if annotations else ():
            address = parse_address(text)
            if address is not None:
                self._hold(name, address)
            else:
                message = f"expected an IP address, got `{shown(text)}`; it is left out"
                self._notes.warn(message, origin, f'.metadata.annotations["{key}"]')
        self._add_pod_networks(node, origin)

    def _add_pod_networks(self, node: Node, origin: Origin) -> None:
        if node.spec is None:
            return
        written = [(text, f".spec.podCIDRs[{index}]") for index, text in enumerate(node.spec.pod_cidrs or ())]
        for text, below in written or [(node.spec.pod_cidr or "", ".spec.podCIDR")]:
            network = parse_network(text)
            if network is not None:
                self.pod_networks.append(network)
            elif text:
                self._notes.error(
                    f"expected a network like `10.0.0.0/16`, got `{shown(text)}`", origin, below
                )

    def add_host(self, name: str | None, addresses: Iterable[Address], origin: Origin) -> str | None:
        """Add addresses that a pod says are its host's.

        Parameters
        ----------
        name : str or None
            Name of the node; None if the pod does not say it.
        addresses : iterable of Address
            Theirs from now on.
        origin : Origin
            The pod; the place of a node that no object describes.

        Returns
        -------
        str or None
            Name of the node, found by address if need be; a node known by nothing but an address is named by
            that. None if nothing is known.
        """
        addresses = tuple(addresses)
        if name is None:
            if not addresses:
                return None
            known = (self._by_address[address] for address in addresses if address in self._by_address)
            name = next(known, None) or address_text(addresses[0])
        self._drafts.setdefault(name, _Draft(origin))
        for address in addresses:
            self._hold(name, address)
        return name

    def warn_of_strangers(self) -> None:
        """Warn of nodes that have no address: nobody can tell their flows, nor what goes to them."""
        for name, draft in self._drafts.items():
            if draft.is_written and not draft.addresses:
                message = f"node `{shown(name)}` has no address: its flows count as external"
                self._notes.warn(message, draft.origin)

    def endpoints(self) -> Iterator[tuple[Endpoint, Origin]]:
        """Yield the nodes, each with its place."""
        for name, draft in self._drafts.items():
            yield (
                Endpoint(Kind.NODE, None, name, draft.labels, tuple(draft.addresses), node=name),
                draft.origin,
            )

    def _hold(self, name: str, address: Address) -> None:
        self._drafts[name].addresses[address] = None
        self._by_address.setdefault(address, name)
