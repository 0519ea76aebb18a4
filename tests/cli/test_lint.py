"""`auditor lint`: problems with their places, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.console import auditor
from tests.small_cluster import INVENTORY, POLICY, SOUND

NO_POD = POLICY.replace("{app: db}", "{app: nobody}")
BROKEN = POLICY.replace("5432", "543200")
PORT = "expected a port from `1` to `65535`, came integer `543200`"
PLACE = "policies.yaml[1]:11 $.spec.ingress[0].ports[0].port"


def write(name, content):
    """Write a file."""
    Path(name).write_text(content, encoding="utf-8")


def test_lint__has_nothing_to_say_of_sound_policies(cluster):
    """Sound policies are counted, with code 0."""
    unasked = "selectors, namespaces and named ports were not checked: no --inventory\n"
    assert auditor("lint", "-p", "policies.yaml") == (0, f"1 policy, 0 warnings\n{unasked}", "")
    assert auditor("lint", *SOUND) == (0, "1 policy, 0 warnings\n", "")


def test_lint__warns_of_what_is_hardly_meant(cluster):
    """What is valid and matches nothing is a warning, seen only beside an inventory, with code 1."""
    write("policies.yaml", NO_POD)
    assert auditor("lint", "-p", "policies.yaml").code == 0
    ended = auditor("lint", *SOUND)
    assert (ended.code, ended.err) == (1, "")
    *warnings, last = ended.out.splitlines()
    assert last == f"1 policy, {len(warnings)} warning{'s' if len(warnings) > 1 else ''}"
    assert all(line.startswith("warning: ") and " - at policies.yaml[1]:" in line for line in warnings)


def test_lint__prints_every_error(cluster):
    """What the API server would refuse is an error with its place, with code 2."""
    write("policies.yaml", BROKEN + "---\n" + BROKEN.replace("name: db", "name: b"))
    ended = auditor("lint", "-p", "policies.yaml")
    second = PLACE.replace("[1]:11", "[2]:23")
    expected = f"error: {PORT} - at {PLACE}\nerror: {PORT} - at {second}\n2 errors: nothing was judged\n"
    assert ended == (2, expected, "")


def test_lint__prints_errors_of_the_inventory_alone(cluster):
    """An inventory that nobody can read is as wrong as a policy."""
    write("cluster.json", INVENTORY.replace("10.0.0.2", "10.0.0.256"))
    sentence = "expected an IP address, got `10.0.0.256` - at cluster.json $.items[3].status.podIPs[0].ip"
    assert auditor("lint", *SOUND) == (2, f"error: {sentence}\n1 error: nothing was judged\n", "")


def test_lint__prints_errors_of_both(cluster):
    """Policies and inventory are reported together."""
    write("cluster.json", "{")
    write("policies.yaml", BROKEN)
    ended = auditor("lint", *SOUND)
    assert ended.code == 2
    assert ended.out == (
        "error: JSON is malformed: the text ends inside a value opened in column 1 - at cluster.json:1\n"
        f"error: {PORT} - at {PLACE}\n2 errors: nothing was judged\n"
    )


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_lint__prints_for_programs(cluster, output, read):
    """Level, sentence and place are fields; no problem is an empty list."""
    assert read(auditor("lint", *SOUND, "-o", output).out) == []
    write("policies.yaml", BROKEN)
    ended = auditor("lint", *SOUND, "-o", output)
    assert (ended.code, ended.err) == (2, "")
    assert read(ended.out) == [
        {
            "level": "error",
            "message": PORT,
            "file": "policies.yaml",
            "document": 1,
            "line": 11,
            "path": "$.spec.ingress[0].ports[0].port",
        }
    ]


def test_lint__knows_what_a_plugin_does_not_enforce(cluster):
    """--plugin adds what the plugin does otherwise than written."""
    write("policies.yaml", POLICY.replace("{port: 5432}", "{port: 5432, endPort: 5440}"))
    assert auditor("lint", "-p", "policies.yaml", "--plugin", "weave").code == 1
    assert auditor("lint", "-p", "policies.yaml", "--plugin", "calico").code == 0


def test_lint__takes_unsupported_policies_for_warnings_if_asked(cluster):
    """--allow-unsupported turns the error into a warning."""
    write("policies.yaml", "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a}\n")
    assert auditor("lint", "-p", "policies.yaml").code == 2
    assert auditor("lint", "-p", "policies.yaml", "--allow-unsupported").code == 1


def test_lint__shows_names_harmless(cluster):
    """Text of a manifest cannot redraw the terminal."""
    write("policies.yaml", POLICY.replace("app: web", r'app: "\e[31mred"'))
    ended = auditor("lint", "-p", "policies.yaml")
    assert ended.code == 2
    assert "\x1b" not in ended.out
    assert r"\x1b[31mred" in ended.out
