"""Columns of a generic flow table, named as in the report: which types they may have, and what is missing.

Required are ``src_ip``, ``dst_ip``, ``protocol`` and ``dst_port``; the rest says more. Others are not read.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

import pyarrow as pa

from auditor.errors import Position, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Test = Callable[[pa.DataType], bool]

REQUIRED = ("src_ip", "dst_ip", "protocol", "dst_port")
JUDGED = (*REQUIRED, "src_port", "observed", "weight", "is_reply", "tcp_flags")
"""Columns that a verdict needs."""
EVIDENCE = ("time_start", "time_end", "bytes", "packets")
"""Columns that only reports need."""
NAMES = (*JUDGED, *EVIDENCE)
TEXT_NAMES = ("src_ip", "dst_ip", "protocol", "observed")
"""Columns of few distinct values: read as dictionaries where they are text."""

_SHOWN = 80
_SPELLINGS = {
    "src_ip": ("srcaddr", "src_addr", "source_ip", "source_address", "saddr", "source"),
    "dst_ip": (
        "dstaddr",
        "dst_addr",
        "destination_ip",
        "dest_ip",
        "destination_address",
        "daddr",
        "destination",
    ),
    "protocol": ("proto", "ip_protocol", "l4_protocol", "ipproto"),
    "dst_port": ("dstport", "destination_port", "dest_port", "dport", "port"),
}
"""What other tools call the required columns, for suggestions only."""


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


def check_names(file: str, names: Sequence[str]) -> None:
    """Refuse a table without the required columns, or with one of ours twice.

    Parameters
    ----------
    file : str
        As messages name it.
    names : sequence of str
        Every column of the table.

    Raises
    ------
    SourceError
        Names what is missing, and columns that may be meant.
    """
    twice = [name for name in NAMES if names.count(name) > 1]
    if twice:
        raise SourceError(f"column `{twice[0]}` stands more than once in the table", Position(file))
    missing = [name for name in REQUIRED if name not in names]
    if not missing:
        return
    listed = ", ".join(_with_suggestion(name, names) for name in missing)
    found = ", ".join(names)
    shown = f"`{found if len(found) <= _SHOWN else found[:_SHOWN] + '...'}`" if names else "none"
    raise SourceError(f"expected columns {listed}; found {_printable(shown)}", Position(file))


def _with_suggestion(name: str, names: Sequence[str]) -> str:
    """Return the name and, where one is near, the column that may be meant."""
    # Only columns not already taken for another name can be meant.
    others = {_plain(other): other for other in names if other not in NAMES}
    spellings = (name, *_SPELLINGS[name])
    exact = [others[_plain(spelling)] for spelling in spellings if _plain(spelling) in others]
    near = exact or [others[found] for found in get_close_matches(_plain(name), others, 1, 0.75)]
    return f"`{name}` (is it `{_printable(near[0][:_SHOWN])}`?)" if near else f"`{name}`"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _printable(text: str) -> str:
    """Names come from files: keep control characters out of messages."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


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
            shown = _printable(str(field.type)[:_SHOWN])
            raise SourceError(f"column `{name}` has type `{shown}`, expected {expected}", Position(file))
