"""Columns of a record batch as numpy arrays, and their distinct combinations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from auditor.sinks.columns import first_seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

_MAX_JOINT = 1 << 40
"""Possible combinations past which the ones seen are numbered, so that joint codes stay far below 64 bits."""


class Codes(NamedTuple):
    """A column as places in ``values``; -1 is null."""

    codes: NDArray[np.int64]
    values: list[str]

    def places(self, order: Sequence[str]) -> NDArray[np.int64]:
        """Return the column as places in ``order``, which holds every value."""
        return np.array([order.index(value) for value in self.values] or [0])[self.codes]


def read_text(batch: pa.RecordBatch, name: str) -> Codes:
    """Return a text column."""
    column = batch.column(name)
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Codes(codes.astype(np.int64), column.dictionary.to_pylist())


def read_integers(batch: pa.RecordBatch, name: str, missing: int) -> NDArray[np.int64]:
    """Return a column of numbers or times, ``missing`` where it is null."""
    values: NDArray[np.int64] = pc.fill_null(batch.column(name).cast("int64"), missing).to_numpy(
        zero_copy_only=False
    )
    return values


def combined(columns: Sequence[tuple[NDArray[Any], int]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give each distinct combination of columns a number, in order of first appearance.

    Parameters
    ----------
    columns : sequence of (ndarray of integers, int)
        Codes from 0, and how many there could be.

    Returns
    -------
    first : ndarray of int64, shape (U,)
        First row of each combination.
    dense : ndarray of int32, shape (F,)
        Number of the combination of each row.
    """
    (joint, n_joint), *others = columns
    for column, n_codes in others:
        if n_joint * n_codes > _MAX_JOINT:
            used, joint = first_seen(joint, n_joint)
            n_joint = len(used)
        joint = joint.astype(np.int64) * n_codes + column
        n_joint *= n_codes
    used, dense = first_seen(joint, n_joint)
    first = np.full(len(used), len(dense))
    first[dense[::-1]] = np.arange(len(dense) - 1, -1, -1)
    return first, dense
