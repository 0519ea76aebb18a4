"""Hubble events as text, usual and odd ones: what a scanner of JSON may stumble over."""

from __future__ import annotations

import json
from itertools import cycle

from hypothesis import strategies as st

ADDRESSES = ('"10.0.0.1"', '"10.0.0.2"', '"fd00::1"', '"::ffff:10.1.2.3"', '"192.168.255.255"')
PORTS = ("0", "80", "65535", '"443"', "40000", '"0080"')
TIMES = (
    '"2023-08-21T12:12:18.510175415Z"',
    '"1969-12-31T23:59:59.9Z"',
    '"2000-02-29T00:00:00Z"',
    '"2023-08-21T12:12:18.5101754159999Z"',
)
TRANSPORT = {
    "source_port": PORTS,
    "destination_port": PORTS,
    "flags": {"SYN": ("true", "false"), "ACK": ("true", "false")},
}
ENUM = ("0", "1", "2", '"5"', "4", "133", '"189"', '"NOBODY_KNOWS"')
ENDPOINT = {
    "ID": ("0", "1", '"77"', '"0"'),
    "identity": ("5",),
    "labels": ("[]", '["k8s:app=a","reserved:host"]'),
}
USUAL = {
    "time": TIMES,
    "uuid": ('"c0ffee"', '""'),
    "verdict": (
        *ENUM,
        '"FORWARDED"',
        '"DROPPED"',
        '"AUDIT"',
        '"REDIRECTED"',
        '"VERDICT_UNKNOWN"',
        '"TRANSLATED"',
    ),
    "drop_reason": ("0", "133", "181", '"189"', "130"),
    "drop_reason_desc": (
        *ENUM,
        '"POLICY_DENIED"',
        '"POLICY_DENY"',
        '"AUTH_REQUIRED"',
        '"DROP_REASON_UNKNOWN"',
    ),
    "ethernet": ('{"source":"8a:70:43:a0:73:3a","destination":"c6:7c"}', "{}", "null"),
    "IP": {"source": ADDRESSES, "destination": ADDRESSES, "ipVersion": ('"IPv4"',)},
    "l4": {"TCP": TRANSPORT},
    "source": ENDPOINT,
    "destination": ENDPOINT,
    "Type": ('"L3_L4"', '"L3_L4"', '"UNKNOWN_TYPE"', '"L7"', '"SOCK"', "2", '"3"'),
    "l7": ("null",),
    "event_type": {"type": ("1", "4", "5", "4", '"5"', "129", "2", "3", "7", "130"), "sub_type": ("3", "-3")},
    "traffic_direction": (*ENUM, '"INGRESS"', '"EGRESS"', '"TRAFFIC_DIRECTION_UNKNOWN"'),
    "is_reply": ("true", "false"),
    "reply": ("true", "false"),
    "Summary": ('"TCP Flags: SYN"', '"a \\"quoted\\" word"', '"\\\\"', '"ends with \\\\\\""', '"\\u00fc\\n"'),
}
"""Values of each key of a flow that a scanner reads by itself, as JSON."""

PROTOCOLS = ("TCP", "UDP", "SCTP", "ICMPv4", "ICMPv6", "VRRP", "IGMP")
ODD_VALUES = (
    *(
        "null",
        "true",
        "false",
        "{}",
        "[]",
        '""',
        '"x"',
        '"-1"',
        '"80 "',
        '"\u00fc"',
        '"\x7f"',
        '"\t"',
        '"\x00"',
    ),
    *(
        "-0",
        "-1",
        "00",
        "01",
        "1.0",
        "1.5",
        "1.",
        ".5",
        "-",
        "+1",
        "1e3",
        "1E+2",
        "1e",
        "80.0e0",
        "0.0",
        "NaN",
    ),
    *("9" * 18, "9" * 19, "18446744073709551616", "1" * 21, "9" * 400, "1." + "0" * 19, "-" + "1" * 19),
    *(
        '"\\u0049"',
        '"\\ud83d\\ude00"',
        '"\\ud800"',
        '"\\udc00x"',
        '"\\u12"',
        '"\\u12g4"',
        '"\\q"',
        '"\\/"',
        '"\\"',
    ),
    *(
        '"\\u0000"',
        '"2023-08-21T12:12:18+02:00"',
        '"2023-02-29T12:12:18Z"',
        '"10.0.0.999"',
        '"-"',
        "tru",
        "nullx",
    ),
    *(
        '{"a":1}',
        '{"a":{"b":[{}]}}',
        '["a",1,"b"]',
        '["a" , "b"]',
        '["a","b",]',
        '["a""b"]',
        "[1 2]",
        '{"a"}',
        '{"a":}',
    ),
    *(
        '{"ID":1,"ID":2}',
        '{"source":"10.0.0.1"}',
        '{"type":4}',
        "[{]",
        "{[}",
        '{"a":1,}',
        "{,}",
        "[,]",
        "{1:2}",
        "][",
        "",
    ),
    *("[" * depth + "]" * depth for depth in (5, 50, 70)),
    *('{"a":' * depth + "1" + "}" * depth for depth in (5, 50, 70)),
    *(
        "[" * 57 + "{" * 1 + "}" + "]" * 57,
        '"' + "long" * 40 + '"',
        "'x'",
        "//",
        "\ud800".encode("utf-8", "surrogatepass"),
    ),
)
"""Values that are of the wrong kind, hard to read, or no JSON."""

ODD_KEYS = (
    *(
        "",
        "flow",
        "time",
        "I",
        "IQ",
        "IP ",
        "ip",
        "l4",
        "l5",
        "source",
        "sourcf",
        "Type",
        "lost_events",
        "node_status",
    ),
    *(
        "source_p",
        "source_pork",
        "source_port",
        "destination_portx",
        "destinat",
        "destination_qort",
        "aggregate",
    ),
    *(
        "traffic_",
        "traffic_directiom",
        "is_reply",
        "k" * 31,
        "k" * 32,
        "k" * 33,
        "k" * 300,
        "drop_reason_desd",
    ),
    *(
        "\\u0049P",
        "fl\\u006fw",
        "\\\\",
        '\\"',
        "\u00fc",
        "UDP",
        "XXX",
        "log",
        "message",
        "level",
        "agent_event",
    ),
)

BLANKS = ("", "", "", " ", "  ", " " * 70, "\t", "\r", "\n", "\x0b", "\u00a0")
PIECES = tuple(
    piece.encode()
    for piece in (
        *(
            '"',
            '""',
            "\\",
            '\\"',
            "\\\\",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\n",
            "\r\n",
            "\r",
            "\t",
            "\0",
            "null",
            "1",
        ),
        *(
            "-",
            ".",
            "e",
            "0",
            "true",
            '"a":',
            '"a":1,',
            "{}",
            "{}\n{}",
            "\u00fc",
            "\\u00e9",
            '"flow":{',
            '"time":5,',
        ),
        *('"IP":{},', "}}", "\\" * 63, "\\" * 64 + '"', '"' * 9),
    )
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
