"""What the source makes of what the client gives, without a broker: a client that follows a script."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from kafka import errors
from kafka.structs import TopicPartition

from auditor.errors import SourceError
from auditor.sources import kafka_source
from auditor.sources.kafka_batches import BatchReader
from auditor.sources.kafka_client import said
from auditor.sources.kafka_messages import Damage, OutOfRange, Partition
from auditor.sources.kafka_settings import KafkaSettings
from tests.kafka_bytes import Batch, Record

PLACE = TopicPartition("flows", 0)
OWN = Partition("flows", 0)
BATCH = Batch(0, (Record(0, b"a"), Record(1, b"b")))
SETTINGS = KafkaSettings(("one",), ("flows",), partitions=(0,))


class ScriptedClient:
    """Gives what it is told to, an error or batches, one a poll."""

    def __init__(self, script):
        self.script = script
        self.sought = []
        self.parked = set()

    def partitions_for_topic(self, _):
        """Know every topic."""
        return {0}

    def assign(self, places):
        """Note what is assigned."""
        self.places = set(places)

    def assignment(self):
        """Return it."""
        return self.places

    def pause(self, *places):
        """Note what is paused."""
        self.parked |= set(places)

    def resume(self, *places):
        """Note what is not."""
        self.parked -= set(places)

    def seek(self, place, offset):
        """Note what is sought."""
        self.sought.append((place, offset))

    def close(self, **_):
        """Note the end."""
        self.is_closed = True

    def poll(self, **_):
        """Give the next step."""
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        position = self.sought[-1][1]
        self.given = list(BatchReader("flows", 0, b"".join(batch.write() for batch in step), position))
        return {PLACE: self.given}


@pytest.fixture
def scripted(monkeypatch):
    """Return a function that makes a source of a script, its partition going on at 0."""

    def make(*script):
        client = ScriptedClient(list(script))
        monkeypatch.setattr(kafka_source, "make_consumer", lambda _: client)
        monkeypatch.setattr(kafka_source, "install", lambda *_: None)
        source = kafka_source.KafkaSource(SETTINGS)
        assigned = source.take_changes().assigned
        assert assigned == (OWN,)
        assert client.parked == {PLACE}
        source.seek(OWN, 0)
        source.resume(assigned)
        assert client.parked == set()
        return source, client

    return make


def test_poll__fetches_again_what_may_have_broken_on_its_way(scripted, caplog):
    """The second time it is right, and nobody hears of it but the log."""
    broken = replace(BATCH, checksum=1)
    source, client = scripted([broken], [BATCH])
    assert source.poll(0) == []
    assert client.sought[-1] == (PLACE, 0)
    (found,) = source.poll(0)
    assert (found.start, found.end, found.damaged) == (0, 2, ())
    assert caplog.messages == ["offset 0 of flows/0 arrived broken, it is fetched again"]


def test_poll__reports_what_is_broken_where_it_lies(scripted):
    """The same damage a second time is in the log itself; what follows goes on."""
    broken = replace(BATCH, checksum=1)
    source, client = scripted([broken], [broken], [replace(BATCH, base=2)])
    assert source.poll(0) == []
    (found,) = source.poll(0)
    assert found.damaged == (Damage(0, 1, "its checksum is wrong"),)
    client.seek(PLACE, 2)
    (found,) = source.poll(0)
    assert (found.start, found.end, len(found)) == (2, 4, 2)


def test_poll__does_not_fetch_again_what_a_producer_wrote(scripted):
    """A record that is wrong under a right checksum stays wrong."""
    source, _ = scripted([replace(BATCH, codec=1, body=b"x", count=1)])
    (found,) = source.poll(0)
    assert found.damaged == (Damage(0, 1, "its batch counts more records than it has bytes for"),)


def test_poll__leaves_the_client_no_messages(scripted):
    """Frames of the client that an error keeps would keep their memory."""
    source, client = scripted([BATCH])
    assert len(source.poll(0)) == 1
    assert client.given == []


@pytest.mark.parametrize(
    ("error", "position", "reason"),
    [
        (errors.OffsetOutOfRangeError({PLACE: 7}), 7, "the log has it no more, or not yet"),
        (errors.LogTruncationError({PLACE: None}), 0, "the log was cut back and written anew behind it"),
    ],
)
def test_poll__stops_a_partition_that_is_out_of_range(scripted, error, position, reason):
    """Paused and told, once."""
    source, client = scripted(error)
    assert source.poll(0) == []
    assert client.parked == {PLACE}
    changes = source.take_changes()
    assert changes.out_of_range == (OutOfRange(OWN, position, reason),)
    assert not source.take_changes()


def test_resume__leaves_a_partition_alone_that_went_and_came_back(scripted):
    """It stays parked until somebody begins it anew, and what was fetched of it counts for nothing."""
    source, client = scripted([BATCH], [BATCH])
    changes = source._changes  # noqa: SLF001 - what the client's own thread tells
    changes.on_partitions_revoked([PLACE])
    client.places = set()
    source.seek(OWN, 2)
    client.places = {PLACE}
    changes.on_partitions_assigned([PLACE])
    source.resume([OWN])
    assert client.parked == {PLACE}
    assert source.poll(0) == []
    assert source.take_changes().assigned == (OWN,)
    source.seek(OWN, 0)
    source.resume([OWN])
    assert client.parked == set()
    (found,) = source.poll(0)
    assert (found.start, found.end) == (0, 2)


def test_poll__waits_for_what_passes_and_says_what_does_not(scripted):
    """An error of the client never leaves the source."""
    source, _ = scripted(errors.NotCoordinatorError(), errors.TopicAuthorizationFailedError({"flows"}))
    assert source.poll(0) == []
    with pytest.raises(SourceError) as caught:
        source.poll(0)
    assert str(caught.value).startswith("expected Kafka at `one` to send messages: ")
    assert isinstance(caught.value.__cause__, errors.KafkaError)


def test_source__says_once_that_it_goes_the_slow_way(monkeypatch, caplog):
    """Where the client is not what it was."""
    monkeypatch.setattr(kafka_source, "make_consumer", lambda _: ScriptedClient([]))
    monkeypatch.setattr(kafka_source, "check_client", lambda: "its fetcher has no class `PartitionRecords`")
    caplog.set_level(logging.WARNING)
    source = kafka_source.KafkaSource(SETTINGS)
    assert not source.has_batches
    (text,) = caplog.messages
    assert text == (
        "the Kafka client is read record by record, without a limit on inflated bytes: "
        "its fetcher has no class `PartitionRecords`"
    )
    source.close()
    source.close()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("one\ntwo"), "ValueError one"),
        (ValueError(), "ValueError"),
        (errors.KafkaTimeoutError("late"), "KafkaTimeoutError: late"),
    ],
)
def test_said__is_one_line(error, text):
    """The name of the error, once, and its first line."""
    assert said(error) == text
