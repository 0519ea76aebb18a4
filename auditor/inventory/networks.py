"""Pod networks: addresses that are pods' though no pod holds them now."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from auditor.ir.model import Kind, Network

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from auditor.ir.model import Address, Inventory

_VERSIONS = (4, 6)


class Union:
    """The addresses of several networks together.

    Parameters
    ----------
    networks : iterable of Network
        They may overlap.
    """

    def __init__(self, networks: Iterable[Network]) -> None:
        self._ranges: list[Network] = []
        for network in sorted(networks):
            last = self._ranges[-1] if self._ranges else None
            if last is not None and last.version == network.version and network.first <= last.last + 1:
                self._ranges[-1] = last._replace(last=max(last.last, network.last))
            else:
                self._ranges.append(network)

    def __contains__(self, address: Address) -> bool:
        """Return whether any of the networks holds ``address``."""
        place = bisect_right(self._ranges, (address.version, address.value, 1 << 128))
        found = self._ranges[place - 1] if place else None
        return found is not None and found.version == address.version and address.value <= found.last

    def holds_between(self, addresses: Sequence[Address]) -> bool:
        """Return whether one network of each version holds the lowest of some addresses, the highest and all between.

        Of many addresses it is asked first: most clusters give their pods neighbouring networks.
        """
        for version in _VERSIONS:
            values = [value for of, value in addresses if of == version]
            if not values:
                continue
            place = bisect_right(self._ranges, (version, min(values), 1 << 128))
            found = self._ranges[place - 1] if place else None
            if found is None or found.version != version or max(values) > found.last:
                return False
        return True


def doubt_of_networks(inventory: Inventory) -> str | None:
    """Return what a user must know where pods live outside of every known pod network, None if none does.

    There, the address of a pod that is gone cannot be told from an external one. Where no pod network is known at all,
    nobody says so here: whoever loads the inventory does.
    """
    if not inventory.pod_networks:
        return None
    inside = Union(inventory.pod_networks)
    pods = [endpoint for endpoint in inventory.endpoints if endpoint.kind is Kind.POD and endpoint.addresses]
    if inside.holds_between([address for pod in pods for address in pod.addresses]):
        return None
    n_outside = sum(not all(map(inside.__contains__, pod.addresses)) for pod in pods)
    if not n_outside:
        return None
    return (
        f"`{n_outside}` of `{len(pods)}` pods have addresses outside of the pod networks that nodes and "
        "--pod-cidr name: an address near theirs that no pod holds counts as external, though it may have been a "
        "pod's; name the networks with --pod-cidr"
    )
