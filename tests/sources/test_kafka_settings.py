"""Settings of Kafka: what goes together, where values come from, and that nothing shows a secret."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from auditor.errors import ConfigError
from auditor.sources.kafka_properties import NAMES, PROPERTIES, SECRET, read_settings
from auditor.sources.kafka_settings import KafkaSettings, Secret, Security

WORD = "hunter2"
FLAGS = {"brokers": "one:9092,two", "topic": "flows"}
LOGIN = f'org.example.Module required username="me" password="{WORD}\\"";'


def written(tmp_path, *lines):
    """Return a file of properties."""
    path = tmp_path / "client.properties"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def message(function, *arguments, **options):
    """Return what is said of a configuration that has no meaning."""
    with pytest.raises(ConfigError) as caught:
        function(*arguments, **options)
    assert WORD not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
    return str(caught.value)


def test_secret__is_in_no_text():
    """Neither alone nor in what holds it, and it is written nowhere."""
    security = Security(
        mechanism="PLAIN", user="me", password=Secret(WORD), tls=True, key_password=Secret(WORD)
    )
    settings = KafkaSettings(("one",), ("flows",), group="g", security=security)
    shown = [repr(settings), str(settings), f"{settings}"]
    shown += [
        repr(security.password),
        str(security.password),
        repr(vars(Secret)),
        json.dumps(settings.describe()),
    ]
    assert not any(WORD in text for text in shown)
    assert "Secret(***)" in repr(settings)
    for write in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"^a secret is not to be written$"):
            write(security.password)
    assert security.password.reveal() == WORD


def test_secret__is_compared_without_telling():
    """Equal texts are equal, and their hashes say nothing."""
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert hash(Secret("a")) == hash(Secret("b"))


def test_describe__is_what_a_report_may_hold():
    """No user, no password, no path."""
    security = Security(mechanism="SCRAM-SHA-512", user="me", password=Secret(WORD), tls=True, ca="/ca.pem")
    settings = KafkaSettings(("one:9092",), ("flows",), group="g", member="m", security=security)
    assert settings.describe() == {
        "brokers": ["one:9092"],
        "topics": ["flows"],
        "group": "g",
        "member": "m",
        "partitions": None,
        "share": None,
        "security": "SASL_SSL",
        "mechanism": "SCRAM-SHA-512",
    }
    assert KafkaSettings(("one",), ("flows",), partitions=(0, 2)).describe()["partitions"] == [0, 2]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"mechanism": "GSSAPI"}, ("expected one of `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `OAUTHBEARER` as SASL "
         "mechanism, came `GSSAPI`")),
        ({"mechanism": "OAUTHBEARER"}, ("expected a token or a file that holds one for `OAUTHBEARER`, came neither or "
         "both")),
        ({"mechanism": "OAUTHBEARER", "token": Secret(WORD), "token_file": "x"}, ("expected a token or a file that "
         "holds one for `OAUTHBEARER`, came neither or both")),
        ({"mechanism": "PLAIN", "user": "me"}, "expected a user and a password for `PLAIN`, one is missing"),
        ({"password": Secret(WORD)}, "expected a SASL mechanism beside a user, a password or a token, came none"),
        ({"ca": "x"}, "expected TLS to be on beside certificates or a key, it is off"),
        ({"tls": True, "key": "x"}, "expected a certificate beside the key, came none"),
    ],
)  # fmt: skip
def test_security__refuses_what_does_not_go_together(options, expected):
    """Each message, in full."""
    assert message(Security, **options) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"brokers": ()}, "expected brokers as `host:port`, came none"),
        ({"brokers": (f"sasl://me:{WORD}@one",)}, "expected brokers as `host:port`, came something else"),
        ({"brokers": ("one:70000",)}, "expected brokers as `host:port`, came something else"),
        ({"topics": ()}, "expected a topic, came none"),
        ({"topics": ("a b",)}, "expected the name of a topic, came `a b`"),
        ({"topics": ("..",)}, "expected the name of a topic, came `..`"),
        ({"group": None}, "expected a group, or partitions of its own for this member, came neither"),
        ({"member": "m", "partitions": (0,)}, ("expected a group that divides the partitions beside the name of a "
         "static member")),
        ({"partitions": ()}, "expected numbers of partitions from 0 on, came none or one below"),
        ({"partitions": (-1,)}, "expected numbers of partitions from 0 on, came none or one below"),
    ],
)  # fmt: skip
def test_settings__refuse_what_does_not_go_together(options, expected):
    """Each message, in full; a broker is not repeated, as a URL may hold a password."""
    given = {"brokers": ("one", "[::1]:9092"), "topics": ("flows",), "group": "g"} | options
    assert message(KafkaSettings, **given) == expected


def test_read_settings__takes_flags_before_the_environment_before_a_file(tmp_path):
    """Each of the three, where the one before says nothing."""
    path = written(
        tmp_path, "# a comment", "! another", "", "group.id=file", "client.id: file", "client.rack = file"
    )
    environment = {"AUDITOR_GROUP": "environment", "AUDITOR_CLIENT_ID": "environment", "AUDITOR_TOPIC": ""}
    settings = read_settings(FLAGS | {"group": "flag", "sasl_user": None}, environment, path)
    assert (settings.group, settings.client_id, settings.rack) == ("flag", "environment", "file")
    assert (settings.brokers, settings.topics) == (("one:9092", "two"), ("flows",))


def test_read_settings__reads_all_it_knows(tmp_path):
    """Properties of both kinds of clients, a password with quotes, and numbers."""
    path = written(
        tmp_path,
        "bootstrap.servers=one:1,two:2",
        "group.id=g",
        "group.instance.id=m",
        "session.timeout.ms=1000",
        "fetch.max.bytes=2000",
        "security.protocol=sasl_ssl",
        "ssl.truststore.type=PEM",
        "ssl.truststore.location=/ca.pem",
        "ssl.keystore.location=/own.pem",
        "ssl.key.password=opens",
        "ssl.endpoint.identification.algorithm=",
        "sasl.mechanism=scram-sha-256",
        "sasl.jaas.config=org.example.Module required \\",
        f'    username="me" password="{WORD}\\\\\\"";',
    )
    settings = read_settings({"topic": "a, b"}, {"AUDITOR_BATCH_BYTES": "5"}, path)
    assert settings.topics == ("a", "b")
    assert (settings.session_timeout_ms, settings.fetch_bytes, settings.batch_bytes) == (1000, 2000, 5)
    security = settings.security
    assert (security.protocol, security.ca, security.certificate) == ("SASL_SSL", "/ca.pem", "/own.pem")
    assert (security.mechanism, security.user, security.check_hostname) == ("SCRAM-SHA-256", "me", False)
    assert security.password.reveal() == f'{WORD}\\"'
    assert security.key_password.reveal() == "opens"


def test_read_settings__reads_a_password_from_a_file(tmp_path):
    """As a mounted secret has it, with a line end that is no part of it."""
    path = tmp_path / "password"
    path.write_text(f"{WORD}\n", encoding="utf-8")
    flags = FLAGS | {
        "partitions": "0-2,7",
        "sasl_mechanism": "PLAIN",
        "sasl_user": "me",
        "sasl_password_file": str(path),
    }
    settings = read_settings(flags, {})
    assert settings.security.password == Secret(WORD)
    assert settings.partitions == (0, 1, 2, 7)
    text = message(read_settings, flags, {"AUDITOR_SASL_PASSWORD": WORD})
    assert text == "expected a password or a file that holds one, came both"
    path.write_bytes(b"\xff" + WORD.encode())
    assert message(read_settings, flags, {}) == f"the password in `{path}` is no text"
    path.unlink()
    assert (
        message(read_settings, flags, {})
        == f"the password in `{path}` cannot be read: No such file or directory"
    )


def test_read_settings__wants_tls_where_a_certificate_is_given():
    """Nobody names an authority and then talks in the clear."""
    assert read_settings(FLAGS | {"group": "g", "tls_ca": "/ca.pem"}, {}).security.protocol == "SSL"
    environment = {"AUDITOR_SASL_TOKEN": WORD, "AUDITOR_SASL_MECHANISM": "oauthbearer"}
    assert read_settings(FLAGS | {"group": "g"}, environment).security.protocol == "SASL_PLAINTEXT"


@pytest.mark.parametrize(
    ("flags", "environment", "expected"),
    [
        ({"partitions": "3-1"}, {}, "expected partitions such as `0-3,7` for `--partitions`, came `3-1`"),
        ({}, {"AUDITOR_PARTITIONS": "x"}, "expected partitions such as `0-3,7` for `AUDITOR_PARTITIONS`, came `x`"),
        ({"fetch_bytes": "0"}, {}, "expected a number from 1 on for `--fetch-bytes`, came `0`"),
        ({"security_protocol": "TLS"}, {}, ("expected one of `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT`, `SASL_SSL` for "
         "`--security-protocol`, came `TLS`")),
        ({"security_protocol": "SASL_SSL"}, {}, ("expected a SASL mechanism with `SASL_PLAINTEXT` or `SASL_SSL` only, "
         "came `SASL_SSL`")),
        ({"tls_names": "maybe"}, {}, "expected `https` or `none` for `--tls-names`, came `maybe`"),
        ({}, {"AUDITOR_SASL_LOGIN": f'password="{WORD}"'}, ('expected `username="..."` and `password="..."` in '
         "`AUDITOR_SASL_LOGIN`")),
    ],
)  # fmt: skip
def test_read_settings__refuses_what_has_no_meaning(flags, environment, expected):
    """Each message, in full, with the place it came from."""
    assert message(read_settings, FLAGS | {"group": "g"} | flags, environment) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (WORD, "expected lines `key=value` in `{path}`, came one without `=`"),
        (f"sasl.secret={WORD}", "`sasl.secret` in `{path}` is no property that is used here"),
        (f"sasl.password={WORD}\nsasl.password={WORD}", "`sasl.password` in `{path}` was given before"),
        ("ssl.truststore.type=JKS", "expected `PEM` for `ssl.truststore.type` in `{path}`, came `JKS`"),
    ],
)
def test_read_settings__refuses_a_file_it_does_not_understand(tmp_path, line, expected):
    """No value is shown."""
    path = written(tmp_path, line)
    assert message(read_settings, FLAGS, {}, path) == expected.format(path=path)


def test_read_settings__says_that_a_file_is_missing(tmp_path):
    """With its name."""
    path = tmp_path / "none"
    assert (
        message(read_settings, FLAGS, {}, path)
        == f"properties in `{path}` cannot be read: No such file or directory"
    )


def test_names__are_settings_once():
    """No property stands for a setting that is not there, and what is secret is no flag."""
    assert set(PROPERTIES.values()) <= NAMES
    assert SECRET <= NAMES
    with pytest.raises(AssertionError):
        read_settings({"sasl_password": WORD}, {})


def test_share__divides_partitions_without_a_group():
    """A member that knows its number needs no group, and none that divides anything."""
    settings = KafkaSettings(("one",), ("flows",), share=(1, 3))
    assert settings.is_static
    assert settings.describe()["share"] == "1/3"


@pytest.mark.parametrize(
    "given", [{"share": (3, 3)}, {"share": (0, 1), "partitions": (0,)}, {"share": (0, 0)}]
)
def test_share__must_be_one(given):
    """A share is a number below another, and leaves no room for partitions."""
    with pytest.raises(ConfigError) as caught:
        KafkaSettings(("one",), ("flows",), **given)
    assert str(caught.value) == "expected partitions, or a share such as `0/3`, came both or one that is none"
