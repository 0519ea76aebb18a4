"""Where the values of a flow stand in JSON objects of a user's own shape, and the path program compiled from that."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.errors import ConfigError
from auditor.flows.generic_names import NAMES
from auditor.flows.path_program import SCALAR, TRUTH, Wanted, can_compile, compile_program
from kernels.json_program import KIND_NULL, KIND_OBJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kernels.json_program import Program

Path = tuple[str, ...]

DEFAULT_FIELDS: dict[str, Path] = {name: (name,) for name in NAMES}
"""Every value under the report's own name, in the outermost object."""

_VALUE = SCALAR | TRUTH | KIND_NULL
_ITEM = re.compile(r"\s*(?P<name>[a-z_]+)\s*=\s*(?P<path>(?:[^,\\]|\\.)+?)\s*")
_STEP = re.compile(r"(?:[^.\\]|\\.)+")
_SEPARATOR = re.compile(r"(?:[^,\\]|\\.|\\$)*")  # nothing belongs to a backslash at the very end


def read_fields(text: str) -> dict[str, Path]:
    r"""Read paths such as ``src_ip=source.ip,dst_ip=destination.ip``.

    Parameters
    ----------
    text : str
        Names of ``generic_names.NAMES``, each with the keys that lead to its value, by dots. A backslash takes the
        meaning off the character behind it: ``src_ip=source\.ip`` is one key. Names left out keep their own.

    Returns
    -------
    dict of str to tuple of str
        A path for every name.

    Raises
    ------
    ConfigError
        It cannot be read, or one path leads through the value of another.
    """
    fields: dict[str, Path] = {}
    for item in filter(None, _SEPARATOR.findall(text)):
        found = _ITEM.fullmatch(item)
        steps = _STEP.findall(found["path"]) if found else []
        if found is None or ".".join(steps) != found["path"]:
            raise ConfigError(
                f"--json-fields expects NAME=PATH with commas between, such as `src_ip=source.ip`, got `{item.strip()}`"
            )
        name = found["name"]
        if name not in NAMES:
            raise ConfigError(f"--json-fields knows no `{name}`; names are {', '.join(NAMES)}")
        if name in fields:
            raise ConfigError(f"--json-fields names `{name}` more than once")
        fields[name] = tuple(re.sub(r"\\(.)", r"\1", step) for step in steps)
    if not fields:
        raise ConfigError(
            "--json-fields expects at least one NAME=PATH, such as `src_ip=source.ip`, got none"
        )
    fields = {name: fields.get(name, DEFAULT_FIELDS[name]) for name in NAMES}
    _check_nesting(fields)
    return fields


def _check_nesting(fields: Mapping[str, Path]) -> None:
    by_path = {path: name for name, path in fields.items()}
    for name, path in fields.items():
        for end in range(1, len(path)):
            if outer := by_path.get(path[:end]):
                raise ConfigError(
                    f"--json-fields leads to `{name}` through `{'.'.join(path[:end])}`, which is the value of `{outer}`"
                )


@dataclass(frozen=True, slots=True)
class FieldProgram:
    """What the scanner looks for.

    Attributes
    ----------
    program : Program
        The keys.
    slots : ndarray of int64, shape (13,), read-only
        Where the value of each of ``NAMES`` is noted; two names of one path share a slot.
    n_slots : int
        How many slots there are.
    """

    program: Program
    slots: NDArray[np.int64]
    n_slots: int


def field_program(fields: Mapping[str, Path]) -> FieldProgram | None:
    """Compile fields.

    Parameters
    ----------
    fields : mapping of str to tuple of str
        A path for every one of ``NAMES``, none of which leads through another.

    Returns
    -------
    FieldProgram or None
        None if a program cannot hold such keys: then the exact parser reads every line.
    """
    by_path: dict[Path, int] = {}
    for name in NAMES:
        by_path.setdefault(fields[name], len(by_path))
    n_slots = len(by_path)
    root: dict[str, Wanted] = {}
    inner: dict[Path, dict[str, Wanted]] = {(): root}
    for path, slot in by_path.items():
        for end in range(1, len(path)):
            if path[:end] not in inner:
                under: dict[str, Wanted] = {}
                inner[path[:end]] = under
                inner[path[: end - 1]][path[end - 1]] = Wanted(n_slots, KIND_OBJECT | KIND_NULL, under)
                n_slots += 1
        inner[path[:-1]][path[-1]] = Wanted(slot, _VALUE)
    if not can_compile(root):
        return None
    slots = np.array([by_path[fields[name]] for name in NAMES], np.int64)
    slots.flags.writeable = False
    return FieldProgram(compile_program(root), slots, n_slots)
