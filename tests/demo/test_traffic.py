"""The oracle agrees with every label of the demonstration."""

from __future__ import annotations

import random

import pytest

from auditor.demo.gaps import GAPS
from auditor.demo.routes import ROUTES
from auditor.demo.traffic import ends_of, gap_links, legal_links
from tests.demo.world import SEED, cluster, judge, policies


def test_policies__are_40_and_warn_of_nothing():
    """The files hold what the README says, and nothing that linting would note."""
    assert len(policies().policies.policies) == 40
    assert policies().policies.opaque == ()
    assert policies().warnings == ()


def test_legal_links__are_allowed():
    """No connection outside the gaps is a finding."""
    wrong = [link for link in legal_links(cluster(), SEED) if judge(link).verdict != "allowed"]
    assert [(link.client.address, link.server.address, link.port) for link in wrong] == []


def test_legal_links__show_every_route():
    """No route is empty, and together they are all of the traffic."""
    links = legal_links(cluster(), SEED)
    assert {(link.protocol, link.port) for link in links} == {
        (route.protocol, route.port) for route in ROUTES
    }
    assert sum(link.weight for link in links) == pytest.approx(1)


@pytest.mark.parametrize("gap", GAPS, ids=lambda gap: gap.name)
def test_gap_links__have_the_verdict_of_their_gap(gap):
    """Every planted connection is what its gap says, and every gap has some."""
    verdicts = {judge(link).verdict for link in gap_links(cluster(), SEED) if link.gap == gap}
    assert verdicts == {gap.verdict}


def test_gaps__are_few_and_small():
    """The findings can be read, and about 99 % of the traffic is legal."""
    assert 10 <= len([gap for gap in GAPS if gap.finding != "BLOCKED"]) <= 20
    assert len({gap.name for gap in GAPS}) == len(GAPS)
    assert 0.005 < sum(gap.vpc for gap in GAPS) < 0.02


def test_links__cross_an_interface():
    """No VPC flow log has traffic between two pods of one node."""
    links = legal_links(cluster(), SEED) + gap_links(cluster(), SEED)
    assert all(link.client.node is None or link.client.node is not link.server.node for link in links)


@pytest.mark.parametrize(
    ("spelling", "count"),
    [
        ("shop/orders-db", 3),
        ("media/voice", 6),
        ("node", 10),
        ("outside:192.0.2.16/28", 16),
        ("outside:10.0.0.0/8", 60),
        ("address:10.244.3.250", 1),
        ("service:shop/web", 1),
    ],
)
def test_ends_of__understands_every_spelling(spelling, count):
    """Each spelling of a route stands for addresses."""
    assert len(ends_of(cluster(), spelling, random.Random(SEED))) == count
