"""Long JSON texts, of which only what matters is read."""

from __future__ import annotations

import json

import pytest

from auditor.errors import PolicyError
from auditor.policies.limits import Limits
from auditor.policies.load import load_policies

QUICK = Limits(whole_json_bytes=0, document_bytes=2_000)
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "annotations": {"n": '"}],[{' * 50}}}


def policy(name="web", **spec):
    """Return a policy in the namespace ``shop``."""
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def listed(*objects, kind="List", api_version="v1"):
    """Return a list of objects."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"resourceVersion": ""}, "items": [*objects]}


def load(text, limits=QUICK):
    """Load one file the quick way."""
    return load_policies([("all.json", text.encode())], limits=limits)


def problems_of(text, limits=QUICK):
    """Return everything that is wrong with one file."""
    with pytest.raises(PolicyError) as caught:
        load(text, limits)
    return str(caught.value).split("\n")


OBJECTS = [
    listed(POD, policy("a"), *[POD] * 30, policy("b", ingress=[{}])),
    listed(listed(POD, policy("a")), listed(), policy("b")),
    listed(
        {"metadata": {"name": "a", "namespace": "shop"}},
        {"metadata": {"name": "b", "namespace": "shop"}},
        kind="NetworkPolicyList",
        api_version="networking.k8s.io/v1",
    ),
    policy("a"),
    {"type": "ADDED", "object": policy("a")},
    {"type": "MODIFIED", "object": POD},
    listed(POD, {"kind": "Pod"}, kind="PodList"),
]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("value", OBJECTS)
def test_read_large_json__finds_what_reading_whole_finds(value, indent):
    """Leaving out what does not matter changes neither policies nor their places."""
    text = json.dumps(value, indent=indent)
    quick, whole = load(text), load(text, Limits())
    assert quick == whole
    assert [str(rule.origin) for _, rule in quick.policies.rules] == [
        str(rule.origin) for _, rule in whole.policies.rules
    ]


@pytest.mark.parametrize("between", ["\n", " ", "\r\n\n", ""])
def test_read_large_json__reads_values_one_after_another(between):
    """JSON Lines, and whatever else puts one value after another."""
    text = (
        between.join(json.dumps(value) for value in [POD, policy("a"), listed(POD, policy("b")), POD])
        + between
    )
    loaded = load(text)
    assert [policy.name for policy in loaded.policies.policies] == ["a", "b"]
    assert [policy.origin.document for policy in loaded.policies.policies] == [2, 3]


def test_read_large_json__keeps_places():
    """Problems in a policy far down have its line and path."""
    text = json.dumps(listed(*[POD] * 5, policy("a", egress=[{"ports": [{"port": 0}]}])), indent=1)
    line = 1 + text[: text.index('"port": 0')].count("\n")
    assert problems_of(text) == [
        (
            f"expected a port from `1` to `65535`, came integer `0` - at all.json[1]:{line} "
            "$.items[5].spec.egress[0].ports[0].port"
        )
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            json.dumps(listed(POD, policy()))[:-3],
            "expected JSON, came the end of the text - at all.json[1]:1",
        ),
        ('{"kind": "List",\n"items": [}]}', "expected JSON, came `}]}` - at all.json[1]:2"),
        (json.dumps(POD) + "\n]", "expected JSON, came `]` - at all.json[2]:2"),
        (
            '{"items":' * 40_000,
            "nesting is deeper than JSON readers go; flatten the document - at all.json[1]:1",
        ),
        (
            '{"kind": "List", "items": [], "apiVersion": "v1", "kind": "List"}' + " " * 2_000,
            "expected each key of a list of objects once, came one twice - at all.json[1]:1",
        ),
        (
            json.dumps(listed(policy("x" * 2_000))),
            "object of `2122` bytes is over the limit of `2000`; split it - at all.json[1]:1",
        ),
        (
            json.dumps(listed(policy("a"))).replace("{}", '{"podSelector": {},\n"podSelector": {}}'),
            (
                "key `podSelector` stands twice in one mapping, first at line `1` - "
                "at all.json[1]:2 $.items[0].spec.podSelector"
            ),
        ),
        (
            '[{"apiVersion": "v1", "kind": "Pod"}]',
            "expected an object with apiVersion and kind, came a list - at all.json[1]:1 $",
        ),
        (
            '{"apiVersion": "v1", "kind": "List", "items": {"a": 1}}',
            "expected a list, came a mapping - at all.json[1]:1 $.items",
        ),
        (
            '{"apiVersion": "v1", "kind": 8, "items": []}',
            "expected a string, came integer `8`; put it in quotes - at all.json[1]:1 $.kind",
        ),
    ],
)
def test_read_large_json__names_what_is_wrong(text, message):
    """Broken texts are refused with their line, however long they are."""
    assert problems_of(text) == message.split("\n")


def test_read_large_json__bounds_lists_in_lists():
    """Lists inside lists end at the depth limit."""
    value = policy()
    for _ in range(70):
        value = listed(value)
    (problem,) = problems_of(json.dumps(value))
    assert (
        problem == "nesting is deeper than the limit of `64` levels; flatten the document - at all.json[1]:1"
    )


def test_read_large_json__is_chosen_by_length():
    """Past the threshold a file larger than any one document may be is read."""
    text = json.dumps(listed(*[POD] * 10_000, policy("a")))
    limits = Limits(document_bytes=len(text) // 2)
    assert len(text) > limits.whole_json_bytes
    assert [policy.name for policy in load(text, limits).policies.policies] == ["a"]
