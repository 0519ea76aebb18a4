"""Bytes of inventory files to the inventory: read, keep the latest state of every object, lower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.errors import ConfigError, InventoryError, Origin
from auditor.inventory.lower import lower
from auditor.inventory.notes import Notes
from auditor.inventory.read import read_objects
from auditor.inventory.state import latest
from auditor.ir.address_text import parse_network
from auditor.ir.model import Kind
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from auditor.errors import Problem
    from auditor.inventory.read import Found
    from auditor.ir.model import Inventory


@dataclass(frozen=True, slots=True)
class LoadedInventory:
    """An inventory, and what should be said of it.

    Attributes
    ----------
    inventory : Inventory
        Usable.
    warnings : tuple of Problem
        In the order in which they were found.
    n_pods : int
        Pods with a network of their own, which are endpoints.
    n_host_network : int
        Pods on the host network: their addresses are their node's.
    n_finished : int
        Pods that have given their addresses back.
    n_nodes, n_services, n_namespaces : int
        As many as the inventory has, also those known from pods only.
    n_other : int
        Objects of kinds an inventory does not need.
    unlabelled : frozenset of str
        Namespaces known from pods only: but for the automatic one, their labels are not known.
    """

    inventory: Inventory
    warnings: tuple[Problem, ...]
    n_pods: int
    n_host_network: int
    n_finished: int
    n_nodes: int
    n_services: int
    n_namespaces: int
    n_other: int
    unlabelled: frozenset[str]


def load_inventory(
    files: Sequence[tuple[str, bytes]],
    *,
    pod_networks: Sequence[str] = (),
    read: Callable[[Sequence[tuple[str, bytes]], Notes], Iterator[Found]] = read_objects,
) -> LoadedInventory:
    """Read the inventory from the files that make it up.

    Parameters
    ----------
    files : sequence of (str, bytes)
        Name, for places, and content: what ``kubectl get pods,namespaces,nodes,services,endpointslices -A``
        prints with ``-o json`` or ``-o yaml``, lists of one kind, single objects, several YAML documents,
        JSON Lines of objects or of watch events; gzip or not. Recognised from the bytes. Objects of other
        kinds are left alone.
    pod_networks : sequence of str
        CIDR text of address ranges that the cluster gives to pods, beside those that nodes name.
    read : callable
        What makes objects of the files, for whoever reads again and again (``read.FileReader``).

    Returns
    -------
    LoadedInventory
        With warnings for what is usable but doubtful.

    Raises
    ------
    ConfigError
        A pod network is no network.
    InventoryError
        All problems of all files: an object that is not understood would leave its address without an owner,
        and flows of that address would get wrong verdicts.
    """
    networks = []
    for text in pod_networks:
        network = parse_network(text)
        if network is None:
            raise ConfigError(f"expected a pod network like `10.0.0.0/16`, got `{shown(text)}`")
        networks.append(network)
    notes = Notes()
    living = latest(read(files, notes), notes)
    inventory, counts = lower(living, networks, notes)
    if notes.errors:
        raise InventoryError(notes.errors)
    n_by_kind = dict.fromkeys(Kind, 0)
    for endpoint in inventory.endpoints:
        n_by_kind[endpoint.kind] += 1
    if not n_by_kind[Kind.POD]:
        place = files[0][0] if files else "no file"
        notes.warn(
            "expected pods with addresses of their own, got none: no flow can be judged", Origin(place)
        )
    return LoadedInventory(
        inventory=inventory,
        warnings=tuple(dict.fromkeys(notes.warnings)),
        n_pods=n_by_kind[Kind.POD],
        n_host_network=counts.n_host_network,
        n_finished=counts.n_finished,
        n_nodes=n_by_kind[Kind.NODE],
        n_services=n_by_kind[Kind.SERVICE],
        n_namespaces=len(inventory.namespaces),
        n_other=notes.n_other,
        unlabelled=frozenset(inventory.namespaces)
        - {each.name for each in living if each.kind == "Namespace"},
    )
