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
from auditor.policies.yaml_nodes import read_yaml, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from auditor.policies.limits import Limits
    from auditor.policies.nodes import Node

_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
)
_UTF_8_MARK = b"\xef\xbb\xbf"
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
        UTF-8 text, with or without a byte order mark. JSON is known by its first character.
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
    content = content.removeprefix(_UTF_8_MARK)
    if problem := _encoding_problem(file, content):
        yield problem
    elif not content.lstrip(b" \t\r\n").startswith((b"{", b"[")):
        yield from _read_yaml(file, content, limits)
    else:
        yield from _read_json(file, content, wanted, limits)


def _encoding_problem(file: str, content: bytes) -> Problem | None:
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return Problem(f"expected UTF-8 text, came {name}", Origin(file))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        came = f"byte `0x{content[error.start]:02x}`"
        return Problem(f"expected UTF-8 text, came {came}", Origin(file, None, line))
    return None


def _read_yaml(file: str, content: bytes, limits: Limits) -> Iterator[Document | Problem]:
    number = 1
    for first_line, part in split(content):
        try:
            for sheet, root in read_yaml(part, Sheet(file, number), first_line, limits):
                number = sheet.document + 1
                yield from _kept(sheet, root)
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


def _kept(sheet: Sheet, root: Node) -> tuple[Document, ...]:
    return () if is_null(root) and not sheet.problems else (Document(sheet, root),)


def _with_template_hint(problems: Iterable[Problem], part: bytes) -> Iterator[Problem]:
    """Say what to do about the templates of a chart, which look like YAML and are not."""
    hint = "; templates must be rendered first, as `helm template` does" if _TEMPLATE.search(part) else ""
    for problem in problems:
        yield Problem(problem.message + hint, problem.origin)
