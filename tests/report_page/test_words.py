"""Words of the page."""

from __future__ import annotations

import pytest

from auditor.report.plain import SummaryRow
from auditor.report_page.places import Places
from auditor.report_page.words import count, end, namespace, port, why

ROW = SummaryRow(
    "VIOLATION", "pod", "a/b", "pod", "c/d", 80, "TCP", "no-rule-matched", "both",
    "NetworkPolicy/a/out", "NetworkPolicy/c/in,Other/c/x", 1, None, None, None, None, None, [],
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("pod", "shop/web", "shop"),
        ("pod", "pod", "(pod)"),
        ("service", "service/shop/web", "shop"),
        ("service", "service", "(service)"),
        ("node", "node/n1", "(node)"),
        ("external", "192.0.2.1", "(external)"),
        ("unknown", "10.0.0.9", "(unknown)"),
    ],
)
def test_namespace__is_that_of_pods_and_services(kind, name, shown):
    """What has none stands in parentheses, which no namespace has."""
    assert namespace(kind, name) == shown


def test_end__names_what_stands_for_many():
    """Past the limit of groups, ends bear the name of their kind."""
    assert [end("pod", "a/b"), end("pod", "pod"), end("external", "external")] == [
        "a/b",
        "other pods",
        "other external addresses",
    ]


def test_why__names_the_policies_of_the_sides_it_is_about():
    """Both sides, or the one that decided; other reasons name none."""
    sentence = "no rule of the policies that isolate the pod allows it"
    assert why(ROW) == f"both sides: {sentence} (egress: a/out; ingress: c/in, Other/c/x)"
    assert why(ROW._replace(direction="egress")) == f"egress: {sentence} (a/out)"
    assert (
        why(ROW._replace(direction="ingress", reason="own-node"))
        == "ingress: it comes from the pod's own node"
    )


def test_count__and_port():
    """One flow, two flows; a protocol without ports."""
    assert [count(1, "flow"), count(2_000, "flow"), count(2, "policy", "policies")] == [
        "1 flow",
        "2,000 flows",
        "2 policies",
    ]
    assert [port(443, "TCP"), port(None, "ICMP")] == ["443/TCP", "ICMP"]


@pytest.mark.parametrize(
    ("files", "place", "shown"),
    [
        (["/w/p/a.yaml", "/w/f/x.log"], "/w/f/x.log:7", "f/x.log:7"),
        (["s3://b/x/1", "s3://b/x/2"], "s3://b/x/2:7", "2:7"),
        (["a.yaml", "b.log"], "b.log:7", "b.log:7"),
        (["/w/x.log"], "/w/x.log:7", "x.log:7"),
        ([], "x:7", "x:7"),
        (["/w/a", "/w/b"], "/elsewhere:7", "/elsewhere:7"),
    ],
)
def test_places__leave_out_the_common_folder(files, place, shown):
    """Paths and URLs alike."""
    assert Places(files).short(place) == shown
