"""The scanner of Hubble events against the exact parser, on each value in each place that it reads."""

from __future__ import annotations

import pytest

from tests.flows.hubble_events import as_line
from tests.flows.hubble_words import ODD_VALUES, PROTOCOLS, TRANSPORT, USUAL
from tests.flows.test_hubble_scan import agree

# A flow that has everything: what one value does is not hidden by what another one lacks.
EVENT = [
    (
        "flow",
        [
            ("time", '"2023-08-21T12:12:18.5Z"'),
            ("verdict", '"DROPPED"'),
            ("drop_reason", "133"),
            ("drop_reason_desc", '"POLICY_DENIED"'),
            ("IP", [("source", '"10.0.0.1"'), ("destination", '"10.0.0.2"')]),
            (
                "l4",
                [
                    (
                        "TCP",
                        [
                            ("source_port", "40000"),
                            ("destination_port", "80"),
                            ("flags", [("SYN", "true"), ("ACK", "false")]),
                        ],
                    )
                ],
            ),
            ("source", [("ID", "7")]),
            ("destination", [("ID", "0")]),
            ("Type", '"L3_L4"'),
            ("l7", "null"),
            ("event_type", [("type", "4")]),
            ("traffic_direction", '"EGRESS"'),
            ("is_reply", "false"),
            ("reply", "false"),
        ],
    ),
    ("time", '"2023-08-21T12:12:19Z"'),
]
# What counts only where something surer is missing is looked at in flows without that as well.
SURER = {
    "SYN": [("is_reply", "reply")],
    "ACK": [("is_reply", "reply")],
    "reply": [("is_reply",)],
    "verdict": [("is_reply", "flags"), ("drop_reason", "drop_reason_desc")],
    "drop_reason": [("drop_reason_desc",)],
    "type": [("verdict",), ("is_reply", "flags", "verdict"), ("drop_reason", "drop_reason_desc")],
    "traffic_direction": [("is_reply", "flags", "verdict")],
    "ID": [("is_reply", "flags", "verdict")],
}


def _paths(event, above=()):
    """Return the path of every value of an event."""
    found = []
    for key, value in event:
        found.append((*above, key))
        if isinstance(value, list):
            found += _paths(value, (*above, key))
    return found


def _changed(event, path, value, removed=()):
    """Return an event with another value in a place, ``None`` for none at all, and without the keys removed."""
    changed = []
    for key, each in event:
        if key == path[0] and len(path) == 1:
            changed += [] if value is None else [(key, value)]
        elif key == path[0]:
            changed.append((key, _changed(each, path[1:], value, removed)))
        elif key not in removed:
            changed.append((key, _without(each, removed)))
    return changed


def _without(value, removed):
    """Return a value without the keys removed, however deep."""
    if not isinstance(value, list):
        return value
    return [(key, _without(each, removed)) for key, each in value if key not in removed]


def _value(event, path):
    """Return the value in a place."""
    for key in path:
        event = dict(event)[key]
    return event


def _usual(choices):
    """Return what usually stands under each key, whatever it stands in."""
    found = {}
    for key, each in choices.items():
        inner = _usual(each) if isinstance(each, dict) else {key: each}
        for name, values in inner.items():
            found[name] = (*found.get(name, ()), *values)
    return found


VALUES = _usual({**USUAL, "l4": dict.fromkeys(PROTOCOLS, TRANSPORT)})
VALUES = {key: tuple(dict.fromkeys(values)) for key, values in VALUES.items()}


@pytest.mark.parametrize("path", _paths(EVENT), ids=".".join)
def test_scan_block__agrees_on_each_value_in_each_place(path):
    """Every odd and every usual value of a key, and none, means what the exact parser says, all else being usual."""
    values = (None, *ODD_VALUES, *VALUES.get(path[-1], ()))
    for removed in ((), *SURER.get(path[-1], ())):
        lines = [as_line(_changed(EVENT, path, value, removed)) for value in values]
        agree(b"\n".join(lines))


@pytest.mark.parametrize("path", [path for path in _paths(EVENT) if path[-1] in VALUES], ids=".".join)
def test_scan_block__reads_each_usual_value_by_itself(path):
    """No value that is usual under its key leaves an event to the exact parser."""
    if isinstance(_value(EVENT, path), list):
        return  # an endpoint of a flow, called as the address of a packet is
    assert agree(b"\n".join(as_line(_changed(EVENT, path, value)) for value in VALUES[path[-1]])) == []
