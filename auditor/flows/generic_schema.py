"""Which types the columns of a generic flow table may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from auditor.errors import Position, SourceError
from auditor.flows.generic_names import NAMES, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    Test = Callable[[pa.DataType], bool]

_SHOWN = 80


def is_text(kind: pa.DataType) -> bool:
    """Return whether a column of this type holds text or bytes that are text."""
    tests: tuple[Test, ...] = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_binary_view,
    )
    return any(test(kind) for test in tests)


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


_NUMBER = ("numbers or text", (_is_number, is_text))
_TIME = ("timestamps or RFC 3339 text", (pa.types.is_timestamp, is_text))
_ADDRESS = ("text or integers", (is_text, _is_whole))
_TYPES: dict[str, tuple[str, tuple[Test, ...]]] = {
    "src_ip": _ADDRESS,
    "dst_ip": _ADDRESS,
    "protocol": ("text or numbers", (is_text, _is_number)),
    "dst_port": _NUMBER,
    "src_port": _NUMBER,
    "observed": ("text", (is_text,)),
    "weight": _NUMBER,
    "is_reply": ("booleans, integers or text", (pa.types.is_boolean, _is_whole, is_text)),
    "tcp_flags": _NUMBER,
    "time_start": _TIME,
    "time_end": _TIME,
    "bytes": _NUMBER,
    "packets": _NUMBER,
}


def check_types(file: str, schema: pa.Schema) -> None:
    """Refuse columns whose type cannot hold what is expected; nulls alone are fine.

    Raises
    ------
    SourceError
        Names the first such column, its type and what was expected. Extension types are refused: a file must
        not choose the code that reads it.
    """
    for name in NAMES:
        place = schema.get_field_index(name)
        if place < 0:
            continue
        field = schema.field(place)
        kind = field.type
        is_extension = isinstance(kind, pa.BaseExtensionType)
        if is_extension or b"ARROW:extension:name" in (field.metadata or {}):
            raise SourceError(
                f"column `{name}` has an extension type, expected {_TYPES[name][0]}", Position(file)
            )
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        expected, tests = _TYPES[name]
        if not pa.types.is_null(kind) and not any(test(kind) for test in tests):
            shown = printable(str(field.type)[:_SHOWN])
            raise SourceError(f"column `{name}` has type `{shown}`, expected {expected}", Position(file))
