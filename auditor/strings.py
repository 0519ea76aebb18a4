"""Texts one after the other, as Arrow holds them; chosen and joined without it, as is done to every part of a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from auditor.arrays import frozen
from kernels.text_choose import choose_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from numpy.typing import NDArray


MOST_BYTES = 2**31 - 1
"""That offsets can count."""


@dataclass(frozen=True, slots=True, eq=False)
class Strings:
    """T texts.

    Attributes
    ----------
    offsets : ndarray of int32, shape (T + 1,)
        Text ``t`` stands in ``letters`` from ``offsets[t]`` to ``offsets[t + 1]``; the first is 0.
    letters : ndarray of uint8
        UTF-8, nothing behind the last text.
    """

    offsets: NDArray[np.int32]
    letters: NDArray[np.uint8]

    @classmethod
    def empty(cls, n: int) -> Self:
        """Return n texts without letters."""
        return cls(np.zeros(n + 1, dtype=np.int32), np.zeros(0, dtype=np.uint8))

    @classmethod
    def of(cls, texts: pa.StringArray) -> Self:
        """Return the texts of an Arrow array, without a copy unless there are nulls, which become empty."""
        if not len(texts):
            return cls.empty(0)
        if texts.null_count:
            texts = texts.fill_null("")  # what stands under a null is not for anybody to see
        _, ends, content = texts.buffers()
        offsets = np.frombuffer(ends, np.int32)[texts.offset : texts.offset + len(texts) + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        letters = np.frombuffer(content or b"", np.uint8)[first:last]
        return cls(offsets - np.int32(first) if first else offsets, letters)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the texts of all parts, one after the other.

        Raises
        ------
        pyarrow.ArrowInvalid
            They have more letters than offsets can count.
        """
        starts = np.cumsum([0, *(len(part.letters) for part in parts)])
        if starts[-1] > MOST_BYTES:
            raise pa.ArrowInvalid(f"texts of {starts[-1]:,} bytes are more than one column can hold")
        offsets = [
            part.offsets[:-1] + np.int32(start) for part, start in zip(parts, starts[:-1], strict=True)
        ]
        letters = np.concatenate([part.letters for part in parts])
        return cls(np.concatenate([*offsets, starts[-1:].astype(np.int32)]), letters)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self.offsets) - 1

    def array(self) -> pa.StringArray:
        """Return the texts as an Arrow array, without a copy."""
        return pa.StringArray.from_buffers(len(self), pa.py_buffer(self.offsets), pa.py_buffer(self.letters))

    def chosen(self, codes: NDArray[Any]) -> tuple[NDArray[np.int32], Strings, int]:
        """Choose the texts that codes point to, each once, in order of first appearance.

        Parameters
        ----------
        codes : ndarray of signed integers, shape (F,)
            Places among the texts; -1 is null.

        Returns
        -------
        dense : ndarray of int32, shape (F,)
            Place of each code among the chosen texts; -1 stays.
        texts : Strings
            The chosen texts.
        n_null : int
            How many codes are -1.
        """
        dense = np.empty(len(codes), dtype=np.int32)
        places = frozen(codes.astype(np.int32, copy=False))
        offsets, letters, n_null = choose_texts(places, frozen(self.offsets), frozen(self.letters), dense)
        return dense, Strings(offsets, letters), n_null
