"""The broker inside librdkafka, which fails on demand: errors, delays, and a broker that is away."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

import confluent_kafka

FETCH, OFFSET_COMMIT, JOIN_GROUP, HEARTBEAT = 1, 8, 11, 12
"""Numbers of requests."""

COORDINATOR_LOADING, NOT_COORDINATOR, ILLEGAL_GENERATION, UNKNOWN_MEMBER, REBALANCE_IN_PROGRESS = (
    14,
    16,
    22,
    25,
    27,
)
"""Numbers of errors."""

API_VERSION = (2, 3)
"""What a client takes this broker for: it cannot be asked."""


def _library() -> ctypes.CDLL:
    """Return the library that the Python package brings along, loaded already."""
    folder = Path(confluent_kafka.__file__).parent
    places = [
        *folder.with_name("confluent_kafka.libs").glob("librdkafka*"),
        *folder.glob(".dylibs/librdkafka*"),
    ]
    found = ctypes.CDLL(str(places[0]))
    found.rd_kafka_conf_new.restype = ctypes.c_void_p
    found.rd_kafka_new.restype = ctypes.c_void_p
    found.rd_kafka_new.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    found.rd_kafka_destroy.argtypes = [ctypes.c_void_p]
    found.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    found.rd_kafka_mock_cluster_new.argtypes = [ctypes.c_void_p, ctypes.c_int]
    found.rd_kafka_mock_cluster_destroy.argtypes = [ctypes.c_void_p]
    found.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    found.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    found.rd_kafka_mock_push_request_errors_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int16,
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_int),
    ]
    for name in ("rd_kafka_mock_broker_set_down", "rd_kafka_mock_broker_set_up"):
        getattr(found, name).argtypes = [ctypes.c_void_p, ctypes.c_int32]
    found.rd_kafka_mock_topic_create.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
    found.rd_kafka_mock_broker_set_rtt.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int]
    return found


class MockCluster:
    """Brokers in this process, gone with it."""

    def __init__(self, n_brokers: int = 1) -> None:
        self._library = _library()
        text = ctypes.create_string_buffer(512)
        self._client = self._library.rd_kafka_new(0, self._library.rd_kafka_conf_new(), text, 512)
        assert self._client, text.value
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, n_brokers)
        self.brokers = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def fail(self, request: int, *errors: int) -> None:
        """Answer the next requests of a kind with errors."""
        array = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, request, len(errors), array)

    @contextlib.contextmanager
    def away(self, broker: int = 1):
        """Let a broker be away."""
        self._library.rd_kafka_mock_broker_set_down(self._cluster, broker)
        try:
            yield
        finally:
            self._library.rd_kafka_mock_broker_set_up(self._cluster, broker)

    def delay(self, ms: int, broker: int = 1) -> None:
        """Let a broker take its time."""
        self._library.rd_kafka_mock_broker_set_rtt(self._cluster, broker, ms)

    def create(self, name: str, partitions: int = 1) -> str:
        """Create a topic."""
        assert self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1) == 0
        return name

    def close(self) -> None:
        """End it."""
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)
