"""Stored columns of VPC flow logs, whatever type rewriting gave them, to what a record means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.errors import Position, SourceError
from auditor.flows import evidence
from auditor.flows.addresses import coded, coded_addresses
from auditor.flows.generic_arrays import checked, flat
from auditor.flows.generic_columns import BROKEN, MISSING, whole_numbers
from auditor.flows.generic_evidence import counters, times
from auditor.flows.generic_schema import is_text as is_plain_text
from auditor.flows.schema import Addresses, Evidence
from kernels.text import NUMBER_BROKEN, NUMBER_MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

TIMES = ("start", "end")
"""The fields of times."""

_NUMBERS = ("protocol", "srcport", "dstport", "tcp-flags", "bytes", "packets", *TIMES)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column of this type holds text, as dictionary or not."""
    return is_plain_text(kind.value_type if pa.types.is_dictionary(kind) else kind)


def check_type(file: str, field: str, column: pa.Field) -> None:
    """Refuse a column whose type cannot hold the field; a column of nulls alone is fine.

    Raises
    ------
    SourceError
        Names the column, its type and what was expected.
    """
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    fits = is_plain_text(kind) or pa.types.is_null(kind)
    expected = "text"
    if field in _NUMBERS:
        expected = "numbers or text"
        fits |= pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if field in TIMES:
        expected = "numbers, timestamps or text"
        fits |= pa.types.is_timestamp(kind)
    if not fits:
        raise SourceError(
            f"column `{column.name}` has type `{column.type}`, expected {expected}", Position(file)
        )


def sound(column: pa.Array | pa.ChunkedArray, name: str, place: Position) -> pa.Array:
    """Return a column as one array whose codes all lie inside its dictionary.

    Raises
    ------
    SourceError
        They do not: a page of the file is corrupt.
    """
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    if not is_text(column.type):
        return flat(column)
    try:
        return flat(pa.chunked_array([checked(chunk) for chunk in chunks], None if chunks else column.type))
    except pa.ArrowException as error:
        raise SourceError(f"column `{name}` is corrupt in the rows from here", place) from error


def numbers(column: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """Return whole numbers, ``NUMBER_MISSING`` for nulls and their words, ``NUMBER_BROKEN`` for the rest."""
    values, status = whole_numbers(flat(column))
    if len(values) and values.min() < 0:
        values = np.where(values < 0, NUMBER_BROKEN, values)
    if status is not None:
        values = np.where(
            status == MISSING, NUMBER_MISSING, np.where(status == BROKEN, NUMBER_BROKEN, values)
        )
    return values


def words(column: pa.Array | pa.ChunkedArray, code_of: Callable[[str | None], int]) -> NDArray[np.uint8]:
    """Return the code of each row's word; null is a word too."""
    places, valid, values = coded(column)
    raw = values.to_pylist()
    known = [word.decode("utf-8", "replace") if isinstance(word, bytes) else word for word in raw]
    lookup = np.array([*map(code_of, known), code_of(None)], np.uint8)
    return lookup[places if valid is None else np.where(valid, places, len(raw))]


def addresses(column: pa.Array | pa.ChunkedArray) -> tuple[NDArray[np.int32], Addresses, NDArray[np.uint8]]:
    """Return codes, addresses and the status of each address (see ``addresses.coded_addresses``)."""
    return coded_addresses(column)


@dataclass(frozen=True, slots=True)
class StoredEvidence:
    """Loads the evidence of chosen flows.

    Attributes
    ----------
    read : callable
        Returns those of the fields asked for that the file has, for every row of the part.
    kept : ndarray of int64, or None
        Which rows of the part became flows; None if all did.
    """

    read: Callable[[tuple[str, ...]], Mapping[str, pa.Array | pa.ChunkedArray]]
    kept: NDArray[np.int64] | None

    def __call__(self, flows: NDArray[np.int64]) -> Evidence:
        """Return the evidence of ``flows`` (int64 places in the batch, ascending)."""
        places = pa.array(flows if self.kept is None else self.kept[flows])
        columns = self.read((*TIMES, "bytes", "packets"))
        chosen = {field: flat(column.take(places)) for field, column in columns.items()}
        return evidence_of(chosen, len(places))

    def times(self, flows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return when ``flows`` began and ended."""
        places = pa.array(flows if self.kept is None else self.kept[flows])
        columns = self.read(TIMES)
        return times_of({field: flat(column.take(places)) for field, column in columns.items()}, len(places))


def times_of(columns: Mapping[str, pa.Array], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return when ``n`` rows began and ended, by their columns."""
    start, end = (columns.get(field, pa.nulls(n)) for field in TIMES)
    return _times(start), _times(end)


def evidence_of(columns: Mapping[str, pa.Array], n: int) -> Evidence:
    """Return the evidence of ``n`` rows by their columns; a column that is not there is not known."""
    n_bytes, packets = (columns.get(field, pa.nulls(n)) for field in ("bytes", "packets"))
    return Evidence(
        *times_of(columns, n), *(evidence.counters(counters(each)) for each in (n_bytes, packets))
    )


def _times(column: pa.Array) -> NDArray[np.int64]:
    """Return times from seconds since 1970, timestamps or RFC 3339 text; ``NOT_SAID`` where it is none of them."""
    if pa.types.is_timestamp(column.type):
        return evidence.said(times(column))
    seconds = numbers(column)
    found = evidence.times(seconds)
    is_written = seconds == NUMBER_BROKEN
    if not is_text(column.type) or not is_written.any():
        return found
    return np.where(is_written, evidence.said(times(column)), found)
