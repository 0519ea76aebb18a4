"""Reads typed fields out of a document, and says what came instead."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from auditor.policies.nodes import ListNode, MappingNode, ScalarNode, described, is_null, quoted, step

if TYPE_CHECKING:
    from collections.abc import Collection

    from auditor.errors import Origin
    from auditor.policies.nodes import Node
    from auditor.policies.sheet import Sheet


class Field(NamedTuple):
    """A value and its place.

    Attributes
    ----------
    sheet : Sheet
        Takes what is wrong with the value.
    node : Node
        The value.
    line : int
        Line of its key, or of the value itself where it has none.
    path : str
        Path of the value in the document.
    """

    sheet: Sheet
    node: Node
    line: int
    path: str

    @property
    def origin(self) -> Origin:
        """The place, for messages."""
        return self.sheet.origin(self.line, self.path)

    def refuse(self, message: str) -> None:
        """Write down what is wrong here."""
        self.sheet.add(message, self.line, self.path)

    def refuse_type(self, expected: str, hint: str = "") -> None:
        """Write down that the value is of another type."""
        self.refuse(f"expected {expected}, came {described(self.node)}{hint}")

    def fields(self, known: Collection[str] | None) -> dict[str, Field] | None:
        """Return the fields of a mapping by name.

        Parameters
        ----------
        known : collection of str or None
            Names there may be; any other is a problem, even under null. None for maps with free keys.

        Returns
        -------
        dict of str to Field or None
            Without fields that are null, which stand for absent ones; with free keys, with them. None if the
            value is no mapping.
        """
        if not isinstance(self.node, MappingNode):
            self.refuse_type("a mapping")
            return None
        found: dict[str, Field] = {}
        for name, (line, node) in self.node.entries.items():
            field = Field(self.sheet, node, line, step(self.path, name))
            if known is None:
                found[name] = field
            elif name not in known:
                field.refuse(f"field {quoted(name)} is not known here{did_you_mean(name, known)}")
            elif not is_null(node):
                found[name] = field
        return found

    def required(self, fields: dict[str, Field], name: str) -> Field | None:
        """Return a field of this mapping that must be there."""
        if name not in fields:
            self.refuse(f"expected field `{name}`, came none")
        return fields.get(name)

    def elements(self) -> list[Field]:
        """Return the elements of a list; none if the value is no list."""
        if not isinstance(self.node, ListNode):
            self.refuse_type("a list")
            return []
        sheet, path = self.sheet, self.path
        return [
            Field(sheet, node, node.line, f"{path}[{index}]") for index, node in enumerate(self.node.elements)
        ]

    def text(self) -> str | None:
        """Return a string; None if the value is none."""
        if isinstance(self.node, ScalarNode):
            if isinstance(self.node.value, str):
                return self.node.value
            self.refuse_type("a string", "" if self.node.value is None else "; put it in quotes")
            return None
        self.refuse_type("a string")
        return None

    def integer(self) -> int | None:
        """Return an integer; None if the value is none."""
        if isinstance(self.node, ScalarNode) and type(self.node.value) is int:
            return self.node.value
        is_text = isinstance(self.node, ScalarNode) and isinstance(self.node.value, str)
        self.refuse_type("an integer", "; a number must not be quoted" if is_text else "")
        return None

    def choice(self, choices: Collection[str]) -> str | None:
        """Return a string that is one of ``choices``; None if it is not."""
        text = self.text()
        if text is None or text in choices:
            return text
        listed = ", ".join(f"`{choice}`" for choice in choices)
        self.refuse(f"expected one of {listed}, came {quoted(text)}")
        return None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return a hint at the known word that ``word`` most resembles, or nothing."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, n=1)
    return f"; did you mean `{by_lower[near[0]]}`" if near else ""
