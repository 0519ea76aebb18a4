"""Signing in to a real broker, encrypted and not; and what is secret stays out of every message."""

from __future__ import annotations

import logging

import pytest

from auditor.errors import SourceError
from auditor.sources.kafka_properties import read_settings
from auditor.sources.kafka_source import KafkaSource
from tests.broker.node import KEY_PASSWORD, PASSWORD, SCRAM_PASSWORD, USER
from tests.broker.producing import opened, produce, read_until, rows

# Signed by nobody; the broker of the tests takes it.
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhdWRpdG9yIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjk5OTk5OTk5OTl9."  # noqa: S105
SECRETS = (PASSWORD, SCRAM_PASSWORD, KEY_PASSWORD, TOKEN, "mistaken")


@pytest.fixture
def said(caplog):
    """Everything that is logged, by anybody, at any level."""
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.mark.parametrize(
    ("mechanism", "secret"),
    [
        ("PLAIN", {"AUDITOR_SASL_PASSWORD": PASSWORD}),
        ("SCRAM-SHA-256", {"AUDITOR_SASL_PASSWORD": SCRAM_PASSWORD}),
        ("SCRAM-SHA-512", {"AUDITOR_SASL_PASSWORD": SCRAM_PASSWORD}),
        ("OAUTHBEARER", {"AUDITOR_SASL_TOKEN": TOKEN}),
    ],
)
def test_source__signs_in(node, said, mechanism, secret):
    """By each mechanism; neither password nor token is in any message."""
    topic = node.create(f"signed-{mechanism.lower()}")
    produce(node.brokers, topic, [b"a"])
    flags = {"brokers": node.sasl_brokers, "topic": topic, "partitions": "0", "sasl_mechanism": mechanism}
    if mechanism != "OAUTHBEARER":
        flags["sasl_user"] = USER
    source = opened(read_settings(flags, secret))
    assert [row for each in read_until(source, 1) for row in rows(each)] == [(0, b"a")]
    assert source.topic_id(topic)
    assert not any(secret in said.text for secret in SECRETS)


def test_source__trusts_an_authority_and_shows_a_certificate(node, said, tmp_path):
    """TLS in both directions, with a key that a password opens, from a file of properties."""
    topic = node.create("encrypted")
    produce(node.brokers, topic, [b"a"])
    path = tmp_path / "client.properties"
    lines = [
        f"bootstrap.servers={node.tls_brokers}",
        "security.protocol=SSL",
        f"ssl.ca.location={node.folder}/ca.pem",
        f"ssl.certificate.location={node.folder}/client.pem",
        f"ssl.key.location={node.folder}/client.key",
        f"ssl.key.password={KEY_PASSWORD}",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    source = opened(read_settings({"topic": topic, "partitions": "0"}, {}, path))
    assert [row for each in read_until(source, 1) for row in rows(each)] == [(0, b"a")]
    assert not any(secret in said.text for secret in SECRETS)


def refused(flags, environment, node):
    """Return what is said of settings that a broker does not take, and from what."""
    given = {"topic": "any", "partitions": "0", "brokers": node.sasl_brokers} | flags
    settings = read_settings(given, {"AUDITOR_REQUEST_TIMEOUT_MS": "3000"} | environment)
    with pytest.raises(SourceError) as caught:
        KafkaSource(settings)
    texts = []
    error = caught.value
    while error is not None:
        texts.append(repr(error))
        error = error.__cause__
    return str(caught.value), " ".join(texts)


@pytest.mark.parametrize(
    ("mechanism", "reason"),
    [
        ("PLAIN", "Invalid username or password"),
        ("SCRAM-SHA-512", "invalid credentials with SASL mechanism SCRAM-SHA-512"),
    ],
)
def test_source__says_that_it_was_not_let_in(node, said, mechanism, reason):
    """With the broker's reason, and without the password."""
    flags = {"sasl_mechanism": mechanism, "sasl_user": USER}
    text, causes = refused(flags, {"AUDITOR_SASL_PASSWORD": "mistaken"}, node)
    begin = f"expected Kafka at `{node.sasl_brokers}` to be reached: "
    assert text.startswith(begin)
    # Whether the client reads the broker's words before it reads that it hung up is chance.
    hung_up = "KafkaConnectionError: socket disconnected, perhaps it does not let this user in"
    assert text == begin + hung_up or text.endswith(reason)
    assert not any(secret in said.text + text + causes for secret in SECRETS)


def test_source__does_not_trust_just_anybody(node, said):
    """The broker's certificate is signed by an authority that the system does not know."""
    text, _ = refused({"brokers": node.tls_brokers, "security_protocol": "SSL"}, {}, node)
    assert text.startswith(
        f"expected Kafka at `{node.tls_brokers}` to be reached: KafkaConnectionError: Handshake"
    )
    assert "certificate verify failed" in text


def test_source__says_that_a_certificate_cannot_be_used(node, tmp_path):
    """A path that leads nowhere, and a key that another password opens."""
    missing = str(tmp_path / "none.pem")
    text, _ = refused({"brokers": node.tls_brokers, "tls_ca": missing}, {}, node)
    assert (
        text
        == f"expected certificates to trust in `{missing}`: FileNotFoundError [Errno 2] No such file or directory"
    )
    key = f"{node.folder}/client.key"
    files = {
        "tls_ca": f"{node.folder}/ca.pem",
        "tls_certificate": f"{node.folder}/client.pem",
        "tls_key": key,
    }
    for environment in ({"AUDITOR_TLS_KEY_PASSWORD": "mistaken"}, {}):
        text, _ = refused(files | {"brokers": node.tls_brokers}, environment, node)
        assert text.startswith(f"expected a certificate and its key in `{key}`: SSLError")


def test_source__says_that_a_topic_is_missing(node, monkeypatch):
    """Before it joins a group for it."""
    monkeypatch.setattr("auditor.sources.kafka_source._TOPIC_S", 0.3)
    settings = read_settings({"topic": "nowhere", "group": "any", "brokers": node.brokers}, {})
    with pytest.raises(SourceError) as caught:
        KafkaSource(settings)
    assert str(caught.value) == "expected the topic `nowhere` to be there, the brokers do not know it"
