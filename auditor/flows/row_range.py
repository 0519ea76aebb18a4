"""Row numbers that follow each other, without an array of them: of most flows nobody asks for the number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RowRange:
    """The numbers of F rows, as an array of int64 would hold them.

    Parameters
    ----------
    first : int
        The number of the first row.
    n_rows : int
        F.
    """

    __slots__ = ("_first", "_n_rows")
    dtype = np.dtype(np.int64)

    def __init__(self, first: int, n_rows: int) -> None:
        self._first = first
        self._n_rows = n_rows

    @property
    def shape(self) -> tuple[int]:
        """F."""
        return (self._n_rows,)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._n_rows

    def __getitem__(self, places: Any) -> Any:  # noqa: ANN401 - what an array takes and gives
        """Return the numbers of the rows at some places, as an array does."""
        if isinstance(places, np.ndarray) and places.dtype == np.int64:
            assert not len(places) or 0 <= int(places.min()) <= int(places.max()) < self._n_rows, (
                "a place lies outside of the rows"
            )
            return places + self._first
        return np.asarray(self)[places]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: ANN401, FBT001
        """Return the numbers of all rows."""
        numbers = np.arange(self._first, self._first + self._n_rows, dtype=np.int64)
        return numbers if dtype is None else numbers.astype(dtype, copy=False)

    def tolist(self) -> list[int]:
        """Return the numbers of all rows."""
        return list(range(self._first, self._first + self._n_rows))
