"""Which rows of a part become flows; each other one is counted once, for the first reason that applies."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from auditor.flows.schema import MAX_POSITIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from auditor.flows.schema import Account

T = TypeVar("T", bound=np.generic)


class Sieve:
    """Rows still alive, and the account of the others.

    Parameters
    ----------
    account : Account
        Counted into; the caller counts ``n_rows``.
    rows : ndarray of int64, shape (F,)
        Line or row number of each row, from 1, ascending.
    """

    def __init__(self, account: Account, rows: NDArray[np.int64]) -> None:
        self.account = account
        self.rows = rows
        self.alive: NDArray[np.bool_] | None = None
        """None while nothing was sorted out: the common case touches no row."""

    def _hit(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
        """Return the living rows in ``mask`` and end them; None if there is none."""
        if not mask.any():
            return None
        if self.alive is None:
            self.alive = np.ones(len(self.rows), np.bool_)
        hit: NDArray[np.bool_] = mask & self.alive
        self.alive &= ~mask
        return hit

    def skip(self, reason: str, mask: NDArray[np.bool_]) -> None:
        """Count the living rows in ``mask`` as no flow."""
        hit = self._hit(mask)
        if hit is not None:
            self.account.skip(reason, int(hit.sum()))

    def reject(self, reason: str, mask: NDArray[np.bool_]) -> None:
        """Count the living rows in ``mask`` as rejected."""
        hit = self._hit(mask)
        if hit is not None:
            places = np.flatnonzero(hit)
            self.account.reject(reason, self.rows[places[:MAX_POSITIONS]].tolist(), len(places))

    def living(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the living rows in ``mask``."""
        return mask if self.alive is None else mask & self.alive

    def kept(self) -> NDArray[np.int64] | None:
        """Return the places of the living rows, ascending; None if all live."""
        if self.alive is None or self.alive.all():
            return None
        return np.flatnonzero(self.alive)


def compress(column: NDArray[T], kept: NDArray[np.int64] | None) -> NDArray[T]:
    """Return the kept rows of a column (``Sieve.kept``), the column itself if all are."""
    return column if kept is None else column[kept]
