"""Files of Kubernetes objects to documents with places: YAML streams, JSON, JSON Lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import Origin, PolicyError, Problem
from auditor.policies.json_large import read_large_json
from auditor.policies.json_nodes import read_json
from auditor.policies.limits import DEFAULT_LIMITS
from auditor.policies.nodes import is_null
from auditor.policies.sheet import Sheet
from auditor.policies.tree import NodeTree
from auditor.sources.utf8 import TextError, utf8_text
from auditor.sources.yaml_events import read_trees, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from auditor.policies.limits import Limits
    from auditor.policies.nodes import Node

_TEMPLATE = re.compile(rb"\{\{-?[ \t\r\n]")


class Document(NamedTuple):
    """One document of a file.

    Attributes
    ----------
    sheet : Sheet
        Where it is, and what is wrong with a text that could be read to its end.
    root : Node
        Its outermost value.
    """

    sheet: Sheet
    root: Node


def read_documents(
    file: str, content: bytes, wanted: Callable[[str, str], bool], limits: Limits = DEFAULT_LIMITS
) -> Iterator[Document | Problem]:
    """Read the documents of one file.

    Parameters
    ----------
    file : str
        Path for messages; ``-`` is standard input.
    content : bytes
        Text as ``utf8_text`` takes it. JSON is known by its first character.
    wanted : callable
        Of apiVersion and kind: whether objects of this kind must be read. In long JSON texts the others keep
        only these two fields.
    limits : Limits, optional
        Bounds on each document.

    Yields
    ------
    Document or Problem
        Documents in the order of the file, without empty ones; their sheets may hold problems, which matter
        only where the document does. A problem says from where on a document could not be read at all.
    """
    try:
        content = utf8_text(content)
    except TextError as error:
        message = f"expected {error.expected or 'UTF-8 text'}, came {error.came}"
        yield Problem(message, Origin(file, None, error.line))
        return
    if not content.lstrip(b" \t\r\n").startswith((b"{", b"[")):
        yield from _read_yaml(file, content, limits)
    else:
        yield from _read_json(file, content, wanted, limits)


def _read_yaml(file: str, content: bytes, limits: Limits) -> Iterator[Document | Problem]:
    def plant(number: int) -> NodeTree:
        return NodeTree(Sheet(file, number), limits)

    number = 1
    for first_line, part in split(content):
        try:
            for tree in read_trees(part, first_line, number, plant):
                number += 1
                yield from _kept(tree.sheet, tree.root)
        except PolicyError as error:
            yield from _with_template_hint(error.problems, part)
            number += 1


def _read_json(
    file: str, content: bytes, wanted: Callable[[str, str], bool], limits: Limits
) -> Iterator[Document | Problem]:
    sheet = Sheet(file, 1)
    if len(content) > limits.whole_json_bytes:
        read = read_large_json(content, sheet, wanted, limits)
    else:
        read = read_json(content.decode("utf-8"), sheet, 1, limits)
    documents: list[Document] = []
    try:
        for part_sheet, root in read:
            documents.extend(_kept(part_sheet, root))
    except PolicyError as error:
        # Flow mappings of YAML begin like JSON: what is no JSON may still be YAML. Long ones come from programs,
        # which write JSON.
        as_yaml = list(_read_yaml(file, content, limits)) if len(content) <= limits.whole_json_bytes else []
        if as_yaml and not any(isinstance(document, Problem) for document in as_yaml):
            yield from as_yaml
            return
        yield from documents
        yield from _with_template_hint(error.problems, content)
    else:
        yield from documents


def _kept(sheet: Sheet, root: Node | None) -> tuple[Document, ...]:
    return () if root is None or (is_null(root) and not sheet.problems) else (Document(sheet, root),)


def _with_template_hint(problems: Iterable[Problem], part: bytes) -> Iterator[Problem]:
    """Say what to do about the templates of a chart, which look like YAML and are not."""
    hint = "; templates must be rendered first, as `helm template` does" if _TEMPLATE.search(part) else ""
    for problem in problems:
        yield Problem(problem.message + hint, problem.origin)
