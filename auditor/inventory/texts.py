"""Bytes of a file to the objects in it, whichever way they were written: gzip or not, JSON or YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import Origin
from auditor.inventory.forms import JsonForm, PlainForm
from auditor.inventory.json_values import json_values
from auditor.sources.faults import TextLimits
from auditor.sources.utf8 import TextError, utf8_text
from auditor.sources.yaml_text import YamlTextError, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.inventory.forms import Form, Value
    from auditor.inventory.notes import Notes

_YAML_LIMITS = TextLimits(document_bytes=256 * 2**20, repeated=TextLimits().values)
"""Longer than for policies: ``kubectl get -o yaml`` prints a whole cluster as one document."""


class Written(NamedTuple):
    """One value of a file, the form it is in, and where it is."""

    value: Value
    form: Form
    origin: Origin


def read_values(file: str, content: bytes, notes: Notes) -> Iterator[Written]:
    """Yield the values of a file in order; what cannot be read becomes an error.

    Parameters
    ----------
    file : str
        For places.
    content : bytes
        JSON or YAML in UTF-8 (UTF-16 with a byte order mark), perhaps compressed with gzip.
    notes : Notes
        Takes the errors.

    Yields
    ------
    Written
        Top-level values, lists not yet taken apart.
    """
    try:
        text = utf8_text(content)
    except TextError as error:
        message = f"expected {error.expected or 'JSON or YAML'}, got {error.came}"
        notes.error(message, Origin(file, None, error.line))
        return
    first = text.lstrip()[:1] if text[:1].isspace() else text[:1]
    if first in (b"{", b"["):
        form = JsonForm()
        for value, origin in json_values(file, text, notes):
            yield Written(value, form, origin)
    elif first:
        yield from _yaml_values(file, text, notes)
    else:
        notes.error("expected Kubernetes objects, got an empty file", Origin(file))


def _yaml_values(file: str, text: bytes, notes: Notes) -> Iterator[Written]:
    form = PlainForm()
    for document in read_documents(text, _YAML_LIMITS):
        if isinstance(document, YamlTextError):
            notes.error(document.message, Origin(file, document.document, document.line))
        elif document.value is not None:
            yield Written(document.value, form, Origin(file, document.number, None, "$"))
