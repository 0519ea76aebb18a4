"""JSON text to values with places.

A small reader that keeps lines, refuses repeated keys and does not recurse; the readers of the standard
library and of msgspec do none of the three.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import msgspec

from auditor.policies.nodes import quoted
from auditor.policies.sheet import Sheet
from auditor.policies.tree import NodeTree
from auditor.sources.yaml_scalars import decimal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.policies.limits import Limits
    from auditor.policies.nodes import Node
    from auditor.sources.yaml_scalars import Scalar

_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
    (?P<mark>[{}\[\]:,])
  | (?P<text>"(?:[^"\\\x00-\x1f]|\\.)*+")
  | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?)
  | (?P<word>true|false|null)
  | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "null": None}

_VALUE = "a value"
_FIRST_VALUE = "a value or `]`"
_KEY = "a key in quotes"
_FIRST_KEY = "a key in quotes or `}`"
_COLON = "`:`"
_NEXT_VALUE = "`,` or `]`"
_NEXT_KEY = "`,` or `}`"
_CLOSED_BY = {_FIRST_VALUE: "]", _NEXT_VALUE: "]", _FIRST_KEY: "}", _NEXT_KEY: "}"}


class _Token(NamedTuple):
    sort: str
    text: str


def read_json(
    text: str, sheet: Sheet, first_line: int, limits: Limits, path: str = "$"
) -> Iterator[tuple[Sheet, Node]]:
    """Read JSON values that stand one after another, as in JSON Lines.

    Parameters
    ----------
    text : str
        Any number of JSON values; blanks between them.
    sheet : Sheet
        Takes the problems of the first value; each further one gets its own, numbered on.
    first_line : int
        Line of the file on which ``text`` starts, from 1.
    limits : Limits
        Bounds on each value.
    path : str
        Of each value.

    Yields
    ------
    sheet, root : Sheet, Node
        A value and what is wrong with it.

    Raises
    ------
    PolicyError
        Where the text stops being JSON, or a limit is passed, with that one problem.
    """
    reader = _Reader(text, first_line, limits.document_bytes)
    while not reader.is_at_end():
        yield sheet, reader.value(sheet, NodeTree(sheet, limits, path))
        sheet = Sheet(sheet.file, sheet.document + 1)


class _Reader:
    """A place in a JSON text."""

    def __init__(self, text: str, first_line: int, longest: int) -> None:
        self._text = text
        self._longest = longest
        self._at = 0
        self._counted = 0
        self._line = first_line

    def is_at_end(self) -> bool:
        found = _TOKEN.match(self._text, self._at)
        return found is not None and found.lastgroup == "end"

    def value(self, sheet: Sheet, tree: NodeTree) -> Node:
        """Read one value into ``tree``."""
        start = self._at
        expected = _VALUE
        after: list[str] = []
        while tree.root is None:
            token = self._token(sheet, expected)
            if self._at - start > self._longest:
                sheet.stop(f"document is over the limit of `{self._longest}` bytes; split it", self._line)
            if token.sort == "mark":
                expected = self._take_mark(sheet, tree, token.text, expected, after)
            elif expected in (_KEY, _FIRST_KEY) and token.sort == "text":
                tree.scalar(*self._scalar(sheet, token))
                expected = _COLON
            elif expected in (_VALUE, _FIRST_VALUE):
                tree.scalar(*self._scalar(sheet, token))
                expected = after[-1] if after else _VALUE
            else:
                self._refuse(sheet, expected, token.text)
        return tree.root

    def _take_mark(self, sheet: Sheet, tree: NodeTree, mark: str, expected: str, after: list[str]) -> str:
        """Take a bracket, comma or colon, and return what may come next."""
        if mark == _CLOSED_BY.get(expected):
            tree.close()
            after.pop()
            return after[-1] if after else _VALUE
        if mark == ":" and expected == _COLON:
            return _VALUE
        if mark == "," and expected in (_NEXT_VALUE, _NEXT_KEY):
            return _VALUE if expected == _NEXT_VALUE else _KEY
        if mark not in "{[" or expected not in (_VALUE, _FIRST_VALUE):
            self._refuse(sheet, expected, mark)
        is_mapping = mark == "{"
        tree.open(self._line, is_mapping=is_mapping)
        after.append(_NEXT_KEY if is_mapping else _NEXT_VALUE)
        return _FIRST_KEY if is_mapping else _FIRST_VALUE

    def _token(self, sheet: Sheet, expected: str) -> _Token:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup is None or found.lastgroup == "end":
            rest = self._text[self._at :].lstrip(" \t\r\n")
            self._count(len(self._text) - len(rest))
            self._refuse(sheet, expected, rest.split("\n", 1)[0])
        sort = found.lastgroup
        self._count(found.start(sort))
        self._at = found.end()
        return _Token(sort, found[sort])

    def _count(self, place: int) -> None:
        self._line += self._text.count("\n", self._counted, place)
        self._counted = place

    def _scalar(self, sheet: Sheet, token: _Token) -> tuple[Scalar, str, int]:
        """Return a value, how it is written, and its line."""
        text = token.text
        if token.sort == "text":
            text = self._unescaped(sheet, text) if "\\" in text else text[1:-1]
            return text, text, self._line
        if token.sort == "word":
            return _WORDS[text], text, self._line
        is_whole = text.lstrip("-").isdigit()
        return (decimal(text) if is_whole else float(text)), text, self._line

    def _unescaped(self, sheet: Sheet, text: str) -> str:
        try:
            return msgspec.json.decode(text, type=str)
        except msgspec.DecodeError:
            sheet.stop(f"expected a string with valid escapes, came {quoted(text)}", self._line)

    def _refuse(self, sheet: Sheet, expected: str, came: str) -> NoReturn:
        shown = quoted(came) if came else "the end of the text"
        sheet.stop(f"expected JSON with {expected} here, came {shown}", self._line)
