"""One object as text or as plain values: the two forms in which files give objects, behind one interface.

JSON stays undecoded bytes until its kind is known, then only needed fields are decoded; YAML arrives as plain
values.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import msgspec

from auditor.inventory.objects import NEEDED
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.inventory.objects import KubernetesObject

Member = TypeVar("Member", bound="KubernetesObject")

_ABSENT = msgspec.Raw()
_NULLS = (_ABSENT, msgspec.Raw(b"null"))
_EVENT_KINDS = (None, "WatchEvent")
_LONGEST = 40
"""Digits of an integer, beyond every field; Python converts no more than 4 300."""
_SOME_KEY = "[...]"
_PLACE = re.compile(r"(?s)(.*) - at `(\$.*)`")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_LIMIT = re.compile(r"Expected `(?:int|str)` [<>]=")


Value = Any
"""Each form has values of its own, and nobody else looks into them."""


class FieldError(Exception):
    """A field of an object is not what the API says.

    Never leaves this package: the reader makes a problem of it.

    Parameters
    ----------
    message : str
        The sentence without its place.
    path : str
        Place below the object, e.g. ``.spec.hostNetwork``; empty for the object itself.
    """

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class Head(NamedTuple):
    """What says how to read a value; None where absent.

    Attributes
    ----------
    kind, api_version : str or None
        As written.
    event : str or None
        Type of a watch event; None for anything else.
    content : Value
        The object of a watch event.
    members : Value
        The ``items`` of a list, in the same form.
    has_items : bool
        Whether there are ``items``, be it null, which stands for none.
    """

    kind: str | None
    api_version: str | None
    event: str | None
    content: Value
    members: Value
    has_items: bool


class Form(Protocol):
    """How values are taken apart."""

    def head(self, value: Value) -> Head:
        """Return the head; FieldError if the value is no object."""
        ...

    def members(self, value: Value) -> list[Value] | None:
        """Return the elements of a list in the same form; None if the value is no list."""
        ...

    def typed(self, value: Value, kind: type[Member]) -> Member:
        """Return an object of a kind; FieldError names the field that is not of its type."""
        ...


class _JsonHead(msgspec.Struct, gc=False):
    kind: str | None = None
    api_version: str | None = msgspec.field(default=None, name="apiVersion")
    type: msgspec.Raw = _ABSENT
    object: msgspec.Raw = _ABSENT
    members: msgspec.Raw = msgspec.field(default=_ABSENT, name="items")


class JsonForm:
    """Values are bytes of JSON, of which only what is asked for is decoded."""

    def __init__(self) -> None:
        self._head = msgspec.json.Decoder(_JsonHead)
        self._members = msgspec.json.Decoder(list[msgspec.Raw])
        self._typed: dict[type, Any] = {kind: msgspec.json.Decoder(kind) for _, kind in NEEDED.values()}

    def head(self, value: bytes | memoryview | msgspec.Raw) -> Head:
        """Return the head; FieldError if the value is no object."""
        with _translated(lambda: _undecoded(value)):
            head = self._head.decode(value)
            content = None if head.object in _NULLS else head.object
            event = None
            if content is not None and head.kind in _EVENT_KINDS and head.type not in _NULLS:
                event = msgspec.json.decode(head.type)
        return Head(
            head.kind,
            head.api_version,
            event if isinstance(event, str) else None,
            content,
            None if head.members in _NULLS else head.members,
            head.members != _ABSENT,
        )

    def members(self, value: bytes | memoryview | msgspec.Raw) -> list[msgspec.Raw] | None:
        """Return the elements of a list in the same form; None if the value is no list."""
        try:
            return self._members.decode(value)
        except msgspec.ValidationError:
            return None

    def typed(self, value: bytes | memoryview | msgspec.Raw, kind: type[Member]) -> Member:
        """Return an object of a kind; FieldError names the field that is not of its type."""
        with _translated(lambda: _undecoded(value)):
            decoded: Member = self._typed[kind].decode(value)
        return decoded


class PlainForm:
    """Values are those of YAML: None, bool, int, float, str, list and dict."""

    def head(self, value: object) -> Head:
        """Return the head; FieldError if the value is no object."""
        if not isinstance(value, dict):
            raise FieldError(f"expected a Kubernetes object, got {_named(value)}", "")
        kind, api_version = (value.get(key) for key in ("kind", "apiVersion"))
        for key, text in (("kind", kind), ("apiVersion", api_version)):
            if text is not None and not isinstance(text, str):
                raise FieldError(f"expected `str`, got `{_type_name(text)}`", f".{key}")
        event, content = value.get("type"), value.get("object")
        is_event = content is not None and kind in _EVENT_KINDS and isinstance(event, str)
        return Head(
            kind, api_version, event if is_event else None, content, value.get("items"), "items" in value
        )

    def members(self, value: object) -> list[object] | None:
        """Return the elements of a list in the same form; None if the value is no list."""
        return value if isinstance(value, list) else None

    def typed(self, value: object, kind: type[Member]) -> Member:
        """Return an object of a kind; FieldError names the field that is not of its type."""
        with _translated(lambda: value):
            return msgspec.convert(value, kind)


def _undecoded(value: bytes | memoryview | msgspec.Raw) -> object:
    """Return the plain value of JSON, to look into after an error; numbers no field could hold stay text."""
    try:
        return json.loads(bytes(value), parse_int=lambda text: int(text) if len(text) < _LONGEST else text)
    except RecursionError:
        return None


@contextmanager
def _translated(plain: Callable[[], object]) -> Iterator[None]:
    """Make a FieldError of the decoder's errors; ``plain`` gives the whole value, asked for only then."""
    try:
        yield
    except msgspec.ValidationError as error:
        raise _field_error(str(error), plain()) from error


def _field_error(text: str, plain: object) -> FieldError:
    place = _PLACE.fullmatch(text)
    reason, path = (place[1], place[2][1:]) if place else (text, "")
    if path.endswith(_SOME_KEY):
        path = path.removesuffix(_SOME_KEY)
        labels = _below(plain, path)
        if isinstance(labels, dict):
            path += _step(next((key for key, value in labels.items() if not isinstance(value, str)), "*"))
    if reason.startswith("Object missing required field "):
        reason = f"expected {reason.rpartition(' ')[2]}, got none"
    elif reason.startswith("Invalid enum value "):
        reason = f"expected `TCP`, `UDP` or `SCTP`, got {_named(_below(plain, path))}"
    elif _LIMIT.match(reason):
        reason = f"{reason}, got {_named(_below(plain, path))}"
    reason = reason.replace(" | null`", "`")
    if not path:
        reason = reason.replace("`object`", "a Kubernetes object")
    return FieldError(reason[0].lower() + reason[1:], path)


def _below(value: object, path: str) -> object:
    """Return the value at a path of plain keys and indexes, or None."""
    for key, index in _STEP.findall(path):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            return None
    return value


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f'["{shown(key)}"]'


def _type_name(value: object) -> str:
    """Return the name of a JSON type, as the decoder names it."""
    names = {type(None): "null", list: "array", dict: "object"}
    return names.get(type(value), type(value).__name__)


def _named(value: object) -> str:
    """Return a value as a message shows it: text and whole numbers by value, others by type."""
    return f"`{shown(str(value))}`" if type(value) in (str, int) else f"`{_type_name(value)}`"
