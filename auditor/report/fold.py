"""The groups of a finding as lines for people: many external addresses that differ in nothing else are one line."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.report import schema
from auditor.report.plain import summary_rows
from auditor.report.reading import bundled, numbered, read_integers, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from auditor.report.plain import SummaryRow

MIN_FOLDED = 3
"""Groups that are worth a line in common."""

_NETWORKS: dict[int, tuple[type[IPv4Network | IPv6Network], int]] = {
    4: (IPv4Network, 16),
    6: (IPv6Network, 32),
}
"""Type of networks by IP version, and the bits their addresses must share for it to say more than their number."""

_NAMELESS = ("external", "unknown")
_TEXTS = ("source_kind", "source", "destination_kind", "destination", "protocol", "reason", "direction")
_LINE = np.dtype([(name, np.int32) for name in (*_TEXTS, "port", "folded")])


class Lines(NamedTuple):
    """What is shown of a finding.

    Attributes
    ----------
    rows : list of SummaryRow
        The lines with the most flows; one of several groups names them all in place of an end.
    n_groups, n_flows : int
        Of the finding, in all.
    n_hidden : int
        Groups that are in none of the lines.
    """

    rows: list[SummaryRow]
    n_groups: int
    n_flows: int
    n_hidden: int


def folded(summary: pa.Table, finding: str, limit: int) -> Lines:
    """Return the lines of a finding, most flows first.

    Groups that differ only in an external address, or only in an unknown one, on one side are one line where there
    are ``MIN_FOLDED`` of them.

    Parameters
    ----------
    summary : pyarrow.Table
        Of ``schema.SUMMARY``, in its order.
    finding : str
        One of ``schema.WORST_FIRST``.
    limit : int
        Lines to return.
    """
    groups = summary.filter(pc.equal(summary["finding"].cast("string"), finding))
    if not groups.num_rows:
        return Lines([], 0, 0, 0)
    batch = groups.unify_dictionaries().combine_chunks().to_batches()[0]
    of_group = _lines_of(batch)
    n_lines = int(of_group.max()) + 1
    flows = np.zeros(n_lines, dtype=np.int64)
    counts = read_integers(batch, "flows", 0)
    np.add.at(flows, of_group, counts)
    # Lines are in the order of their first groups, which decides among equals.
    shown = np.argsort(-flows, kind="stable")[:limit]
    rows = [_merged(groups.take(np.flatnonzero(of_group == line))) for line in shown.tolist()]
    is_hidden = ~np.isin(of_group, shown)
    return Lines(rows, batch.num_rows, int(counts.sum()), int(is_hidden.sum()))


def _lines_of(batch: pa.RecordBatch) -> NDArray[np.int32]:
    """Return the line of each group, in order of first appearance."""
    columns: dict[str, NDArray[Any]] = {name: read_text(batch, name).codes for name in _TEXTS}
    columns["port"] = read_integers(batch, "port", -1)
    folded_end = np.zeros(batch.num_rows, dtype=np.int32)
    for mark, end in enumerate(("source", "destination"), 1):
        kinds = read_text(batch, f"{end}_kind").places(schema.KIND_NAMES)
        is_address = np.isin(schema.KIND_NAMES, _NAMELESS)[kinds]
        # The group of all further addresses of a kind bears the name of the kind.
        is_named = pc.not_equal(batch[end].cast("string"), batch[f"{end}_kind"].cast("string"))
        is_address &= is_named.to_numpy(zero_copy_only=False)
        is_address &= folded_end == 0
        without = np.where(is_address, np.int32(-1), columns[end])
        firsts, numbers = numbered(bundled(_LINE, **{**columns, end: without, "folded": folded_end}))
        is_many = np.bincount(numbers, minlength=len(firsts))[numbers] >= MIN_FOLDED
        folded_end[is_address & is_many] = mark
        columns[end] = np.where(folded_end == mark, np.int32(-1), columns[end])
    return numbered(bundled(_LINE, **columns, folded=folded_end))[1]


def _merged(groups: pa.Table) -> SummaryRow:
    """Return the groups of a line as one: sums of what is known, and of connections if all are."""
    first = groups.slice(0, 1)
    if groups.num_rows == 1:
        return summary_rows(first)[0]
    whole = {
        "flows": pc.sum(groups["flows"]),
        "connections": pc.sum(groups["connections"], skip_nulls=False),
        "bytes": pc.sum(groups["bytes"]),
        "packets": pc.sum(groups["packets"]),
        "first_seen": pc.min(groups["first_seen"]),
        "last_seen": pc.max(groups["last_seen"]),
    }
    for name, value in whole.items():
        first = first.set_column(first.column_names.index(name), name, pa.array([value], value.type))
    row = summary_rows(first)[0]
    names = {end: groups[end].to_pylist() for end in ("source", "destination")}
    end = next(end for end in names if names[end][0] != names[end][1])
    text = _named(groups[f"{end}_kind"][0].as_py(), names[end])
    return row._replace(source=text) if end == "source" else row._replace(destination=text)


def _named(kind: str, names: Sequence[str]) -> str:
    text = f"{len(names):,} {kind} addresses"
    network = _common_network(names)
    return text if network is None else f"{text} in {network}"


def _common_network(names: Sequence[str]) -> str | None:
    """Return the smallest network that holds all these addresses, None if that says little."""
    try:
        addresses = [ip_address(name) for name in names]
    except ValueError:
        return None
    version = addresses[0].version
    if any(address.version != version for address in addresses):
        return None
    network, least = _NETWORKS[version]
    numbers = [int(address) for address in addresses]
    n_same = addresses[0].max_prefixlen - (min(numbers) ^ max(numbers)).bit_length()
    return str(network((min(numbers), n_same), strict=False)) if n_same >= least else None
