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


def pattern_of(key: str) -> tuple[str, re.Pattern[str]] | None:
    """Return the folder in front of the first wildcard, and what the paths below it are to match; None without one.

    As in a shell: ``*`` and ``?`` do not cross a slash, ``**`` between slashes is any number of folders, and nothing
    matches a hidden name but a dot that is written.
    """
    if not _WILD.search(key):
        return None
    parts = key.split("/")
    n_fixed = next(place for place, part in enumerate(parts) if _WILD.search(part))
    wild = parts[n_fixed:]
    written = ""
    for place, part in enumerate(wild):
        is_last = place == len(wild) - 1
        if part == "**":
            written += r"(?:[^/.][^/]*/)*[^/.][^/]*" if is_last else r"(?:[^/.][^/]*/)*"
        else:
            written += _segment(part) + ("" if is_last else "/")
    return "/".join(parts[:n_fixed]), re.compile(written, re.DOTALL)


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
