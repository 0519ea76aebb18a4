"""Whether a JSON object looks like a flow of generic JSON, by the names that its own keys have."""

from __future__ import annotations

import re

from auditor.flows.generic_names import REQUIRED

_STRING = rb'"(?:[^"\\]|\\.)*+"'
_SKIP = re.compile(rb'(?:[^"{}\[\]]|%b(?!\s*:))*+' % _STRING, re.DOTALL)
_TOKEN = re.compile(rb'"(?P<key>(?:[^"\\]|\\.)*+)"\s*:|[{}\[\]]', re.DOTALL)
_WANTED = frozenset(name.encode() for name in REQUIRED)
EVENT_KEYS = frozenset(("flow", "lost_events", "node_status", "agent_event", "debug_event", "IP", "l4"))
"""Keys of what Hubble exports; the last two of a flow as it was written before December 2022."""
_EVENT = frozenset(name.encode() for name in EVENT_KEYS)
_MOST_OBJECTS = 5


def is_flow_object(head: bytes) -> bool:
    """Return whether one of the first objects of a text, which may be cut off, has one of ``REQUIRED`` as its own key.

    One is enough: each object that lacks another is rejected with the reason. Keys of objects inside it do not count.
    An event of Hubble is none, whatever a shipper put beside it.
    """
    depth = n_objects = 0
    base = 1 if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") else 0
    own: set[bytes] = set()
    place = 0
    while n_objects < _MOST_OBJECTS and depth >= 0:
        place = _skipped(head, place)
        found = _TOKEN.match(head, place)
        if found is None:
            break
        place = found.end()
        token = head[found.start() : found.start() + 1]
        if token == b'"':
            if depth == base + 1:
                own.add(found["key"])
        elif token in b"{[":
            depth += 1
        else:
            depth -= 1
            if depth == base:
                if own & _EVENT or own & _WANTED:
                    break
                n_objects += 1
                own.clear()
    return bool(own & _WANTED) and not own & _EVENT


def _skipped(text: bytes, place: int) -> int:
    found = _SKIP.match(text, place)
    return place if found is None else found.end()
