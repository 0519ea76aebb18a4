"""Hubble lines of any kind for property tests: usual, odd in one value or another, and broken."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.flows.decoded import FLOW

ADDRESSES = st.sampled_from(
    ["10.0.0.1", "10.0.0.2", "fd00::1", "", "10.0.0.256", "x", None, 7, "10.0.0.\u0661"]
)
NUMBERS = st.sampled_from(
    [
        0,
        1,
        80,
        65535,
        65536,
        -1,
        80.0,
        80.5,
        "80",
        "080",
        "",
        "-1",
        " 80",
        "8e1",
        None,
        True,
        10**25,
        [],
        "\u0661",
    ]
)
TRUTHS = st.sampled_from([True, False, None, 1, "true"])
TIMES = st.sampled_from(
    [
        *(
            "2023-08-21T12:12:18.510175415Z",
            "2023-08-21T12:12:18Z",
            "2023-08-21T14:12:18.5+02:00",
            "yesterday",
        ),
        *("2023-08-21T12:12:18.5101754151234Z", "0001-01-01T00:00:00Z", None, 5, "2262-04-11T23:47:16.1Z"),
    ]
)
TRANSPORT = st.fixed_dictionaries(
    {},
    optional={
        "source_port": NUMBERS,
        "destination_port": NUMBERS,
        "flags": st.none() | st.dictionaries(st.sampled_from(["SYN", "ACK", "PSH"]), TRUTHS) | st.just("SYN"),
        "type": NUMBERS,
    },
)
SIDE = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "ID": NUMBERS,
        "labels": st.lists(st.text(max_size=5), max_size=3),
        "workloads": st.just([{"a": "b"}]),
    },
)
EVENTS = st.sampled_from([1, 2, 3, 4, 5, 7, 129, 130, "5", 5.0, None, -1, "x"])
NAMES = st.sampled_from(
    [
        *(
            "FORWARDED",
            "DROPPED",
            "AUDIT",
            "REDIRECTED",
            "ERROR",
            "forwarded",
            "NEVER_HEARD_OF",
            "",
            None,
            0,
            1,
            2,
            15,
        ),
        *(
            "POLICY_DENIED",
            "AUTH_REQUIRED",
            "POLICY_DENIE",
            "STALE_OR_UNROUTABLE_IP",
            133,
            "133",
            "L3_L4",
            "L7",
            "SOCK",
        ),
        *("L3_L4", "INGRESS", "EGRESS", "TRAFFIC_DIRECTION_UNKNOWN", True, 2.0, "D" * 40),
    ]
)
FLOWS = st.fixed_dictionaries(
    {},
    optional={
        "time": TIMES,
        "verdict": NAMES,
        "drop_reason": NUMBERS,
        "drop_reason_desc": NAMES,
        "IP": st.none() | st.fixed_dictionaries({}, optional={"source": ADDRESSES, "destination": ADDRESSES}),
        "l4": st.none()
        | st.dictionaries(
            st.sampled_from(["TCP", "TCP", "UDP", "SCTP", "ICMPv4", "IGMP", "XXX"]),
            st.none() | TRANSPORT,
            max_size=2,
        ),
        "source": SIDE,
        "destination": SIDE,
        "Type": NAMES,
        "l7": st.sampled_from([None, {}, {"dns": {}}, 0, False]),
        "event_type": st.none() | st.fixed_dictionaries({}, optional={"type": EVENTS, "sub_type": EVENTS}),
        "traffic_direction": NAMES,
        "is_reply": TRUTHS,
        "reply": TRUTHS,
        "aggregate": st.sampled_from([None, {}, {"ingress_flow_count": 3}]),
        "Summary": st.sampled_from(
            ["TCP Flags: SYN", 'a "quoted" \\ text', "\u00e9", "\t", "\ud800", "{[,:]}"]
        ),
        "is_replY": st.just(1),
    },
)


@st.composite
def records(draw):
    """Return a line: an envelope in any spelling that JSON allows, its flow more or less usual."""
    flow = draw(FLOWS)
    for name, value in FLOW.items():
        if draw(st.integers(0, 5)):
            flow.setdefault(name, value)
    keys = draw(st.permutations(sorted(flow)))
    envelope = {"flow": {key: flow[key] for key in keys}, "node_name": "worker"}
    envelope |= draw(
        st.fixed_dictionaries(
            {}, optional={"time": TIMES, "lost_events": st.none(), "cluster": st.just([[{}]])}
        )
    )
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,  ", " :  "), (",\t", ":")]))
    text = json.dumps(envelope, ensure_ascii=draw(st.booleans()), separators=separators)
    return draw(st.sampled_from(["", " ", "\t "])) + text + draw(st.sampled_from(["", " ", "\r", " \t"]))


PIECES = st.sampled_from(
    [
        *(
            '"',
            "\\",
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\n",
            "\r\n",
            " ",
            "\t",
            "0",
            "-",
            ".",
            "e",
            "null",
            "tr",
            "\0",
            "\x7f",
        ),
        *(
            '\\"',
            "\\\\",
            "\\u0049",
            "\\u12",
            "\\ud800",
            "\\x",
            '"IP":',
            '"flow":{',
            '"a":"b",',
            "[]",
            "{}",
            '""',
            "01",
        ),
        *(
            '"l4":{"TCP":{}},',
            '"is_reply":true,',
            '"ID":1,',
            '{"flow":{}}',
            '"fl\\u006fw":',
            "//",
            "1" * 30,
            "[" * 70,
        ),
    ]
)


def encoded(lines):
    """Return lines as a log, lone surrogates as no UTF-8."""
    return "\n".join(lines).encode("utf-8", "surrogatepass")
