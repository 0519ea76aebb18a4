"""The place in kafka-python where fetched bytes become records: there ``BatchReader`` is put in.

That place is no public interface. ``check_client`` finds out at the start whether this version of the client still is
what this file takes it for, and whether both ways read the same; if not, ``public_messages`` makes the same of the
records that the public interface gives, a Python object for each.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
from kafka.consumer.fetcher import Fetcher
from kafka.record import MemoryRecords
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.structs import TopicPartition

from auditor.errors import SourceError
from auditor.sources.kafka_batches import BatchReader, Limits
from auditor.sources.kafka_codecs import NAMES, PLAIN
from auditor.sources.kafka_messages import FORMAT_HEADER, UNNAMED_FORMAT, Messages, Partition
from auditor.sources.kafka_rooms import Rooms
from kernels.kafka import MAX_FORMATS
from kernels.memory import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kafka import KafkaConsumer

_PARAMETERS = (
    "self",
    "fetch_offset",
    "tp",
    "records",
    "key_deserializer",
    "value_deserializer",
    "check_crcs",
    "isolation_level",
    "aborted_transactions",
    "metric_aggregator",
    "on_drain",
)
_TEST_VALUES = (b"one" * 100, b"two" * 100)
"""The client leaves as it is what compression would not make shorter."""
_USED = ("topic_partition", "next_fetch_offset", "leader_epoch", "bytes_read", "records_read", "fetch_offset")


class BatchRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # the client has no types
    """One fetch of one partition; ``take`` gives ``Messages``, each counting as one record."""

    limits = Limits()
    rooms = Rooms()

    def _maybe_skip_record(self, record: Messages) -> bool:  # noqa: ARG002  the base class passes it
        """Return False: the reader begins at the fetch offset by itself."""
        return False

    def _unpack_records(self, tp: TopicPartition, records: MemoryRecords, *_: object) -> Iterator[Messages]:
        """Yield messages and keep what the fetcher reads after each of them."""
        reader = BatchReader(
            tp.topic,
            tp.partition,
            records._buffer,  # noqa: SLF001  see ``check_client``
            self.fetch_offset,
            [(each.producer_id, each.first_offset) for each in self.aborted_transactions],
            self.limits,
            self.rooms,
        )
        for messages in reader:
            self.next_fetch_offset = reader.position
            self.leader_epoch = reader.epoch
            self.bytes_read = reader.n_bytes
            self.records_read += len(messages)
            yield messages
        self.drain()


def install(consumer: KafkaConsumer, limits: Limits) -> None:
    """Make a consumer's ``poll`` give ``Messages`` instead of records."""
    own = {"limits": limits, "rooms": Rooms()}
    consumer._fetcher.PartitionRecords = type("BatchRecords", (BatchRecords,), own)  # noqa: SLF001


def public_messages(
    partition: Partition, records: Sequence[Any], start: int, end: int, limits: Limits | None = None
) -> Messages:
    """Return records of the public interface as messages.

    Parameters
    ----------
    partition : Partition
        Where they are from.
    records : sequence of ConsumerRecord
        Their keys and values are bytes or None.
    start, end : int
        The position before and behind them.
    limits : Limits
        Not looked at: the client has inflated them.
    """
    del limits
    values = [record.value or b"" for record in records]
    lengths = np.array([-1 if record.value is None else len(record.value) for record in records], np.int64)
    places = np.cumsum([0, *map(len, values)], dtype=np.int64)
    formats: list[str] = []
    codes = np.full(len(records), -1, np.int8)
    for at, record in enumerate(records):
        named = [value for name, value in record.headers if name == FORMAT_HEADER][-1:]
        if named and named[0] is not None:
            name = named[0][:64].decode(errors="replace")
            if name not in formats:
                formats.append(name if len(formats) < MAX_FORMATS - 1 else UNNAMED_FORMAT)
            codes[at] = formats.index(name) if name in formats else MAX_FORMATS - 1
    return Messages(
        topic=partition.topic,
        partition=partition.number,
        values=np.frombuffer(bytearray().join((*values, bytes(PADDING))), np.uint8),
        starts=places[:-1],
        lengths=lengths,
        offsets=np.array([record.offset for record in records], np.int64),
        timestamps_ms=np.array([max(record.timestamp, -1) for record in records], np.int64),
        formats=tuple(formats),
        format_codes=codes,
        start=start,
        end=end,
    )


def check_codecs() -> None:
    """Read a batch of each codec that this client has written.

    Raises
    ------
    SourceError
        If a codec's library is missing or does not work.
    """
    for codec in (PLAIN, *NAMES):
        batch = _batch(codec)
        found = list(BatchReader("self-test", 0, batch, 0))
        if [list(_values(each)) for each in found] != [list(_TEST_VALUES)]:
            raise SourceError(
                f"expected the codec `{NAMES.get(codec, 'none')}` to work, its test batch came back changed"
            )


def check_client() -> str | None:
    """Return why the fetcher of this client is not what ``BatchRecords`` takes it for, None if it is."""
    return _other_shape() or _other_reading()


def _other_shape() -> str | None:
    """Return what is named or placed otherwise."""
    base: Any = getattr(Fetcher, "PartitionRecords", None)
    if not inspect.isclass(base):
        return "its fetcher has no class `PartitionRecords`"
    if tuple(inspect.signature(base.__init__).parameters) != _PARAMETERS:
        return "its class `PartitionRecords` takes other parameters"
    parse = getattr(Fetcher, "_parse_fetched_data", None)
    if parse is None or "PartitionRecords" not in parse.__code__.co_names:
        return "its fetcher makes no `PartitionRecords` where it did"
    if not hasattr(MemoryRecords, "_buffer"):
        return "its class `MemoryRecords` keeps the bytes elsewhere"
    return None


def _other_reading() -> str | None:
    """Return what comes of a batch otherwise."""
    partition = TopicPartition("self-test", 0)
    batch = _batch(PLAIN)
    theirs = Fetcher.PartitionRecords(1, partition, MemoryRecords(batch))
    if any(not hasattr(theirs, name) for name in _USED):
        return "its class `PartitionRecords` has other attributes"
    ours = BatchRecords(1, partition, MemoryRecords(batch))
    read, records = ours.take(), theirs.take()
    found = [
        (offset, value) for each in read for offset, value in zip(each.offsets, _values(each), strict=True)
    ]
    if found != [(record.offset, record.value) for record in records]:
        return "it reads other records than this program"
    if ours.record_iterator or theirs.record_iterator or ours.next_fetch_offset != theirs.next_fetch_offset:
        return "it goes on elsewhere than this program"
    return None


def _batch(codec: int) -> bytes:
    """Return a batch of two records."""
    builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 16)
    for value in _TEST_VALUES:
        builder.append(timestamp=1, key=None, value=value)
    builder.close()
    return bytes(builder.buffer())


def _values(messages: Messages) -> Iterator[bytes]:
    """Yield the values; none may be null."""
    for start, length in zip(messages.starts.tolist(), messages.lengths.tolist(), strict=True):
        yield messages.values[start : start + length].tobytes()
