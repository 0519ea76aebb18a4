"""Files to policies."""

from __future__ import annotations

import random

import pytest

from auditor.errors import PolicyError, UnsupportedPolicyError
from auditor.ir.model import OpaquePolicy
from auditor.policies.limits import Limits
from auditor.policies.load import load_policies

UNKNOWN = "; --allow-unsupported takes what it could touch for unknown"


def policy(name="web", namespace="shop", spec="{}"):
    """Return the text of a policy."""
    metadata = f"{{name: {name}, namespace: {namespace}}}" if namespace else f"{{name: {name}}}"
    return f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {metadata}\nspec: {spec}\n"


def other(api_version, kind, metadata="{name: other, namespace: shop}"):
    """Return the text of an object of another kind."""
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {metadata}\nspec: {{anything: [goes]}}\n"


def load(*texts, **options):
    """Load texts as the files ``a.yaml``, ``b.yaml`` and so on."""
    files = [(f"{name}.yaml", text.encode()) for name, text in zip("abcdef", texts, strict=False)]
    return load_policies(files, **options)


def problems_of(*texts, kind=PolicyError, **options):
    """Return everything that is wrong with the files."""
    with pytest.raises(kind) as caught:
        load(*texts, **options)
    assert type(caught.value) is kind
    return str(caught.value).split("\n")


def names(loaded):
    """Return namespace and name of every judged policy."""
    return [f"{policy.namespace}/{policy.name}" for policy in loaded.policies.policies]


def test_load_policies__sorts_policies():
    """The order of files and documents makes no difference; documents stay beside their meaning."""
    texts = [policy(name, namespace) for name in "cab" for namespace in ("z", "y")]
    expected = ["y/a", "y/b", "y/c", "z/a", "z/b", "z/c"]
    for seed in range(5):
        random.Random(seed).shuffle(texts)
        loaded = load("---\n".join(texts[:4]), "---\n".join(texts[4:]))
        assert names(loaded) == expected
        assert [f"{document.namespace}/{document.name}" for document in loaded.documents] == expected


@pytest.mark.parametrize(
    "text", ["", "---\n", "# nothing\n", other("v1", "Pod"), "apiVersion: v1\nkind: List\nitems: []"]
)
def test_load_policies__finds_nothing_in_files_without_policies(text):
    """Empty files and objects of other kinds are no problem."""
    loaded = load(text)
    assert (loaded.policies.policies, loaded.warnings, loaded.n_documents) == ((), (), 0)


def test_load_policies__takes_no_files():
    """No file at all is no policy."""
    assert load_policies([]).n_documents == 0


LISTS = [
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n- {0}\n",
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n- {0}\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - {1}\n",
    "type: ADDED\nobject:\n  {0}\n",
]


@pytest.mark.parametrize("text", LISTS)
def test_load_policies__looks_into_lists(text):
    """Lists, typed lists, lists in lists and watch events hold policies."""
    text = text.format(policy().replace("\n", "\n  "), policy().replace("\n", "\n    "))
    assert names(load(text)) == ["shop/web"]


def test_load_policies__knows_what_typed_lists_leave_out():
    """The API server does not repeat apiVersion and kind in the items of a typed list."""
    text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n- metadata: {name: web}\n"
    assert names(load(text)) == ["default/web"]


def test_load_policies__passes_over_what_is_wrong_elsewhere():
    """Repeated keys in a ConfigMap are not this package's business, nor are bookmarks and changed pods."""
    text = (
        "apiVersion: v1\nkind: ConfigMap\ndata: {a: 1, a: 2, 3: 4, b: !x y}\n---\n"
        "type: BOOKMARK\nobject: {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {}}\n---\n"
        "type: DELETED\nobject: {apiVersion: v1, kind: Pod, a: 1, a: 2}\n---\n"
        "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, a: 1, a: 2}]\n---\n" + policy()
    )
    assert names(load(text)) == ["shop/web"]


def test_load_policies__counts_repeats_once():
    """The same policy twice is one policy, however it is written."""
    loaded = load(
        policy(spec="{ingress: [{}]}"), policy(spec="{policyTypes: [Ingress], ingress: [{from: []}]}")
    )
    assert names(loaded) == ["shop/web"]
    assert loaded.n_documents == 2
    assert str(loaded.policies.policies[0].origin) == "a.yaml[1]:1 $"


def test_load_policies__refuses_two_policies_of_one_name():
    """Two meanings under one name cannot both be in a cluster; an absent namespace is ``default``."""
    assert problems_of(
        policy(namespace=""), "# c\n" + policy(namespace="default", spec="{ingress: [{}]}")
    ) == [
        (
            "NetworkPolicy `default/web` differs from the one of the same name at a.yaml[1]:1 $ - at "
            "b.yaml[1]:2 $"
        )
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("web", "expected an object with apiVersion and kind, came string `web` - at a.yaml[1]:1 $"),
        ("- a", "expected an object with apiVersion and kind, came a list - at a.yaml[1]:1 $"),
        ("kind: NetworkPolicy", "expected field `apiVersion`, came none - at a.yaml[1]:1 $"),
        ("apiVersion: v1", "expected field `kind`, came none - at a.yaml[1]:1 $"),
        ("apiVersion: v1\nkind: ''", "expected field `kind`, came none - at a.yaml[1]:1 $"),
        ("apiVersion: v1\nkind: [Pod]", "expected a string, came a list - at a.yaml[1]:2 $.kind"),
        (
            "apiVersion: 1\nkind: Pod",
            "expected a string, came integer `1`; put it in quotes - at a.yaml[1]:1 $.apiVersion",
        ),
        ("apiVersion: v1\nkind: List\nitems: {}", "expected a list, came a mapping - at a.yaml[1]:3 $.items"),
        (
            "apiVersion: v1\nkind: List\nItems: []",
            "field `Items` is not known here; did you mean `items` - at a.yaml[1]:3 $.Items",
        ),
        (
            other("v1", "networkpolicies"),
            "kind `networkpolicies` is not known in `v1`; did you mean `NetworkPolicy` - at a.yaml[1]:1 $",
        ),
        (
            other("cilium.io/v2", "CiliumNetworkPolicyy"),
            (
                "kind `CiliumNetworkPolicyy` is not known in `cilium.io/v2`; did you mean `CiliumNetworkPolicy` - at "
                "a.yaml[1]:1 $"
            ),
        ),
        (
            "apiVersion: v1\nkind: List\nitems: [null]",
            "expected an object with apiVersion and kind, came null - at a.yaml[1]:3 $.items[0]",
        ),
        (
            other("networking.k8s.io/v1", "NetworkPolcy"),
            (
                "kind `NetworkPolcy` is not known in `networking.k8s.io/v1`; did you mean "
                "`NetworkPolicy` - at a.yaml[1]:1 $"
            ),
        ),
        (
            "type: MODIFIED\nobject: {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy}",
            (
                "expected policies as they were at one time, came a watch event `MODIFIED` of "
                "`NetworkPolicy`; give a list "
                "instead - at a.yaml[1]:1 $"
            ),
        ),
        (
            "type: GONE\nobject: {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy}",
            "expected a watch event `ADDED`, `MODIFIED` or `DELETED`, came string `GONE` - at a.yaml[1]:1 $",
        ),
    ],
)
def test_load_policies__names_what_is_no_object(text, message):
    """What is no object, or hides what it is, is refused."""
    assert problems_of(text) == [message]


def test_load_policies__collects_problems_of_all_files():
    """No file and no document hides the problems of another, unsupported kinds among them."""
    texts = [
        policy("A") + "---\na: [\n---\n" + policy("B"),
        other("cilium.io/v2", "CiliumNetworkPolicy"),
        "web",
    ]
    places = [problem.rsplit(" - at ")[1] for problem in problems_of(*texts)]
    assert places == [
        "a.yaml[1]:3 $.metadata.name",
        "a.yaml[2]:7",
        "a.yaml[3]:10 $.metadata.name",
        "b.yaml[1]:1 $",
        "c.yaml[1]:1 $",
    ]


@pytest.mark.parametrize(
    ("api_version", "kind", "message"),
    [
        (
            "cilium.io/v2",
            "CiliumNetworkPolicy",
            f"kind `CiliumNetworkPolicy` of `cilium.io/v2` is not judged{UNKNOWN}",
        ),
        (
            "extensions/v1beta1",
            "NetworkPolicy",
            "kind `NetworkPolicy` of `extensions/v1beta1` is not judged, only `networking.k8s.io/v1`"
            + UNKNOWN,
        ),
        (
            "projectcalico.org/v3",
            "StagedNetworkPolicy",
            f"kind `StagedNetworkPolicy` of `projectcalico.org/v3` is not judged{UNKNOWN}",
        ),
    ],
)
def test_load_policies__refuses_kinds_it_does_not_judge(api_version, kind, message):
    """A policy of another kind is never passed over in silence."""
    assert problems_of(policy(), other(api_version, kind), kind=UnsupportedPolicyError) == [
        f"{message} - at b.yaml[1]:1 $"
    ]


@pytest.mark.parametrize(
    ("api_version", "kind", "namespace", "reach"),
    [
        ("cilium.io/v2", "CiliumNetworkPolicy", "shop", "namespace `shop`"),
        ("cilium.io/v2", "CiliumClusterwideNetworkPolicy", None, "all namespaces"),
        ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", None, "all namespaces"),
        ("networking.k8s.io/v1beta1", "NetworkPolicy", "shop", "namespace `shop`"),
        ("example.com/v1", "MyNetworkPolicy", None, "all namespaces"),
    ],
)
def test_load_policies__keeps_what_it_does_not_judge_as_opaque(api_version, kind, namespace, reach):
    """On request, such a policy marks what it could touch, once, with a warning."""
    text = other(api_version, kind)
    loaded = load(text, text, allow_unsupported=True)
    (opaque,) = loaded.policies.opaque
    assert opaque == OpaquePolicy(kind, namespace, "other", opaque.origin)
    assert [str(warning) for warning in loaded.warnings] == [
        f"kind `{kind}` of `{api_version}` is not judged: pods of {reach} become unknown - at a.yaml[1]:1 $"
    ]
    assert loaded.n_documents == 2


def test_load_policies__takes_default_as_namespace_of_opaque_policies():
    """A bare file lands in ``default``, whatever its kind."""
    loaded = load(other("cilium.io/v2", "CiliumNetworkPolicy", "{name: a}"), allow_unsupported=True)
    assert loaded.policies.opaque[0].namespace == "default"


def test_load_policies__leaves_out_staged_policies():
    """Staged policies enforce nothing: on request they are left out, with a warning."""
    loaded = load(other("projectcalico.org/v3", "StagedGlobalNetworkPolicy"), allow_unsupported=True)
    assert loaded.policies.opaque == ()
    assert [str(warning) for warning in loaded.warnings] == [
        (
            "kind `StagedGlobalNetworkPolicy` of `projectcalico.org/v3` enforces nothing and is left out "
            "- at a.yaml[1]:1 $"
        )
    ]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("null", "expected field `metadata`, came none - at a.yaml[1]:1 $"),
        ("{}", "expected field `name`, came none - at a.yaml[1]:3 $.metadata"),
    ],
)
def test_load_policies__wants_names_of_opaque_policies(metadata, message):
    """A policy without a name is none, whatever its kind."""
    text = other("cilium.io/v2", "CiliumNetworkPolicy", metadata)
    assert problems_of(text, allow_unsupported=True) == [message]


def test_load_policies__bounds_the_number_of_policies():
    """More policies than the limit are refused, not sampled."""
    text = "---\n".join(policy(name) for name in "abc")
    assert load(text, limits=Limits(policies=3)).n_documents == 3
    assert problems_of(text, limits=Limits(policies=2)) == [
        "`3` policies are over the limit of `2`; audit fewer - at a.yaml[3]:11 $"
    ]
