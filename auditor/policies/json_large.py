"""Long JSON texts: policies are read with their places, everything else is only passed over.

``kubectl get pods,networkpolicies -A -o json`` prints a few policies among a hundred megabytes of pods. Only
kind and version of each object are decoded; an object that may matter is then read as any JSON is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from auditor.policies.json_nodes import read_json
from auditor.policies.nodes import Entry, ListNode, MappingNode, ScalarNode, quoted, step
from auditor.policies.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.policies.limits import Limits
    from auditor.policies.nodes import Node

_BLANKS = re.compile(rb"[ \t\r\n]*")
_SEPARATOR = re.compile(rb"[ \t\r\n,]*")
_KEY = re.compile(rb'[ \t\r\n,{]*("(?:[^"\\]|\\.)*+")[ \t\r\n]*:[ \t\r\n]*')
_BYTE = re.compile(r"\(byte (\d+)\)$")


class _Head(msgspec.Struct, rename="camel"):
    """As much of an object as says whether it matters; ``items`` is a list's, ``object`` a watch event's."""

    api_version: str | None = None
    kind: str | None = None
    items: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    object: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def read_large_json(
    content: bytes, sheet: Sheet, wanted: Callable[[str, str], bool], limits: Limits
) -> Iterator[tuple[Sheet, Node]]:
    """Read the JSON values of a long text, leaving out what is under objects nobody asks for.

    Parameters
    ----------
    content : bytes
        Any number of JSON values one after another.
    sheet : Sheet
        Takes the problems of the first value; each further one gets its own, numbered on.
    wanted : callable
        Of apiVersion and kind: whether objects of this kind are read. Others keep only these two fields.
    limits : Limits
        Bounds on each object that is read.

    Yields
    ------
    sheet, root : Sheet, Node
        A value and what is wrong with it.

    Raises
    ------
    PolicyError
        Where the text stops being JSON, or a limit is passed, with that one problem.
    """
    reader = _Reader(content, wanted, limits)
    start = _after(_BLANKS, content, 0)
    while start < len(content):
        end = reader.end_of_value(start, sheet)
        yield sheet, reader.value(start, end, sheet, "$")
        start = _after(_BLANKS, content, end)
        sheet = Sheet(sheet.file, sheet.document + 1)


class _Reader:
    """A long JSON text, read front to back."""

    def __init__(self, content: bytes, wanted: Callable[[str, str], bool], limits: Limits) -> None:
        self._content = content
        self._view = memoryview(content)
        self._wanted = wanted
        self._limits = limits
        self._counted = 0
        self._line = 1

    def end_of_value(self, start: int, sheet: Sheet) -> int:
        """Return where the JSON value at ``start`` ends, having checked its syntax."""
        try:
            return start + self._length(start, len(self._content))
        except RecursionError:
            sheet.stop("nesting is deeper than JSON readers go; flatten the document", self._line_at(start))
        except msgspec.DecodeError as error:
            found = _BYTE.search(str(error))
            place = start + int(found[1]) if found else len(self._content)
            if "trailing characters" in str(error):
                return self._end_before(start, place)
            came = str(self._view[place : place + 20], "utf-8", "replace").split("\n", 1)[0]
            shown = quoted(came) if came else "the end of the text"
            sheet.stop(f"expected JSON, came {shown}", self._line_at(place))

    def _length(self, start: int, end: int) -> int:
        return len(memoryview(msgspec.json.decode(self._view[start:end], type=msgspec.Raw)))

    def _end_before(self, start: int, place: int) -> int:
        """Return the end of a value before other text; the decoder names the first or second byte of that."""
        try:
            return start + self._length(start, place - 1)
        except msgspec.DecodeError:
            return start + self._length(start, place)

    def value(self, start: int, end: int, sheet: Sheet, path: str) -> Node:
        """Read the value in ``start..end``: whole, or only as far as it holds what is wanted."""
        text = self._view[start:end]
        try:
            head = msgspec.json.decode(text, type=_Head)
        except msgspec.DecodeError:
            return self._whole(start, end, sheet, path)
        if head.api_version and head.kind and not self._wanted(head.api_version, head.kind):
            return self._passed_over(head.api_version, head.kind, start)
        if head.items is msgspec.UNSET and head.object is msgspec.UNSET:
            return self._whole(start, end, sheet, path)
        return self._wrapper(start, end, sheet, path)

    def _passed_over(self, api_version: str, kind: str, start: int) -> Node:
        line = self._line_at(start)
        fields = (("apiVersion", api_version), ("kind", kind))
        return MappingNode({key: Entry(line, ScalarNode(text, text, line)) for key, text in fields}, line)

    def _wrapper(self, start: int, end: int, sheet: Sheet, path: str) -> Node:
        """Read an object that holds other objects, member by member."""
        line = self._line_at(start)
        entries: dict[str, Entry] = {}
        place = start
        for key, member in msgspec.json.decode(self._view[start:end], type=dict[str, msgspec.Raw]).items():
            found = _KEY.match(self._content, place, end)
            if found is None or msgspec.json.decode(found[1], type=str) != key:
                break
            key_line = self._line_at(found.start(1))
            place = found.end() + len(memoryview(member))
            entries[key] = Entry(key_line, self._member(key, found.end(), place, sheet, step(path, key)))
        if bytes(self._view[place:end]).strip() != b"}":
            sheet.stop("expected each key of a list of objects once, came one twice", line)
        return MappingNode(entries, line)

    def _member(self, key: str, start: int, end: int, sheet: Sheet, path: str) -> Node:
        if path.count(".") > self._limits.depth:
            sheet.stop(
                f"nesting is deeper than the limit of `{self._limits.depth}` levels; flatten the document",
                self._line_at(start),
            )
        if key == "object":
            return self.value(start, end, sheet, path)
        if key != "items" or self._content[start] != ord("["):
            return self._whole(start, end, sheet, path)
        line = self._line_at(start)
        elements: list[Node] = []
        place = start + 1
        for element in msgspec.json.decode(self._view[start:end], type=list[msgspec.Raw]):
            place = _after(_SEPARATOR, self._content, place)
            stop = place + len(memoryview(element))
            elements.append(self.value(place, stop, sheet, f"{path}[{len(elements)}]"))
            place = stop
        return ListNode(tuple(elements), line)

    def _whole(self, start: int, end: int, sheet: Sheet, path: str) -> Node:
        line = self._line_at(start)
        if end - start > self._limits.document_bytes:
            maximum = self._limits.document_bytes
            sheet.stop(f"object of `{end - start}` bytes is over the limit of `{maximum}`; split it", line)
        text = str(self._view[start:end], "utf-8")
        return next(read_json(text, sheet, line, self._limits, path))[1]

    def _line_at(self, place: int) -> int:
        """Return the line of a byte; places come in rising order, so each byte is counted once."""
        self._line += self._content.count(b"\n", self._counted, place)
        self._counted = max(self._counted, place)
        return self._line


def _after(pattern: re.Pattern[bytes], content: bytes, start: int) -> int:
    """Return the place after what ``pattern`` matches, which may be nothing."""
    found = pattern.match(content, start)
    return found.end() if found else start
