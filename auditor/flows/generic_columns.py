"""Columns of a generic flow table to those of a batch, by whole arrays or by distinct values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.flows.addresses import coded, coded_addresses, integers_under
from auditor.flows.generic_schema import is_text
from kernels import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from auditor.flows.schema import Addresses

OK, MISSING, BROKEN = np.uint8(0), np.uint8(1), np.uint8(2)

PROTOCOLS = {
    "ICMP": 1, "ICMPV4": 1, "IGMP": 2, "TCP": 6, "UDP": 17, "DCCP": 33, "GRE": 47, "ESP": 50, "AH": 51,
    "ICMPV6": 58, "ICMP6": 58, "IPV6-ICMP": 58, "OSPF": 89, "OSPFIGP": 89, "PIM": 103, "VRRP": 112,
    "SCTP": 132, "UDPLITE": 136,
}  # fmt: skip
"""IANA number of each name, upper case."""

OBSERVED = {
    "": codes.OBSERVED_UNSEEN,
    "UNSEEN": codes.OBSERVED_UNSEEN,
    "FORWARDED": codes.OBSERVED_FORWARDED,
    "DROPPED": codes.OBSERVED_DROPPED,
    "REFUSED": codes.OBSERVED_REFUSED,
    "AUDITED": codes.OBSERVED_AUDITED,
}
"""``codes.OBSERVED_*`` of each word, upper case."""
_TRUTHS = {"TRUE": 1, "FALSE": 0, "1": 1, "0": 0}
_MISSING_TEXTS = frozenset({"", "-", "NONE", "NULL", "NAN"})
_WHOLE = re.compile(r"([+-]?[0-9]{1,18})(?:\.0*)?", re.ASCII)
_LARGEST_EXACT = float(1 << 53)
_IPV4_END = 1 << 32


class Numbers(NamedTuple):
    """A column of whole numbers.

    Attributes
    ----------
    values : ndarray of int64, shape (F,)
        0 where the status is not OK.
    status : ndarray of uint8, shape (F,), or None
        OK, MISSING (null) or BROKEN (no whole number); None if all are OK.
    """

    values: NDArray[np.int64]
    status: NDArray[np.uint8] | None


def whole_numbers(column: pa.Array) -> Numbers:
    """Read whole numbers from integers of any width, integral floats and decimals, or text.

    Parameters
    ----------
    column : pyarrow.Array, length F
        As ``flat`` returns it.

    Returns
    -------
    Numbers
    """
    kind = column.type
    if pa.types.is_null(kind):
        return Numbers(np.zeros(len(column), np.int64), np.full(len(column), MISSING))
    if pa.types.is_integer(kind):
        return _integers(column)
    if pa.types.is_boolean(kind):
        return _integers(column.cast(pa.uint8()))
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        column = column.cast(pa.float64())
    if pa.types.is_floating(column.type):
        return _floats(column)
    return _by_distinct_text(column, _whole)


def _integers(column: pa.Array) -> Numbers:
    stored = integers_under(column)
    values = stored.astype(np.int64, copy=False)
    status = None
    if stored.dtype == np.uint64 and len(values) and values.min() < 0:
        status = np.where(values < 0, BROKEN, OK)
    if column.null_count:
        status = np.zeros(len(values), np.uint8) if status is None else status
        status[np.asarray(column.is_null())] = MISSING
    return _zeroed(values, status)


def _floats(column: pa.Array) -> Numbers:
    filled = np.asarray(column.cast(pa.float64()).fill_null(np.nan))
    missing = np.isnan(filled)
    with np.errstate(invalid="ignore"):
        broken = ~missing & ((np.floor(filled) != filled) | ~(np.abs(filled) <= _LARGEST_EXACT))
    values = np.where(missing | broken, 0.0, filled).astype(np.int64)
    status = np.where(missing, MISSING, np.where(broken, BROKEN, OK))
    return Numbers(values, status if status.any() else None)


def _zeroed(values: NDArray[np.int64], status: NDArray[np.uint8] | None) -> Numbers:
    """Under nulls lies whatever the writer left: put zeros there."""
    return Numbers(values if status is None else np.where(status == OK, values, 0), status)


def _by_distinct_text(column: pa.Array, read: Callable[[str], int | None]) -> Numbers:
    """Read each distinct text once, stripped and in upper case; ``read`` returns None for a broken one."""
    places, valid, texts = coded(column)
    n = len(texts)
    values, status = np.zeros(n + 1, np.int64), np.full(n + 1, MISSING)
    raw = texts.cast(pa.large_binary())
    for place, text in enumerate(raw.to_pylist()):
        if text is None:
            continue
        upper = text.decode("utf-8", "replace").strip().upper()
        number = read(upper)
        if number is not None:
            values[place], status[place] = number, OK
        elif upper not in _MISSING_TEXTS:
            status[place] = BROKEN
    if valid is not None:
        places = np.where(valid, places, np.int32(n))
    found = status[places]
    return Numbers(values[places], found if found.any() else None)


def _whole(text: str) -> int | None:
    found = _WHOLE.fullmatch(text)
    return int(found[1]) if found else None


def protocols(column: pa.Array) -> Numbers:
    """Read IANA protocol numbers, as names or numbers."""
    if is_text(_values_of(column)):
        return _by_distinct_text(column, lambda text: PROTOCOLS.get(text, _whole(text)))
    return whole_numbers(column)


def observed(column: pa.Array) -> Numbers:
    """Read ``codes.OBSERVED_*``; null and empty text are unseen."""
    if pa.types.is_null(column.type):
        return Numbers(np.full(len(column), codes.OBSERVED_UNSEEN, np.int64), None)
    values, status = _by_distinct_text(column, OBSERVED.get)
    return Numbers(values, None if status is None else np.where(status == BROKEN, BROKEN, OK))


def truths(column: pa.Array) -> Numbers:
    """Read booleans, 0 and 1, or their text; anything else is broken."""
    found = _by_distinct_text(column, _TRUTHS.get) if is_text(_values_of(column)) else whole_numbers(column)
    odd = (found.values < 0) | (found.values > 1)
    if not odd.any():
        return found
    status = np.zeros(len(odd), np.uint8) if found.status is None else found.status
    return Numbers(found.values, np.where(odd, BROKEN, status))


def addresses(column: pa.Array) -> tuple[NDArray[np.int32], Addresses, NDArray[np.uint8]]:
    """Read addresses from text, or IPv4 from integers.

    Returns
    -------
    codes : ndarray of int32, shape (F,)
    addresses : Addresses
    status : ndarray of uint8, shape (A,)
        ``codes.ADDRESS_*`` of each distinct address.
    """
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if not pa.types.is_integer(column.type):
        return coded_addresses(column)
    # Distinct numbers first: only those are written out as text.
    encoded = pc.dictionary_encode(column)
    texts = pa.array([dotted(number) for number in encoded.dictionary.to_pylist()], pa.string())
    return coded_addresses(pa.DictionaryArray.from_arrays(encoded.indices, texts, safe=False))


def dotted(number: int) -> str:
    """Return an IPv4 address given as a number, what is no address for one that is out of range."""
    if not 0 <= number < _IPV4_END:
        return "no address"
    return ".".join(str(octet) for octet in number.to_bytes(4, "big"))


def _values_of(column: pa.Array) -> pa.DataType:
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type
