"""YAML text to values with places.

The events of libyaml are read one by one. PyYAML's tree builder above it is never called: that recurses in C
and crashes the interpreter on deep nesting, before any limit could be looked at.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import yaml

from auditor.policies.nodes import ScalarNode, quoted
from auditor.policies.scalars import resolve
from auditor.policies.sheet import Sheet
from auditor.policies.tree import MERGE, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.policies.limits import Limits
    from auditor.policies.nodes import Node

_MARKER = re.compile(rb"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DIRECTIVES_ONLY = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*%[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
_TAG_PREFIX = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {None, "!", _TAG_PREFIX + "map", _TAG_PREFIX + "seq"}
_SCALAR_TAGS = {_TAG_PREFIX + "null": type(None), _TAG_PREFIX + "bool": bool, _TAG_PREFIX + "int": int}


def split(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut a YAML stream at its document markers, which may stand nowhere else at the start of a line.

    Cutting first bounds what libyaml sees of a document, and a broken one leaves its neighbours readable.

    Yields
    ------
    first_line : int
        Line of the stream on which the part starts, from 1.
    part : bytes
        Text that holds one document or none; directives stay with the document they are for.
    """
    cuts = [0, *(found.start() for found in _MARKER.finditer(content)), len(content)]
    line, waiting, waiting_line = 1, b"", 1
    for start, end in pairwise(cuts):
        part = content[start:end]
        text = part.removeprefix(b"...") if part.startswith(b"...") else part
        if _DIRECTIVES_ONLY.fullmatch(text):
            waiting, waiting_line = text, line
        elif waiting:
            yield waiting_line, waiting + text
            waiting = b""
        else:
            yield line, text
        line += part.count(b"\n")
    if waiting:
        yield waiting_line, waiting


def read_yaml(part: bytes, sheet: Sheet, first_line: int, limits: Limits) -> Iterator[tuple[Sheet, Node]]:
    """Read the documents of a part of a YAML stream.

    Parameters
    ----------
    part : bytes
        UTF-8 text.
    sheet : Sheet
        Takes the problems of the first document; each further one gets its own, numbered on.
    first_line : int
        Line of the file on which ``part`` starts, from 1.
    limits : Limits
        Bounds on each document.

    Yields
    ------
    sheet, root : Sheet, Node
        A document and what is wrong with it.

    Raises
    ------
    PolicyError
        Where the text stops being readable, with that one problem.
    """
    if len(part) > limits.document_bytes:
        sheet.stop(
            f"document of `{len(part)}` bytes is over the limit of `{limits.document_bytes}`; "
            "split it into several documents, or write it as JSON",
            first_line,
        )
    loader = yaml.CBaseLoader(part)
    try:
        while True:
            event = loader.get_event()
            if isinstance(event, yaml.StreamEndEvent):
                return
            if isinstance(event, yaml.DocumentStartEvent):
                yield sheet, _document(loader, sheet, first_line, limits)
                sheet = Sheet(sheet.file, sheet.document + 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = ", ".join(clause for clause in (error.context, error.problem) if clause)
        sheet.stop(
            f"expected YAML, came a break of its syntax: {why}", first_line + (mark.line if mark else 0)
        )
    except yaml.reader.ReaderError as error:
        character = quoted(chr(error.character) if isinstance(error.character, int) else str(error.character))
        sheet.stop(
            f"expected printable text, came the character {character}",
            first_line + part.count(b"\n", 0, error.position),
        )
    finally:
        loader.dispose()


def _document(loader: yaml.CBaseLoader, sheet: Sheet, first_line: int, limits: Limits) -> Node:
    tree = Tree(sheet, limits)
    while tree.root is None:
        event = loader.get_event()
        line = first_line + (event.start_mark.line if event and event.start_mark else 0)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.tag is None and event.implicit[0]
            node = (
                ScalarNode(resolve(event.value), event.value, line) if plain else _tagged(event, tree, line)
            )
            tree.scalar(node, event.anchor, merges=plain and event.value == MERGE)
        elif isinstance(event, yaml.AliasEvent):
            tree.alias(event.anchor or "", line)
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag not in _COLLECTION_TAGS:
                _refuse_tag(event.tag, tree, line)
            tree.open(line, event.anchor, is_mapping=isinstance(event, yaml.MappingStartEvent))
        elif isinstance(event, yaml.CollectionEndEvent):
            tree.close()
    return tree.root


def _tagged(event: yaml.ScalarEvent, tree: Tree, line: int) -> ScalarNode:
    """Return a scalar that is quoted or tagged."""
    text = event.value
    if event.tag in (None, "!", _TAG_PREFIX + "str"):
        return ScalarNode(text, text, line)
    value = resolve(text)
    if event.tag == _TAG_PREFIX + "float" and type(value) in (int, float):
        return ScalarNode(float(value or 0), text, line)
    if type(value) is not _SCALAR_TAGS.get(event.tag or ""):
        _refuse_tag(event.tag, tree, line)
        return ScalarNode(text, text, line)
    return ScalarNode(value, text, line)


def _refuse_tag(tag: str | None, tree: Tree, line: int) -> None:
    shown = (tag or "").replace(_TAG_PREFIX, "!!")
    tree.refuse(f"expected a value as JSON knows it, came one tagged {quoted(shown)}", line)
