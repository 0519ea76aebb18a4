"""A connection as a person names it."""

from __future__ import annotations

import pytest

from auditor.compiler.build import build
from auditor.errors import ConfigError
from auditor.ir.ask import connection, protocol_number
from auditor.ir.model import Inventory, PolicySet, Reason
from tests.ir.clusters import CLUSTER, DB, DB6, OUTSIDE, WEB, flow, pod

EMPTY = Inventory(endpoints=(pod("shop", "pending"),))


def test_connection__takes_addresses():
    """Of either version; an IPv4-mapped one is the IPv4 address."""
    assert connection(CLUSTER, WEB, OUTSIDE, 80, "TCP") == flow(WEB, OUTSIDE)
    assert connection(CLUSTER, "fd00::1", DB6, 53, "UDP") == flow("fd00::1", DB6, 53, 17)
    assert connection(CLUSTER, "::ffff:10.0.0.1", DB, 80, "TCP") == flow(WEB, DB)
    assert connection(CLUSTER, WEB, DB, 0, "ICMP") == flow(WEB, DB, 0, 1)


def test_connection__takes_pods_by_name():
    """For the address whose version fits the other end; the first of the source if both would do."""
    assert connection(CLUSTER, "shop/web", "shop/db", 80, "TCP") == flow(WEB, DB)
    assert connection(CLUSTER, "fd00::1", "shop/db", 80, "TCP") == flow("fd00::1", DB6)
    assert connection(CLUSTER, "shop/db", "shop/db", 80, "TCP") == flow(DB, DB)
    assert connection(CLUSTER, "shop/db", "2001:db8::1", 80, "TCP") == flow(DB6, "2001:db8::1")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("TCP", 6),
        ("udp", 17),
        ("Sctp", 132),
        ("icmp", 1),
        ("ICMPv6", 58),
        ("0", 0),
        ("047", 47),
        ("255", 255),
    ],
)
def test_protocol_number__takes_names_and_numbers(text, number):
    """Names in any case, numbers of one byte."""
    assert protocol_number(text) == number


@pytest.mark.parametrize("text", ["", "256", "1000", "-1", "GRE ", "\u0661", "6.0", "tcp/80"])
def test_protocol_number__refuses_the_rest(text):
    """The message lists the names."""
    with pytest.raises(ConfigError) as caught:
        protocol_number(text)
    assert str(caught.value) == (
        f"expected a protocol (ICMP, TCP, UDP, ICMPv6, SCTP or a number), came `{text}`"
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((WEB, DB, 65536, "TCP"), "expected a port from 0 to 65535, came `65536`"),
        ((WEB, DB, -1, "ICMP"), "expected a port from 0 to 65535, came `-1`"),
        ((WEB, DB, 0, "tcp"), "expected a destination port for `tcp`, came none; write it as `5432/tcp`"),
        ((WEB, DB, 0, "132"), "expected a destination port for `132`, came none; write it as `5432/132`"),
        ((WEB, DB6, 80, "TCP"), "expected two addresses of one IP version, came `10.0.0.1` and `fd00::2`"),
        (
            ("shop/web", "fd00::9", 80, "TCP"),
            "expected two addresses of one IP version, came `shop/web` and `fd00::9`",
        ),
        (
            ("shop/gone", DB, 80, "TCP"),
            "expected an address or a pod of the inventory as `namespace/name`, came `shop/gone`",
        ),
        (
            (WEB, "10.0.0.01", 80, "TCP"),
            "expected an address or a pod of the inventory as `namespace/name`, came `10.0.0.01`",
        ),
        (
            (WEB, "n1", 80, "TCP"),
            "expected an address or a pod of the inventory as `namespace/name`, came `n1`",
        ),
        ((WEB, "fe80::1%eth0", 80, "TCP"), "expected an address without a zone, came `fe80::1%eth0`"),
    ],
)
def test_connection__refuses_what_has_no_meaning(asked, message):
    """Each refusal says what was expected and what came."""
    with pytest.raises(ConfigError) as caught:
        connection(CLUSTER, *asked)
    assert str(caught.value) == message


def test_connection__refuses_a_pod_without_an_address():
    """It is in the inventory, but nothing can be said of it."""
    with pytest.raises(ConfigError) as caught:
        connection(EMPTY, "shop/pending", DB, 80, "TCP")
    assert str(caught.value) == "pod `shop/pending` holds no address in the inventory"


def test_table_set__explains_what_it_was_built_from():
    """The tables answer for a connection by name."""
    tables = build(PolicySet(), CLUSTER)
    found = tables.explain("shop/web", "shop/db", 5432)
    assert found.connection == flow(WEB, DB, 5432)
    assert found.ingress.side.reason is Reason.NOT_ISOLATED
    with pytest.raises(ConfigError):
        tables.explain("shop/web", "shop/db", 5432, "carrier pigeon")
