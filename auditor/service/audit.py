"""Is one segment what it says it is: its rows, its counters, its dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from auditor.errors import SinkError
from auditor.report.schema import REPORTED
from auditor.service.dead_letters import read_dead_letters
from auditor.service.facts import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.service.segments import Segment
    from auditor.service.storage import Storage


def problems_of(storage: Storage, segment: Segment) -> Iterator[str]:
    """Yield what is wrong with a segment whose checksum is right, in sentences without a place.

    Parameters
    ----------
    storage : Storage
        Where its dead letters lie.
    segment : Segment
        As it was read.
    """
    yield from _of_offsets(segment)
    yield from _of_counts(segment)
    yield from _of_parts(segment)
    for side in segment.facts.dead_letters:
        try:
            read_dead_letters(storage, side)
        except SinkError as error:
            yield str(error)
    if segment.facts.dead_letters:
        n_letters = sum(side.n_rows for side in segment.facts.dead_letters)
        n_rejected = segment.facts.counts.get("rejected", 0)
        if n_letters > n_rejected:
            yield f"expected at most `{n_rejected}` dead letters, one a rejected row, found `{n_letters}`"


def _of_offsets(segment: Segment) -> Iterator[str]:
    facts, table = segment.facts, segment.table
    if not table.num_rows:
        return
    offsets = table["offset"].to_numpy()
    if table["offset"].null_count or offsets.min() < facts.start or offsets.max() >= facts.end:
        yield f"expected offsets from `{facts.start}` to below `{facts.end}`, found others"
    elif np.any(offsets[1:] < offsets[:-1]):
        yield "expected rows in the order of offsets, found others"
    topics = pc.unique(table["topic"].cast("string")).to_pylist()
    partitions = pc.unique(table["partition"]).to_pylist()
    if topics != [facts.topic] or partitions != [facts.partition]:
        yield f"expected rows of `{facts.topic}/{facts.partition}`, found others"


def _of_counts(segment: Segment) -> Iterator[str]:
    """Count the rows again. Without ``--rows all``, findings that ask for no look have counts and no rows."""
    facts = segment.facts
    if facts.gap is not None and (facts.n_rows or any(facts.counts.values())):
        yield "expected no rows and no counts in a gap, found some"
        return
    found = pc.value_counts(segment.table["finding"].cast("string")).to_pylist()
    n_found = {str(entry["values"]).lower(): int(entry["counts"]) for entry in found}
    reported = [finding.lower() for finding in REPORTED]
    for finding in FINDINGS:
        counted = facts.counts.get(finding, 0)
        expected = counted if facts.rows == "all" or finding in reported else 0
        if n_found.pop(finding, 0) != expected:
            yield f"expected `{expected}` rows with the finding `{finding}` as the segment counts, found others"
    if n_found:
        yield f"expected findings that there are, found `{next(iter(n_found))}`"
    n_flows = facts.counts.get("flows", 0)
    if n_flows != sum(facts.counts.get(finding, 0) for finding in FINDINGS):
        yield f"expected findings of `{n_flows}` flows as the segment counts, found others"


def _of_parts(segment: Segment) -> Iterator[str]:
    parts = segment.facts.parts
    if not parts:
        return
    bounds = [segment.facts.start, *(part.end for part in parts)]
    if [part.start for part in parts] != bounds[:-1] or bounds[-1] != segment.facts.end:
        yield "expected segments without gap or overlap in a merged file, found others"
