"""Finds the objects that matter in a document: by themselves, in lists, in watch events."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditor.policies.fields import Field
from auditor.policies.kinds import Role, role_of
from auditor.policies.nodes import MappingNode, ScalarNode, described, is_null, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.policies.documents import Document

_CHANGES = ("MODIFIED", "DELETED")
_LIST_FIELDS = ("apiVersion", "kind", "metadata", "items")


class FoundObject(NamedTuple):
    """An object that is a network policy, or may be meant to be one.

    Attributes
    ----------
    api_version, kind : str
        Its own, or those its list implies.
    field : Field
        The object.
    """

    api_version: str
    kind: str
    field: Field


def find_objects(document: Document) -> Iterator[FoundObject]:
    """Find what matters in ``document``.

    Parameters
    ----------
    document : Document
        Its sheet takes what is no object; what is wrong inside objects that do not matter is struck out.

    Yields
    ------
    FoundObject
        In the order of the text.
    """
    sheet, root = document
    n_of_text = len(sheet.problems)
    passed_over: set[str] = set()
    yield from _search(Field(sheet, root, root.line, "$"), None, passed_over)
    of_text = sheet.problems[:n_of_text]
    sheet.problems[:n_of_text] = [
        problem for problem in of_text if not _is_inside(problem.origin.path or "$", passed_over)
    ]


def _search(field: Field, implied: tuple[str, str] | None, passed_over: set[str]) -> Iterator[FoundObject]:
    node = field.node
    if not isinstance(node, MappingNode):
        field.refuse_type("an object with apiVersion and kind")
        return
    if "object" in node.entries and "type" in node.entries and "kind" not in node.entries:
        yield from _search_event(field, passed_over)
        return
    api_version, kind = _identity(field, implied)
    if api_version is None or kind is None:
        return
    role = role_of(api_version, kind)
    if role is Role.OTHER:
        passed_over.add(field.path)
        return
    if role is not Role.LIST:
        yield FoundObject(api_version, kind, field)
        return
    # A misspelt `items` must not pass for an empty list.
    field.fields(_LIST_FIELDS)
    if "items" in node.entries and not is_null(node.entries["items"].node):
        line, elements = node.entries["items"]
        # The items of a typed list, as the API server itself sends it, do not repeat what they are.
        inner = None if kind == "List" else (api_version, kind.removesuffix("List"))
        for element in Field(field.sheet, elements, line, f"{field.path}.items").elements():
            yield from _search(element, inner, passed_over)


def _search_event(field: Field, passed_over: set[str]) -> Iterator[FoundObject]:
    """Search a watch event: an object that appears is there; policies that change have no one meaning."""
    entries = field.node.entries if isinstance(field.node, MappingNode) else {}
    (line, node), (_, change) = entries["object"], entries["type"]
    change_name = change.value if isinstance(change, ScalarNode) else None
    if change_name == "BOOKMARK":
        passed_over.add(field.path)
        return
    for found in _search(Field(field.sheet, node, line, f"{field.path}.object"), None, passed_over):
        if change_name == "ADDED":
            yield found
        elif change_name in _CHANGES:
            came = f"a watch event `{change_name}` of {quoted(found.kind)}"
            field.refuse(f"expected policies as they were at one time, came {came}; give a list instead")
        else:
            field.refuse(f"expected a watch event `ADDED`, `MODIFIED` or `DELETED`, came {described(change)}")


def _identity(field: Field, implied: tuple[str, str] | None) -> tuple[str | None, str | None]:
    """Return apiVersion and kind, with a problem for each that is neither written nor implied."""
    entries = field.node.entries if isinstance(field.node, MappingNode) else {}
    read: list[str | None] = []
    for index, name in enumerate(("apiVersion", "kind")):
        entry = entries.get(name)
        text: str | None = None
        if entry is not None and not is_null(entry.node):
            text = Field(field.sheet, entry.node, entry.line, f"{field.path}.{name}").text()
        elif implied is not None:
            text = implied[index]
        if text == "" or (text is None and (entry is None or is_null(entry.node))):
            field.refuse(f"expected field `{name}`, came none")
            text = None
        read.append(text)
    return read[0], read[1]


def _is_inside(path: str, passed_over: set[str]) -> bool:
    ends = (place for place, character in enumerate(path) if character in ".[")
    return path in passed_over or any(path[:end] in passed_over for end in ends)
