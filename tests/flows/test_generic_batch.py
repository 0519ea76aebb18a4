"""Which rows of a generic table are flows, and what is known of them."""

from __future__ import annotations

import pytest

from auditor.flows.generic_names import NO_OBSERVED
from kernels import codes
from tests.flows.tables import by_columns


def test_flow_batch__reads_the_required_columns(tmp_path):
    """Nothing more is needed; what is not said is not invented."""
    found = by_columns(tmp_path)
    assert found.rows == [
        (1, "10.0.0.1", "10.0.0.2", 6, 0, 80, codes.HINT_NONE, codes.OBSERVED_UNSEEN, 1),
        (2, "fe80::1", "fe80::2", 58, 0, 0, codes.HINT_NONE, codes.OBSERVED_UNSEEN, 1),
        (3, "10.0.0.3", "10.0.0.4", 17, 0, 53, codes.HINT_NONE, codes.OBSERVED_UNSEEN, 1),
        (4, "10.0.0.1", "10.0.0.2", 132, 0, 38412, codes.HINT_NONE, codes.OBSERVED_UNSEEN, 1),
    ]
    assert (found.times, found.counters) == ([(None, None)] * 4, [(None, None)] * 4)
    assert (found.rejected, found.errors, found.warnings) == ({}, [], (NO_OBSERVED,))


def test_flow_batch__reads_the_optional_columns(tmp_path):
    """Source port, observed and weight go into the batch; a missing weight is 1."""
    found = by_columns(
        tmp_path,
        src_port=[40000, None, 0, 1],
        observed=["forwarded", "DROPPED", None, "Audited"],
        weight=[2, None, 3, 1],
    )
    assert [(row.src_port, row.observed, row.weight) for row in found.rows] == [
        (40000, codes.OBSERVED_FORWARDED, 2),
        (0, codes.OBSERVED_DROPPED, 1),
        (0, codes.OBSERVED_UNSEEN, 3),
        (1, codes.OBSERVED_AUDITED, 1),
    ]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"src_ip": ["10.0.0.1", None, "x", "10.0.0.1"]}, "source address is missing"),
        ({"dst_ip": ["10.0.0.1", "", "x", "10.0.0.1"]}, "destination address is missing"),
        ({"src_ip": ["10.0.0.1", "10.0.0.256", "::1", "10.0.0.1"]}, "source address is no IP address"),
        ({"dst_ip": ["10.0.0.1", "10.0.0.0/8", "::1", "10.0.0.1"]}, "destination address is no IP address"),
        ({"protocol": ["TCP", None, "TCP", "TCP"]}, "protocol is missing"),
        ({"protocol": ["TCP", "QUIC", "TCP", "TCP"]}, "protocol is no name or number from 0 to 255"),
        ({"protocol": [6, 256, 17, 6]}, "protocol is no name or number from 0 to 255"),
        ({"dst_port": [80, 65536, 80, 80]}, "destination port is no number from 0 to 65535"),
        ({"dst_port": [80.0, -1.0, 80.0, 80.0]}, "destination port is no number from 0 to 65535"),
        ({"dst_port": ["80", "http", "80", "80"]}, "destination port is no number from 0 to 65535"),
        (
            {"dst_port": [80, None, 80, 80], "protocol": ["TCP", "udp", "6", "17"]},
            "destination port is missing",
        ),
        ({"src_port": [80, 65536, None, 80]}, "source port is no number from 0 to 65535"),
        (
            {"observed": ["dropped", "allowed", None, "dropped"]},
            "observed is none of forwarded, dropped, refused, audited, unseen",
        ),
        ({"weight": [1, 0, 2, 1]}, "weight is no number from 1 to 1099511627776"),
        ({"weight": [1.0, 1.5, 2.0, None]}, "weight is no number from 1 to 1099511627776"),
        (
            {"is_reply": ["true", "yes", "", "0"], "src_port": [80] * 4},
            "is_reply is neither true nor false",
        ),
        ({"tcp_flags": [2, -1, None, 18]}, "tcp_flags is no number from 0 to 65535"),
    ],
)
def test_flow_batch__rejects_rows_alone(tmp_path, columns, reason):
    """The second row is rejected for its reason; the rows around it are flows unless they are broken too."""
    found = by_columns(tmp_path, **columns)
    assert found.rejected[reason] == (1, [2])
    assert found.account.n_rejected == 1 + ("x" in columns.get("src_ip", []) + columns.get("dst_ip", []))


def test_flow_batch__shows_the_first_rejected_rows(tmp_path):
    """Rows of one reason are listed in their order, whichever way each of them is wrong."""
    found = by_columns(tmp_path, dst_port=["65536", "http", "80", "-1"])
    assert found.rejected == {"destination port is no number from 0 to 65535": (3, [1, 2, 4])}


def test_flow_batch__counts_a_row_once(tmp_path):
    """A row with several faults is rejected for the first."""
    found = by_columns(tmp_path, src_ip=["x"] * 4, protocol=[None] * 4, dst_port=[None] * 4)
    assert found.rejected == {"source address is no IP address": (4, [1, 2, 3, 4])}


@pytest.mark.parametrize(
    ("flags", "reply", "hint"),
    [
        (2, None, codes.HINT_SOURCE_TCP_FLAGS),
        (3, None, codes.HINT_SOURCE_TCP_FLAGS),
        (18, None, codes.HINT_DESTINATION_TCP_FLAGS),
        (19, None, codes.HINT_DESTINATION_TCP_FLAGS),
        # Flags of a whole connection added up: both ends show SYN and ACK.
        (0x1B, None, codes.HINT_NONE),
        (16, None, codes.HINT_NONE),
        (None, None, codes.HINT_NONE),
        (18, False, codes.HINT_SOURCE_REPLY_FLAG),
        (2, True, codes.HINT_DESTINATION_REPLY_FLAG),
    ],
)
def test_flow_batch__says_who_opened_the_connection(tmp_path, flags, reply, hint):
    """The reply flag comes before TCP flags."""
    ports = {"dst_port": [80] * 4, "src_port": [443] * 4}
    columns = {"protocol": ["TCP"] * 4, **ports, "tcp_flags": [flags, 0, 0, 0]}
    found = by_columns(tmp_path, **columns, is_reply=[reply, None, None, None])
    assert [row.hint for row in found.rows] == [hint, *[codes.HINT_NONE] * 3]


def test_flow_batch__minds_flags_of_tcp_only(tmp_path):
    """Other protocols have none, whatever the column says."""
    assert by_columns(tmp_path, tcp_flags=[2, 2, 2, 2]).rows[2].hint == codes.HINT_NONE


@pytest.mark.parametrize("src_port", [None, [None, None, None, 7]])
@pytest.mark.parametrize("mark", [{"is_reply": [True] * 4}, {"tcp_flags": [18] * 4, "protocol": ["TCP"] * 4}])
def test_flow_batch__refuses_a_reply_without_the_port_it_is_judged_by(tmp_path, src_port, mark):
    """A reply is judged by its source port; without one it is rejected, unless its protocol has no ports."""
    columns = {"dst_port": [80] * 4} | ({} if src_port is None else {"src_port": src_port})
    found = by_columns(tmp_path, **columns, **mark)
    rejected = [
        row for row in range(1, 5) if (row != 2 or "tcp_flags" in mark) and (row != 4 or src_port is None)
    ]
    assert found.rejected == {"source port of a reply is missing": (len(rejected), rejected)}
    assert len(found.rows) == 4 - len(rejected)
