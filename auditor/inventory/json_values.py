"""The JSON values of a text: one value, JSON Lines, or values one after the other as a watch prints them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from auditor.errors import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.inventory.notes import Notes

_SYNTAX = msgspec.json.Decoder(msgspec.Raw)
_MALFORMED = re.compile(r"JSON is malformed: (.*) \(byte (\d+)\)")
_TRAILING = "trailing characters"
_NEXT_VALUE = re.compile(rb"\n(?=[{\[])")
_BLANK = re.compile(rb"[ \t\r\n]*")


class JsonValue(NamedTuple):
    """One value: its bytes, and where it is."""

    text: memoryview
    origin: Origin


class _SyntaxError(Exception):
    """A value is not JSON: the reason, and the byte where that shows."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


def json_values(file: str, text: bytes, notes: Notes) -> Iterator[JsonValue]:
    """Yield the values of a text whose syntax is right; what is not becomes an error with its line.

    After broken syntax reading goes on at the next line that opens an object or array: one broken line does
    not hide the problems of the others.

    Parameters
    ----------
    file : str
        For places.
    text : bytes
        UTF-8 without byte order mark.
    notes : Notes
        Takes the errors.

    Yields
    ------
    JsonValue
        Its place has the line where the value starts if the file holds more than one.
    """
    view = memoryview(text)
    lines = _LineCounter(text)
    start = position = _skip_blank(text, 0)
    while position < len(text):
        try:
            end = _end_of_value(view, position)
        except _SyntaxError as fault:
            line, column = lines.place_of(fault.position)
            notes.error(f"JSON is malformed: {fault.reason} in column {column}", Origin(file, None, line))
            found = _NEXT_VALUE.search(text, fault.position)
            position = found.end() if found else len(text)
            continue
        is_alone = position == start and end == len(text)
        origin = Origin(file, None, None if is_alone else lines.place_of(position)[0], "$")
        yield JsonValue(view[position:end], origin)
        position = end


def _end_of_value(view: memoryview, position: int) -> int:
    """Return where the value that starts at ``position`` ends, blanks after it included."""
    try:
        _SYNTAX.decode(view[position:])
    except RecursionError:
        raise _SyntaxError("nested too deeply", position) from None
    except msgspec.DecodeError as error:
        malformed = _MALFORMED.fullmatch(str(error))
        if malformed is None:
            raise _SyntaxError("the text ends inside a value opened", position) from error
        if malformed[1] == _TRAILING:
            # The decoder names the byte after the first one of the rest.
            return position + int(malformed[2]) - 1
        raise _SyntaxError(malformed[1], position + int(malformed[2])) from error
    return len(view)


def _skip_blank(text: bytes, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


class _LineCounter:
    """Line and column of ascending positions in one pass over the text."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._position = 0
        self._line = 1

    def place_of(self, position: int) -> tuple[int, int]:
        """Return line and column, from 1; columns are bytes."""
        self._line += self._text.count(b"\n", self._position, position)
        self._position = position
        return self._line, position - (self._text.rfind(b"\n", 0, position) + 1) + 1
