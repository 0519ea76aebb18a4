"""Builds the values of one document from the inside out, without recursion and within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.policies.nodes import Entry, ListNode, MappingNode, ScalarNode, described, quoted, step

if TYPE_CHECKING:
    from auditor.policies.limits import Limits
    from auditor.policies.nodes import Node
    from auditor.policies.sheet import Sheet

MERGE = "<<"


class _Open:
    """A mapping or list whose end is not read yet; a mapping holds keys and values in turn."""

    __slots__ = ("anchor", "before", "height", "is_mapping", "line", "merges", "values")

    def __init__(self, line: int, anchor: str | None, before: int, *, is_mapping: bool) -> None:
        self.line = line
        self.anchor = anchor
        self.before = before
        self.is_mapping = is_mapping
        self.height = 0
        self.merges: set[int] = set()
        self.values: list[Node] = []


class Tree:
    """One document being built.

    Parameters
    ----------
    sheet : Sheet
        Takes problems that leave the rest readable: repeated keys, keys that are no strings.
    limits : Limits
        Bounds on depth, aliases and values.
    path : str
        Of the outermost value.
    """

    def __init__(self, sheet: Sheet, limits: Limits, path: str = "$") -> None:
        self.root: Node | None = None
        self._sheet = sheet
        self._limits = limits
        self._root_path = path
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._n_nodes = 0
        self._n_aliases = 0
        self._n_repeated = 0

    def scalar(self, node: ScalarNode, anchor: str | None = None, *, merges: bool = False) -> None:
        """Add a single value; ``merges`` marks a key as the unquoted ``<<``."""
        if self._stack and merges and self._stack[-1].is_mapping:
            self._stack[-1].merges.add(len(self._stack[-1].values))
        self._place(node, 1, 0, anchor, node.line)

    def alias(self, name: str, line: int) -> None:
        """Add what the anchor ``name`` marks once more."""
        self._n_aliases += 1
        if self._n_aliases > self._limits.aliases:
            self._sheet.stop(
                f"more aliases than the limit of `{self._limits.aliases}`; write out what they repeat", line
            )
        if name not in self._anchors:
            inside = any(frame.anchor == name for frame in self._stack)
            why = "stands inside the value it repeats" if inside else "has no anchor before it"
            self._sheet.stop(f"alias {quoted('*' + name)} {why}", line)
        node, size, height = self._anchors[name]
        self._n_repeated += size
        if self._n_repeated > self._limits.repeated:
            maximum = self._limits.repeated
            self._sheet.stop(
                f"aliases repeat more values than the limit of `{maximum}`; write them out", line
            )
        self._place(node, size, height, None, line)

    def open(self, line: int, anchor: str | None = None, *, is_mapping: bool) -> None:
        """Begin a mapping or a list."""
        self._stack.append(_Open(line, anchor, self._n_nodes, is_mapping=is_mapping))
        self._check_depth(0, line)

    def close(self) -> None:
        """End the innermost mapping or list."""
        frame = self._stack.pop()
        node: Node
        node = self._mapping(frame) if frame.is_mapping else ListNode(tuple(frame.values), frame.line)
        size = self._n_nodes - frame.before
        self._n_nodes = frame.before
        self._place(node, size + 1, frame.height + 1, frame.anchor, frame.line)

    def refuse(self, message: str, line: int) -> None:
        """Write down what is wrong with the value that comes next."""
        self._sheet.add(message, line, self._path())

    def _place(self, node: Node, size: int, height: int, anchor: str | None, line: int) -> None:
        self._n_nodes += size
        if self._n_nodes > self._limits.nodes:
            maximum = self._limits.nodes
            self._sheet.stop(f"more values than the limit of `{maximum}`, aliases followed; split it", line)
        self._check_depth(height, line)
        if anchor is not None:
            self._anchors[anchor] = (node, size, height)
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height)
        frame.values.append(node)

    def _check_depth(self, height: int, line: int) -> None:
        if len(self._stack) + height > self._limits.depth:
            self._sheet.stop(
                f"nesting is deeper than the limit of `{self._limits.depth}` levels; flatten the document",
                line,
            )

    def _mapping(self, frame: _Open) -> MappingNode:
        entries: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for index in range(0, len(frame.values), 2):
            key, value = frame.values[index], frame.values[index + 1]
            if index in frame.merges:
                self._merge(merged, value, frame)
                continue
            name = self._key(key)
            if name is None:
                continue
            if name in entries:
                self._sheet.add(
                    f"key {quoted(name)} stands twice in one mapping, first at line `{entries[name].line}`",
                    key.line,
                    step(self._path(), name),
                )
            entries[name] = Entry(key.line, value)
        if merged:
            entries = merged | entries
        return MappingNode(entries, frame.line)

    def _key(self, key: Node) -> str | None:
        if isinstance(key, ScalarNode) and isinstance(key.value, str):
            return key.value
        hint = "; put it in quotes" if isinstance(key, ScalarNode) else ""
        self._sheet.add(f"expected a string as key, came {described(key)}{hint}", key.line, self._path())
        return key.text if isinstance(key, ScalarNode) else None

    def _merge(self, merged: dict[str, Entry], value: Node, frame: _Open) -> None:
        """Take the entries of merged mappings: an earlier one wins, the mapping's own keys over all."""
        sources = value.elements if isinstance(value, ListNode) else (value,)
        for source in sources:
            if not isinstance(source, MappingNode):
                self._sheet.add(
                    f"expected a mapping or a list of mappings under `<<`, came {described(source)}",
                    max(source.line, frame.line),
                    step(self._path(), MERGE),
                )
                continue
            for name, entry in source.entries.items():
                merged.setdefault(name, entry)

    def _path(self) -> str:
        """Return the path of the value that just ended, or comes next."""
        path = self._root_path
        for frame in self._stack:
            if not frame.is_mapping:
                path = f"{path}[{len(frame.values)}]"
            elif len(frame.values) % 2:
                key = frame.values[-1]
                path = step(path, key.text) if isinstance(key, ScalarNode) else path
        return path
