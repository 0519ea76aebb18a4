"""Messages measured with a real broker, in topics that are gone afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.capacity import steps_kafka
from auditor.capacity.inputs import Made
from auditor.capacity.job_kafka import settings_for
from auditor.capacity.messaging import HOW, messaging
from auditor.capacity.plan import QUICK, Bench
from auditor.capacity.results import Figure, Results
from auditor.errors import SourceError
from auditor.sources.kafka_topic import fill, own_topic
from auditor.synthetic.shapes import Shape
from tests.broker.node import PASSWORD, USER

SHAPE = Shape(30, 200)
pytestmark = [
    pytest.mark.jit_only,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@pytest.fixture
def bench(tmp_path):
    """Return a bench with a small cluster and logs."""
    made = Made(tmp_path, 1)
    given = made.cluster(SHAPE)
    bench = Bench(replace(QUICK, rounds=2), made, 1, None, Results({}), given)
    bench.logs = (made.log(SHAPE, "hubble-json", 400), made.log(SHAPE, "vpc-text", 400))
    yield bench
    bench.close()


def topics(node):
    """Return the topics of the measurement that a broker has."""
    return [name for name in node.admin.list_topics(timeout=5).topics if name.startswith(steps_kafka.PREFIX)]


def test_kafka__measures_each_shape_and_removes_its_topics(node, bench):
    """Fetching, judging and both, and the clock; every message of every shape becomes flows."""
    bench.brokers = node.brokers
    bench.results.figures.extend(steps_kafka.kafka(bench))
    totals = list(bench.results.measured("kafka", what="total"))
    assert [(each.labels["shape"], each.labels["codec"]) for each in totals] == [
        (shape, codec) for shape, codecs in steps_kafka.CODECS.items() for codec in codecs
    ]
    assert all(len(each.runs) == 2 and min(each.runs) > 0 for each in totals)
    assert totals[0].n_flows > 300
    for total in totals:
        labels = {name: total.labels[name] for name in ("shape", "codec")}
        fetch, judge = (bench.results.one("kafka", **labels, what=what) for what in ("fetch", "judge"))
        assert total.runs == pytest.approx([a + b for a, b in zip(fetch.runs, judge.runs, strict=True)])
    assert topics(node) == []
    blocks = messaging(bench.results).blocks
    assert [row[:2] for row in blocks[1].rows][:2] == [
        ["Hubble event a message", "plain"],
        ["Hubble event a message", "zstd"],
    ]


def test_kafka__says_how_to_measure_it(bench):
    """Without a broker there is one figure, which says what it needs."""
    (figure,) = steps_kafka.kafka(bench)
    assert figure.why_not == "needs a broker: `auditor bench --brokers HOST:PORT`"
    results = Results({}, [Figure("messages", {"shape": "one"}, "ns/flow", (1.0,)), figure])
    assert messaging(results).blocks[-1] == HOW


def test_own_topic__is_removed_whatever_happens(node):
    """Also where measuring failed."""
    settings = settings_for(node.brokers, None, "any")
    with pytest.raises(ZeroDivisionError), own_topic(settings, steps_kafka.PREFIX) as name:  # noqa: PT012
        assert fill(settings, name, [b"one", b"two"], "none") == 2
        assert topics(node) == [name]
        raise ZeroDivisionError
    assert topics(node) == []


def test_fill__says_what_a_broker_refused(node):
    """A message larger than the topic takes."""
    settings = settings_for(node.brokers, None, "any")
    with own_topic(settings, steps_kafka.PREFIX) as name:
        with pytest.raises(SourceError) as caught:
            fill(settings, name, [bytes(2 << 20)], "none")
        sentence = str(caught.value)
        assert sentence.startswith(
            (f"expected `{name}` to take", f"expected Kafka at `{node.brokers}` to take")
        )
        assert "MessageSizeTooLargeError" in sentence


def test_settings_for__signs_in_by_properties(node, tmp_path, monkeypatch):
    """As the service does; what the service reads is no matter."""
    monkeypatch.setenv("AUDITOR_GROUP", "of-the-service")
    monkeypatch.setenv("AUDITOR_TOPIC", "of-the-service")
    path = tmp_path / "client.properties"
    quoted = PASSWORD.replace('"', '\\"')
    path.write_text(
        "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\ngroup.id=another\n"
        f'sasl.jaas.config=Module required username="{USER}" password="{quoted}";\n'
    )
    settings = settings_for(node.sasl_brokers, str(path), "any")
    assert (settings.group, settings.topics, settings.partitions) == (None, ("any",), (0,))
    with own_topic(settings, steps_kafka.PREFIX) as name:
        assert fill(settings, name, [b"one"], "zstd") == 1
