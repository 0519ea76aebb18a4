"""The hook in the client's fetcher fits this version, and another version would be noticed."""

from __future__ import annotations

import pytest
from kafka.consumer.fetcher import Fetcher
from kafka.record import MemoryRecords

from auditor.errors import SourceError
from auditor.sources import kafka_codecs, kafka_fetch
from auditor.sources.kafka_fetch import check_client, check_codecs


def test_check_client__accepts_the_locked_version():
    """The fast way is in use, not the way round it."""
    assert check_client() is None


class OtherParameters(Fetcher.PartitionRecords):
    """As a later version might have it."""

    def __init__(self, tp, records):
        """Take less."""


class OtherAttributes(Fetcher.PartitionRecords):
    """As a later version might have it."""

    def __delattr__(self, name):
        """Do nothing."""


def without(name):
    """Return a class of records without an attribute."""

    class Without(Fetcher.PartitionRecords):
        def __getattribute__(self, asked):
            if asked == name:
                raise AttributeError(asked)
            return super().__getattribute__(asked)

    return Without


def taking(records):
    """Return a class of records that gives other ones."""

    class Taking(Fetcher.PartitionRecords):
        def take(self, n=None):
            return records + super().take(n)[:0]

    return Taking


@pytest.mark.parametrize(
    ("place", "name", "value", "reason"),
    [
        (Fetcher, "PartitionRecords", None, "its fetcher has no class `PartitionRecords`"),
        (Fetcher, "PartitionRecords", OtherParameters, "its class `PartitionRecords` takes other parameters"),
        (
            Fetcher,
            "_parse_fetched_data",
            lambda _: None,
            "its fetcher makes no `PartitionRecords` where it did",
        ),
        (
            Fetcher,
            "PartitionRecords",
            without("leader_epoch"),
            "its class `PartitionRecords` has other attributes",
        ),
        (Fetcher, "PartitionRecords", taking([]), "it reads other records than this program"),
    ],
)
def test_check_client__says_what_is_different(monkeypatch, place, name, value, reason):
    """Each reason, in full."""
    monkeypatch.setattr(place, name, value)
    assert check_client() == reason


def test_check_client__says_where_bytes_went(monkeypatch):
    """The name of the bytes."""
    monkeypatch.setattr(kafka_fetch, "MemoryRecords", object)
    assert check_client() == "its class `MemoryRecords` keeps the bytes elsewhere"
    assert hasattr(MemoryRecords, "_buffer")


def test_check_client__says_that_it_goes_on_elsewhere(monkeypatch):
    """The position behind the records."""
    monkeypatch.setattr(kafka_fetch.BatchRecords, "drain", lambda _: None)
    assert check_client() == "it goes on elsewhere than this program"


def test_check_codecs__reads_all_of_them():
    """None raises."""
    check_codecs()


def test_check_codecs__names_what_does_not_work(monkeypatch):
    """A library that is missing or broken is known at the start."""
    monkeypatch.setitem(kafka_codecs.FUNCTIONS, kafka_codecs.LZ4, lambda *_: b"")
    with pytest.raises(SourceError) as caught:
        check_codecs()
    assert str(caught.value) == "expected the codec `lz4` to work, its test batch came back changed"
