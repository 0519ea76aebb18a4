"""YAML text to trees of values, safe on text from anybody.

The events of libyaml are read one by one. PyYAML's tree builder above it is never called: that recurses in C and
ends in a segmentation fault at some 30 000 levels, before any limit could be looked at.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from auditor.sources.faults import Fault, Wrong
from auditor.sources.tree import MERGE, Tree
from auditor.sources.yaml_scalars import resolve, resolve_tagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TreeT = TypeVar("TreeT", bound=Tree[Any, Any])

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MARKER = re.compile(rb"^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
_DIRECTIVES_ONLY = re.compile(rb"(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*%[^\n]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
_TOO_DEEP = "exceeded maximum nesting depth"
"""What libyaml says, from 0.2.6 on."""

_COLLECTION_TAGS = frozenset({None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


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


def read_trees(part: bytes, first_line: int, number: int, plant: Callable[[int], TreeT]) -> Iterator[TreeT]:
    """Read the documents of a part of a YAML stream.

    Parameters
    ----------
    part : bytes
        UTF-8 text.
    first_line : int
        Line of the file on which ``part`` starts, from 1.
    number : int
        Of the first document, among those of the file.
    plant : callable
        Of such a number: the tree to build that document in, or to word what is wrong where it should be.

    Yields
    ------
    Tree
        A complete one for each document.

    Raises
    ------
    AuditorError
        What the tree raises where the text is no YAML, or more of it than its limits allow.
    """
    tree = plant(number)
    if len(part) > tree.limits.document_bytes:
        tree.stop(Fault(Wrong.LENGTH, first_line, str(len(part))))
    loader = None
    try:
        loader = _LOADER(part)
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            line = first_line + event.start_mark.line
            if isinstance(event, yaml.DocumentStartEvent):
                tree.first_line = line
            elif isinstance(event, yaml.DocumentEndEvent):
                yield tree
                number += 1
                tree = plant(number)
            else:
                _grow(tree, event, line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        # The parser reads ahead of its events, so its own limit, far above the tree's, may speak first.
        is_deep = error.problem == _TOO_DEEP
        tree.stop(
            Fault(Wrong.DEPTH, line)
            if is_deep
            else Fault(Wrong.SYNTAX, line, error.problem or "", error.context or "")
        )
    except yaml.reader.ReaderError as error:
        # The parser reads ahead of its events: the position tells the line.
        line = first_line + part.count(b"\n", 0, error.position)
        character = chr(error.character) if isinstance(error.character, int) else str(error.character)
        tree.stop(Fault(Wrong.CHARACTER, line, character))
    finally:
        if loader is not None:
            loader.dispose()


def _grow(tree: Tree[Any, Any], event: yaml.Event, line: int) -> None:
    """Add what an event says."""
    if isinstance(event, yaml.ScalarEvent):
        text: str = event.value
        if event.tag is not None:
            _grow_tagged(tree, event, line)
        elif not event.implicit[0]:
            tree.scalar(text, text, line, event.anchor)
        elif text == MERGE:
            tree.merge(line)
        else:
            tree.scalar(resolve(text), text, line, event.anchor)
    elif isinstance(event, yaml.CollectionStartEvent):
        if event.tag not in _COLLECTION_TAGS:
            tree.refuse(Fault(Wrong.COLLECTION_TAG, line, context=event.tag or ""))
        tree.open(line, event.anchor, is_mapping=isinstance(event, yaml.MappingStartEvent))
    elif isinstance(event, yaml.CollectionEndEvent):
        tree.close()
    elif isinstance(event, yaml.AliasEvent):
        tree.alias(event.anchor or "", line)


def _grow_tagged(tree: Tree[Any, Any], event: yaml.ScalarEvent, line: int) -> None:
    text, tag = event.value, event.tag or ""
    resolved = resolve_tagged(tag, text)
    if resolved is None:
        tree.refuse(Fault(Wrong.TAG, line, text, tag))
    tree.scalar(resolved[0] if resolved else text, text, line, event.anchor)
