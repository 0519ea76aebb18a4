"""Rows of several columns to small numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def number_rows(columns: Iterable[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give rows that agree in every column the same number, by first appearance.

    Parameters
    ----------
    columns : iterable of ndarray of int64, shape (N,)
        At least one; values from -1 to below ``2**31``.

    Returns
    -------
    firsts : ndarray of int64
        Place of the first row of each number.
    of_row : ndarray of int32, shape (N,)
        Number of each row.
    """
    firsts, of_row = np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for column in columns:
        # What was numbered before is below N, so that no product leaves 64 bits.
        joint = of_row * (int(column.max(initial=-1)) + 2) + column
        _, firsts, of_row = np.unique(joint, return_index=True, return_inverse=True)
    order = np.argsort(firsts, kind="stable")
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return firsts[order], rank[of_row]
