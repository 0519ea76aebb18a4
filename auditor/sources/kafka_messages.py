"""Messages of a Kafka topic as columns, as a consumer hands them to a decoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Damage:
    """Offsets that could not be read.

    Attributes
    ----------
    first, last : int
        The offsets, both included.
    reason : str
        Why, as a short sentence without values, e.g. ``checksum of the record batch does not match``.
    """

    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class Messages:
    """Consecutive messages of one topic partition, N of them, without a Python object for each.

    Attributes
    ----------
    topic : str
        Name of the topic.
    partition : int
        Number of the partition.
    values : ndarray of uint8
        One buffer, owned by the batch; who decodes it may overwrite it.
    starts : ndarray of int64, shape (N,)
        Place of each value in ``values``.
    lengths : ndarray of int64, shape (N,)
        Bytes of each value, -1 for null (a tombstone).
    offsets : ndarray of int64, shape (N,)
        Ascending, perhaps with gaps.
    timestamps_ms : ndarray of int64, shape (N,)
        Time of each record in milliseconds since 1970, -1 if not known.
    formats : tuple of str
        Distinct values of the header ``auditor.format``.
    format_codes : ndarray of int8, shape (N,)
        Place in ``formats``, -1 for none.
    start : int
        The position before.
    end : int
        The position after: beyond the last offset, and beyond control batches, aborted batches and gaps behind it.
    damaged : tuple of Damage
        Offsets between ``start`` and ``end`` that could not be read.
    """

    topic: str
    partition: int
    values: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    offsets: NDArray[np.int64]
    timestamps_ms: NDArray[np.int64]
    formats: tuple[str, ...]
    format_codes: NDArray[np.int8]
    start: int
    end: int
    damaged: tuple[Damage, ...]
