"""The loop reads each offset once, whatever happens around it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pyarrow as pa
import pytest

from auditor.errors import SinkError
from auditor.service.metrics import STAGES
from auditor.sources.kafka_messages import FencedError, Partition
from tests.service.streaming import PLACE, TOPIC, Broker, disagreements, member, messages_of, tables_of


def failing(storage, n_failures):
    """Return a storage whose next creations fail."""
    left = [n_failures]

    def create(name, content):
        if left[0] > 0:
            left[0] -= 1
            raise SinkError("no space left on device")
        return storage.create(name, content)

    names = ("replace", "read", "names", "modified_s", "remove")
    return SimpleNamespace(create=create, left=left, **{name: getattr(storage, name) for name in names})


def test_run__judges_each_offset_once_up_to_the_end(storage, tables, contents):
    """A log is read to its end in segments that tile it, and the group is told."""
    broker = Broker([50, 33])
    one = member(broker, storage, tables, is_ending=True, roll_rows=9)
    for partition in broker.ends:
        one.source.give(partition)
    one.service.run()
    assert disagreements(contents(), 0, end=50) == []
    assert disagreements(contents(), 1, end=33) == []
    assert broker.committed == broker.ends
    assert one.source.is_closed


def test_run__goes_on_where_the_chain_ends(storage, tables, contents):
    """A second run reads what came since; what the group was told does not matter."""
    broker = Broker([20])
    for end in (20, 47):
        broker.ends[PLACE] = end
        one = member(broker, storage, tables, writer=f"w{end}", is_ending=True)
        one.source.give(PLACE)
        one.service.run()
        broker.committed.clear()
    assert disagreements(contents(), end=47) == []


def test_turn__publishes_nothing_before_it_is_due(storage, tables, contents):
    """Messages wait for more until there are enough rows or bytes, or they are old."""
    one = member(Broker([50]), storage, tables, roll_s=60.0)
    one.source.give(PLACE)
    for _ in range(20):
        one.service.turn()
    assert [name for name in contents() if name.endswith(".arrow")] == []
    one.clock.seconds += 60
    one.service.turn()
    assert disagreements(contents(), end=50) == []


def test_turn__keeps_no_messages(storage, tables):
    """A frame that an error keeps would keep their memory."""
    one = member(Broker([50]), storage, tables)
    one.source.give(PLACE)
    polled, poll = [], one.source.poll

    def remembered(timeout_s):
        polled.append(poll(timeout_s))
        n_polled.append(len(polled[-1]))
        return polled[-1]

    n_polled = []
    one.source.poll = remembered
    for _ in range(3):
        one.service.turn()
    assert sum(n_polled) > 0
    assert polled == [[], [], []]


@pytest.mark.parametrize("is_lost", [False, True])
def test_turn__drops_what_is_open_when_a_partition_goes(storage, tables, contents, is_lost):
    """The next owner reads it again, from the end of the chain."""
    broker = Broker([50])
    one, other = member(broker, storage, tables, "a"), member(broker, storage, tables, "b", is_ending=True)
    one.source.give(PLACE)
    for _ in range(3):
        one.service.turn()
    one.source.take_back(PLACE, is_lost=is_lost)
    one.service.turn()
    assert one.service.owned == {}
    other.source.give(PLACE)
    other.service.run()
    assert disagreements(contents(), end=50) == []


def test_turn__begins_anew_where_a_partition_comes_back_at_once(storage, tables, contents):
    """What was open before is dropped, though the same member goes on."""
    one = member(Broker([50]), storage, tables, is_ending=True)
    one.source.give(PLACE)
    one.service.turn()
    one.source.take_back(PLACE)
    one.source.give(PLACE)
    one.service.run()
    assert disagreements(contents(), end=50) == []


def test_publish__obeys_a_member_that_was_first(storage, tables, contents):
    """A zombie that publishes late loses, drops its segment, and reads on behind the winner's."""
    broker = Broker([50])
    zombie, other = member(broker, storage, tables, "z"), member(broker, storage, tables, "o", is_ending=True)
    for one in (zombie, other):
        one.source.give(PLACE)
    for _ in range(3):
        zombie.service.turn()
    other.service.run()
    broker.ends[PLACE] = 60
    zombie.clock.seconds += 61
    for _ in range(9):
        zombie.service.turn()
    zombie.clock.seconds += 61
    zombie.service.turn()
    assert disagreements(contents(), end=60) == []
    assert broker.committed[PLACE] == 60


@pytest.mark.parametrize("start", [0, 3, 30])
def test_turn__drops_messages_of_a_time_before(storage, tables, contents, start):
    """What was fetched before a partition went and came back does not adjoin what is open now."""
    one = member(Broker([50]), storage, tables, is_ending=True)
    one.source.give(PLACE)
    for _ in range(3):
        one.service.turn()
    one.source.stale = [messages_of(range(start, start + 5), start, start + 5)]
    one.service.run()
    assert disagreements(contents(), end=50) == []


def test_publish__counts_a_segment_that_was_written_though_it_seemed_to_fail(storage, tables, contents):
    """The segment is recognised by its writer; it is no conflict, and its dead letters stand there once."""
    broken = failing(storage, 0)
    create, n_calls = broken.create, []

    def create_and_fail(name, content):
        done = create(name, content)
        n_calls.append(name)
        if name.endswith(f"p=0/{0:020}.arrow"):
            raise SinkError("no answer")
        return done

    broken.create = create_and_fail
    one = member(Broker([9]), broken, tables, is_ending=True, retry_s=1.0)
    one.source.give(PLACE)
    one.service.run()
    assert disagreements(contents(), end=9) == []
    count = one.metrics.registry.get_sample_value
    assert count("auditor_published_files_total") == 1
    assert count("auditor_publish_conflicts_total") == 0
    assert len([name for name in n_calls if "rejected" in name]) == 1


@pytest.mark.parametrize("n_failures", [1, 2, 5])
def test_publish__keeps_what_cannot_be_written(storage, tables, contents, n_failures):
    """Without room the partition waits, is not ready, and goes on once there is room."""
    broken = failing(storage, 0)
    one = member(Broker([50]), broken, tables, roll_rows=5, is_ending=True, retry_s=1.0)
    one.source.give(PLACE)
    one.service.turn()
    broken.left[0] = n_failures
    for _ in range(8):
        one.service.turn()
    assert not one.health.ready().is_well
    assert PLACE in one.source.paused
    for _ in range(n_failures + 1):
        one.clock.seconds += 1.0
        one.service.turn()
    assert PLACE not in one.source.paused
    one.service.run()
    assert disagreements(contents(), end=50) == []


def test_run__publishes_what_is_open_when_asked_to_stop(storage, tables, contents):
    """What was judged is in the chain when the service ends."""
    one = member(Broker([50]), storage, tables)
    one.source.give(PLACE)
    for _ in range(3):
        one.service.turn()
    one.service.stop()
    one.service.run(leave=False)
    assert disagreements(contents(), end=14) == []
    assert one.source.left is False


def test_run__says_what_was_not_written_in_time(storage, tables, contents):
    """Where the folder stays full, stopping ends after the grace, and nothing is half written."""
    broken = failing(storage, 0)
    one = member(Broker([50]), broken, tables, grace_s=5.0)
    one.source.give(PLACE)
    for _ in range(3):
        one.service.turn()
    broken.left[0] = 1000
    one.service.stop()
    with pytest.raises(SinkError) as caught:
        one.service.run()
    assert str(caught.value) == (
        "expected to write 1 open segments within 5 s, could not; they are read again at the next start"
    )
    assert disagreements(contents(), end=0) == []


def test_turn__cuts_a_segment_where_policies_change(storage, tables, contents, tmp_path):
    """Each segment was judged by one set: what follows is judged by the newer one."""
    ready = []
    one = member(
        Broker([50]),
        storage,
        tables,
        newer=SimpleNamespace(take=lambda: ready.pop() if ready else None),
        is_ending=True,
    )
    one.source.give(PLACE)
    for _ in range(2):
        one.service.turn()
    ready.append(tables_of(tmp_path / "newer", ports=(443, 5432)))
    one.service.run()
    facts = [
        json.loads(pa.ipc.open_file(content).metadata[b"auditor.segment"])
        for name, content in sorted(contents().items())
        if name.endswith(".arrow") and "rejected" not in name
    ]
    assert [each["end"] for each in facts] == [14, 50]
    assert len({each["tables"] for each in facts}) == len({each["policies"] for each in facts}) == 2
    assert [each["counts"]["violation"] for each in facts] == [6, 0]


def test_commit__may_be_refused(storage, tables, contents):
    """The chain counts, and the group hears of it the next time."""
    broker = Broker([50])
    one = member(broker, storage, tables, is_ending=True, roll_rows=9)
    one.source.failures["commit"] = 1
    one.source.give(PLACE)
    one.service.run()
    assert disagreements(contents(), end=50) == []
    assert broker.committed[PLACE] == 50


def test_run__reads_past_offsets_without_messages(storage, tables, contents):
    """A segment ends at the position, also where compaction has left nothing."""
    broker = Broker([50])
    broker.gone = set(range(10, 50)) - {12}
    one = member(broker, storage, tables, is_ending=True)
    one.source.give(PLACE)
    one.service.run()
    assert max(broker.committed.values()) == 50
    names = [name for name in contents() if name.endswith(".arrow") and "rejected" not in name]
    assert names == [f"{TOPIC}/x7Yz-_topicid/p=0/{0:020}.arrow"]


def test_describe__says_where_everything_is(storage, tables):
    """The state shows each partition, its position and the end of its chain."""
    one = member(Broker([50]), storage, tables)
    one.source.give(PLACE)
    for _ in range(2):
        one.service.turn()
    state = one.health.state()
    assert state["partitions"] == {
        "flows/0": {"chain_end": 0, "position": 7, "open_rows": 3, "is_waiting": False}
    }
    assert Partition(TOPIC, 0) == PLACE


def test_commit__ends_a_member_whose_name_another_has(storage, tables, contents):
    """Two that work on the same partitions would only take turns at losing."""
    one = member(Broker([50]), storage, tables, roll_rows=9)

    def commit(*_):
        raise FencedError("another member of `g` goes by the name `a`")

    one.source.commit = commit
    one.source.give(PLACE)
    with pytest.raises(FencedError, match=r"^another member of `g` goes by the name `a`$"):
        one.service.run()
    assert one.source.is_closed
    assert [problem for problem in disagreements(contents()) if problem.startswith(("rows", "break"))] == []


def test_turn__times_every_stage(storage, tables):
    """No stage is named that nothing is counted of."""
    one = member(Broker([50]), storage, tables, is_ending=True)
    one.source.give(PLACE)
    one.service.run()
    count = one.metrics.registry.get_sample_value
    for stage in STAGES:
        assert count("auditor_batch_duration_seconds_count", {"stage": stage}) > 0, stage
