"""Alerts and dashboard ask for metrics that there are."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from auditor.service.metrics import Metrics
from tests.deploy.programs import CHART, DEPLOY, run

ALERTS = CHART / "files" / "alerts.yaml"
ALERT_TESTS = DEPLOY / "prometheus" / "alerts_test.yaml"
WANTED = {
    "AuditorLagGrowing",
    "AuditorRecordsOld",
    "AuditorBadRecords",
    "AuditorPublishConflicts",
    "AuditorGap",
    "AuditorChainStalled",
    "AuditorPolicyReloadFailing",
    "AuditorNoAssignment",
}


@pytest.fixture(scope="module")
def names():
    """Return every name under which a sample may come."""
    found = set()
    for family in Metrics().registry.collect():
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        found |= {family.name + ending for ending in endings}
    return found


@pytest.fixture(scope="module")
def rules():
    """Return the rules by name."""
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


@pytest.fixture(scope="module")
def dashboard():
    """Return the dashboard."""
    return json.loads((CHART / "files" / "dashboard.json").read_text(encoding="utf-8"))


def metrics_in(expression):
    """Return the names of metrics in a query."""
    return set(re.findall(r"\b(?:auditor|process)_\w+", expression))


def test_alerts__are_all_there(rules):
    """Each with a severity, and words for whoever is woken."""
    assert rules.keys() == WANTED
    for rule in rules.values():
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_alerts__ask_for_metrics_that_there_are(rules, names):
    """A name that was changed would never fire."""
    asked = set().union(*(metrics_in(rule["expr"]) for rule in rules.values()))
    assert asked
    assert asked - names == set()


def test_alerts__pass_their_checker():
    """As Prometheus reads them."""
    answer = run("promtool", "check", "rules", "--lint=all", "--lint-fatal", ALERTS)
    assert answer.returncode == 0, answer.stderr + answer.stdout


def test_alerts__fire_when_they_should():
    """And rest when all is well, over an hour of invented samples."""
    answer = run("promtool", "test", "rules", ALERT_TESTS)
    assert answer.returncode == 0, answer.stderr + answer.stdout


def test_alert_tests__cover_every_alert():
    """Each fires once and rests once."""
    well, ill = yaml.safe_load(ALERT_TESTS.read_text(encoding="utf-8"))["tests"]
    assert {each["alertname"] for each in well["alert_rule_test"]} == WANTED
    (question,) = ill["promql_expr_test"]
    assert {re.search(r'"(\w+)"', each["labels"])[1] for each in question["exp_samples"]} == WANTED


def test_metrics__pass_their_checker():
    """Names and units are as Prometheus likes them."""
    answer = run("promtool", "check", "metrics", given=Metrics().render()[0].decode())
    assert answer.returncode == 0, answer.stderr + answer.stdout


def test_dashboard__asks_for_metrics_that_there_are(dashboard, names):
    """In every panel."""
    for panel in dashboard["panels"]:
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            asked = metrics_in(target["expr"])
            assert asked, panel["title"]
            assert asked - names == set(), panel["title"]


def test_dashboard__shows_every_metric(dashboard, names):
    """What is counted is looked at."""
    asked = set().union(
        *(metrics_in(target["expr"]) for panel in dashboard["panels"] for target in panel["targets"])
    )
    own = {name for name in names if name.startswith("auditor_") and not name.endswith(("_sum", "_count"))}
    assert own - asked == {"auditor_build_info"}


def test_dashboard__has_its_panels_side_by_side(dashboard):
    """No two on the same place, none beyond the edge, each with a number of its own."""
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_dashboard__leaves_the_source_to_whoever_looks(dashboard):
    """No identifier of somebody's Prometheus."""
    assert set(re.findall(r'"uid": "([^"]*)"', json.dumps(dashboard))) == {
        "${datasource}",
        "flow-log-auditor",
    }
