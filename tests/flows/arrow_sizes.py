"""How many bytes an Arrow IPC stream says that it inflates to, in plain Python: what the kernel is compared with."""

from __future__ import annotations

import struct

_CONTINUATION = -1
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3


class _Number:
    """A number at a place, which may not be in front of the content."""

    def __init__(self, form):
        self._struct = struct.Struct(form)
        self.size = self._struct.size

    def unpack_from(self, content, place):
        """Return it in a tuple."""
        if place < 0:
            raise struct.error("in front of the content")
        return self._struct.unpack_from(content, place)


_INT32, _INT64, _UINT16, _UINT32 = (_Number(form) for form in ("<i", "<q", "<H", "<I"))


class _Table:
    """A table of a flatbuffer: where it lies, and where its fields do."""

    def __init__(self, content: bytes, place: int) -> None:
        self.content = content
        self.place = place
        self._fields = place - _INT32.unpack_from(content, place)[0]
        self._n_bytes = _UINT16.unpack_from(content, self._fields)[0]

    def field(self, number: int) -> int:
        """Return where a field lies, 0 if it is absent."""
        at = 4 + 2 * number
        if at + 2 > self._n_bytes:
            return 0
        offset: int = _UINT16.unpack_from(self.content, self._fields + at)[0]
        return self.place + offset if offset else 0

    def target(self, number: int) -> int:
        """Return where what a field points to lies, 0 if it is absent."""
        place = self.field(number)
        return place + int(_UINT32.unpack_from(self.content, place)[0]) if place else 0


def inflated_bytes(value: bytes) -> int:
    """Return how many bytes the buffers of a stream say that they are, those that are not compressed included.

    Parameters
    ----------
    value : bytes
        An Arrow IPC stream.

    Raises
    ------
    ValueError
        It is none.
    """
    total = place = 0
    try:
        while place + 4 <= len(value):
            size = _INT32.unpack_from(value, place)[0]
            place += 4
            if size == _CONTINUATION:
                size = _INT32.unpack_from(value, place)[0]
                place += 4
            if size == 0:
                break
            if size < 0:
                raise ValueError("a message of negative size")
            n_body, n_inflated = _message(value, place, place + size)
            total += n_inflated
            place += size + n_body
    except (struct.error, OverflowError) as error:
        raise ValueError("a message that ends too early") from error
    return total


def _message(value: bytes, start: int, body: int) -> tuple[int, int]:
    """Return the bytes of the body of a message, and what its buffers say that they inflate to."""
    message = _Table(value, start + int(_UINT32.unpack_from(value, start)[0]))
    at_size, at_kind = message.field(3), message.field(1)
    n_body = int(_INT64.unpack_from(value, at_size)[0]) if at_size else 0
    if n_body < 0:
        raise ValueError("a body of negative size")
    kind = value[at_kind] if at_kind and at_kind < len(value) else 0
    at_header = message.target(2)
    if not at_header or kind not in {_DICTIONARY_BATCH, _RECORD_BATCH}:
        return n_body, 0
    header = _Table(value, at_header)
    if kind == _DICTIONARY_BATCH:
        at_batch = header.target(1)
        if not at_batch:
            return n_body, 0
        header = _Table(value, at_batch)
    if not header.field(3):
        return n_body, n_body
    at_buffers = header.target(2)
    if not at_buffers:
        return n_body, 0
    n_buffers = _UINT32.unpack_from(value, at_buffers)[0]
    n_inflated = 0
    for number in range(n_buffers):
        offset = _INT64.unpack_from(value, at_buffers + 4 + 16 * number)[0]
        length = _INT64.unpack_from(value, at_buffers + 12 + 16 * number)[0]
        if length < _INT64.size:
            continue
        if offset < 0:
            raise ValueError("a buffer in front of its message")
        said = _INT64.unpack_from(value, body + offset)[0]
        n_inflated += said if said >= 0 else length
    return n_body, n_inflated
