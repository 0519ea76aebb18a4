"""Settings of Kafka from flags, the environment and a properties file, in that order; no message shows a value."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import ConfigError
from auditor.sources.kafka_settings import KafkaSettings, Secret, Security

if TYPE_CHECKING:
    from collections.abc import Mapping

PROPERTIES = {
    "bootstrap.servers": "brokers",
    "metadata.broker.list": "brokers",
    "group.id": "group",
    "group.instance.id": "group_instance_id",
    "client.id": "client_id",
    "client.rack": "client_rack",
    "session.timeout.ms": "session_timeout_ms",
    "max.poll.interval.ms": "poll_interval_ms",
    "max.partition.fetch.bytes": "partition_fetch_bytes",
    "fetch.max.bytes": "fetch_bytes",
    "request.timeout.ms": "request_timeout_ms",
    "security.protocol": "security_protocol",
    "ssl.ca.location": "tls_ca",
    "ssl.truststore.location": "tls_ca",
    "ssl.certificate.location": "tls_certificate",
    "ssl.keystore.location": "tls_certificate",
    "ssl.key.location": "tls_key",
    "ssl.key.password": "tls_key_password",
    "ssl.endpoint.identification.algorithm": "tls_names",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.mechanisms": "sasl_mechanism",
    "sasl.username": "sasl_user",
    "sasl.password": "sasl_password",
    "sasl.jaas.config": "sasl_login",
}
"""Properties of Kafka's own clients and of librdkafka, and what they are called here."""

NAMES = frozenset(
    {
        *PROPERTIES.values(),
        "topic",
        "partitions",
        "share",
        "sasl_password_file",
        "sasl_token",
        "sasl_token_file",
        "batch_bytes",
    }
)
"""All settings; each has the variable ``AUDITOR_<NAME>``, and those that are not secret a flag."""

SECRET = frozenset({"sasl_password", "sasl_token", "tls_key_password", "sasl_login"})
"""Settings that are no flags: other users of the machine see those."""

_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_NUMBERS = {
    "session_timeout_ms",
    "poll_interval_ms",
    "partition_fetch_bytes",
    "fetch_bytes",
    "batch_bytes",
    "request_timeout_ms",
}
_STORE_TYPES = {"ssl.truststore.type", "ssl.keystore.type"}
_LOGIN = re.compile(r'\b(?P<name>username|password)\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class _Value:
    """A setting as text, and where it was found."""

    text: str
    origin: str


def read_settings(
    flags: Mapping[str, str | None], environment: Mapping[str, str], properties: str | Path | None = None
) -> KafkaSettings:
    """Return the settings that a user has given.

    Parameters
    ----------
    flags : mapping of str to str or None
        By the names in ``NAMES``, none of them in ``SECRET``; None was not given. Several values of one have commas
        between them.
    environment : mapping of str to str
        The variables ``AUDITOR_<NAME>`` count, an empty one does not.
    properties : path or None
        File of lines ``key=value`` as Kafka's own clients take it.

    Raises
    ------
    ConfigError
        If a value has no meaning, or the file cannot be read. The value is shown where it can be no secret.
    """
    given = {} if properties is None else _read_properties(Path(properties))
    for name in NAMES:
        variable = f"AUDITOR_{name.upper()}"
        if environment.get(variable):
            given[name] = _Value(environment[variable], f"`{variable}`")
    for name, text in flags.items():
        assert name in NAMES - SECRET, name
        if text is not None:
            given[name] = _Value(text, f"`--{name.replace('_', '-')}`")
    texts = {name: value.text.strip() for name, value in given.items()}
    numbers: dict[str, Any] = {name: _number(given[name]) for name in _NUMBERS & given.keys()}
    partitions = texts.get("partitions")
    return KafkaSettings(
        brokers=_several(texts.get("brokers")),
        topics=_several(texts.get("topic")),
        group=texts.get("group"),
        member=texts.get("group_instance_id"),
        partitions=None if partitions is None else _partitions(given["partitions"]),
        share=_share(given["share"]) if "share" in given else None,
        security=_security(given, texts),
        client_id=texts.get("client_id", _default("client_id")),
        rack=texts.get("client_rack", ""),
        **numbers,
    )


def _default(name: str) -> str:
    return next(str(each.default) for each in fields(KafkaSettings) if each.name == name)


def _several(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _number(value: _Value) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", value.text.strip()) or int(value.text) == 0:
        raise ConfigError(f"expected a number from 1 on for {value.origin}, came `{value.text}`")
    return int(value.text)


def _partitions(value: _Value) -> tuple[int, ...]:
    """Return the numbers that ``0-3,7`` means."""
    found: set[int] = set()
    for part in _several(value.text):
        ends = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part)
        if ends is None or int(ends[2] or ends[1]) < int(ends[1]):
            raise ConfigError(f"expected partitions such as `0-3,7` for {value.origin}, came `{value.text}`")
        found |= set(range(int(ends[1]), int(ends[2] or ends[1]) + 1))
    return tuple(sorted(found))


def _share(value: _Value) -> tuple[int, int]:
    """Return the numbers that ``0/3`` means."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", value.text.strip())
    if found is None:
        raise ConfigError(f"expected a share such as `0/3` for {value.origin}, came `{value.text}`")
    return int(found[1]), int(found[2])


def _security(given: Mapping[str, _Value], texts: Mapping[str, str]) -> Security:
    """Return how to trust and be trusted."""
    mechanism = texts.get("sasl_mechanism", "").upper() or None
    # What names no protocol, but a certificate to trust, wants TLS.
    tls = bool({"tls_ca", "tls_certificate"} & texts.keys())
    if "security_protocol" in given:
        protocol = texts["security_protocol"].upper()
        if protocol not in _PROTOCOLS:
            names = ", ".join(f"`{name}`" for name in _PROTOCOLS)
            raise ConfigError(
                f"expected one of {names} for {given['security_protocol'].origin}, came `{texts['security_protocol']}`"
            )
        tls = protocol.endswith("SSL")
        if protocol.startswith("SASL") != bool(mechanism):
            raise ConfigError(
                f"expected a SASL mechanism with `SASL_PLAINTEXT` or `SASL_SSL` only, came `{protocol}`"
            )
    login = {
        name: re.sub(r"\\(.)", r"\1", value) for name, value in _LOGIN.findall(texts.get("sasl_login", ""))
    }
    if "sasl_login" in given and len(login) < 2:  # noqa: PLR2004  a name and a password
        raise ConfigError(f'expected `username="..."` and `password="..."` in {given["sasl_login"].origin}')
    password = given["sasl_password"].text if "sasl_password" in given else login.get("password")
    if "sasl_password_file" in given:
        if password is not None:
            raise ConfigError("expected a password or a file that holds one, came both")
        password = _content(Path(texts["sasl_password_file"]), "the password").rstrip("\r\n")
    names = texts.get("tls_names", "https").lower()
    if names not in {"", "https", "none"}:
        raise ConfigError(f"expected `https` or `none` for {given['tls_names'].origin}, came `{names}`")
    return Security(
        tls=tls,
        ca=texts.get("tls_ca"),
        certificate=texts.get("tls_certificate"),
        key=texts.get("tls_key"),
        key_password=_secret(given, "tls_key_password"),
        check_hostname=names == "https",
        mechanism=mechanism,
        user=texts.get("sasl_user", login.get("username")),
        password=None if password is None else Secret(password),
        token=_secret(given, "sasl_token"),
        token_file=texts.get("sasl_token_file"),
    )


def _secret(given: Mapping[str, _Value], name: str) -> Secret | None:
    return Secret(given[name].text) if name in given else None


def _content(path: Path, what: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{what} in `{path}` cannot be read: {error.strerror}") from error
    with suppress(UnicodeDecodeError):
        return content.decode()
    # Not raised from that error: it holds the bytes, which may be secret.
    raise ConfigError(f"{what} in `{path}` is no text")


def _read_properties(path: Path) -> dict[str, _Value]:
    """Return what a file of properties says, by our names."""
    found: dict[str, _Value] = {}
    # A backslash at the end goes on in the next line.
    text = re.sub(r"\\\r?\n[ \t]*", "", _content(path, "properties"))
    for line in filter(None, map(str.strip, text.splitlines())):
        if line[0] in "#!":
            continue
        key, mark, value = [*map(str.strip, re.split(r"([=:])", line, maxsplit=1)), "", ""][:3]
        if not mark:
            raise ConfigError(f"expected lines `key=value` in `{path}`, came one without `=`")
        if key in _STORE_TYPES:
            if value.upper() != "PEM":
                raise ConfigError(f"expected `PEM` for `{key}` in `{path}`, came `{value}`")
            continue
        name = PROPERTIES.get(key)
        if name is None:
            raise ConfigError(f"`{key}` in `{path}` is no property that is used here")
        if name in found:
            raise ConfigError(f"`{key}` in `{path}` was given before")
        found[name] = _Value(value, f"`{key}` in `{path}`")
    return found
