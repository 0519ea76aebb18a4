"""One contender of a contest, in a process of its own: what it found, or what it took."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import Any

from auditor.capacity.peers.contest import contenders
from auditor.errors import SourceError


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Read the log once.

    Parameters
    ----------
    settings : dict
        ``contest``, ``name``, ``path``, ``is_checked``; and what ``contenders`` takes.

    Returns
    -------
    dict
        ``seconds`` (CPU), and with ``is_checked`` ``checks``: what must be equal for all.
    """
    contender = contenders(settings["contest"], settings)[settings["name"]]
    if contender.needs and find_spec(contender.needs) is None:
        raise SourceError(f"{contender.needs} is not installed")
    begun = time.process_time()
    found = contender.load(settings["path"])
    taken = time.process_time() - begun
    if contender.seconds is not None:
        taken = contender.seconds(found)
    return {"seconds": taken, "checks": contender.check(found) if settings["is_checked"] else {}}
