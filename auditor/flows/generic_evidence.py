"""Times and counters of generic flow tables, loaded only for the rows that are reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.flows.evidence import said
from auditor.flows.generic_arrays import flat
from auditor.flows.generic_columns import OK, whole_numbers
from auditor.flows.generic_schema import is_text
from auditor.flows.schema import NOT_SAID, Evidence
from auditor.flows.times import TIME, rfc3339_times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Load = Callable[[], Mapping[str, pa.Array | pa.ChunkedArray]]

_WITHOUT_ZONE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?$"


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """Loads the evidence of chosen flows.

    Attributes
    ----------
    load : callable
        Returns those of ``generic_schema.EVIDENCE`` that the table has, for every row of the part.
    kept : ndarray of int64, or None
        Which rows of the part became flows; None if all did.
    """

    load: Load
    kept: NDArray[np.int64] | None = None

    def of(self, kept: NDArray[np.int64] | None) -> StoredEvidence:
        """Return the same for the kept rows."""
        return StoredEvidence(self.load, kept)

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (places in the batch, ascending)."""
        places = pa.array(flows if self.kept is None else self.kept[flows])
        columns = self.load()

        def chosen(name: str) -> pa.Array:
            column = columns.get(name)
            return pa.nulls(len(places)) if column is None else flat(column.take(places))

        return Evidence(
            said(times(chosen("time_start"))),
            said(times(chosen("time_end"))),
            counters(chosen("bytes")),
            counters(chosen("packets")),
        )


def times(column: pa.Array) -> pa.TimestampArray:
    """Return times as ``timestamp[ns, UTC]``.

    Parameters
    ----------
    column : pyarrow.Array
        Timestamps of any unit and zone, RFC 3339 text, or nulls. Without a zone they are taken for UTC; text may
        have a blank between day and hour.

    Returns
    -------
    pyarrow.TimestampArray
        Null for what is no time or outside the range of 64-bit nanoseconds.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if is_text(column.type):
        return rfc3339_times(_zoned(_utf8(column)))
    if not pa.types.is_timestamp(column.type):
        return pa.nulls(len(column), TIME)
    # A timestamp with a zone counts from the same epoch; only the label changes.
    counts = column.view(pa.int64()) if len(column) else pa.array([], pa.int64())
    per_unit = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[column.type.unit]
    limit = np.iinfo(np.int64).max // per_unit
    fits = pc.and_(pc.greater_equal(counts, -limit), pc.less_equal(counts, limit))
    return pc.multiply(pc.if_else(fits, counts, None), per_unit).cast(pa.int64()).cast(TIME)


def _zoned(texts: pa.StringArray) -> pa.StringArray:
    """Return times with a zone: UTC where they have none, as databases and spreadsheets write them."""
    lacks_zone = pc.match_substring_regex(texts, _WITHOUT_ZONE)
    if not pc.any(lacks_zone).as_py():
        return texts
    return pc.if_else(lacks_zone, pc.binary_join_element_wise(texts, "Z", ""), texts)


def _utf8(column: pa.Array) -> pa.StringArray:
    """Return text; where bytes are not UTF-8, null."""
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_text(raw) for raw in column.cast(pa.large_binary()).to_pylist()], pa.string())


def _text(raw: bytes | None) -> str | None:
    try:
        return None if raw is None else raw.decode()
    except UnicodeDecodeError:
        return None


def counters(column: pa.Array) -> NDArray[np.int64]:
    """Return counters; ``NOT_SAID`` for what is no whole number of 64 bits."""
    values, status = whole_numbers(column)
    return values if status is None else np.where(status == OK, values, NOT_SAID)
