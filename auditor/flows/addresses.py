"""Addresses as logs write them, to the columns of a batch: parsed once per distinct text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.errors import SourceError
from auditor.flows.schema import Addresses
from auditor.strings import Strings
from kernels.codes import ADDRESS_MISSING, ADDRESS_OK
from kernels.parse import parse_addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Coded(NamedTuple):
    """A column of texts as codes into its distinct values.

    Attributes
    ----------
    codes : ndarray of int32, shape (F,)
        Places in ``values``; 0 where ``valid`` is false.
    valid : ndarray of bool, shape (F,), or None
        Where the column has a value; None if everywhere.
    values : pyarrow.Array of string or binary, length A
        The distinct values; may hold nulls and, in files of careless writers, repetitions.
    """

    codes: NDArray[np.int32]
    valid: NDArray[np.bool_] | None
    values: pa.Array


def parse_texts(texts: pa.Array) -> tuple[Addresses, NDArray[np.uint8]]:
    """Parse distinct addresses.

    Parameters
    ----------
    texts : pyarrow.Array of string, large_string, string_view or their binary twins, length A
        Nulls are missing addresses. Bytes that are no UTF-8 are broken addresses.

    Returns
    -------
    addresses : Addresses
        Its texts are empty wherever the status is not ``ADDRESS_OK``: nothing unparsed reaches a report.
    status : ndarray of uint8, shape (A,)
        ``codes.ADDRESS_*``.
    """
    n = len(texts)
    high, low, status = np.zeros(n, np.uint64), np.zeros(n, np.uint64), np.full(n, ADDRESS_MISSING, np.uint8)
    if pa.types.is_null(texts.type) or n == 0:
        return Addresses(high, low, Strings.empty(n)), status
    # Binary on the way: a cast to string would refuse the whole column for one value that is no UTF-8.
    raw = texts.cast(pa.binary() if texts.nbytes < 1 << 31 else pa.large_binary())
    wide = pa.types.is_large_binary(raw.type)
    _, starts, content = raw.buffers()
    offsets: NDArray[np.int32] | NDArray[np.int64]
    offsets = np.frombuffer(starts, np.int64) if wide else np.frombuffer(starts, np.int32)
    offsets = offsets[raw.offset : raw.offset + n + 1]
    letters = np.frombuffer(b"" if content is None else content, np.uint8)
    parse_addresses(offsets, letters, high, low, status)
    if raw.null_count:
        nulls = np.asarray(raw.is_null())
        status[nulls] = ADDRESS_MISSING
        high[nulls] = low[nulls] = 0
    is_sound = status == ADDRESS_OK
    kept = raw if is_sound.all() else pc.if_else(pa.array(is_sound), raw, pa.scalar(None, raw.type))
    return Addresses(high, low, Strings.of(kept.cast(pa.string()))), status


def parse_list(texts: Sequence[str | None]) -> tuple[Addresses, NDArray[np.uint8]]:
    """Parse distinct addresses given as Python strings (None is missing); see ``parse_texts``.

    A lone surrogate, which JSON can spell and UTF-8 cannot, makes a broken address, not an error.
    """
    raw = [None if text is None else text.encode("utf-8", "surrogatepass") for text in texts]
    return parse_texts(pa.array(raw, pa.binary()))


def coded(column: pa.Array | pa.ChunkedArray) -> Coded:
    """Turn a column of texts, dictionary-encoded or not, into codes and distinct values.

    Chunks with differing dictionaries are unified; no value passes through floats, as nullable integers of
    pyarrow do on their way to numpy.

    Raises
    ------
    SourceError
        A code lies outside its dictionary, as only a corrupt file says.
    """
    if isinstance(column, pa.ChunkedArray):
        if pa.types.is_dictionary(column.type):
            column = column.unify_dictionaries()
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # nothing in it, or too much for one array of 32-bit offsets
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    codes = integers_under(column.indices).astype(np.int32, copy=False)
    valid = np.asarray(column.indices.is_valid()) if column.indices.null_count else None
    if valid is not None:
        codes = np.where(valid, codes, np.int32(0))
        inside = codes[valid]
    else:
        inside = codes
    if len(inside) and (inside.min() < 0 or inside.max() >= len(column.dictionary)):
        raise SourceError("a dictionary code lies outside its dictionary: the file is corrupt")
    return Coded(codes, valid, column.dictionary)


def integers_under(array: pa.Array) -> NDArray[np.signedinteger]:
    """Return the integers of an Arrow array without copying; under nulls lies whatever the writer left."""
    width = array.type.bit_width // 8
    name = f"{'i' if pa.types.is_signed_integer(array.type) else 'u'}{width}"
    if len(array) == 0:
        return np.zeros(0, name)
    whole = np.frombuffer(array.buffers()[1], name)
    return whole[array.offset : array.offset + len(array)]


def coded_addresses(
    column: pa.Array | pa.ChunkedArray,
) -> tuple[NDArray[np.int32], Addresses, NDArray[np.uint8]]:
    """Turn a column of address texts into codes, addresses and the status of each address.

    Rows without a value point at one more address, of status ``ADDRESS_MISSING``, so that every code is valid
    and ``status[codes]`` is the status of each row.
    """
    codes, valid, values = coded(column)
    if valid is not None:
        codes = np.where(valid, codes, np.int32(len(values)))
        values = pa.concat_arrays([values, pa.nulls(1, values.type)])
    addresses, status = parse_texts(values)
    return codes, addresses, status
