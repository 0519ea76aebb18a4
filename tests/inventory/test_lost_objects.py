"""Objects that a slip of the writer must not lose: the addresses in them would become external."""

from __future__ import annotations

import pytest

from tests.inventory.clusters import SHOP, load, load_text, pod, problems, refusals, text_of


@pytest.mark.parametrize("kind", ["List", "PodList", "EndpointSliceList"])
@pytest.mark.parametrize(
    ("written", "place"),
    [('{"kind": "%s", "apiVersion": "v1", %s}', "g $"), ("kind: %s\napiVersion: v1\n%s", "g[1] $")],
)
def test_visit__a_list_has_items(kind, written, place):
    """A list without items is misspelt; one whose items are null has none, as programs write it."""
    whole = text_of(SHOP, pod())
    key = '"Items": []' if written.startswith("{") else "Items: []"
    assert problems(whole, written % (kind, key)) == [f"expected `items`, got none - at {place}"]
    assert load_text(written % (kind, key.replace("I", "i").replace("[]", "null"))).n_other == 0


@pytest.mark.parametrize(
    ("kind", "meant"),
    [("pod", "Pod"), ("Pods", "Pod"), ("NODE", "Node"), ("namespaces", "Namespace"), ("service", "Service")],
)
def test_take__a_misspelt_kind_is_no_other_kind(kind, meant):
    """Kinds are spelt as the API does; what nearly is one that is needed is refused."""
    assert refusals(pod(), {**pod("b"), "kind": kind}) == [
        f"kind `{kind}` is not known; did you mean `{meant}` - at f $.items[2].kind"
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "Pods", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {"name": "a"}},
        {"kind": "Pod", "apiVersion": "other.io/v1", "metadata": {"name": "a"}},
        {"kind": "Endpoints", "apiVersion": "v1", "metadata": {"name": "a"}},
        {"kind": "Widget", "apiVersion": "v1"},
    ],
)
def test_take__other_kinds_are_left_alone(other):
    """Kinds of other groups may have any name."""
    assert load(pod(), other).n_other == 1
