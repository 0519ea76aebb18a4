"""What the service counts."""

from __future__ import annotations

import re

import pytest

from auditor.service.metrics import OTHER, RELOADED, STAGES, Metrics

NAMES = {
    "auditor_records_total{topic,verdict}",
    "auditor_bad_records_total{reason}",
    "auditor_batch_duration_seconds_count{stage}",
    "auditor_record_age_seconds{partition,topic}",
    "auditor_consumer_lag_records{partition,topic}",
    "auditor_chain_end_offset{partition,topic}",
    "auditor_committed_offset{partition,topic}",
    "auditor_published_files_total",
    "auditor_publish_conflicts_total",
    "auditor_gap_records_total{reason}",
    "auditor_rebalances_total",
    "auditor_policy_info{digest}",
    "auditor_policy_reload_total{result}",
    "auditor_policy_last_success_timestamp_seconds",
    "auditor_violations_total{namespace,policy}",
    "auditor_assigned_partitions",
    "auditor_policy_reload_successful",
    "auditor_build_info{version}",
}


def lines_of(metrics, accept=""):
    """Return the samples as text, without comments."""
    return [line for line in metrics.render(accept)[0].decode().splitlines() if not line.startswith("#")]


def value_of(metrics, name, **labels):
    """Return one sample, None if there is none."""
    return metrics.registry.get_sample_value(f"auditor_{name}", labels)


def used():
    """Return metrics in which everything was counted once."""
    metrics = Metrics()
    metrics.records.labels("flows", "allowed").inc(3)
    metrics.bad_records.labels("truncated").inc()
    for gauge in (metrics.record_age, metrics.consumer_lag, metrics.chain_end, metrics.committed):
        gauge.labels("flows", 0).set(1)
    metrics.gap_records.labels("retention").inc()
    metrics.use_policies("abc")
    metrics.count_reload("success")
    metrics.count_violations("shop", "db", 2)
    return metrics


def test_metrics__have_their_names_and_labels():
    """Dashboards and alerts of users hang on these."""
    found = set()
    for line in lines_of(used()):
        name, labels = re.match(r"(\w+)(?:\{(.*)\})? ", line).groups()
        keys = re.findall(r'(\w+)="', labels or "")
        found.add(name + ("{" + ",".join(sorted(keys)) + "}" if keys else ""))
    own = {name for name in found if name.startswith("auditor_") and not re.search(r"_(bucket|sum)\{", name)}
    assert own == NAMES


def test_metrics__know_the_process():
    """Resident memory and processor time come from the client's own collectors."""
    samples = {line.split(" ")[0] for line in lines_of(Metrics())}
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= samples


def test_metrics__share_nothing():
    """Two services in one process count apart."""
    one, other = Metrics(), Metrics()
    one.published_files.inc()
    assert (value_of(one, "published_files_total"), value_of(other, "published_files_total")) == (1, 0)


def test_metrics__begin_at_nought():
    """An increase can be seen from the first one on, where the values are known beforehand."""
    metrics = Metrics()
    assert [value_of(metrics, "policy_reload_total", result=each) for each in RELOADED] == [0, 0, 0]
    assert [value_of(metrics, "batch_duration_seconds_count", stage=each) for each in STAGES] == [0] * 7


def test_stage__is_timed_also_where_it_fails():
    """A batch that could not be written took its time all the same."""
    metrics = Metrics()
    with metrics.stage("parse"):
        pass
    with pytest.raises(OSError, match="full"), metrics.stage("write"):
        raise OSError("full")
    assert value_of(metrics, "batch_duration_seconds_count", stage="parse") == 1
    assert value_of(metrics, "batch_duration_seconds_count", stage="write") == 1


def test_count_violations__tells_apart_so_many_pairs_and_no_more():
    """The rest is counted together, also when it comes again; pairs known before go on."""
    metrics = Metrics(max_pairs=2)
    for policy in ("a", "b", "c", "d", "a", "c"):
        metrics.count_violations("shop", policy, 5)
    counted = {
        policy: value_of(metrics, "violations_total", namespace="shop", policy=policy) for policy in "abcd"
    }
    assert counted == {"a": 10, "b": 5, "c": None, "d": None}
    assert value_of(metrics, "violations_total", namespace=OTHER, policy=OTHER) == 15


def test_use_policies__names_one_set():
    """The set before is no longer in force."""
    metrics = Metrics()
    for digest in ("old", "new", "new"):
        metrics.use_policies(digest)
    assert value_of(metrics, "policy_info", digest="old") is None
    assert value_of(metrics, "policy_info", digest="new") == 1


def test_count_reload__says_whether_the_files_can_be_used():
    """A failure leaves the time of the last success alone."""
    metrics = Metrics()
    metrics.count_reload("success")
    first = value_of(metrics, "policy_last_success_timestamp_seconds")
    assert (first > 1.7e9, value_of(metrics, "policy_reload_successful")) == (True, 1)
    metrics.count_reload("failure")
    assert value_of(metrics, "policy_last_success_timestamp_seconds") == first
    assert value_of(metrics, "policy_reload_successful") == 0
    metrics.count_reload("unchanged")
    assert value_of(metrics, "policy_reload_successful") == 1


def test_forget__leaves_nothing_of_a_partition():
    """A gauge left behind would look like a chain that stalls; one that never was is no error."""
    metrics = used()
    metrics.forget("flows", 0)
    metrics.forget("flows", 7)
    assert [line for line in lines_of(metrics) if "partition=" in line] == []


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain"),
        ("*/*", "text/plain"),
        ("text/plain;version=rubbish", "text/plain"),
        ("application/openmetrics-text;version=rubbish", "application/openmetrics-text"),
    ],
)
def test_render__answers_whatever_is_asked_for(accept, content_type):
    """What strangers accept chooses between two forms and does nothing else."""
    body, answered = used().render(accept)
    assert answered.split(";")[0] == content_type
    assert body.decode().endswith("# EOF\n") == (content_type != "text/plain")


def test_render__tells_no_time_of_creation():
    """Twice the series for something that no rule asks."""
    assert [line for line in lines_of(used()) if "_created" in line] == []
