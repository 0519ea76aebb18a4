"""Classes of slots to what kernels load of a slot, and who it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from auditor.ir.model import Direction
from auditor.tables.tableset import SlotNames
from kernels.layout import CLASS_BITS, SLOT_BITS, Slots

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from auditor.compiler.slots import SlotMap
    from auditor.ir.model import Inventory


class SideClasses(NamedTuple):
    """Classes of slots in one direction: ndarrays of int32, shape (S,)."""

    subjects: NDArray[np.int32]
    peers: NDArray[np.int32]


def slot_layout(slot_map: SlotMap, inventory: Inventory, classes: Mapping[Direction, SideClasses]) -> Slots:
    """Return the kernel's arrays."""
    ingress, egress = classes[Direction.INGRESS], classes[Direction.EGRESS]
    same = slot_map.same.astype(np.uint64)

    def words(subject: NDArray[np.int32], peer: NDArray[np.int32]) -> NDArray[np.uint64]:
        upper = subject.astype(np.uint64) << np.uint64(CLASS_BITS + SLOT_BITS)
        return upper | (peer.astype(np.uint64) << np.uint64(SLOT_BITS)) | same

    n_pods, n_nodes = slot_map.n_pods, slot_map.n_nodes
    endpoints = inventory.endpoints
    node = np.full(len(slot_map), -1, dtype=np.int32)
    named = [endpoints[place].node for place in slot_map.endpoint[: n_pods + n_nodes].tolist()]
    node[: len(named)] = _numbered(named)[0]
    return Slots(
        opener_words=words(egress.subjects, ingress.peers),
        other_words=words(ingress.subjects, egress.peers),
        node=node,
        node_range=np.array([n_pods, n_pods + n_nodes], dtype=np.int64),
    )


def slot_names(
    slot_map: SlotMap, inventory: Inventory, classes: Mapping[Direction, SideClasses]
) -> tuple[SlotNames, pa.StringArray]:
    """Return who each slot is, and the texts that the names are places in."""
    endpoints = inventory.endpoints
    places = np.flatnonzero(slot_map.endpoint >= 0)
    written: list[str | None] = []
    for place in slot_map.endpoint[places].tolist():
        endpoint = endpoints[place]
        written += (endpoint.namespace, endpoint.name, endpoint.workload)
    numbers, texts = _numbered(written)
    columns = np.full((3, len(slot_map)), -1, dtype=np.int32)
    columns[:, places] = numbers.reshape(-1, 3).T
    namespace, name, workload = columns
    found = SlotNames(
        kind=slot_map.kind,
        namespace=namespace,
        name=name,
        workload=workload,
        ingress_subject=classes[Direction.INGRESS].subjects,
        egress_subject=classes[Direction.EGRESS].subjects,
    )
    return found, texts


def _numbered(written: Sequence[str | None]) -> tuple[NDArray[np.int32], pa.StringArray]:
    """Return the number of each text by first appearance, -1 for none, and the texts."""
    encoded = pa.array(written, type=pa.string()).dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), encoded.dictionary
