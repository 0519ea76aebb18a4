"""Log lines: one JSON object each for machines, a sentence each on a terminal, without secrets and without floods.

A message is a constant sentence; what varies goes into fields, so that lines can be counted by their message::

    log = Log("service")
    log.note("segment published", topic="flows", partition=3, start=0, end=4096)
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from auditor.config import require

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORMATS = ("auto", "json", "text")

LONGEST = 8192
"""Letters of one text in a line: what others send is quoted, never flooded with."""

BURST, WINDOW_S = 20, 60.0
"""Lines of one message and level that a window lets through; the next line after it says how many it did not."""

MAX_MESSAGES = 1000
"""Messages whose lines are counted at a time; libraries put values into theirs."""

CONCEALED = "***"
_SECRET_NAME = re.compile(
    r"passw|secret|token|credential|authori[sz]ation|api_?key|private_?key|jaas", re.IGNORECASE
)
_USER_OF_URL = re.compile(
    r"(?<=://)[^\s/@]+@"
)  # no repetition before it: texts of strangers would cost their square
_ATTRIBUTE = "auditor_fields"
_concealed: set[str] = set()


class Log:
    """Writes lines with fields; ``name`` says which part of the program speaks."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"auditor.{name}")

    def note(self, message: str, **fields: object) -> None:
        """Say what happened."""
        self._write(logging.INFO, message, fields)

    def alert(self, message: str, **fields: object) -> None:
        """Say what somebody should look at."""
        self._write(logging.WARNING, message, fields)

    def fail(self, message: str, *, error: BaseException | None = None, **fields: object) -> None:
        """Say what failed; ``error`` comes with its traceback."""
        self._write(logging.ERROR, message, fields, error)

    def _write(
        self, level: int, message: str, fields: Mapping[str, object], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            # As an argument, a message with a per cent sign would ask for more of them.
            self._logger.log(level, message, exc_info=error, extra={_ATTRIBUTE: dict(fields)})


def configure(log_format: str = "auto", stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send the lines of this program and its libraries to one stream.

    Parameters
    ----------
    log_format : {'auto', 'json', 'text'}
        ``auto`` is text on a terminal and JSON elsewhere.
    stream : text stream, optional
        Standard error if None.
    level : int
        Lines of this program below it are left out; libraries speak from WARNING on.

    Raises
    ------
    ConfigError
        No such format.
    """
    require("log_format", log_format, FORMATS)
    stream = sys.stderr if stream is None else stream
    if log_format == "auto":
        log_format = "text" if stream.isatty() else "json"
    target = logging.StreamHandler(stream)
    target.setFormatter(JsonLines() if log_format == "json" else TextLines())
    target.addFilter(Limit())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(target)
    root.setLevel(logging.WARNING)
    logging.getLogger("auditor").setLevel(level)
    logging.captureWarnings(capture=True)
    # A reader of the lines that went away must not stop the service, nor fill standard error with tracebacks.
    logging.raiseExceptions = False


def conceal(secret: str) -> None:
    """Never write this text: whatever line quotes it shows ``***`` instead."""
    if secret:
        _concealed.add(secret)


class JsonLines(logging.Formatter):
    """One JSON object a line, ASCII only: ``time`` (RFC 3339, UTC), ``level``, ``logger``, ``message``, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end."""
        line = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _text(record.getMessage()),
        }
        for key, value in _fields_of(record).items():
            line.setdefault(key, value)
        return json.dumps(line)


class TextLines(logging.Formatter):
    """Time, level, message and fields as ``key=value``; what a terminal would act on is made visible."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end."""
        parts = [_time_of(record), record.levelname.lower(), _visible(_text(record.getMessage()))]
        for key, value in _fields_of(record).items():
            if key == "traceback":
                continue
            shown = value if isinstance(value, str) else json.dumps(value)
            parts.append(f"{key}={json.dumps(shown) if re.search(r'[^!-~]|^$', shown) else shown}")
        trace = _fields_of(record).get("traceback")
        below = "".join(f"\n  {_visible(line)}" for line in str(trace).split("\n")) if trace else ""
        return " ".join(parts) + below


class Limit(logging.Filter):
    """Lets ``burst`` lines of a message and level through in ``window_s`` seconds, and says how many it did not.

    Critical lines always pass.
    """

    def __init__(
        self, burst: int = BURST, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._burst, self._window_s, self._clock = burst, window_s, clock
        self._seen: OrderedDict[tuple[str, int, str], list[float]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a line is written; runs under the lock of the stream."""
        if record.levelno >= logging.CRITICAL:
            return True
        key = (record.name, record.levelno, str(record.msg))
        now = self._clock()
        begin, n_lines = self._seen.pop(key, (now, 0))
        if now - begin >= self._window_s:
            if n_lines > self._burst:
                record.__dict__.setdefault(_ATTRIBUTE, {})["left_out"] = int(n_lines) - self._burst
            begin, n_lines = now, 0
        self._seen[key] = [begin, n_lines + 1]
        if len(self._seen) > MAX_MESSAGES:
            self._seen.popitem(last=False)
        return n_lines < self._burst


def _time_of(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is written beside the message, harmless: plain JSON values, no secrets."""
    fields: dict[str, object] = dict(getattr(record, _ATTRIBUTE, {}))
    if record.exc_info and record.exc_info[1] is not None:
        fields["error"] = str(record.exc_info[1]) or type(record.exc_info[1]).__name__
        fields["traceback"] = logging.Formatter().formatException(record.exc_info)
    return {key: CONCEALED if _SECRET_NAME.search(key) else _plain(value) for key, value in fields.items()}


def _plain(value: object, depth: int = 0) -> object:
    """Return a value that JSON has: a line that cannot be written would be lost when it matters most."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON has no infinity
    if depth < 3 and isinstance(value, dict):  # noqa: PLR2004 - deeper is text
        named = ((_text(str(key)), each) for key, each in value.items())
        return {
            key: CONCEALED if _SECRET_NAME.search(key) else _plain(each, depth + 1) for key, each in named
        }
    if depth < 3 and isinstance(value, list | tuple | set | frozenset):  # noqa: PLR2004
        return [_plain(each, depth + 1) for each in value]
    return _text(str(value))


def _text(text: str) -> str:
    """Return a text without secrets, cut to what a line may hold."""
    text = _USER_OF_URL.sub(f"{CONCEALED}@", text[: 2 * LONGEST])
    # Longest first: a secret may begin with another.
    for secret in sorted(_concealed, key=len, reverse=True):
        text = text.replace(secret, CONCEALED)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _visible(text: str) -> str:
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
