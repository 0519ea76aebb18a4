"""A partition begins, goes on behind a gap, or is refused, by what folder, group and log say."""

from __future__ import annotations

import pytest

from auditor.errors import StateError
from tests.service.streaming import PLACE, Broker, disagreements, member


def test_overtaken__writes_a_gap_where_retention_was_faster(storage, tables, contents):
    """What nobody can read any more is written down, and read on behind it."""
    broker = Broker([50])
    one = member(broker, storage, tables, is_ending=True)
    one.source.give(PLACE)
    for _ in range(2):
        one.service.turn()
    broker.firsts[PLACE] = 30
    one.service.run()
    assert disagreements(contents(), end=50) == []
    assert one.metrics.registry.get_sample_value("auditor_gap_records_total", {"reason": "retention"}) == 23


def test_begin__writes_a_gap_where_retention_was_faster_between_two_runs(storage, tables, contents):
    """The same at the start of a run."""
    broker = Broker([20])
    for first, end in ((0, 20), (25, 40)):
        broker.firsts[PLACE], broker.ends[PLACE] = first, end
        one = member(broker, storage, tables, writer=f"w{end}", is_ending=True)
        one.source.give(PLACE)
        one.service.run()
    assert disagreements(contents(), end=40) == []


def test_begin__refuses_a_log_that_ends_before_the_chain(storage, tables):
    """A log that was cut back, or another cluster's, is not judged into the same folder."""
    broker = Broker([20])
    one = member(broker, storage, tables, is_ending=True)
    one.source.give(PLACE)
    one.service.run()
    broker.ends[PLACE] = 10
    broker.committed.clear()
    again = member(broker, storage, tables, writer="v", is_ending=True)
    again.source.give(PLACE)
    with pytest.raises(StateError) as caught:
        again.service.run()
    assert str(caught.value) == (
        "expected a log that reaches offset `20`, where the folder ends, found one that ends at `10`: it was cut back, "
        "or this folder is another cluster's - at flows/0"
    )
    assert again.source.is_closed


def test_begin__asks_again_where_the_log_ended_before_the_chain(storage, tables, contents):
    """A member that was paused in between has seen the log as it was, and the chain as it is."""
    broker = Broker([20])
    one = member(broker, storage, tables, is_ending=True)
    one.source.give(PLACE)
    one.service.run()
    again = member(broker, storage, tables, writer="v", is_ending=True)
    answers = iter([(0, 10), (0, 20)])
    again.source.bounds = lambda _: next(answers, (0, 20))
    again.source.give(PLACE)
    again.service.run()
    assert disagreements(contents(), end=20) == []


def test_begin__starts_another_chain_for_a_topic_created_anew(storage, tables, contents):
    """Offsets of a later topic of the same name are other offsets."""
    broker = Broker([20])
    for topic_id in ("first", "second"):
        broker.topic_id = topic_id
        one = member(broker, storage, tables, is_ending=True)
        one.source.give(PLACE)
        one.service.run()
    for topic_id in ("first", "second"):
        assert disagreements(contents(), end=20, topic_id=topic_id) == []


@pytest.mark.parametrize("name", ["bounds", "committed", "topic_id", "seek"])
def test_begin__is_tried_again_where_the_broker_does_not_answer(storage, tables, contents, name):
    """A partition that cannot be begun waits, and is begun later."""
    one = member(Broker([20]), storage, tables, is_ending=True)
    one.source.failures[name] = 2
    one.source.give(PLACE)
    for _ in range(4):
        one.service.turn()
        one.clock.seconds += 1.0
    one.service.run()
    assert disagreements(contents(), end=20) == []


@pytest.mark.parametrize("end", [10, 50])
def test_publish__drops_what_may_be_of_a_topic_created_anew(storage, tables, contents, end):
    """Whichever log is longer, nothing of the new topic gets into the chain of the old, and all of it into its own."""
    broker = Broker([20])
    one = member(broker, storage, tables, roll_rows=8)
    one.source.give(PLACE)
    while broker.committed.get(PLACE) != 20:
        one.service.turn()
        one.clock.seconds += 30.0
    # What was told of the old topic is there still: a commit may arrive late.
    broker.topic_id, broker.ends[PLACE] = "second", end
    while broker.committed.get(PLACE) != end:
        one.service.turn()
        one.clock.seconds += 30.0
    assert disagreements(contents(), end=20) == []
    assert disagreements(contents(), end=end, topic_id="second") == []


def test_publish__waits_for_a_broker_that_does_not_say_which_topic_it_is(storage, tables, contents):
    """What is open is kept, and published when the broker answers."""
    one = member(Broker([20]), storage, tables)
    one.source.give(PLACE)
    for _ in range(4):
        one.service.turn()
    one.source.failures["topic_id"] = 2
    for _ in range(4):
        one.clock.seconds += 60.0
        one.service.turn()
    assert disagreements(contents(), end=20) == []
