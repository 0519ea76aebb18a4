"""How many bytes an Arrow IPC stream says that it inflates to, before anything of it is inflated.

Arrow's reader asks for as much memory as a compressed buffer says it needs, and only then looks whether that was true.
What it says stands in front of each buffer; where the buffers lie, in the flatbuffers of the format ("Encapsulated
message format", and "Compressed body" in its specification).
"""

from __future__ import annotations

import numpy as np

from kernels import arrow_sizes as kernels

_WRONG = {
    kernels.TOO_SHORT: "a message that ends too early",
    kernels.NEGATIVE_MESSAGE: "a message of negative size",
    kernels.NEGATIVE_BODY: "a body of negative size",
    kernels.IN_FRONT: "a buffer in front of its message",
}


def inflated_bytes(value: bytes) -> int:
    """Return how many bytes the buffers of a stream say that they are, those that are not compressed included.

    Parameters
    ----------
    value : bytes
        An Arrow IPC stream.

    Returns
    -------
    int
        Of no buffer more than a TiB is counted.

    Raises
    ------
    ValueError
        It is none.
    """
    total, code = kernels.inflated_bytes(np.frombuffer(value, np.uint8))
    if code != kernels.GOOD:
        raise ValueError(_WRONG[code])
    return int(total)


def first_message(value: bytes) -> bytes:
    """Return the first message of a stream, which is its schema; ``inflated_bytes`` found nothing wrong."""
    size, start = int.from_bytes(value[:4], "little", signed=True), 4
    if size == -1:
        size, start = int.from_bytes(value[4:8], "little", signed=True), 8
    return value[: start + size]
