"""Named places where tests, and nobody else, make this program die, stop, fail or wait.

A kill at a random time hardly ever hits the instant that matters; a kill at a named place always does. Places are armed
by the environment: ``AUDITOR_FAILPOINTS="storage.before-link=kill, chain.before-create=stop@3"``. Without it, passing
one costs a look into an empty dict.
"""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass

from auditor.errors import ConfigError

VARIABLE = "AUDITOR_FAILPOINTS"

NAMES = frozenset(
    {
        "storage.mid-write",
        "storage.before-fsync",
        "storage.before-link",
        "storage.after-link",
        "storage.before-folder-fsync",
        "chain.scan",
        "chain.before-create",
        "chain.after-create",
        "chain.before-hint",
        "loop.after-poll",
        "loop.before-judge",
        "loop.before-cut",
        "loop.after-cut",
        "loop.before-commit",
        "loop.after-commit",
        "compact.before-create",
        "compact.after-create",
        "compact.between-removals",
    }
)
"""Every place there is."""

_SETTING = re.compile(
    r"(?P<name>[\w.-]+)=(?P<action>kill|stop|raise|sleep:(?P<seconds>\d+(?:\.\d+)?))(?:@(?P<at>\d+))?"
)


class FailpointError(Exception):
    """Raised by a place armed with ``raise``; no failure of a user, so outside the tree of errors."""


@dataclass(slots=True)
class _Armed:
    """What a place does, and at which pass; None is every pass."""

    action: str
    at: int | None
    n_passed: int = 0


_armed: dict[str, _Armed] = {}


def arm(text: str) -> None:
    """Arm the places that a setting names, and no other.

    Parameters
    ----------
    text : str
        Settings ``name=kill|stop|raise|sleep:SECONDS[@N]``, separated by commas; ``@N`` is the N-th pass only.

    Raises
    ------
    ConfigError
        A setting has no meaning, or names no place.
    """
    armed = {}
    for setting in filter(None, (part.strip() for part in text.split(","))):
        found = _SETTING.fullmatch(setting)
        if found is None:
            raise ConfigError(
                f"expected `name=kill|stop|raise|sleep:SECONDS[@N]` in {VARIABLE}, came `{setting}`"
            )
        if found["name"] not in NAMES:
            raise ConfigError(f"expected the name of a failpoint in {VARIABLE}, came `{found['name']}`")
        armed[found["name"]] = _Armed(found["action"], int(found["at"]) if found["at"] else None)
    _armed.clear()
    _armed.update(armed)


def hit(name: str) -> None:
    """Pass the place ``name``.

    Raises
    ------
    FailpointError
        If it is armed with ``raise``.
    """
    if not _armed:
        return
    assert name in NAMES, name
    armed = _armed.get(name)
    if armed is None:
        return
    armed.n_passed += 1
    if armed.at is not None and armed.n_passed != armed.at:
        return
    if armed.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif armed.action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif armed.action == "raise":
        raise FailpointError(name)
    else:
        time.sleep(float(armed.action.partition(":")[2]))


arm(os.environ.get(VARIABLE, ""))
