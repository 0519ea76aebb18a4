"""The two ends of flow rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from auditor.report import schema
from auditor.report.ends import KIND_ENDS, Ends, ends_of, joined_ends


def _listed(ends):
    return [
        (schema.KIND_NAMES[kind], name) for kind, name in zip(ends.kinds, ends.names.to_pylist(), strict=True)
    ]


def test_ends_of__names_each_end_once(cluster, row):
    """Pods of one workload are one end, what has no name is its address, and order is that of the rows."""
    addresses = ("10.0.0.2", "10.1.0.1", "10.0.0.1", "198.51.100.7", "10.0.9.9", "10.2.0.1", "10.0.0.4")
    of_row, ends = ends_of(cluster.rows([row(src=address) for address in addresses]), "src")
    assert of_row.tolist() == [0, 1, 0, 2, 3, 4, 5]
    assert _listed(ends) == [
        ("pod", "shop/web"),
        ("node", "node/node-a"),
        ("external", "198.51.100.7"),
        ("unknown", "10.0.9.9"),
        ("service", "service/pay/db"),
        ("pod", "pay/bare"),
    ]


def test_joined_ends__are_told_apart_by_kind_and_name():
    """Equal names of two kinds are two ends; the known ones keep their places."""
    one = Ends(np.array([0, 1], dtype=np.int32), pa.array(["node/a", "node/a"]))
    ends, places = joined_ends([KIND_ENDS, one, one])
    n_kinds = len(schema.KIND_NAMES)
    assert _listed(ends) == [
        *zip(schema.KIND_NAMES, schema.KIND_NAMES, strict=True),
        ("pod", "node/a"),
        ("node", "node/a"),
    ]
    assert [part.tolist() for part in places] == [
        list(range(n_kinds)),
        [n_kinds, n_kinds + 1],
        [n_kinds, n_kinds + 1],
    ]
