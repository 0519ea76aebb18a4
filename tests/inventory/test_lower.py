"""What a cluster comes to as a whole: namespaces, shared addresses, times."""

from __future__ import annotations

import pytest

from tests.inventory.clusters import load, load_text, named, pod, text_of, warnings

NAME = "kubernetes.io/metadata.name"


def node(name: str, address: str) -> dict:
    """Return a node with one address."""
    return named("Node", name, status={"addresses": [{"type": "InternalIP", "address": address}]})


def service(name: str, address: str) -> dict:
    """Return a service with one address."""
    return named("Service", name, spec={"externalIPs": [address]})


def test_lower__namespaces_have_the_automatic_label():
    """Every namespace has its name as a label, whatever is written; a contradiction is reported."""
    labelled = named("Namespace", "team", metadata={"labels": {"env": "dev", NAME: "else"}})
    loaded = load(pod(), labelled)
    assert loaded.inventory.namespaces == {"shop": {NAME: "shop"}, "team": {"env": "dev", NAME: "team"}}
    sentence = f"expected label `{NAME}` to be the name, got `else`; it is ignored"
    assert warnings(loaded) == [f"{sentence} - at f.json $.items[2].metadata.labels"]


def test_lower__a_namespace_known_from_pods_only_is_made_with_one_warning():
    """A namespace without an object has the automatic label; it is reported once, at its first pod."""
    loaded = load_text(
        text_of(pod("a", ip="10.1.0.1"), pod("b", ip="10.1.0.2"), pod("c", namespace="x", ip="10.1.0.3"))
    )
    assert loaded.inventory.namespaces == {"shop": {NAME: "shop"}, "x": {NAME: "x"}}
    sentence = "has pods but no Namespace object: its labels are not known - at f"
    assert warnings(loaded) == [
        f"namespace `shop` {sentence} $.items[0].metadata.namespace",
        f"namespace `x` {sentence} $.items[2].metadata.namespace",
    ]


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([pod("a"), pod("b")], "`10.1.0.1` is held by pod `shop/a` and pod `shop/b`: @2"),
        (
            [pod(name) for name in "abcde"],
            "`10.1.0.1` is held by pod `shop/a` and pod `shop/b` and pod `shop/c` and 2 more: @2",
        ),
        ([pod("a"), service("s", "10.1.0.1")], "`10.1.0.1` is held by pod `shop/a` and service `shop/s`: @2"),
        ([pod("a"), node("m", "10.1.0.1")], "`10.1.0.1` is held by pod `shop/a` and node `m`: @2"),
        (
            [pod("a", ip="10.9.0.1"), node("m", "fd00::1"), node("o", "fd00::1")],
            "`fd00::1` is held by node `m` and node `o`: @3",
        ),
        ([pod("a"), service("s", "10.9.0.9"), service("t", "10.9.0.9")], None),
        ([pod("a"), service("s", "10.9.0.9"), node("m", "10.9.0.9")], None),
    ],
)
def test_lower__two_holders_of_an_address_are_named(objects, expected):
    """An address with two holders is reported, save for services that share one or stand on a node."""
    if expected is not None:
        sentence, _, index = expected.partition("@")
        expected = f"address {sentence}whose flows it has is not known - at f.json $.items[{index}]"
    assert warnings(load(*objects)) == ([] if expected is None else [expected])


def test_lower__as_of_is_the_newest_time_mentioned():
    """The snapshot was not taken before the newest creation, start, change or heartbeat it tells of."""
    made = pod(metadata={"creationTimestamp": "2026-08-03T10:00:00Z"})
    assert load(pod()).inventory.as_of is None
    assert load(made).inventory.as_of == "2026-08-03T10:00:00Z"
    made["status"]["startTime"] = "2026-08-03T10:00:01Z"
    assert load(made).inventory.as_of == "2026-08-03T10:00:01Z"
    made["status"]["conditions"] = [
        {"lastTransitionTime": "2026-08-03T10:00:02Z"},
        {"lastTransitionTime": "9999"},
    ]
    assert load(made).inventory.as_of == "2026-08-03T10:00:02Z"
    beating = named("Node", "n1", status={"conditions": [{"lastHeartbeatTime": "2026-08-03T10:05:00Z"}]})
    assert load(made, beating).inventory.as_of == "2026-08-03T10:05:00Z"


def test_lower__does_not_depend_on_the_order_of_objects():
    """Shuffled objects make the same inventory."""
    objects = [pod(name, ip=f"10.1.0.{index}") for index, name in enumerate("cab", 1)]
    objects += [service("s", "10.9.0.9"), node("n1", "192.168.0.1"), named("Namespace", "a")]
    assert load(*objects).inventory == load(*objects[::-1]).inventory
