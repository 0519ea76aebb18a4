"""The names of a chain: ``<topic>/<topic id>/p=<partition>/<start offset, 20 digits>.arrow``.

A file that merges several names its end too. The next start is not in a name: it stands in the file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from auditor.errors import ConfigError

GENESIS = "GENESIS"
LATEST = "LATEST"
REJECTED = "rejected"

_PLAIN = re.compile(r"(?P<start>\d{20})(?:-(?P<end>\d{20}))?\.arrow", re.ASCII)
_CHAIN = re.compile(r"(?P<topic>[\w.-]{1,249})/(?P<topic_id>[\w-]+)/p=(?P<partition>\d{1,10})/", re.ASCII)


class ChainName(NamedTuple):
    """A partition of a topic as it was created once: a topic that is created anew has another id."""

    topic: str
    topic_id: str
    partition: int

    @property
    def folder(self) -> str:
        """Return the prefix of its segments."""
        return f"{self.topic}/{self.topic_id}/p={self.partition}/"

    @property
    def rejected_folder(self) -> str:
        """Return the prefix of its dead letters, apart from the segments: who lists those never sees them."""
        return f"{self.topic}/{self.topic_id}/{REJECTED}/p={self.partition}/"

    def segment(self, start: int) -> str:
        """Return the name of the segment that starts there."""
        return f"{self.folder}{start:020}.arrow"

    def merged(self, start: int, end: int) -> str:
        """Return the name of a file that holds the segments from ``start`` to ``end``."""
        return f"{self.folder}{start:020}-{end:020}.arrow"


def chain_name(topic: str, topic_id: str, partition: int) -> ChainName:
    """Return the name of a chain.

    Raises
    ------
    ConfigError
        If a folder cannot be called so.
    """
    name = ChainName(topic, topic_id, partition)
    if chain_of(name.folder) != name or topic in (".", ".."):
        raise ConfigError(f"expected the name, the id and a partition of a topic, came `{name.folder}`")
    return name


def chain_of(name: str) -> ChainName | None:
    """Return the chain that a name lies in, None if it is none of ours."""
    found = _CHAIN.match(name)
    if found is None or found["topic_id"] == REJECTED:
        return None
    return ChainName(found["topic"], found["topic_id"], int(found["partition"]))


def segment_bounds(name: str) -> tuple[int, int | None] | None:
    """Return start and, of a merged file, end; None if the name is none of a segment."""
    found = _PLAIN.fullmatch(name.rpartition("/")[2])
    if found is None:
        return None
    return int(found["start"]), int(found["end"]) if found["end"] else None
