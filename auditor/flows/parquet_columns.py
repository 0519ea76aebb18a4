"""Columns of one row group of Parquet by its pages: codes, small numbers, and what chosen rows hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from auditor.arrays import frozen
from auditor.flows.generic_schema import is_text
from auditor.flows.parquet_footer import BYTE_ARRAY, INT_32, INT_64
from auditor.flows.parquet_pages import Pages, Surprise
from kernels import pages as page
from kernels import parquet as kernels
from kernels import pick, runs
from kernels.plain import read_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from auditor.flows.parquet_footer import Footer
    from kernels.parquet import Column

_WIDTHS = {INT_32: np.int32, INT_64: np.int64}


@dataclass(frozen=True, slots=True)
class PagedGroup:
    """A row group, read by its pages on one thread.

    Attributes
    ----------
    footer : Footer
        Where its chunks lie.
    schema : pyarrow.Schema
        Types of the columns.
    group, n_rows : int
        Which group, and its rows.
    read : callable
        Returns bytes of the file, by place and size.
    """

    footer: Footer
    schema: pa.Schema
    group: int
    n_rows: int
    read: Callable[[int, int], bytes | memoryview]
    _coded: dict[str, tuple[NDArray[np.int32], pa.BinaryArray]] = field(default_factory=dict)

    def pages(self, name: str) -> Pages:
        """Return the pages of a column, read anew: most columns are asked for once.

        Raises
        ------
        Surprise
            They are not understood.
        """
        chunk = self.footer.chunk(self.group, name)
        if chunk is None:
            raise Surprise
        return Pages.find(chunk, self.read, self.n_rows)

    def forget(self) -> None:
        """Let go of the codes that were read."""
        self._coded.clear()

    def codes(self, name: str, out: NDArray[np.int32], odd: NDArray[np.uint8]) -> pa.BinaryArray:
        """Write the code of every row of a text column, and return the values that codes stand for.

        Parameters
        ----------
        name : str
            The column.
        out, odd : ndarray of int32, ndarray of uint8, shape (F,)
            Written (see ``kernels.parquet.decode_codes``).

        Raises
        ------
        Surprise
            It is no text, or not understood.
        """
        pages = self._text(name)
        column = pages.column(None, _n_entries(pages))
        n_plain_of = np.zeros(len(column.pages), np.int64)
        if kernels.decode_codes(column, out, odd, n_plain_of) < 0:
            raise Surprise
        values = _texts(pages, column, n_plain_of)
        self._coded[name] = out, values
        return values

    def words(
        self, name: str, code_of: Callable[[str], int | None], out: NDArray[np.uint8], odd: NDArray[np.uint8]
    ) -> None:
        """Write a small number for every row of a column of few words.

        Parameters
        ----------
        name : str
            The column.
        code_of : callable
            Returns the number of a word, below 256, None for one that makes its rows odd.
        out, odd : ndarray of uint8, shape (F,)
            Written (see ``kernels.parquet.decode_bytes``).

        Raises
        ------
        Surprise
            It is no text, not understood, or not all in the dictionary.
        """
        pages = self._text(name)
        known = _texts(pages, None, np.zeros(0, np.int64)).to_pylist()
        found = [code_of(word.decode("utf-8", "replace")) for word in known]
        numbers = np.array([runs.ODD if code is None else code for code in found], np.uint32)
        column = pages.column(_filled(numbers), len(found))
        if kernels.decode_bytes(column, 0, out, odd) < 0:
            raise Surprise

    def small(self, name: str, out: NDArray[np.uint8], odd: NDArray[np.uint8]) -> None:
        """Write the number of every row, of a column of integers from 0 to 255.

        Raises
        ------
        Surprise
            It has no integers, or is not understood.
        """
        column, least = self._limited(name, 255)
        if kernels.decode_bytes(column, least, out, odd) < 0:
            raise Surprise

    def numbers(self, name: str, out: NDArray[np.uint16], odd: NDArray[np.uint8]) -> None:
        """Write the number of every row, of a column of integers from 0 to 65,535.

        Raises
        ------
        Surprise
            It has no integers, or is not understood.
        """
        column, least = self._limited(name, 65535)
        if kernels.decode_numbers(column, least, out, odd) < 0:
            raise Surprise

    def _limited(self, name: str, limit: int) -> tuple[Column, int]:
        """Return a column of integers whose entries above ``limit`` are odd, and the largest plain number."""
        pages, kind = self._integers(name)
        values = _integers_of(pages, kind)
        numbers = np.where((values >= 0) & (values <= limit), values, runs.ODD).astype(np.uint32)
        return pages.column(_filled(numbers), len(values)), min(limit, int(np.iinfo(kind).max))

    def chosen(self, name: str, rows: NDArray[np.int64]) -> pa.Array:
        """Return what chosen rows of a column of text or integers hold.

        Parameters
        ----------
        name : str
            The column.
        rows : ndarray of int64, shape (C,)
            Ascending.

        Returns
        -------
        pyarrow.Array, length C
            A dictionary of bytes, or integers.

        Raises
        ------
        Surprise
            It is of another type, or not understood.
        """
        if is_text(self._kind(name)):
            return self._chosen_texts(name, rows)
        pages, kind = self._integers(name)
        values = _integers_of(pages, kind)
        first = pages.table[:, page.FIRST_ROW]
        holds = np.searchsorted(rows, first) < np.searchsorted(rows, first + pages.table[:, page.COUNT])
        column = pages.column(None, len(values), holds)
        numbers, kinds = np.empty(len(rows), np.int64), np.empty(len(rows), np.uint8)
        if pick.pick(column, frozen(rows), numbers, kinds) < 0:
            raise Surprise
        is_code = kinds == pick.CODE
        numbers[is_code] = values[numbers[is_code]].astype(np.int64)
        return pa.array(numbers.astype(kind), mask=kinds == pick.NULL)

    def _chosen_texts(self, name: str, rows: NDArray[np.int64]) -> pa.DictionaryArray:
        if name not in self._coded:
            self.codes(name, np.empty(self.n_rows, np.int32), np.zeros(self.n_rows, np.uint8))
        every, values = self._coded[name]
        codes = every[rows].astype(np.int64)
        used, places = np.unique(codes, return_inverse=True)
        is_null = codes < 0
        if is_null.any():
            used, places = used[1:], places - 1
        indices = pa.array(places.astype(np.int32), mask=is_null)
        return pa.DictionaryArray.from_arrays(indices, values.take(pa.array(used, pa.int64())))

    def _kind(self, name: str) -> pa.DataType:
        kind = self.schema.field(name).type
        return kind.value_type if pa.types.is_dictionary(kind) else kind

    def _text(self, name: str) -> Pages:
        pages = self.pages(name)
        if pages.chunk.stored_as != BYTE_ARRAY or not is_text(self._kind(name)):
            raise Surprise
        return pages

    def _integers(self, name: str) -> tuple[Pages, np.dtype[np.integer]]:
        """Return the pages of integers, and their type; a dictionary of them is left to others."""
        pages, kind = self.pages(name), self.schema.field(name).type
        if pages.chunk.stored_as not in _WIDTHS or not pa.types.is_integer(kind):
            raise Surprise
        return pages, np.dtype(kind.to_pandas_dtype())


def _filled(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Fill a dictionary up, so that every code of as many bits as it takes has an entry."""
    filled = np.full(1 << max(1, len(numbers) - 1).bit_length(), runs.BAD, np.uint32)
    filled[: len(numbers)] = numbers
    return frozen(filled)


def _n_entries(pages: Pages) -> int:
    return 0 if pages.dictionary is None else int(pages.dictionary[page.COUNT])


def _integers_of(pages: Pages, kind: np.dtype[np.integer]) -> NDArray[np.integer]:
    """Return the dictionary of a column of integers, cut to their type as readers do; gone when the next is read."""
    if pages.dictionary is None:
        return np.zeros(0, kind)
    stored = np.dtype(_WIDTHS[pages.chunk.stored_as])
    body, n = pages.body(pages.dictionary), _n_entries(pages)
    if len(body) < n * stored.itemsize:
        raise Surprise
    return np.frombuffer(body, stored, n).astype(kind, copy=False)


def _texts(pages: Pages, column: Column | None, n_plain_of: NDArray[np.int64]) -> pa.BinaryArray:
    """Return the values of the dictionary, then those outside it."""
    n_entries = _n_entries(pages)
    body = b"" if pages.dictionary is None else pages.body(pages.dictionary)
    plain = np.flatnonzero(n_plain_of)
    n_letters = len(body) + sum(int(pages.table[row, page.PLAIN_SIZE]) for row in plain)
    n = n_entries + int(n_plain_of.sum())
    # Every text takes four bytes at least.
    if 4 * n > n_letters or n_letters >= 1 << 31:
        raise Surprise
    offsets, letters = np.zeros(n + 1, np.int32), np.empty(n_letters, np.uint8)
    if read_texts(frozen(np.frombuffer(body, np.uint8)), 0, len(body), offsets[: n_entries + 1], letters) < 0:
        raise Surprise
    at = n_entries
    for row in plain:
        assert column is not None
        start, end = _values_of(column, int(row))
        stop = at + int(n_plain_of[row])
        if read_texts(column.content, start, end, offsets[at : stop + 1], letters) < 0:
            raise Surprise
        at = stop
    return pa.BinaryArray.from_buffers(
        pa.binary(), n, [None, pa.py_buffer(offsets), pa.py_buffer(letters[: offsets[-1]])]
    )


def _values_of(column: Column, row: int) -> tuple[int, int]:
    """Return where the values of a page begin and end; its levels were read before."""
    start, size, levels = (
        int(column.pages[row, place]) for place in (page.BODY, page.PLAIN_SIZE, page.LEVELS)
    )
    end = start + size
    if column.traits[0]:
        start += levels if levels >= 0 else 4 + int.from_bytes(column.content[start : start + 4], "little")
    return start, end
