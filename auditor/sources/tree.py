"""The values of one document, built from the inside out: without recursion and within limits.

What a value becomes is left to subclasses, and so are the words for what is wrong. YAML comes here from
``yaml_events``; text of another syntax may be built the same way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from auditor.sources.faults import Fault, Wrong
from auditor.sources.yaml_scalars import key_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from auditor.sources.faults import TextLimits
    from auditor.sources.yaml_scalars import Scalar

MERGE = "<<"

NodeT = TypeVar("NodeT")
EntryT = TypeVar("EntryT")


class _Open(Generic[NodeT, EntryT]):
    """A mapping or list whose end is not read yet."""

    __slots__ = (
        "anchor",
        "before",
        "elements",
        "entries",
        "height",
        "key",
        "key_line",
        "line",
        "merged",
        "merges",
        "wants_key",
    )

    def __init__(self, line: int, anchor: str | None, before: int, *, is_mapping: bool) -> None:
        self.line = line
        self.anchor = anchor
        self.before = before
        self.height = 0
        self.elements: list[NodeT] = []
        self.entries: dict[str, EntryT] | None = {} if is_mapping else None
        self.merged: dict[str, EntryT] = {}
        self.wants_key = is_mapping
        self.merges = False
        self.key: str | None = None
        self.key_line = line


class Tree(ABC, Generic[NodeT, EntryT]):
    """One document being built.

    Parameters
    ----------
    limits : TextLimits
        How much is built.

    Attributes
    ----------
    root : NodeT or None
        The outermost value once ``is_complete``.
    first_line : int
        Where the document starts.
    """

    def __init__(self, limits: TextLimits) -> None:
        self.root: NodeT | None = None
        self.is_complete = False
        self.first_line = 1
        self.limits = limits
        self._stack: list[_Open[NodeT, EntryT]] = []
        self._anchors: dict[str, tuple[NodeT, int, int]] = {}
        self._n_values = 0
        self._n_aliases = 0
        self._n_repeated = 0

    @abstractmethod
    def leaf(self, value: Scalar, text: str, line: int) -> NodeT:
        """Return a single value; ``text`` is how it is written."""

    @abstractmethod
    def sequence(self, elements: list[NodeT], line: int) -> NodeT:
        """Return a list."""

    @abstractmethod
    def mapping(self, entries: dict[str, EntryT], line: int) -> NodeT:
        """Return a mapping, its keys in the order of the text."""

    @abstractmethod
    def entry(self, line: int, node: NodeT) -> EntryT:
        """Return what a mapping holds under a key that stands on ``line``."""

    @abstractmethod
    def key_of(self, node: NodeT) -> str | None:
        """Return a value as key, None if it can be none."""

    @abstractmethod
    def merged(self, node: NodeT) -> Iterator[Mapping[str, EntryT] | str]:
        """Yield the entries of a mapping, or of each in a list; of anything else a description."""

    @abstractmethod
    def stop(self, fault: Fault) -> NoReturn:
        """Raise an error: nothing after this place can be read."""

    @abstractmethod
    def refuse(self, fault: Fault) -> None:
        """Raise an error, or write down what is wrong and go on."""

    def scalar(self, value: Scalar, text: str, line: int, anchor: str | None = None) -> None:
        """Add a single value or a key."""
        self._count(1, line)
        frame = self._stack[-1] if self._stack else None
        if frame is None or not frame.wants_key:
            self._put(self.leaf(value, text, line), 1, 0, anchor)
            return
        if anchor is not None:
            self._anchors[anchor] = (self.leaf(value, text, line), 1, 0)
        key = value if isinstance(value, str) else key_text(value)
        if key is None:
            self.refuse(Fault(Wrong.KEY, line, text))
        self._take_key(frame, key, line)

    def merge(self, line: int) -> None:
        """Add the unquoted ``<<``: as a key it takes over the entries of other mappings."""
        if self._stack and self._stack[-1].wants_key:
            self._count(1, line)
            frame = self._stack[-1]
            frame.key, frame.key_line, frame.wants_key, frame.merges = MERGE, line, False, True
        else:
            self.scalar(MERGE, MERGE, line)

    def alias(self, name: str, line: int) -> None:
        """Add what the anchor ``name`` marks once more."""
        self._n_aliases += 1
        if self._n_aliases > self.limits.aliases:
            self.stop(Fault(Wrong.ALIASES, line))
        if name not in self._anchors:
            is_inside = any(frame.anchor == name for frame in self._stack)
            self.stop(Fault(Wrong.INSIDE if is_inside else Wrong.NO_ANCHOR, line, name))
        node, size, height = self._anchors[name]
        self._count(size, line)
        self._n_repeated += size
        if self._n_repeated > self.limits.repeated:
            self.stop(Fault(Wrong.REPEATED, line))
        self._check_depth(height, line)
        frame = self._stack[-1]
        if not frame.wants_key:
            self._put(node, size, height, None)
            return
        key = self.key_of(node)
        if key is None:
            self.refuse(Fault(Wrong.ALIAS_KEY, line, name))
        self._take_key(frame, key, line)

    def open(self, line: int, anchor: str | None = None, *, is_mapping: bool) -> None:
        """Begin a mapping or a list."""
        if self._stack and self._stack[-1].wants_key:
            self.refuse(Fault(Wrong.COLLECTION_KEY, line, "a mapping" if is_mapping else "a list"))
        before = self._n_values
        self._count(1, line)
        self._stack.append(_Open(line, anchor, before, is_mapping=is_mapping))
        self._check_depth(0, line)

    def close(self) -> None:
        """End the innermost mapping or list."""
        frame = self._stack.pop()
        if frame.entries is None:
            node = self.sequence(frame.elements, frame.line)
        else:
            node = self.mapping(frame.merged | frame.entries if frame.merged else frame.entries, frame.line)
        self._put(node, self._n_values - frame.before, frame.height + 1, frame.anchor)

    def _put(self, node: NodeT, size: int, height: int, anchor: str | None) -> None:
        """Place a value that stands for ``size`` values, ``height`` collections inside one another."""
        if anchor is not None:
            self._anchors[anchor] = (node, size, height)
        if not self._stack:
            self.root = node
            self.is_complete = True
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height)
        if frame.entries is None:
            frame.elements.append(node)
        elif frame.wants_key:  # a collection, refused when it began
            frame.key, frame.wants_key = None, False
        else:
            if frame.merges:
                self._merge(frame, node)
            elif frame.key is not None:
                frame.entries[frame.key] = self.entry(frame.key_line, node)
            frame.wants_key, frame.merges = True, False

    def _take_key(self, frame: _Open[NodeT, EntryT], key: str | None, line: int) -> None:
        """Take the next key; the value under None is left out."""
        frame.key, frame.wants_key = key, False
        if key is not None and frame.entries and key in frame.entries:
            self.refuse(Fault(Wrong.KEY_TWICE, line, key))
        frame.key_line = line

    def _merge(self, frame: _Open[NodeT, EntryT], node: NodeT) -> None:
        """Take the entries of other mappings: an earlier one wins, the mapping's own keys over all."""
        for source in self.merged(node):
            if isinstance(source, str):
                self.refuse(Fault(Wrong.MERGE, frame.key_line, source))
                continue
            for key, entry in source.items():
                frame.merged.setdefault(key, entry)

    def _count(self, size: int, line: int) -> None:
        self._n_values += size
        if self._n_values > self.limits.values:
            self.stop(Fault(Wrong.VALUES, line))

    def _check_depth(self, height: int, line: int) -> None:
        if len(self._stack) + height > self.limits.depth:
            self.stop(Fault(Wrong.DEPTH, line))
