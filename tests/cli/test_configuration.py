"""Defaults from a TOML file; its mistakes are in the table of broken input."""

from __future__ import annotations

from pathlib import Path

from tests.console import auditor, record
from tests.small_cluster import AUDIT


def configured(text, *arguments, name="auditor.toml", **environment):
    """Run with a configuration; return the options as they took effect."""
    Path(name).write_text(text, encoding="utf-8")
    ended = auditor(*arguments, **environment)
    assert ended.err == ""
    return ended, record()["options"]


def test_read_config__sets_defaults(cluster):
    """Everything may stand in the file, by the name of its flag, with either dash."""
    text = """
        policies = ["policies.yaml"]
        inventory = "cluster.json"
        flows = ["flows.log"]
        out = "report"
        quiet = true
        threads = 2
        own_node = "judge"
        max-rejected = 5
        pod-cidr = ["10.9.0.0/16"]
    """
    ended, options = configured(text, "audit", "--config", "auditor.toml")
    assert ended.code == 1
    assert (options["own_node"], options["max_rejected"], options["pod_cidr"]) == (
        "judge",
        "5",
        ["10.9.0.0/16"],
    )


def test_read_config__prefers_the_table_of_the_command(cluster):
    """The table of a command wins over the top level; those of others do not matter."""
    text = "rows = 'violations'\n[audit]\nrows = 'all'\n[lint]\nplugin = 'calico'\n[demo]\nflows = 100\n"
    assert configured(text, *AUDIT, "--config", "auditor.toml")[1]["rows"] == "all"


def test_read_config__leaves_flags_of_others_alone(cluster):
    """A shared file may name what only another command has."""
    Path("auditor.toml").write_text(
        "plugin = 'calico'\nrows = 'all'\nflows = 'flows.log'\n", encoding="utf-8"
    )
    assert auditor("lint", "-p", "policies.yaml", "--config", "auditor.toml").code == 0


def test_read_config__yields_to_the_environment_and_to_flags(cluster):
    """Flag over environment over file over default."""
    file = "rows = 'all'\nreplies = 'as-recorded'\nfail-on = 'never'\n"
    twins = {"AUDITOR_REPLIES": "infer", "AUDITOR_FAIL_ON": "undecided"}
    _, options = configured(file, *AUDIT, "--config", "auditor.toml", "--fail-on", "misdropped", **twins)
    assert (options["rows"], options["replies"], options["fail_on"]) == ("all", "infer", ["misdropped"])


def test_read_config__is_named_by_the_environment_too(cluster):
    """AUDITOR_CONFIG is the twin of --config."""
    assert configured("rows = 'all'", *AUDIT, AUDITOR_CONFIG="auditor.toml")[1]["rows"] == "all"


def test_read_config__sets_the_flows_of_the_demonstration(cluster):
    """A number of flows is the demonstration's own: its table takes it, the top level means paths."""
    Path("auditor.toml").write_text("flows = 'flows.log'\n[demo]\nflows = -1\n", encoding="utf-8")
    assert auditor("demo", "--config", "auditor.toml").err == (
        "auditor: error: expected a whole number from 1 on for `flows` in `auditor.toml`, came `-1`\n"
    )
