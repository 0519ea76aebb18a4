"""Text to times: RFC 3339 as flow logs write it, exact to the nanosecond, null where it is not that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 30
"""Bytes of a time in UTC with nine digits of a fraction; only longer texts are looked at for digits to leave out."""

TIME = pa.timestamp("ns", "UTC")
"""The type of every time a batch hands on; covers 1677-09-21 to 2262-04-11."""


def rfc3339_times(texts: pa.StringArray) -> pa.TimestampArray:
    """Parse times such as ``2023-08-21T12:12:13.517394084Z`` (``Z`` or an offset; a fraction of any length).

    Digits beyond the ninth are left out.

    Parameters
    ----------
    texts : pyarrow.StringArray, length N

    Returns
    -------
    pyarrow.TimestampArray, length N
        ``timestamp[ns, UTC]``; null for null, for text without a zone, and for anything that is no time or
        lies outside the range of 64-bit nanoseconds.
    """
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > _LONGEST:
        texts = pc.replace_substring_regex(texts, r"(:\d\d\.\d{9})\d+", r"\1")
    return pa.concat_arrays([*_parsed(texts), pa.array([], TIME)])


def _parsed(texts: pa.StringArray) -> Iterator[pa.TimestampArray]:
    """Parse all at once; where one is broken, halve until it stands alone, so that few cost little."""
    try:
        yield pc.cast(texts, TIME)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            yield pa.nulls(1, TIME)
            return
        middle = len(texts) // 2
        yield from _parsed(texts[:middle])
        yield from _parsed(texts[middle:])
