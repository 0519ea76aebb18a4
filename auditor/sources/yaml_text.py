"""YAML text to plain values. What they mean is left to the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from auditor.errors import AuditorError
from auditor.sources.faults import Fault, TextLimits, Wrong
from auditor.sources.tree import Tree
from auditor.sources.yaml_events import read_trees, split
from auditor.sources.yaml_scalars import key_text, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from auditor.sources.yaml_scalars import Scalar

_SENTENCES = {
    Wrong.LENGTH: "expected at most {limits.document_bytes} bytes of YAML, got {text}: give it as JSON",
    Wrong.SYNTAX: "YAML is malformed: {reason}",
    Wrong.CHARACTER: "YAML is malformed: character U+{number:04X} is not allowed",
    Wrong.DEPTH: "expected YAML at most {limits.depth} levels deep, got more",
    Wrong.ALIASES: "expected at most {limits.aliases} aliases in a document, got more",
    Wrong.VALUES: "expected at most {limits.values} values in a document, got more",
    Wrong.REPEATED: "expected at most {limits.repeated} values behind aliases, got more",
    Wrong.NO_ANCHOR: "expected a finished anchor before alias `*{text}`, got none",
    Wrong.INSIDE: "expected a finished anchor before alias `*{text}`, got none",
    Wrong.KEY: "expected text as key, got `{text}`",
    Wrong.COLLECTION_KEY: "expected text as key, got a collection",
    Wrong.ALIAS_KEY: "expected text as key, got alias `*{text}`",
    Wrong.KEY_TWICE: "expected every key once, got `{text}` again",
    Wrong.MERGE: "expected mappings to merge at `<<`, got something else",
    Wrong.TAG: "expected plain YAML, got `{text}` with tag `{context}`",
    Wrong.COLLECTION_TAG: "expected plain YAML, got a collection with tag `{context}`",
}


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


class YamlDocument(NamedTuple):
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


def read_documents(content: bytes, limits: TextLimits) -> Iterator[YamlDocument | YamlTextError]:
    """Yield the documents of a text in order.

    Parameters
    ----------
    content : bytes
        One or more YAML documents in UTF-8.
    limits : TextLimits
        How much is read of each.

    Yields
    ------
    YamlDocument or YamlTextError
        Also empty documents, with the value None. An error stands for a document that is no YAML, has a repeated
        key or an unknown tag, or is over a limit; the ones after it are read.
    """

    def plant(number: int) -> _PlainTree:
        return _PlainTree(number, limits)

    number = 1
    for first_line, part in split(content):
        try:
            for tree in read_trees(part, first_line, number, plant):
                yield YamlDocument(number, tree.first_line, tree.root)
                number += 1
        except YamlTextError as error:
            yield error
            number += 1


class _PlainTree(Tree[object, object]):
    """A document whose values know nothing of their places."""

    def __init__(self, number: int, limits: TextLimits) -> None:
        super().__init__(limits)
        self._number = number

    def leaf(self, value: Scalar, text: str, line: int) -> object:  # noqa: ARG002 - places are not kept
        return value

    def sequence(self, elements: list[object], line: int) -> object:  # noqa: ARG002 - as above
        return elements

    def mapping(self, entries: dict[str, object], line: int) -> object:  # noqa: ARG002 - as above
        return entries

    def entry(self, line: int, node: object) -> object:  # noqa: ARG002 - as above
        return node

    def key_of(self, node: object) -> str | None:
        return key_text(node) if node is None or isinstance(node, str | int | float) else None

    def merged(self, node: object) -> Iterator[Mapping[str, object] | str]:
        for source in node if isinstance(node, list) else (node,):
            yield source if isinstance(source, dict) else ""

    def stop(self, fault: Fault) -> NoReturn:
        sentence = _SENTENCES[fault.wrong].format(
            limits=self.limits,
            reason=fault.text,
            text=shown(fault.text),
            context=shown(fault.context),
            number=ord(fault.text[:1] or "\0"),
        )
        raise YamlTextError(sentence, self._number, fault.line)

    def refuse(self, fault: Fault) -> None:
        self.stop(fault)
