"""What is to be known about a Kafka cluster to read from it, with its defaults; secrets are never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from auditor.errors import ConfigError

PLAIN, SCRAM_256, SCRAM_512, OAUTH = MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")

_BROKER = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\],]+)(?::(?P<port>[0-9]{1,5}))?")
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class Secret:
    """A text that appears in no message, log, report or traceback; ``reveal`` is the one way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        """Return the same for every secret."""
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        """Return whether the texts are the same."""
        return isinstance(other, Secret) and other.reveal() == self._text

    def __hash__(self) -> int:
        """Return the same for every secret: a hash could be guessed back."""
        return hash(Secret)

    def __reduce__(self) -> NoReturn:
        """Refuse to be written anywhere."""
        raise TypeError("a secret is not to be written")


@dataclass(frozen=True, slots=True)
class Security:
    """How to trust a broker, and how to be trusted by it.

    Attributes
    ----------
    tls : bool
        Whether connections are encrypted.
    ca : str or None
        File of the certificates to trust, PEM; those of the system if None.
    certificate, key : str or None
        Files of this client's own certificate and key, PEM.
    key_password : Secret or None
        Opens the key.
    check_hostname : bool
        Whether a broker's certificate must name its host.
    mechanism : str or None
        One of ``MECHANISMS``; None signs in by no name.
    user : str or None
        Name for PLAIN and SCRAM.
    password : Secret or None
        Password for PLAIN and SCRAM.
    token : Secret or None
        Token for OAUTHBEARER.
    token_file : str or None
        File that holds one, read anew at each sign-in: something else renews it.
    """

    tls: bool = False
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    key_password: Secret | None = None
    check_hostname: bool = True
    mechanism: str | None = None
    user: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    token_file: str | None = None

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.mechanism is not None and self.mechanism not in MECHANISMS:
            names = ", ".join(f"`{name}`" for name in MECHANISMS)
            raise ConfigError(f"expected one of {names} as SASL mechanism, came `{self.mechanism}`")
        if self.mechanism == OAUTH and (self.token is None) == (self.token_file is None):
            raise ConfigError(
                "expected a token or a file that holds one for `OAUTHBEARER`, came neither or both"
            )
        if self.mechanism not in {None, OAUTH} and (not self.user or self.password is None):
            raise ConfigError(f"expected a user and a password for `{self.mechanism}`, one is missing")
        if self.mechanism is None and (self.user or self.password or self.token or self.token_file):
            raise ConfigError("expected a SASL mechanism beside a user, a password or a token, came none")
        if not self.tls and (self.ca or self.certificate or self.key or self.key_password):
            raise ConfigError("expected TLS to be on beside certificates or a key, it is off")
        if self.key and not self.certificate:
            raise ConfigError("expected a certificate beside the key, came none")

    @property
    def protocol(self) -> str:
        """The name that Kafka has for the combination."""
        return ("SASL_" if self.mechanism else "") + ("SSL" if self.tls else "PLAINTEXT")


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """What to read, from where, and as which member of which group.

    Attributes
    ----------
    brokers : tuple of str
        Some of the cluster as ``host:port``; the others are found through them.
    topics : tuple of str
        What to read.
    group : str or None
        Name of the consumer group; it divides the partitions, unless ``partitions`` does, and keeps what is committed.
    member : str or None
        Name of a static member: it may be away for ``session_timeout_ms`` without losing its partitions.
    partitions : tuple of int or None
        Numbers of the partitions to read of each topic, without asking a group.
    share : tuple of int or None
        Which of how many members this one is, from 0: it reads every so-manieth partition, without asking a group.
    security : Security
        Trust.
    client_id : str
        What brokers' logs and quotas call this program.
    rack : str
        Where it runs: brokers may let it read from the nearest replica.
    session_timeout_ms : int
        How long a member may be silent.
    poll_interval_ms : int
        How long a member may be busy between two polls.
    partition_fetch_bytes, fetch_bytes : int
        How much a broker sends of one partition, and in all, at a time.
    batch_bytes : int
        How much one record batch may inflate to.
    request_timeout_ms : int
        How long a broker may take to answer.
    api_version : tuple of int or None
        Version of the brokers where they are not to be asked; for tests.
    """

    brokers: tuple[str, ...]
    topics: tuple[str, ...]
    group: str | None = None
    member: str | None = None
    partitions: tuple[int, ...] | None = None
    share: tuple[int, int] | None = None
    security: Security = field(default_factory=Security)
    client_id: str = "flow-log-auditor"
    rack: str = ""
    session_timeout_ms: int = 45_000
    poll_interval_ms: int = 300_000
    partition_fetch_bytes: int = 8 << 20
    fetch_bytes: int = 32 << 20
    batch_bytes: int = 64 << 20
    request_timeout_ms: int = 30_000
    api_version: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if not self.brokers:
            raise ConfigError("expected brokers as `host:port`, came none")
        for broker in self.brokers:
            found = _BROKER.fullmatch(broker)
            if found is None or int(found["port"] or 9092) > 65_535:  # noqa: PLR2004  ports end there
                # What is no address may be a URL with a password in it.
                raise ConfigError("expected brokers as `host:port`, came something else")
        if not self.topics:
            raise ConfigError("expected a topic, came none")
        for topic in self.topics:
            if _TOPIC.fullmatch(topic) is None or topic in {".", ".."}:
                raise ConfigError(f"expected the name of a topic, came `{topic}`")
        self._check_member()

    def _check_member(self) -> None:
        """Refuse a member that is of a group and of none."""
        if self.share is not None and (self.partitions is not None or not 0 <= self.share[0] < self.share[1]):
            raise ConfigError("expected partitions, or a share such as `0/3`, came both or one that is none")
        if self.group is None and not self.is_static:
            raise ConfigError("expected a group, or partitions of its own for this member, came neither")
        if self.member is not None and (self.group is None or self.is_static):
            raise ConfigError(
                "expected a group that divides the partitions beside the name of a static member"
            )
        if self.partitions is not None and (not self.partitions or min(self.partitions) < 0):
            raise ConfigError("expected numbers of partitions from 0 on, came none or one below")

    @property
    def is_static(self) -> bool:
        """Whether the partitions are known without a group."""
        return self.partitions is not None or self.share is not None

    def describe(self) -> dict[str, object]:
        """Return what a report may say of these: nothing secret, no name of a user."""
        return {
            "brokers": list(self.brokers),
            "topics": list(self.topics),
            "group": self.group,
            "member": self.member,
            "partitions": None if self.partitions is None else list(self.partitions),
            "share": None if self.share is None else f"{self.share[0]}/{self.share[1]}",
            "security": self.security.protocol,
            "mechanism": self.security.mechanism,
        }
