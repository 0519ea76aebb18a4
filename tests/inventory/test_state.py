"""Which state of an object holds."""

from __future__ import annotations

import json

import pytest

from tests.inventory.clusters import SHOP, endpoint, ips, load_text, pod, problems, warnings


def lines(*values: dict) -> str:
    """Return JSON Lines that begin with the namespace."""
    return "\n".join(json.dumps(value) for value in (SHOP, *values))


def event(kind: str, made: dict) -> dict:
    """Return a watch event."""
    return {"type": kind, "object": made}


def version(ip: str, uid: str | None = "u1", number: str | None = None, created: str | None = None) -> dict:
    """Return a state of the pod ``web``."""
    return pod(ip=ip, metadata={"uid": uid, "resourceVersion": number, "creationTimestamp": created})


NEW, OLD = version("10.1.0.2", number="10"), version("10.1.0.1", number="9")
LATER, EARLIER = (
    version("10.1.0.2", "u2", created="2026-08-04T00:00:00Z"),
    version("10.1.0.1", created="2026-08-03T23:59:59Z"),
)
GONE = version("10.1.0.2", number="11")


@pytest.mark.parametrize(
    "told",
    [
        [event("ADDED", OLD), event("MODIFIED", NEW)],
        [event("MODIFIED", NEW), event("ADDED", OLD)],
        [event("ADDED", version("10.1.0.1")), event("MODIFIED", version("10.1.0.2"))],
        [OLD, event("MODIFIED", NEW)],
        [event("MODIFIED", NEW), OLD],
        [event("ADDED", EARLIER), event("DELETED", EARLIER), event("ADDED", LATER)],
        [event("ADDED", LATER), event("DELETED", EARLIER)],
        [
            NEW,
            event(
                "BOOKMARK",
                {"kind": "Pod", "metadata": {"resourceVersion": "99"}, "spec": {"containers": None}},
            ),
        ],
    ],
)
def test_latest__events_end_in_the_newest_state(told):
    """The higher version of one object wins, else the later event; a deletion spares the successor."""
    loaded = load_text(lines(*told))
    assert endpoint(loaded, "pod web").addresses == ips("10.1.0.2")
    assert warnings(loaded) == []


@pytest.mark.parametrize(
    "told",
    [
        [OLD, event("DELETED", GONE)],
        [event("DELETED", GONE), OLD],
        [event("ADDED", OLD), event("DELETED", OLD)],
    ],
)
def test_latest__what_was_deleted_is_gone(told):
    """A deleted object holds no address, also when an older state of it is read later."""
    assert load_text(lines(*told)).n_pods == 0


def test_latest__an_error_of_the_watch_is_reported():
    """A watch that broke off tells only of its past."""
    loaded = load_text(lines(OLD, event("ERROR", {"kind": "Status", "code": 410})))
    assert warnings(loaded) == ["watch reported an error: later states are missing - at f:3 $"]


@pytest.mark.parametrize(
    ("told", "ignored", "taken"),
    [([OLD, NEW], 2, 3), ([NEW, OLD], 3, 2), ([EARLIER, LATER], 2, 3), ([LATER, EARLIER], 3, 2)],
)
def test_latest__the_newer_of_two_snapshots_is_taken_with_a_warning(told, ignored, taken):
    """The higher version of one object, or the later made of two, is newer; both places are told."""
    loaded = load_text(lines(*told))
    assert endpoint(loaded, "pod web").addresses == ips("10.1.0.2")
    assert warnings(loaded) == [
        f"Pod `shop/web` is described twice; the older one is ignored (at f:{ignored} $) - at f:{taken} $"
    ]


@pytest.mark.parametrize(
    "other",
    [
        version("10.1.0.1"),
        version("10.1.0.1", number="12"),
        version("10.1.0.1", None),
        version("10.1.0.1", "u2", created="2026-08-04T00:00:00Z"),
        pod(ip="10.1.0.1", status={"conditions": [{"lastTransitionTime": "2026-08-03T00:00:00Z"}]}),
    ],
)
def test_latest__the_same_twice_is_once(other):
    """Descriptions that differ in nothing an inventory needs are one object, without a warning."""
    loaded = load_text(lines(OLD, other))
    assert (loaded.n_pods, warnings(loaded)) == (1, [])


def test_latest__the_automatic_namespace_label_is_no_difference():
    """A manifest without the label that the cluster adds says the same as the cluster."""
    labelled = {**SHOP, "metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop"}}}
    assert warnings(load_text(lines(labelled, OLD))) == []


@pytest.mark.parametrize("other", [version("10.1.0.2"), version("10.1.0.2", None), version("10.1.0.2", "u2")])
def test_latest__two_states_without_an_order_are_an_error(other):
    """Nothing tells which of two different descriptions is newer, so neither is taken."""
    assert problems(lines(version("10.1.0.1"), other)) == [
        "expected Pod `shop/web` once, got another one (first at f:2 $) - at f:3 $"
    ]


def test_latest__objects_of_one_name_in_other_namespaces_are_others():
    """Identity is kind, namespace and name; a pod without a namespace is in ``default``."""
    bare = pod("web", ip="10.1.0.3")
    del bare["metadata"]["namespace"]
    loaded = load_text(lines(OLD, pod("web", namespace="other", ip="10.1.0.2"), bare))
    assert [(one.namespace, one.name) for one in loaded.inventory.endpoints[:3]] == [
        ("default", "web"),
        ("other", "web"),
        ("shop", "web"),
    ]
