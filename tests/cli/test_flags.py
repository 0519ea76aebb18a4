"""Flags: environment twins, and what wins over what."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.cli.flags import PATH
from tests.console import auditor, record
from tests.small_cluster import AUDIT, FLOWS, POLICY, SOUND

TWINS = {
    "AUDITOR_POLICIES": "policies.yaml",
    "AUDITOR_INVENTORY": "cluster.json",
    "AUDITOR_FLOWS": "flows.log",
    "AUDITOR_OUT": "report",
    "AUDITOR_QUIET": "1",
}


def test_flag__may_stand_in_the_environment(cluster):
    """A call without a flag runs on the environment alone."""
    assert auditor("audit", **TWINS)[0] == 1
    assert record()["options"]["rows"] == "violations"


def test_flag__wins_over_the_environment(cluster):
    """What is typed counts."""
    assert auditor("audit", "--rows", "all", **TWINS, AUDITOR_ROWS="violations").code == 1
    assert record()["options"]["rows"] == "all"


def test_path_list__is_separated_as_in_path(cluster):
    """Several paths stand in one variable as those of programs do."""
    Path("more.log").write_text(FLOWS, encoding="utf-8")
    flows = os.pathsep.join(["flows.log", "", "more.log"])
    assert auditor("audit", **{**TWINS, "AUDITOR_FLOWS": flows}).code == 1
    assert [each["file"] for each in record()["files"]] == ["flows.log", "more.log"]


def test_path_list__keeps_urls_whole():
    """The colon behind ``s3`` is no separator."""
    found = PATH.split_envvar_value("s3://logs/a:b.log::gs://more/*")
    assert found == ["s3://logs/a", "b.log", "gs://more/*"]


@pytest.mark.parametrize(
    ("twin", "value", "option", "stored"),
    [
        ("AUDITOR_HASH", "sha256", "hash", "sha256"),
        ("AUDITOR_REPLIES", "as-recorded", "replies", "as-recorded"),
        ("AUDITOR_OWN_NODE", "judge", "own_node", "judge"),
        ("AUDITOR_OTHER_PROTOCOLS", "ignore", "other_protocols", "ignore"),
        ("AUDITOR_FAIL_ON", "never", "fail_on", ["never"]),
        ("AUDITOR_FAIL_ON", "undecided,violation", "fail_on", ["violation", "undecided"]),
        ("AUDITOR_MAX_REJECTED", "7", "max_rejected", "7"),
        ("AUDITOR_ON_REJECTED", "fail", "on_rejected", "fail"),
        ("AUDITOR_FORMAT", "vpc-text", "format", "vpc-text"),
        ("AUDITOR_ALLOW_UNSUPPORTED", "true", "allow_unsupported", True),
        ("AUDITOR_POD_CIDR", "10.1.0.0/16 10.2.0.0/16", "pod_cidr", ["10.1.0.0/16", "10.2.0.0/16"]),
    ],
)
def test_flag__has_a_twin(cluster, twin, value, option, stored):
    """Each choice of an audit can be made in the environment, and stands in the record as it took effect."""
    assert auditor(*AUDIT, **{twin: value}).code in (0, 1)
    assert record()["options"][option] == stored


def test_flag__names_the_variable_it_came_from(cluster):
    """A value without a meaning is traced to its variable."""
    assert auditor(*AUDIT, AUDITOR_ROWS="some").err == (
        "auditor: error: Invalid value for '--rows' (env var: 'AUDITOR_ROWS'): 'some' is not one of 'violations', "
        "'all'; `auditor audit --help` lists what there is\n"
    )


def test_policies__may_be_given_many_times(cluster):
    """Files, folders and patterns of several flags are read together, each file once."""
    Path("more").mkdir()
    Path("more/other.yaml").write_text(POLICY.replace("name: db", "name: other"), encoding="utf-8")
    ended = auditor("lint", *SOUND, "-p", "more", "-p", "*.yaml", "-p", "more/*")
    assert ended.out == "2 policies, 0 warnings\n"
