"""The two ends of flow rows, named as a user names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.report import schema
from auditor.report.reading import combined, read_text

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


class End(NamedTuple):
    """One end of a group.

    Attributes
    ----------
    kind : str
        As in ``schema.KIND_NAMES``.
    name : str
        ``namespace/workload`` of a pod, ``node/NAME``, ``service/NAMESPACE/NAME``, or the address.
    """

    kind: str
    name: str


def ends_of(batch: pa.RecordBatch, end: str) -> tuple[NDArray[np.int64], list[End]]:
    """Return the end of each row as a place among the distinct ends of ``src`` or ``dst``."""
    kind, ip = read_text(batch, f"{end}_kind"), read_text(batch, f"{end}_ip")
    namespace, name, workload = (
        read_text(batch, f"{end}_{part}") for part in ("namespace", "name", "workload")
    )
    kinds = kind.places(schema.KIND_NAMES)
    is_pod = kinds == schema.KIND_NAMES.index("pod")
    # A pod is known by its workload, what has no name by its address; other columns must not tell rows apart.
    name_codes = np.where(is_pod & (workload.codes >= 0), -1, name.codes)
    workload_codes = np.where(is_pod, workload.codes, -1)
    ip_codes = np.where((name_codes < 0) & (workload_codes < 0), ip.codes, -1)
    firsts, of_row = combined(
        [
            (kinds, len(schema.KIND_NAMES)),
            (namespace.codes + 1, len(namespace.values) + 1),
            (workload_codes + 1, len(workload.values) + 1),
            (name_codes + 1, len(name.values) + 1),
            (ip_codes + 1, len(ip.values) + 1),
        ]
    )
    ends = []
    for row in firsts.tolist():
        text = schema.KIND_NAMES[kinds[row]]
        parts = [
            column.values[code[row]]
            for column, code in ((namespace, namespace.codes), (workload, workload_codes), (name, name_codes))
            if code[row] >= 0
        ]
        if ip_codes[row] >= 0:
            ends.append(End(text, ip.values[ip_codes[row]]))
        else:
            ends.append(End(text, "/".join(parts if text == "pod" else [text, *parts])))
    return of_row.astype(np.int64), ends


def interned(ends: list[End]) -> tuple[list[End], NDArray[np.int64]]:
    """Return the distinct ends, and the place of each given one among them."""
    numbers: dict[End, int] = {}
    places = np.array([numbers.setdefault(end, len(numbers)) for end in ends], dtype=np.int64)
    return list(numbers), places
