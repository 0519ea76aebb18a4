"""Names of files that are not meant: hidden ones and marks; and patterns, where the names come from elsewhere."""

from __future__ import annotations

import re

HIDDEN = "hidden"
MARK = "mark of a table writer"

# What table writers leave beside their files; reading it as a log would fail or count twice.
_MARK = re.compile(
    r"_SUCCESS|_(started|committed)_.*|_(common_)?metadata|_delta_log|_temporary|_spark_metadata"
)
_WILD = re.compile(r"[*?\[]")


def is_mark(name: str) -> bool:
    """Return whether table writers leave files or folders of this name."""
    return _MARK.fullmatch(name) is not None


def split_pattern(key: str) -> tuple[str, list[str]]:
    """Return the folder in front of the first wildcard, and the names from there on; none without a wildcard."""
    parts = key.split("/")
    n_fixed = next((place for place, part in enumerate(parts) if _WILD.search(part)), None)
    return (key, []) if n_fixed is None else ("/".join(parts[:n_fixed]), parts[n_fixed:])


def pattern_of(parts: list[str]) -> re.Pattern[str]:
    """Return what paths match, relative to a folder, that ``parts`` describe.

    As in a shell: ``*`` and ``?`` do not cross a slash, ``**`` alone is any number of folders, and nothing matches a
    hidden name but a dot that is written.
    """
    written = ""
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if part == "**":
            written += r"(?:[^/.][^/]*/)*" + (r"[^/.][^/]*" if is_last else "")
        else:
            written += _segment(part) + ("" if is_last else "/")
    return re.compile(written, re.DOTALL)


def _segment(part: str) -> str:
    """Return a regular expression for one name."""
    written = "" if part.startswith(".") else r"(?!\.)"
    place = 0
    while place < len(part):
        letter = part[place]
        place += 1
        if letter == "*":
            written += "[^/]*"
        elif letter == "?":
            written += "[^/]"
        elif letter == "[" and (end := part.find("]", place + 1)) > 0:
            among = part[place:end].replace("\\", r"\\").replace("[", r"\[")
            written += f"(?!/)[{'^' + among[1:] if among.startswith('!') else among}]"
            place = end + 1
        else:
            written += re.escape(letter)
    return written
