"""Policies and inventories that nobody should write, and what the command line has to say to each."""

from __future__ import annotations

import gzip
import json

from tests.end_to_end.breaking import DEEP, Broken, bomb, ipc, parquet
from tests.small_cluster import INVENTORY, POLICY, pod

ALIASES = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
DEEPER = 40_000
SECOND = "---\n" + POLICY.replace("name: db", "name: other")
TOO_LARGE = "file holds more than the 67108864 decompressed bytes read at once; split it"
CUT = "file cannot be read further than 0 decompressed bytes: the gzip stream is cut off"
TOO_DEEP = "nesting is deeper than the limit of `64` levels; flatten the document - at policies.yaml[1]:1"
LABEL = "$.spec.ingress[0].from[0].podSelector.matchLabels"
NOT_JUDGED = "is not judged; --allow-unsupported takes what it could touch for unknown - at"
NO_PORT = "expected a port from `1` to `65535`, came integer `543200` - at"
CILIUM = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\n"


def policies(name, content, *messages, **rest):
    """Return the case of a policies file."""
    return Broken(f"policies: {name}", {"policies.yaml": content}, messages, **rest)


def inventory(name, content, *messages, **rest):
    """Return the case of an inventory file."""
    return Broken(f"inventory: {name}", {"cluster.json": content}, messages, **rest)


def labelled(text):
    """Return the policy with another label for the peer."""
    return POLICY.replace("{app: web}", text)


CASES = [
    policies("empty", b"", "expected policies, came nothing: every file is empty - at policies.yaml"),
    policies(
        "blanks alone",
        b"\n\n",
        "expected network policies, found none: every pod is open to all - at policies.yaml",
        code=0,
        rows=(8, 7, 0),
    ),
    policies(
        "no policy among them",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        "expected network policies, found none: every pod is open to all - at policies.yaml",
        code=0,
        rows=(8, 7, 0),
    ),
    policies("brackets 40 000 deep", "[" * DEEPER, TOO_DEEP, spawned=True),
    policies("dashes 40 000 deep", "- " * DEEPER, TOO_DEEP, spawned=True),
    policies("JSON 20 000 deep", '{"a":' * DEEP + "1" + "}" * DEEP, TOO_DEEP, spawned=True),
    policies(
        "alias bomb",
        ALIASES,
        "aliases repeat more values than the limit of `1000000`; write them out - at policies.yaml[1]:8",
        spawned=True,
    ),
    policies(
        "key twice",
        POLICY.replace("spec:", "spec: {}\nspec:", 1),
        "key `spec` stands twice in one mapping, first at line `4` - at policies.yaml[1]:5 $.spec",
    ),
    policies(
        "label `no`",
        labelled("{app: no}"),
        f"expected a string, came boolean `no`; put it in quotes - at policies.yaml[1]:9 {LABEL}.app",
    ),
    policies(
        "label `012`",
        labelled("{app: 012, since: 2024-01-01, at: 1:30}"),
        f"expected a string, came integer `012`; put it in quotes - at policies.yaml[1]:9 {LABEL}.app",
        "expected a label value of letters, digits, `-`, `_` and `.`, a letter or digit at both ends, up to `63` "
        f"characters, came `1:30` - at policies.yaml[1]:9 {LABEL}.at",
    ),
    policies(
        "two problems in two documents",
        POLICY.replace("5432", "543200")
        + SECOND.replace("podSelector: {matchLabels: {app: web}}", "ipBlock: {cidr: 10.0.0.0/33}"),
        f"{NO_PORT} policies.yaml[1]:11 $.spec.ingress[0].ports[0].port",
        "expected a CIDR block like `10.0.0.0/8`, came `10.0.0.0/33` - at policies.yaml[2]:21 "
        "$.spec.ingress[0].from[0].ipBlock.cidr",
    ),
    policies(
        "unknown field",
        POLICY.replace("ports:", "prots:"),
        "field `prots` is not known here; did you mean `ports` - at policies.yaml[1]:10 $.spec.ingress[0].prots",
    ),
    policies(
        "endPort below port",
        POLICY.replace("{port: 5432}", "{port: 443, endPort: 80}"),
        "endPort `80` is below port `443` - at policies.yaml[1]:11 $.spec.ingress[0].ports[0].endPort",
    ),
    policies(
        "one name for two",
        POLICY + "---\n" + POLICY.replace("5432", "1"),
        "NetworkPolicy `shop/db` differs from the one of the same name at policies.yaml[1]:1 $ - at "
        "policies.yaml[2]:13 $",
    ),
    policies(
        "kind that is not judged",
        POLICY + CILIUM,
        f"kind `CiliumNetworkPolicy` of `cilium.io/v2` {NOT_JUDGED} policies.yaml[2]:13 $",
    ),
    policies(
        "broken YAML",
        b"a: [b\nc: }",
        "expected YAML, came a break of its syntax: while parsing a flow sequence, did not find expected ',' or ']' - "
        "at policies.yaml[1]:2",
    ),
    policies("UTF-16", POLICY.encode("utf-16"), code=1, rows=(8, 7, 0)),
    policies(
        "Latin-1",
        POLICY.encode() + b"# \xe9\n",
        "expected UTF-8 text, came byte `0xe9` - at policies.yaml:12",
    ),
    policies(
        "a NUL", b"a: \x00\n", r"expected printable text, came the character `\x00` - at policies.yaml[1]:1"
    ),
    policies("gzip", lambda: gzip.compress(POLICY.encode()), code=1, rows=(8, 7, 0)),
    policies("gzip cut off", lambda: gzip.compress(POLICY.encode())[:40], f"{CUT} - at policies.yaml"),
    policies("gzip bomb", bomb, f"{TOO_LARGE} - at policies.yaml", spawned=True),
    policies(
        "zip archive", b"PK\x03\x04" + bytes(9), "expected UTF-8 text, came a zip archive - at policies.yaml"
    ),
    policies("Parquet", parquet, "expected UTF-8 text, came a Parquet file - at policies.yaml"),
    policies("Arrow", ipc, "expected UTF-8 text, came an Arrow file - at policies.yaml"),
    policies(
        "a chart's template",
        "{{- if .Values.x }}\n" + POLICY,
        "expected JSON with a key in quotes or `}` here, came `{`; templates must be rendered first, as `helm "
        "template` does - at policies.yaml[1]:1",
    ),
    policies(
        "a list of words",
        "- a\n- b\n",
        "expected an object with apiVersion and kind, came a list - at policies.yaml[1]:1 $",
    ),
    inventory("empty", b"", "expected an inventory, came nothing: every file is empty - at cluster.json"),
    inventory("blanks alone", b"\n \n", "expected Kubernetes objects, got an empty file - at cluster.json"),
    inventory(
        "JSON 20 000 deep",
        "[" * DEEP + "]" * DEEP,
        "JSON is malformed: nested too deeply in column 1 - at cluster.json:1",
        spawned=True,
    ),
    inventory(
        "YAML 40 000 deep",
        "a: " + "[" * DEEPER,
        "expected YAML at most 64 levels deep, got more - at cluster.json[1]:1",
        spawned=True,
    ),
    inventory(
        "alias bomb",
        ALIASES,
        "expected at most 8000000 values in a document, got more - at cluster.json[1]:9",
        spawned=True,
    ),
    inventory(
        "key twice",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, name: b}\n",
        "expected every key once, got `name` again - at cluster.json[1]:3",
    ),
    inventory(
        "label 5",
        json.dumps(pod("web", "10.0.0.1", x=5)),
        "expected `str`, got `int` - at cluster.json $.metadata.labels.x",
    ),
    inventory(
        "label `no`",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: s, labels: {x: no}}\n",
        "expected `str`, got `bool` - at cluster.json[1] $.metadata.labels.x",
    ),
    inventory(
        "address that is none",
        json.dumps(pod("web", "10.0.0.300")),
        "expected an IP address, got `10.0.0.300` - at cluster.json $.status.podIPs[0].ip",
    ),
    inventory(
        "no object", '{"a": 1}', "expected a Kubernetes object, got one without `kind` - at cluster.json $"
    ),
    inventory(
        "JSON cut off",
        INVENTORY[:-40],
        "JSON is malformed: the text ends inside a value opened in column 1 - at cluster.json:1",
    ),
    inventory(
        "policies in its place",
        POLICY,
        "expected an inventory with pods, found none that has addresses of its own - at cluster.json",
    ),
    inventory("Parquet", parquet, "expected JSON or YAML, got a Parquet file - at cluster.json"),
    inventory("gzip", lambda: gzip.compress(INVENTORY.encode()), code=1, rows=(8, 7, 0)),
    inventory("gzip cut off", lambda: gzip.compress(INVENTORY.encode())[:40], f"{CUT} - at cluster.json"),
    inventory("gzip bomb", bomb, f"{TOO_LARGE} - at cluster.json", spawned=True),
    Broken(
        "policies and inventory",
        {"policies.yaml": POLICY.replace("5432", "543200"), "cluster.json": "{"},
        (
            "JSON is malformed: the text ends inside a value opened in column 1 - at cluster.json:1",
            f"{NO_PORT} policies.yaml[1]:11 $.spec.ingress[0].ports[0].port",
        ),
    ),
]
