"""Bytes of a file to the objects in it, whichever way they were written: gzip or not, JSON or YAML."""

from __future__ import annotations

import codecs
import zlib
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import Origin
from auditor.inventory.forms import JsonForm, PlainForm
from auditor.inventory.json_values import json_values
from auditor.sources.yaml_text import YamlLimits, YamlTextError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.inventory.forms import Form, Value
    from auditor.inventory.notes import Notes

_GZIP = b"\x1f\x8b"
_GZIP_BITS = 31
_ZSTD = b"\x28\xb5\x2f\xfd"
_BINARY = {_ZSTD: "zstd", b"PAR1": "Parquet", b"ARROW1": "Arrow", b"PK\x03\x04": "zip", b"BZh": "bzip2"}
_SMALL_BYTES = 64 * 2**20
_LARGEST_RATIO = 200
"""JSON of Kubernetes objects shrinks by 10 to 30; an archive that grows more than this is a bomb."""
_STEP_BYTES = 2**20
_YAML_LIMITS = YamlLimits(characters=256 * 2**20, values=8_000_000)
"""Larger than for policies: ``kubectl get -o yaml`` prints a whole cluster as one document."""


class Written(NamedTuple):
    """One value of a file, the form it is in, and where it is."""

    value: Value
    form: Form
    origin: Origin


def read_values(file: str, content: bytes, notes: Notes) -> Iterator[Written]:
    """Yield the values of a file in order; what cannot be read becomes an error.

    Parameters
    ----------
    file : str
        For places.
    content : bytes
        JSON or YAML in UTF-8 (UTF-16 with a byte order mark), perhaps compressed with gzip.
    notes : Notes
        Takes the errors.

    Yields
    ------
    Written
        Top-level values, lists not yet taken apart.
    """
    text = _utf8(file, _unpacked(file, content, notes), notes)
    if text is None:
        return
    first = text.lstrip()[:1] if text[:1].isspace() else text[:1]
    if first in (b"{", b"["):
        form = JsonForm()
        for value, origin in json_values(file, text, notes):
            yield Written(value, form, origin)
    elif first:
        yield from _yaml_values(file, text, notes)
    else:
        notes.error("expected Kubernetes objects, got an empty file", Origin(file))


def _yaml_values(file: str, text: bytes, notes: Notes) -> Iterator[Written]:
    form = PlainForm()
    try:
        for document in read_documents(text.decode(), _YAML_LIMITS):
            if document.value is not None:
                yield Written(document.value, form, Origin(file, document.number, None, "$"))
    except YamlTextError as error:
        notes.error(error.message, Origin(file, error.document, error.line))


def _unpacked(file: str, content: bytes, notes: Notes) -> bytes | None:
    """Return the text, decompressed if it is gzip; None after an error."""
    kind = next((name for magic, name in _BINARY.items() if content.startswith(magic)), None)
    if kind is not None:
        notes.error(f"expected JSON or YAML, got a {kind} file", Origin(file))
        return None
    if not content.startswith(_GZIP):
        return content
    limit = max(_SMALL_BYTES, _LARGEST_RATIO * len(content))
    unpacked = bytearray()
    rest = content
    while rest.startswith(_GZIP):
        stream = zlib.decompressobj(_GZIP_BITS)
        try:
            unpacked += stream.decompress(rest, limit + 1 - len(unpacked))
        except zlib.error:
            notes.error("expected gzip, got broken gzip", Origin(file))
            return None
        if len(unpacked) > limit:
            notes.error(f"expected at most {limit} bytes in gzip, got more", Origin(file))
            return None
        if not stream.eof:
            notes.error("expected whole gzip, got a file that ends inside it", Origin(file))
            return None
        rest = stream.unused_data
    return bytes(unpacked)


def _utf8(file: str, content: bytes | None, notes: Notes) -> bytes | None:
    """Return the text as UTF-8 without byte order mark; None after an error."""
    if content is None:
        return None
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # redirected by Windows PowerShell
        try:
            return content.decode("utf-16").encode()
        except UnicodeError:
            notes.error("expected UTF-16 after its byte order mark, got other bytes", Origin(file))
            return None
    content = content.removeprefix(codecs.BOM_UTF8)
    if content.isascii():
        return content
    # In steps: a decoded copy of the whole text may be four times as large.
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(content)
    for start in range(0, len(view), _STEP_BYTES):
        n_before = start - len(decoder.getstate()[0])
        try:
            decoder.decode(view[start : start + _STEP_BYTES], final=start + _STEP_BYTES >= len(view))
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, n_before + error.start) + 1
            byte = content[n_before + error.start]
            notes.error(f"expected UTF-8, got byte 0x{byte:02x}", Origin(file, None, line))
            return None
    return content
