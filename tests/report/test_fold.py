"""Groups of a finding as lines for people."""

from __future__ import annotations

import pytest

from auditor.report.fold import folded


@pytest.fixture
def lines(cluster):
    """Return the lines of the violations among some flows."""

    def lines(rows, limit=99, **limits):
        return folded(cluster.summary(cluster.rows(rows), **limits), "VIOLATION", limit)

    return lines


def _ends(found):
    return [(row.source, row.destination, row.flows) for row in found.rows]


def test_folded__makes_one_line_of_many_external_addresses(lines, row):
    """Three sources that differ in nothing else are one line with their sums and the network that holds them."""
    flows = [
        row(
            src=f"192.0.2.{number}",
            src_port=number,
            n_bytes=number,
            packets=None,
            time=number * 10**9,
            weight=1,
        )
        for number in (16, 17, 30, 16)
    ]
    found = lines(flows)
    assert (found.n_groups, found.n_flows, found.n_hidden) == (3, 4, 0)
    (line,) = found.rows
    assert line.source == "3 external addresses in 192.0.2.16/28"
    assert line.source_kind == "external"
    assert line.destination == "pay/db"
    assert (line.flows, line.connections, line.bytes, line.packets) == (4, 3, 79, None)
    assert line.first_seen == "1970-01-01T00:00:16Z"
    assert line.last_seen == "1970-01-01T00:00:31Z"
    assert line.examples == ["flows.log:1", "flows.log:4"]


def test_folded__leaves_two_as_they_are(lines, row):
    """Two addresses are two lines."""
    found = lines([row(src="192.0.2.1"), row(src="192.0.2.2")])
    assert _ends(found) == [("192.0.2.1", "pay/db", 1), ("192.0.2.2", "pay/db", 1)]


def test_folded__folds_only_what_differs_in_nothing_else(lines, row):
    """Another port, other end, protocol, reason or side is another line."""
    flows = [
        *(row(src=f"192.0.2.{number}") for number in range(3)),
        *(row(src=f"192.0.2.{number}", dst_port=1) for number in range(2)),
        *(row(src=f"192.0.2.{number}", dst="10.0.0.4") for number in range(2)),
        *(row(src=f"192.0.2.{number}", protocol=17) for number in range(2)),
    ]
    found = lines(flows)
    assert [line.flows for line in found.rows] == [3, *[1] * 6]
    assert found.rows[0].source == "3 external addresses in 192.0.2.0/30"


def test_folded__folds_destinations_and_unknown_addresses(lines, row):
    """Either side is folded; addresses the cluster should know are not called external."""
    flows = [
        *(row(dst=f"203.0.113.{number}") for number in (1, 2, 3)),
        *(row(src=source) for source in ("10.0.9.9", "198.51.100.1", "198.51.100.2")),
    ]
    assert _ends(lines(flows)) == [
        ("shop/web", "3 external addresses in 203.0.113.0/30", 3),
        ("198.51.100.1", "pay/db", 1),
        ("198.51.100.2", "pay/db", 1),
        ("10.0.9.9", "pay/db", 1),
    ]


def test_folded__folds_one_side_of_external_pairs(lines, row):
    """Where both ends are external the sources are folded, and destinations of what is left."""
    flows = [
        *(row(src=f"192.0.2.{number}", dst="203.0.113.1") for number in range(3)),
        *(row(src="192.0.2.9", dst=f"203.0.113.{number}") for number in (4, 5, 6)),
    ]
    assert _ends(lines(flows)) == [
        ("3 external addresses in 192.0.2.0/30", "203.0.113.1", 3),
        ("192.0.2.9", "3 external addresses in 203.0.113.4/30", 3),
    ]


@pytest.mark.parametrize(
    ("addresses", "network"),
    [
        (("10.9.0.1", "10.9.128.1", "10.9.255.255"), " in 10.9.0.0/16"),
        (("192.0.2.1", "192.0.2.2", "193.0.2.1"), ""),
        (("10.8.0.1", "10.9.0.1", "10.9.0.2"), ""),
        (("2001:db8::1", "2001:db8:ffff::", "2001:db8:8000::"), " in 2001:db8::/32"),
        (("2001:db8::1", "2001:db9::1", "2001:db8::2"), ""),
        (("::1", "::2", "::3"), " in ::/126"),
        (("192.0.2.1", "192.0.2.2", "2001:db8::1"), ""),
        (("192.0.2.1", "192.0.2.2", "\x1b[2J"), ""),
    ],
)
def test_folded__names_the_network_where_it_says_something(lines, row, addresses, network):
    """The smallest network is named from /16, and /32 for IPv6; else the number of addresses is all."""
    (line,) = lines([row(src=address) for address in addresses]).rows
    assert line.source == f"3 external addresses{network}"


def test_folded__leaves_the_group_of_further_addresses(lines, row):
    """What is counted past the limit of groups is no address and is not folded."""
    found = lines([row(src=f"192.0.2.{number}") for number in range(5)], max_groups=4)
    assert _ends(found) == [("4 external addresses in 192.0.2.0/30", "pay/db", 4), ("external", "pay/db", 1)]


def test_folded__puts_most_flows_first_and_counts_the_rest(lines, row, outcomes):
    """Lines are sorted by what they sum up to; groups that no line shows are counted."""
    flows = [
        row(dst_port=7, weight=2),
        *(row(src=f"192.0.2.{number}", dst_port=8) for number in range(3)),
        *(row(src=f"192.0.2.{number}", dst_port=9) for number in range(10)),
        row(**outcomes["MISDROPPED"]),
    ]
    found = lines(flows, limit=1)
    assert [(line.port, line.flows) for line in found.rows] == [(9, 10)]
    assert (found.n_groups, found.n_flows, found.n_hidden) == (14, 15, 4)
    assert [line.port for line in lines(flows, limit=2).rows] == [9, 8]


def test_folded__leaves_unknown_what_one_does_not_know(lines, row):
    """Connections of a line are known if those of all its groups are; volumes are sums of what is known."""
    flows = [row(src=f"192.0.2.{n}", src_port=n, n_bytes=n or None, time=None) for n in range(3)]
    (line,) = lines(flows).rows
    assert (line.connections, line.bytes, line.first_seen, line.last_seen) == (None, 3, None, None)


def test_folded__of_nothing_is_nothing(lines):
    """A finding without groups has no lines."""
    assert lines([]) == ([], 0, 0, 0)
