"""Whether a JSON object looks like a flow of generic JSON, by the names that its own keys have."""

from __future__ import annotations

import re

from auditor.flows.generic_names import REQUIRED

_STRING = rb'"(?:[^"\\]|\\.)*+"'
_SKIP = re.compile(rb'(?:[^"{}\[\]]|%b(?!\s*:))*+' % _STRING, re.DOTALL)
_TOKEN = re.compile(rb'"(?P<key>(?:[^"\\]|\\.)*+)"\s*:|[{}\[\]]', re.DOTALL)
_WANTED = frozenset(name.encode() for name in REQUIRED)
_MOST_OBJECTS = 5


def is_flow_object(head: bytes) -> bool:
    """Return whether one of the first objects of a text, which may be cut off, has one of ``REQUIRED`` as its own key.

    One is enough: each object that lacks another is rejected with the reason. Keys of objects inside it do not count.
    """
    depth = n_objects = 0
    is_list = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    place = 0
    while True:
        place = _skipped(head, place)
        found = _TOKEN.match(head, place)
        if found is None:
            return False
        place = found.end()
        token = head[found.start() : found.start() + 1]
        if token == b'"':
            if depth == 1 + is_list and found["key"] in _WANTED:
                return True
        elif token in b"{[":
            depth += 1
        else:
            depth -= 1
            n_objects += depth == is_list
            if n_objects == _MOST_OBJECTS or depth < 0:
                return False


def _skipped(text: bytes, place: int) -> int:
    found = _SKIP.match(text, place)
    return place if found is None else found.end()
