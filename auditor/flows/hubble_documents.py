"""Hubble records that are not one a line: a JSON array of them, or objects printed over several lines.

``jq .`` and ``jq -s .`` write such files. The text is cut into top-level objects by counting brackets outside
strings; whether an object is JSON is the decoder's question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from auditor.errors import Position, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.flows.options import FlowOptions
    from auditor.sources.streams import ByteStream

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BETWEEN = re.compile(rb"(?:[\s,\[\]]|\xef\xbb\xbf)*")
# A quote alone is the beginning of a string whose end was not read yet.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|"|[{}\[\]]', re.DOTALL)


def is_documents(head: bytes) -> bool:
    """Return whether a log that begins with ``head`` has an array, or objects over several lines.

    It has if it begins with ``[`` and an object, or if its second line begins with the key of an object that
    the first one opened: a line of JSON Lines never begins with a quote.
    """
    text = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if text.startswith(b"["):
        after = text[1:].lstrip()
        return not after or after.startswith((b"{", b"]"))
    first, _, rest = text.partition(b"\n")
    return first.startswith(b"{") and rest.lstrip().startswith(b'"')


def document_blocks(stream: ByteStream, options: FlowOptions) -> Iterator[list[tuple[int, bytes]]]:
    """Cut a file into top-level objects.

    Text between objects that is no separator (an agent's log line) is handed on as a record of its own.

    Parameters
    ----------
    stream : ByteStream
        At its beginning.
    options : FlowOptions
        ``block_bytes`` is read at a time; what is returned does not depend on it.

    Yields
    ------
    list of (int, bytes)
        Line number of the beginning, from 1, and text of each object.

    Raises
    ------
    SourceError
        The file cannot be read further, or an object is longer than allowed or never ends.
    """
    text = b""
    line = 1
    is_last = False
    while not is_last:
        try:
            piece = stream.read(options.block_bytes)
        except SourceError as error:
            raise SourceError(error.message, Position(stream.name, line)) from error
        is_last = not piece
        text += piece
        documents: list[tuple[int, bytes]] = []
        start = 0
        for first, end in _spans(text, options.max_line_bytes, is_last=is_last):
            line += text.count(b"\n", start, first)
            start = first
            if end is None:
                break
            documents.append((line, text[first:end]))
            line += text.count(b"\n", first, end)
            start = end
        if documents:
            yield documents
        text = text[start:]
        if len(text) > options.max_line_bytes:
            raise SourceError(
                f"expected JSON objects of at most {options.max_line_bytes} bytes, got one that is longer or "
                "never ends; write one record a line: `jq -c '.[]'` for an array, `jq -c .` for objects",
                Position(stream.name, line),
            )


def _spans(text: bytes, limit: int, *, is_last: bool) -> Iterator[tuple[int, int | None]]:
    """Yield begin and end of each object; the end is None if it was not read yet, or is not to be found."""
    place = 0
    while True:
        between = _BETWEEN.match(text, place)
        place = between.end() if between else place
        if place == len(text):
            yield place, None
            return
        end = _end_of_object(text, place) if text[place : place + 1] == b"{" else _end_of_line(text, place)
        if (len(text) if end is None else end) - place > limit:
            end = _next_object(text, place, limit)
        elif end is None and is_last:
            end = _next_object(text, place, limit) or len(text)
        yield place, end
        if end is None:
            return
        place = end


def _next_object(text: bytes, place: int, limit: int) -> int | None:
    """Return where the next object seems to begin after one that never ends: at the left margin."""
    margin = text.find(b"\n{", place, place + limit)
    return None if margin < 0 else margin + 1


def _end_of_line(text: bytes, place: int) -> int | None:
    end = text.find(b"\n", place)
    return None if end < 0 else end


def _end_of_object(text: bytes, place: int) -> int | None:
    """Return where the object that begins at ``place`` ends, None if it does not."""
    depth = 0
    for token in _TOKEN.finditer(text, place):
        found = token[0]
        if found in b"{[":
            depth += 1
        elif found in b"}]":
            depth -= 1
            if depth == 0:
                return token.end()
        elif found == b'"':
            return None
    return None
