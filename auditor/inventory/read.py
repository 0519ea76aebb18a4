"""Files to Kubernetes objects of the kinds needed, each with its place; lists and events are taken apart.

Every problem of every file is found. What an object means, and which of two states holds, is for others.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from auditor.errors import Origin
from auditor.inventory.forms import FieldError
from auditor.inventory.notes import Notes
from auditor.inventory.objects import NEEDED
from auditor.inventory.texts import read_values
from auditor.sources.yaml_scalars import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.inventory.forms import Form, Head, Value
    from auditor.inventory.objects import KubernetesObject

_LIST = "List"
_DEEPEST = 8
"""Lists in lists; kubectl writes one in one."""
_LISTS = frozenset({_LIST, *(f"{kind}{_LIST}" for kind in NEEDED)})
_BY_NEAR_NAME = {kind.lower(): kind for kind in NEEDED}
_STATES = ("ADDED", "MODIFIED", "DELETED")
"""Types of watch events that tell a state."""


class Found(NamedTuple):
    """An object of a needed kind.

    Attributes
    ----------
    kind : str
        A key of ``objects.NEEDED``.
    content : KubernetesObject
        What was decoded of it.
    origin : Origin
        Where it is.
    event : str or None
        ADDED, MODIFIED or DELETED if it came in a watch event.
    """

    kind: str
    content: KubernetesObject
    origin: Origin
    event: str | None


def read_objects(files: Sequence[tuple[str, bytes]], notes: Notes) -> Iterator[Found]:
    """Yield the needed objects of all files, in order; what is no object becomes an error.

    Parameters
    ----------
    files : sequence of (str, bytes)
        Name, for places, and content.
    notes : Notes
        Takes the problems.

    Yields
    ------
    Found
        With its metadata checked: it has a name.
    """
    for file, content in files:
        for value, form, origin in read_values(file, content, notes):
            walk = _Walk(form, notes)
            members = form.members(value)
            if members is None:
                yield from walk.visit(value, _Context(origin))
            else:
                yield from walk.visit_members(members, "", _Context(origin))


class FileReader:
    """Reads files again and again, and only those that are not as they were the last time.

    What comes of a file is kept as long as the file is read and has that content. Of a file that is alone nothing is
    kept: whoever asks again has another one.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bytes], tuple[list[Found], Notes]] = {}

    def read(self, files: Sequence[tuple[str, bytes]], notes: Notes) -> Iterator[Found]:
        """Yield what ``read_objects`` does; problems of a file are noted when its first object is asked for."""
        before, self._kept = self._kept, {}
        for file, content in files:
            key = (file, sha256(content).digest())
            kept = before.get(key)
            if kept is None:
                own = Notes()
                kept = list(read_objects([(file, content)], own)), own
            if len(files) > 1:
                self._kept[key] = kept
            notes.add(kept[1])
            yield from kept[0]


class _Context(NamedTuple):
    """Where a value is, and what it takes over: kind and apiVersion of its list, type of its event."""

    origin: Origin
    kind: str | None = None
    api_version: str | None = None
    event: str | None = None
    depth: int = 0


class _Walk:
    """Takes values of one form apart."""

    def __init__(self, form: Form, notes: Notes) -> None:
        self._form = form
        self._notes = notes

    def visit(self, value: Value, context: _Context) -> Iterator[Found]:
        """Yield the needed objects in a value."""
        origin = context.origin
        try:
            head = self._form.head(value)
        except FieldError as error:
            self._notes.error(error.message, origin, error.path)
            return
        kind = head.kind or context.kind
        if head.event is not None and context.event is None:
            yield from self._visit_event(head, context)
        elif head.members is not None and (kind is None or kind.endswith(_LIST)):
            yield from self._visit_list(head, kind, context)
        elif kind is None:
            self._notes.error("expected a Kubernetes object, got one without `kind`", origin)
        elif kind in _LISTS:
            if not head.has_items:
                self._notes.error("expected `items`, got none", origin)
        else:
            yield from self._take(value, kind, head.api_version or context.api_version, context)

    def visit_members(self, members: list[Value], below: str, context: _Context) -> Iterator[Found]:
        """Yield the needed objects in the elements of a list that lies ``below`` the place of the context."""
        if context.depth == _DEEPEST:
            self._notes.error(f"expected lists at most {_DEEPEST} deep, got more", context.origin)
            return
        root = context.origin
        for index, member in enumerate(members):
            origin = Origin(root.file, root.document, root.line, f"{root.path}{below}[{index}]")
            yield from self.visit(member, context._replace(origin=origin, depth=context.depth + 1))

    def _visit_event(self, head: Head, context: _Context) -> Iterator[Found]:
        if head.event in _STATES:
            origin = replace(context.origin, path=f"{context.origin.path}.object")
            yield from self.visit(head.content, context._replace(origin=origin, event=head.event))
        elif head.event == "ERROR":
            self._notes.warn("watch reported an error: later states are missing", context.origin)
        elif head.event != "BOOKMARK":
            message = f"expected the type of a watch event, got `{shown(str(head.event))}`"
            self._notes.error(message, context.origin, ".type")

    def _visit_list(self, head: Head, kind: str | None, context: _Context) -> Iterator[Found]:
        members = self._form.members(head.members)
        if members is None:
            self._notes.error("expected `array`, got something else", context.origin, ".items")
            return
        of_one_kind = None if kind is None else kind.removesuffix(_LIST)
        if of_one_kind:
            context = context._replace(kind=of_one_kind, api_version=head.api_version)
        yield from self.visit_members(members, ".items", context)

    def _take(
        self,
        value: Value,
        kind: str,
        api_version: str | None,
        context: _Context,
    ) -> Iterator[Found]:
        group, content_type = NEEDED.get(kind, (None, None))
        own_group = "" if api_version is None or "/" not in api_version else api_version.partition("/")[0]
        if content_type is None or (api_version is not None and own_group != group):
            self._leave(kind, api_version, own_group, context.origin)
            return
        try:
            content = self._form.typed(value, content_type)
        except FieldError as error:
            self._notes.error(error.message, context.origin, error.path)
            return
        if content.metadata.name:
            yield Found(kind, content, context.origin, context.event)
        else:
            self._notes.error("expected a name, got none", context.origin, ".metadata.name")

    def _leave(self, kind: str, api_version: str | None, group: str, origin: Origin) -> None:
        """Count an object of a kind that is not needed; what is nearly a needed kind must not be lost so."""
        meant = _BY_NEAR_NAME.get(kind.lower()) or _BY_NEAR_NAME.get(kind.lower().removesuffix("s"))
        if meant is None or kind == meant or (api_version is not None and group != NEEDED[meant][0]):
            self._notes.n_other += 1
            return
        self._notes.error(f"kind `{shown(kind)}` is not known; did you mean `{meant}`", origin, ".kind")
