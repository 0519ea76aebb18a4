"""YAML text to plain values, safe on text from anybody.

Values are built from the parser's events, on a stack of this module: libyaml's own tree builder recurses in C
and ends in a segmentation fault at some 30 000 levels. Depth, aliases and values (counted as if every alias
were written out) are checked while building, so that neither a deep text nor an alias bomb costs more than
the limits allow. What the values mean is left to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import yaml

from auditor.errors import AuditorError
from auditor.sources.yaml_scalars import key_text, resolve, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_COLLECTION_TAGS = frozenset({None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class YamlTextError(AuditorError):
    """Text that is no YAML, or more YAML than allowed.

    Parameters
    ----------
    message : str
        The sentence without a place.
    document, line : int
        Number of the document, and line in the text, both from 1.
    """

    def __init__(self, message: str, document: int, line: int) -> None:
        super().__init__(message)
        self.document = document
        self.line = line


@dataclass(frozen=True, slots=True)
class YamlLimits:
    """How much YAML is read.

    Attributes
    ----------
    characters : int
        Length of the whole text.
    depth : int
        Levels of collections, aliases written out.
    aliases : int
        Aliases in one document.
    values : int
        Scalars, keys and collections in one document, aliases written out.
    """

    characters: int = 3 * 2**20
    depth: int = 64
    aliases: int = 1_000
    values: int = 1_000_000


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document.

    Attributes
    ----------
    number, line : int
        Place among the documents, and line in the text where it starts, both from 1.
    value : object
        None, bool, int, float, str, list, or dict with str keys. Collections may be shared: do not change.
    """

    number: int
    line: int
    value: object


def read_documents(text: str, limits: YamlLimits) -> Iterator[YamlDocument]:
    """Yield the documents of a text in order.

    Parameters
    ----------
    text : str
        One or more YAML documents.
    limits : YamlLimits
        How much is read.

    Yields
    ------
    YamlDocument
        Also empty documents, with the value None.

    Raises
    ------
    YamlTextError
        No YAML, a repeated key, an unknown tag, or more than a limit. What came before has been yielded.
    """
    if len(text) > limits.characters:
        message = f"expected at most {limits.characters} characters of YAML, got {len(text)}: give it as JSON"
        raise YamlTextError(message, 1, 1)
    number = 0
    line = 1
    builder = _Builder(limits, number)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                number += 1
                line = _line(event)
                builder = _Builder(limits, number)
            elif isinstance(event, yaml.DocumentEndEvent):
                yield YamlDocument(number, line, builder.root)
            else:
                builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at_line = line if mark is None else mark.line + 1
        raise YamlTextError(f"YAML is malformed: {error.problem}", max(number, 1), at_line) from error
    except yaml.reader.ReaderError as error:
        # The parser reads ahead of its events: the position tells the line.
        message = f"YAML is malformed: character U+{ord(text[error.position]):04X} is not allowed"
        raise YamlTextError(message, max(number, 1), text.count("\n", 0, error.position) + 1) from error


class _Node(NamedTuple):
    """A finished value, how many values it stands for, and how many levels of collections."""

    value: object
    n_values: int
    height: int


class _Collection:
    """A collection being filled; ``wants_key`` says whether a key or a value comes next."""

    def __init__(self, anchor: str | None) -> None:
        self.anchor = anchor
        self.n_values = 1
        self.height = 1
        self.wants_key = False


class _Sequence(_Collection):
    def __init__(self, anchor: str | None) -> None:
        super().__init__(anchor)
        self.value: list[object] = []

    def put(self, value: object) -> None:
        self.value.append(value)

    def finish(self) -> object:
        return self.value


class _Mapping(_Collection):
    def __init__(self, anchor: str | None) -> None:
        super().__init__(anchor)
        self.value: dict[str, object] = {}
        self.wants_key = True
        self._key = ""
        self._is_merge = False
        self._merges: list[dict[str, object]] = []

    def put_key(self, key: str, *, is_plain: bool) -> bool:
        """Take a key; False if it is there already."""
        self._is_merge = is_plain and key == _MERGE
        self._key = key
        self.wants_key = False
        self.n_values += 1
        return self._is_merge or key not in self.value

    def put(self, value: object) -> None:
        self.wants_key = True
        if not self._is_merge:
            self.value[self._key] = value
            return
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise TypeError
            self._merges.append(source)

    def finish(self) -> object:
        for source in self._merges:
            for key, value in source.items():
                self.value.setdefault(key, value)
        return self.value


class _Builder:
    """Events of one document to its value."""

    def __init__(self, limits: YamlLimits, number: int) -> None:
        self.root: object = None
        self._limits = limits
        self._number = number
        self._stack: list[_Sequence | _Mapping] = []
        self._anchors: dict[str, _Node] = {}
        self._n_values = 0
        self._n_aliases = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next node, or the end of a collection."""
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self._stack.pop()
            self._put(_Node(frame.finish(), frame.n_values, frame.height), frame.anchor, event)
        elif isinstance(event, yaml.AliasEvent):
            self._take_alias(event)

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        self._count(1, event)
        if self._stack and self._stack[-1].wants_key:
            key = key_text(event)
            if key is None:
                raise self._error(f"expected text as key, got `{shown(event.value)}`", event)
            if event.anchor is not None:
                self._anchors[event.anchor] = _Node(key, 1, 0)
            self._put_key(key, event, is_plain=not event.style)
            return
        resolved = resolve(event)
        if resolved is None:
            raise self._error(
                f"expected plain YAML, got `{shown(event.value)}` with tag `{shown(event.tag or '')}`", event
            )
        self._put(_Node(resolved[0], 1, 0), event.anchor, event)

    def _take_alias(self, event: yaml.AliasEvent) -> None:
        self._n_aliases += 1
        if self._n_aliases > self._limits.aliases:
            raise self._error(
                f"expected at most {self._limits.aliases} aliases in a document, got more", event
            )
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise self._error(
                f"expected a finished anchor before alias `*{shown(event.anchor or '')}`, got none", event
            )
        self._count(node.n_values, event)
        self._check_depth(len(self._stack) + node.height, event)
        if not self._stack[-1].wants_key:
            self._put(node, None, event)
        elif isinstance(node.value, str):
            self._put_key(node.value, event, is_plain=False)
        else:
            raise self._error(f"expected text as key, got alias `*{shown(event.anchor or '')}`", event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise self._error(
                f"expected plain YAML, got a collection with tag `{shown(event.tag or '')}`", event
            )
        if self._stack and self._stack[-1].wants_key:
            raise self._error("expected text as key, got a collection", event)
        self._count(1, event)
        self._check_depth(len(self._stack) + 1, event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._stack.append(_Mapping(event.anchor) if is_mapping else _Sequence(event.anchor))

    def _put(self, node: _Node, anchor: str | None, event: yaml.Event) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._stack:
            self.root = node.value
            return
        frame = self._stack[-1]
        frame.n_values += node.n_values
        frame.height = max(frame.height, node.height + 1)
        try:
            frame.put(node.value)
        except TypeError as error:
            raise self._error("expected mappings to merge at `<<`, got something else", event) from error

    def _put_key(self, key: str, event: yaml.Event, *, is_plain: bool) -> None:
        frame = self._stack[-1]
        if isinstance(frame, _Mapping) and not frame.put_key(key, is_plain=is_plain):
            raise self._error(f"expected every key once, got `{shown(key)}` again", event)

    def _count(self, n_values: int, event: yaml.Event) -> None:
        self._n_values += n_values
        if self._n_values > self._limits.values:
            raise self._error(f"expected at most {self._limits.values} values in a document, got more", event)

    def _check_depth(self, depth: int, event: yaml.Event) -> None:
        if depth > self._limits.depth:
            raise self._error(f"expected YAML at most {self._limits.depth} levels deep, got more", event)

    def _error(self, message: str, event: yaml.Event) -> YamlTextError:
        return YamlTextError(message, self._number, _line(event))


def _line(event: yaml.Event) -> int:
    return 1 if event.start_mark is None else event.start_mark.line + 1
