"""Bytes of a text file to UTF-8, whichever way they were written: gzip or not, with or without byte order mark."""

from __future__ import annotations

import codecs
from io import BytesIO

from auditor.errors import AuditorError
from auditor.sources.inflate import CutError, codec_of, inflated
from auditor.sources.streams import most_bytes

_ARCHIVES = {
    "zstd": "a zstd archive",
    "lz4": "an lz4 archive",
    "bz2": "a bzip2 archive",
    "xz": "an xz archive",
}
_BINARY = ((b"PK\x03\x04", "a zip archive"), (b"PAR1", "a Parquet file"), (b"ARROW1", "an Arrow file"))
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_STEP_BYTES = 1 << 20


class TextError(AuditorError):
    """Bytes that are no text. Each reader says where, and what it would have taken.

    Parameters
    ----------
    came : str
        What they are.
    expected : str or None
        What the bytes at that place should have been; None if the file is something else altogether.
    line : int or None
        Of the file, from 1.
    """

    def __init__(self, came: str, expected: str | None = None, line: int | None = None) -> None:
        super().__init__(f"expected {expected or 'text'}, came {came}")
        self.came = came
        self.expected = expected
        self.line = line


def utf8_text(content: bytes) -> bytes:
    """Return a text as UTF-8 without byte order mark.

    Parameters
    ----------
    content : bytes
        UTF-8, or UTF-16 with its byte order mark as ``kubectl`` takes it; perhaps compressed with gzip.

    Raises
    ------
    TextError
        Bytes that are something else, or gzip that is broken or grows out of bounds.
    """
    if codec_of(content) == "gzip":
        content = _unpacked(content)
    codec = codec_of(content)
    binary = _ARCHIVES.get(codec or "") or next((n for mark, n in _BINARY if content.startswith(mark)), None)
    if binary is not None:
        raise TextError(binary)
    if content.startswith(_UTF_32_MARKS):
        raise TextError("UTF-32")
    if content.startswith(_UTF_16_MARKS):  # redirected by Windows PowerShell
        try:
            return content.decode("utf-16").encode()
        except UnicodeError as error:
            raise TextError("other bytes", "UTF-16 after its byte order mark") from error
    content = content.removeprefix(codecs.BOM_UTF8)
    _check(content)
    return content


def _unpacked(content: bytes) -> bytes:
    limit = most_bytes(len(content))
    unpacked = bytearray()
    try:
        for piece in inflated(BytesIO(content), "gzip"):
            unpacked += piece
            if len(unpacked) > limit:
                raise TextError("more", f"at most {limit} bytes in gzip")
    except CutError as error:
        raise TextError("a file that ends inside it", "whole gzip") from error
    except ValueError as error:
        raise TextError("broken gzip", "gzip") from error
    return bytes(unpacked)


def _check(content: bytes) -> None:
    """Refuse what is not UTF-8, in steps: a decoded copy of the whole text may be four times as large."""
    if content.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(content)
    for start in range(0, len(view), _STEP_BYTES):
        n_before = start - len(decoder.getstate()[0])
        try:
            decoder.decode(view[start : start + _STEP_BYTES], final=start + _STEP_BYTES >= len(view))
        except UnicodeDecodeError as error:
            place = n_before + error.start
            line = 1 + content.count(b"\n", 0, place)
            raise TextError(f"byte `0x{content[place]:02x}`", "UTF-8 text", line) from error
