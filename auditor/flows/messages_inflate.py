"""Gzip and base64 of a message to the bytes in it, never more of them than allowed."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING

from isal import igzip_lib

if TYPE_CHECKING:
    from auditor.flows.messages_options import MessageOptions

GZIP_MARK = b"\x1f\x8b"
_PLAIN_BYTES = 1 << 20
"""So many bytes are fine whatever they were inflated from: a short repetitive log shrinks a hundredfold."""
_IsalError: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]  # typed as an instance


class UnopenedError(Exception):
    """A message whose content cannot be had; ``reason`` is a short sentence without values of the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decoded(text: bytes) -> bytes:
    """Return the bytes that base64 stands for, perhaps in quotes, as serializers of JSON write bytes.

    Raises
    ------
    UnopenedError
        It is no base64.
    """
    try:
        return b64decode(b"".join(text.strip().strip(b'"').split()), validate=True)
    except binascii.Error:
        raise UnopenedError("base64 is broken") from None


def inflated(content: bytes, options: MessageOptions) -> bytes:
    """Return the bytes that gzip, one member or several, inflates to.

    Raises
    ------
    UnopenedError
        It is broken or cut off, or there would be more bytes than allowed.
    """
    by_ratio = max(_PLAIN_BYTES, options.max_inflated_ratio * len(content))
    limit = min(options.max_inflated_bytes, by_ratio)
    pieces: list[bytes] = []
    n_bytes = 0
    while content:
        member = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
        try:
            piece = member.decompress(content, limit - n_bytes + 1)
            while not member.eof and n_bytes + len(piece) <= limit:
                pieces.append(piece)
                n_bytes += len(piece)
                if member.needs_input:
                    raise UnopenedError("gzip is cut off")
                piece = member.decompress(b"", limit - n_bytes + 1)
        except (_IsalError, EOFError, ValueError, OSError):
            raise UnopenedError("gzip is broken") from None
        pieces.append(piece)
        n_bytes += len(piece)
        if n_bytes > limit:
            if limit < options.max_inflated_bytes:
                raise UnopenedError(f"gzip inflates to more than {options.max_inflated_ratio} times its size")
            raise UnopenedError(f"gzip inflates to more than {options.max_inflated_bytes} bytes")
        content = member.unused_data.lstrip(b"\0")
    return b"".join(pieces)
