"""Values of a document that know their line: what YAML and JSON both become.

They never form cycles, so the collector is told not to look for any.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

SHOWN_CHARACTERS = 80
"""Longest stretch of a user's text repeated in a message."""


class ScalarNode(msgspec.Struct, frozen=True, gc=False):
    """A single value.

    Attributes
    ----------
    value : str, int, float, bool or None
        What it means.
    text : str
        How it is written.
    line : int
        Where, from 1.
    """

    value: str | int | float | bool | None
    text: str
    line: int


class ListNode(msgspec.Struct, frozen=True, gc=False):
    """Values in a row."""

    elements: tuple[Node, ...]
    line: int


class Entry(NamedTuple):
    """What stands under a key, and the line of the key."""

    line: int
    node: Node


class MappingNode(msgspec.Struct, frozen=True, gc=False):
    """Values under keys, in the order of the text."""

    entries: dict[str, Entry]
    line: int


_SORTS = {bool: "boolean", int: "integer", float: "number", str: "string"}

Node = ScalarNode | ListNode | MappingNode


def is_null(node: Node) -> bool:
    """Return whether ``node`` is null, which stands for an absent field."""
    return isinstance(node, ScalarNode) and node.value is None


def quoted(text: str) -> str:
    """Return ``text`` in backticks: on one line, without control characters, and cut where it is long."""
    shown = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."
    return "`" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown) + "`"


def described(node: Node) -> str:
    """Return what came, for a message: its sort, and its text if it is short enough to have one."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, ListNode):
        return "a list"
    if node.value is None:
        return "null"
    return f"{_SORTS[type(node.value)]} {quoted(node.text)}"


def step(path: str, key: str) -> str:
    """Return the path of the value under ``key`` of the mapping at ``path``."""
    if key.replace("_", "a").isalnum() and key.isascii():
        return f"{path}.{key}"
    return f"{path}[{quoted(key)[1:-1]}]"
