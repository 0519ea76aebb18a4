"""The two ends of flow rows, named as a user names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.report import schema
from auditor.report.reading import bundled, numbered, pooled, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_POD = schema.KIND_NAMES.index("pod")
_PREFIXES = pa.array([None if kind == "pod" else kind for kind in schema.KIND_NAMES], pa.string())
_PARTS = np.dtype([(name, np.int32) for name in ("kind", "namespace", "workload", "name", "ip")])
_END = np.dtype([("kind", np.int32), ("name", np.int32)])


class Ends(NamedTuple):
    """Ends of groups, E of them.

    Attributes
    ----------
    kinds : ndarray of int32, shape (E,)
        Places in ``schema.KIND_NAMES``.
    names : pyarrow.StringArray, length E
        ``namespace/workload`` of a pod, ``node/NAME``, ``service/NAMESPACE/NAME``, or the address.
    """

    kinds: NDArray[np.int32]
    names: pa.StringArray


KIND_ENDS = Ends(np.arange(len(schema.KIND_NAMES), dtype=np.int32), pa.array(schema.KIND_NAMES, pa.string()))
"""What stands for all ends of a kind, by kind."""


def ends_of(batch: pa.RecordBatch, end: str) -> tuple[NDArray[np.int32], Ends]:
    """Return the end of each row as a place among the ends of ``src`` or ``dst``."""
    kind, ip = read_text(batch, f"{end}_kind"), read_text(batch, f"{end}_ip")
    namespace, name, workload = (
        read_text(batch, f"{end}_{part}") for part in ("namespace", "name", "workload")
    )
    kinds = kind.places(schema.KIND_NAMES)
    is_pod = kinds == _POD
    # A pod is known by its workload, what has no name by its address; other columns must not tell rows apart.
    names = np.where(is_pod & (workload.codes >= 0), np.int32(-1), name.codes)
    workloads = np.where(is_pod, workload.codes, np.int32(-1))
    addresses = np.where((names < 0) & (workloads < 0), ip.codes, np.int32(-1))
    firsts, of_row = numbered(
        bundled(_PARTS, kind=kinds, namespace=namespace.codes, workload=workloads, name=names, ip=addresses)
    )
    spelled = pc.binary_join_element_wise(
        _PREFIXES.take(pa.array(kinds[firsts])),
        namespace.chosen(namespace.codes[firsts]),
        workload.chosen(workloads[firsts]),
        name.chosen(names[firsts]),
        "/",
        null_handling="skip",
    )
    addressed = ip.chosen(addresses[firsts])
    return of_row, Ends(kinds[firsts], pc.if_else(addressed.is_valid(), addressed, spelled))


def joined_ends(parts: Sequence[Ends]) -> tuple[Ends, list[NDArray[np.int32]]]:
    """Return the distinct ends of all parts by first appearance, and the places of each part's ends."""
    texts, codes = pooled([part.names for part in parts])
    kinds = np.concatenate([part.kinds for part in parts])
    name = np.concatenate([places[:-1] for places in codes])
    firsts, numbers = numbered(bundled(_END, kind=kinds, name=name))
    ends = Ends(kinds[firsts], texts.take(pa.array(name[firsts])))
    return ends, np.split(numbers, np.cumsum([len(part.kinds) for part in parts])[:-1])
