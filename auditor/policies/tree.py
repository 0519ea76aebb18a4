"""Documents whose values know their places; what is wrong with them goes to the sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from auditor.policies.nodes import Entry, ListNode, MappingNode, Node, ScalarNode, described, quoted, step
from auditor.sources.faults import Fault, Wrong
from auditor.sources.tree import Tree
from auditor.sources.yaml_scalars import key_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from auditor.policies.sheet import Sheet
    from auditor.sources.faults import TextLimits
    from auditor.sources.yaml_scalars import Scalar

_LONG_TAG, _SHORT_TAG = "tag:yaml.org,2002:", "!!"
_SENTENCES = {
    Wrong.LENGTH: "document of `{plain}` bytes is over the limit of `{limits.document_bytes}`; "
    "split it into several documents, or write it as JSON",
    Wrong.SYNTAX: "expected YAML, came a break of its syntax: {where}{plain}",
    Wrong.CHARACTER: "expected printable text, came the character {text}",
    Wrong.DEPTH: "nesting is deeper than the limit of `{limits.depth}` levels; flatten the document",
    Wrong.ALIASES: "more aliases than the limit of `{limits.aliases}`; write out what they repeat",
    Wrong.VALUES: "more values than the limit of `{limits.values}`, aliases followed; split it",
    Wrong.REPEATED: "aliases repeat more values than the limit of `{limits.repeated}`; write them out",
    Wrong.NO_ANCHOR: "alias {alias} has no anchor before it",
    Wrong.INSIDE: "alias {alias} stands inside the value it repeats",
    Wrong.KEY: "expected a string as key, came null; put it in quotes",
    Wrong.COLLECTION_KEY: "expected a string as key, came {plain}",
    Wrong.ALIAS_KEY: "expected a string as key, came the alias {alias}",
    Wrong.KEY_TWICE: "key {text} stands twice in one mapping, first at line `{first}`",
    Wrong.MERGE: "expected a mapping or a list of mappings under `<<`, came {plain}",
    Wrong.TAG: "expected a value as JSON knows it, came one tagged {tag}",
    Wrong.COLLECTION_TAG: "expected a value as JSON knows it, came one tagged {tag}",
}


class NodeTree(Tree[Node, Entry]):
    """One document being built.

    Parameters
    ----------
    sheet : Sheet
        Takes problems that leave the rest readable, as repeated keys.
    limits : TextLimits
        Bounds on the document.
    path : str
        Of the outermost value.
    """

    def __init__(self, sheet: Sheet, limits: TextLimits, path: str = "$") -> None:
        super().__init__(limits)
        self.sheet = sheet
        self._root_path = path

    def leaf(self, value: Scalar, text: str, line: int) -> Node:
        """Return a single value."""
        return ScalarNode(value, text, line)

    def sequence(self, elements: list[Node], line: int) -> Node:
        """Return a list."""
        return ListNode(tuple(elements), line)

    def mapping(self, entries: dict[str, Entry], line: int) -> Node:
        """Return a mapping."""
        return MappingNode(entries, line)

    def entry(self, line: int, node: Node) -> Entry:
        """Return a value with the line of its key."""
        return Entry(line, node)

    def key_of(self, node: Node) -> str | None:
        """Return a value as key, None if it can be none."""
        return key_text(node.value) if isinstance(node, ScalarNode) else None

    def merged(self, node: Node) -> Iterator[Mapping[str, Entry] | str]:
        """Yield the entries of the mappings under ``<<``, and a description of anything else."""
        for source in node.elements if isinstance(node, ListNode) else (node,):
            yield source.entries if isinstance(source, MappingNode) else described(source)

    def stop(self, fault: Fault) -> NoReturn:
        """Raise PolicyError: nothing after this place can be read."""
        self.sheet.stop(self._sentence(fault), fault.line)

    def refuse(self, fault: Fault) -> None:
        """Write down what is wrong with the value that comes next."""
        self.sheet.add(self._sentence(fault), fault.line, self._path())

    def _sentence(self, fault: Fault) -> str:
        entries = self._stack[-1].entries if self._stack else None
        first = (entries or {}).get(fault.text)
        return _SENTENCES[fault.wrong].format(
            limits=self.limits,
            plain=fault.text,
            text=quoted(fault.text),
            alias=quoted("*" + fault.text),
            tag=quoted(fault.context.replace(_LONG_TAG, _SHORT_TAG)),
            where=f"{fault.context}, " if fault.context else "",
            first=first.line if first else fault.line,
        )

    def _path(self) -> str:
        """Return the path of the value that comes next."""
        path = self._root_path
        for frame in self._stack:
            if frame.entries is None:
                path = f"{path}[{len(frame.elements)}]"
            elif not frame.wants_key and frame.key is not None:
                path = step(path, frame.key)
        return path
