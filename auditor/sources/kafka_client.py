"""A client of kafka-python made from ``KafkaSettings``, and its errors in our words."""

from __future__ import annotations

import logging
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, errors
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.net.sasl.oauth import AbstractTokenProvider

from auditor.errors import SourceError
from auditor.sources.kafka_messages import NO_TOPIC_ID, CommitRefusedError, FencedError
from auditor.sources.kafka_transport import check_transport, wide_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from auditor.sources.kafka_settings import KafkaSettings, Security

_LOG = logging.getLogger(__name__)
_CLIENT_LOG = logging.getLogger("kafka")
_CLIENT_LOG.addHandler(logging.NullHandler())
# At level DEBUG the client logs its configuration and every request, and passwords are in both; at INFO, every
# connection.
_CLIENT_LOG.setLevel(logging.WARNING)

_REFUSED = (
    errors.CommitFailedError,
    errors.RebalanceInProgressError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
)


class _Token(AbstractTokenProvider):  # type: ignore[misc]  # the client has no types
    """The token of the settings, or what the file holds now."""

    def __init__(self, security: Security) -> None:
        super().__init__()
        self._security = security

    def token(self) -> str:
        """Return it."""
        if self._security.token is not None:
            return self._security.token.reveal()
        return Path(str(self._security.token_file)).read_text(encoding="utf-8").strip()


class _LastWords(logging.Handler):
    """Why the last connection was lost: the client says so in its log, and raises that time is over."""

    _MARK = "Connection lost: "
    _HUNG_UP = "socket disconnected"
    _REFUSED = "Authentication failed"

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    @property
    def is_hung_up(self) -> bool:
        """Whether no reason is known but that the broker hung up."""
        return self._HUNG_UP in self.text

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the reason."""
        _, mark, text = record.getMessage().partition(self._MARK)
        # A broker that has refused somebody hangs up on the next attempts, or lets them wait, without a word.
        if mark and self._worth(text) >= self._worth(self.text):
            self.text = text.strip()

    def _worth(self, text: str) -> int:
        """Return how much a reason says: a refusal most, that the time to connect was over least."""
        if self._REFUSED in text:
            return 4
        if self._HUNG_UP in text:
            return 2
        return 1 if "timed out" in text else 3 if text else 0


def _tls_context(security: Security) -> ssl.SSLContext:
    """Return how connections are encrypted, so that an unusable file is told apart from a broker that is away."""
    try:
        context = ssl.create_default_context(cafile=security.ca)
        context.check_hostname = security.check_hostname
    except OSError as error:
        raise SourceError(f"expected certificates to trust in `{security.ca}`: {said(error)}") from error
    if security.certificate is not None:
        # Without any password the library would ask for one on the terminal.
        password = security.key_password.reveal() if security.key_password else ""
        try:
            context.load_cert_chain(security.certificate, security.key, password)
        except OSError as error:
            place = security.key or security.certificate
            raise SourceError(f"expected a certificate and its key in `{place}`: {said(error)}") from error
    return context


def _common(settings: KafkaSettings) -> dict[str, Any]:
    """Return what every client of the cluster is given."""
    security = settings.security
    options: dict[str, Any] = {
        "bootstrap_servers": list(settings.brokers),
        "client_id": settings.client_id,
        "security_protocol": security.protocol,
        "request_timeout_ms": settings.request_timeout_ms,
        "bootstrap_timeout_ms": settings.request_timeout_ms,
        # By default a broker that was away for minutes is not tried for half a minute more.
        "reconnect_backoff_max_ms": 5_000,
        "api_version": settings.api_version,
    }
    problem = check_transport()
    if problem is None:
        options["kafka_client"] = wide_client
    else:
        _LOG.warning("the Kafka client reads its sockets by itself, 4 KiB at a time: %s", problem)
    if security.tls:
        options["ssl_context"] = _tls_context(security)
    if security.mechanism:
        options["sasl_mechanism"] = security.mechanism
        if security.password is not None:
            options["sasl_plain_username"] = security.user
            options["sasl_plain_password"] = security.password.reveal()
        else:
            options["sasl_oauth_token_provider"] = _Token(security)
    return options


def make_consumer(settings: KafkaSettings) -> KafkaConsumer:
    """Return a consumer that resets nothing, commits nothing by itself, and sees committed transactions only."""
    options = _common(settings)
    options |= {
        "group_id": settings.group,
        "group_instance_id": settings.member,
        "client_rack": settings.rack,
        "auto_offset_reset": "none",
        "enable_auto_commit": False,
        "isolation_level": "read_committed",
        "allow_auto_create_topics": False,
        "partition_assignment_strategy": [CooperativeStickyAssignor()],
        "session_timeout_ms": settings.session_timeout_ms,
        "heartbeat_interval_ms": min(3_000, settings.session_timeout_ms // 3),
        "max_poll_interval_ms": settings.poll_interval_ms,
        "max_partition_fetch_bytes": settings.partition_fetch_bytes,
        "fetch_max_bytes": settings.fetch_bytes,
        "fetch_max_wait_ms": min(500, settings.request_timeout_ms // 2),
        "metadata_max_age_ms": 60_000,
        "metrics_enabled": False,
    }
    with _reached(settings):
        return KafkaConsumer(**options)


def make_admin(settings: KafkaSettings) -> KafkaAdminClient:
    """Return a client that can ask what a topic is."""
    options = _common(settings)
    with _reached(settings):
        return KafkaAdminClient(**options)


def make_producer(settings: KafkaSettings, codec: str) -> KafkaProducer:
    """Return a client that sends, in large batches compressed with a codec, ``none`` for plain ones."""
    options = _common(settings)
    options |= {
        "compression_type": None if codec == "none" else codec,
        "acks": "all",
        "linger_ms": 50,
        "batch_size": 500_000,
        "metrics_enabled": False,
    }
    with _reached(settings):
        return KafkaProducer(**options)


def numbers_of(consumer: KafkaConsumer, settings: KafkaSettings, topic: str) -> Iterable[int]:
    """Return the partitions of a topic that a member without a group reads."""
    if settings.share is None:
        return settings.partitions or ()
    with translated(settings, "say which partitions there are"):
        known = consumer.partitions_for_topic(topic) or ()
    place, n_members = settings.share
    return [number for number in sorted(known) if number % n_members == place]


def topic_id_of(admin: KafkaAdminClient, topic: str) -> str:
    """Return the identity of a topic, as 32 hexadecimal digits with dashes between them.

    Raises
    ------
    SourceError
        If there is no such topic.
    """
    (found,) = admin.describe_topics([topic])
    code = found.get("error_code", 0)
    if code:
        raise SourceError(f"expected the topic `{topic}` to be there: {errors.for_code(code).__name__}")
    return str(found.get("topic_id") or NO_TOPIC_ID)


@contextmanager
def _reached(settings: KafkaSettings) -> Iterator[None]:
    """Say why no broker was reached."""
    words = _LastWords()
    _CLIENT_LOG.addHandler(words)
    try:
        with translated(settings, "be reached"):
            try:
                yield
            except errors.KafkaTimeoutError as error:
                if not words.text:
                    raise
                place = ",".join(settings.brokers)
                # The broker's own words are lost if the client reads that it hung up first.
                hint = (
                    ", perhaps it does not let this user in"
                    if words.is_hung_up and settings.security.mechanism
                    else ""
                )
                raise SourceError(f"expected Kafka at `{place}` to be reached: {words.text}{hint}") from error
    finally:
        _CLIENT_LOG.removeHandler(words)


@contextmanager
def translated(settings: KafkaSettings, purpose: str) -> Iterator[None]:
    """Make errors of the client ours: what was expected of which brokers, and what came.

    Raises
    ------
    CommitRefusedError
        If the group has moved on without this member.
    FencedError
        If another member has its name.
    SourceError
        For all others.
    """
    place = ",".join(settings.brokers)
    try:
        yield
    except _REFUSED as error:
        raise CommitRefusedError(
            f"expected to {purpose} `{settings.group}`, which has moved on: {said(error)}"
        ) from error
    except errors.FencedInstanceIdError as error:
        raise FencedError(
            f"another member of `{settings.group}` goes by the name `{settings.member}`"
        ) from error
    except errors.KafkaTimeoutError as error:
        raise SourceError(f"expected an answer from `{place}` in time, none came: {said(error)}") from error
    except errors.KafkaError as error:
        raise SourceError(f"expected Kafka at `{place}` to {purpose}: {said(error)}") from error
    except OSError as error:
        # Certificates, keys and tokens are read when a connection is made.
        raise SourceError(f"expected Kafka at `{place}` to {purpose}: {said(error)}") from error


def said(error: BaseException) -> str:
    """Return the name of an error and its first line."""
    lines = str(error).strip().splitlines()
    text = lines[0].strip() if lines else ""
    name = type(error).__name__
    return text if text.startswith(name) else f"{name} {text}".rstrip()
