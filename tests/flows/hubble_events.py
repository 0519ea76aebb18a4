"""Hubble events as text, usual and odd ones: what a scanner of JSON may stumble over."""

from __future__ import annotations

import json
from itertools import cycle

from hypothesis import strategies as st

from tests.flows.hubble_words import (
    ADDRESSES,
    BLANKS,
    ODD_KEYS,
    ODD_VALUES,
    PIECES,
    PORTS,
    PROTOCOLS,
    TIMES,
    TRANSPORT,
    USUAL,
)


def _value(draw, choices):
    """Draw JSON of a usual value: a text, or an object as pairs of key and value."""
    if isinstance(choices, dict):
        return _members(draw, choices)
    return draw(st.sampled_from(choices))


def _members(draw, choices):
    kept = draw(st.integers(0, 2 ** len(choices) - 1))
    return [
        (key, _value(draw, each))
        for place, (key, each) in enumerate(choices.items())
        if not kept >> place & 1
    ]


def as_text(value, blanks):
    """Return JSON, with the next blank in each place where one may stand."""
    if not isinstance(value, list):
        return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    pairs = (
        f'{next(blanks)}"{key}"{next(blanks)}:{next(blanks)}{as_text(each, blanks)}{next(blanks)}'
        for key, each in value
    )
    return "{" + (",".join(pairs) or next(blanks)) + "}"


def as_line(event, blanks=("",)):
    """Return an event as a line."""
    turn = cycle(blanks)
    return (next(turn) + as_text(event, turn) + next(turn)).encode("utf-8", "surrogateescape")


@st.composite
def usual_events(draw):
    """Draw an event as pairs of key and value, everything in it of usual form: a flow with all that it needs."""
    flow = dict(_members(draw, USUAL))
    protocol = draw(st.sampled_from(PROTOCOLS))
    ports = [(key, draw(st.sampled_from(PORTS))) for key in ("source_port", "destination_port")]
    flags = [("flags", _members(draw, TRANSPORT["flags"]))] if draw(st.booleans()) else []
    flow["l4"] = [(protocol, draw(st.permutations([*ports, *flags])))]
    flow["IP"] = [(key, draw(st.sampled_from(ADDRESSES))) for key in ("source", "destination")]
    members = [("flow", draw(st.permutations(list(flow.items())))), ("time", draw(st.sampled_from(TIMES)))]
    members += [("node_name", '"kind-worker"'), ("node_labels", '["a=b","c=d"]')][: draw(st.integers(0, 2))]
    return draw(st.permutations(members))


def _objects(event):
    """Return every object of an event."""
    found = [event]
    for _, value in event:
        if isinstance(value, list):
            found += _objects(value)
    return found


@st.composite
def odd_events(draw):
    """Draw an event and change it: values, keys, what is there and how often."""
    event = json.loads(json.dumps(draw(usual_events())))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(_objects(event)))
        change = draw(st.sampled_from(("value", "value", "key", "remove", "repeat", "insert", "move")))
        if not place or change == "insert":
            place.insert(
                draw(st.integers(0, len(place))),
                [draw(st.sampled_from(ODD_KEYS)), draw(st.sampled_from(ODD_VALUES))],
            )
            continue
        at = draw(st.integers(0, len(place) - 1))
        key, value = place[at]
        if change == "value":
            place[at] = [key, draw(st.sampled_from(ODD_VALUES))]
        elif change == "key":
            place[at] = [draw(st.sampled_from(ODD_KEYS)), value]
        elif change == "remove":
            del place[at]
        elif change == "repeat":
            place.insert(draw(st.integers(0, len(place))), [key, draw(st.sampled_from([value, *ODD_VALUES]))])
        else:
            draw(st.sampled_from(_objects(event))).append([key, value if isinstance(value, str) else "{}"])
    return as_line(event, draw(st.lists(st.sampled_from(BLANKS), min_size=1, max_size=5)))


@st.composite
def spoiled(draw, lines):
    """Draw lines and change their bytes."""
    content = draw(lines)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from((0, 0, 1, 1, 2, 30)))
        piece = draw(st.sampled_from((b"", content[place : place + length] * 2, *PIECES)))
        content = content[:place] + piece + content[place + length :]
    return content
