"""`auditor stream`: what is refused before anything is read, and how; the rest runs against a broker."""

from __future__ import annotations

import pytest

from tests.console import auditor
from tests.small_cluster import SOUND

READS = (
    "--brokers",
    "127.0.0.1:1",
    "--topic",
    "flows",
    "--group",
    "g",
    "--out",
    "out",
    "--log-format",
    "text",
)


def refused(*arguments):
    """Run the command, which must not have begun; return what it says."""
    ended = auditor("stream", *arguments)
    assert (ended.code, ended.out) == (2, "")
    return ended.err


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ("--assignment", "group:1"),
            "--assignment expects `group`, `static` or `static:I/N`, got `group:1`",
        ),
        (("--assignment", "fixed"), "--assignment expects `group`, `static` or `static:I/N`, got `fixed`"),
        (("--assignment", "static"), "expected `--partitions` with `--assignment static`, and only then"),
        (("--partitions", "0"), "expected `--partitions` with `--assignment static`, and only then"),
        (
            ("--assignment", "static:3/3"),
            "expected partitions, or a share such as `0/3`, came both or one that is none",
        ),
        (
            ("--assignment", "static:x"),
            "--assignment expects `group`, `static` or `static:I/N`, got `static:x`",
        ),
        (
            ("--assignment", "static", "--partitions", "3-1"),
            "expected partitions such as `0-3,7` for `--partitions`, came `3-1`",
        ),
        (("--sasl-user", "me"), "expected a SASL mechanism beside a user, a password or a token, came none"),
        (("--brokers", "a:b:c"), "expected brokers as `host:port`, came something else"),
        (("--topic", "a/b"), "expected the name of a topic, came `a/b`"),
        (
            ("--http-address", "nowhere"),
            "expected an address like `127.0.0.1:8080` or `:8080` in `--http-address`, got `nowhere`",
        ),
        (("--vpc-format", "${nothing}"), None),
        (
            ("--json-fields", "src_ip=a,src_ip=b"),
            "--json-fields names `src_ip` more than once",
        ),
    ],
)
def test_stream__refuses_flags_without_a_meaning(cluster, flags, sentence):
    """One line, code 2, before anything is read."""
    err = refused(*SOUND, *READS, *flags)
    if sentence is not None:
        assert err == f"auditor: error: {sentence}\n"
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("--brokers", "expected brokers as `host:port`, came none"),
        ("--topic", "expected a topic, came none"),
        ("--group", "expected a group, or partitions of its own for this member, came neither"),
    ],
)
def test_stream__asks_for_what_it_needs(cluster, missing, sentence):
    """Brokers, a topic and a group have no default."""
    place = READS.index(missing)
    assert refused(*SOUND, *READS[:place], *READS[place + 2 :]) == f"auditor: error: {sentence}\n"


def test_stream__refuses_policies_without_a_meaning(cluster):
    """A service that never had policies does not start."""
    (cluster / "policies.yaml").write_text("kind: [", encoding="utf-8")
    assert "auditor: error: " in refused(*SOUND, *READS)


def test_stream__says_which_brokers_do_not_answer(cluster, monkeypatch):
    """Nothing listens there: one line, and no folder full of nothing."""
    monkeypatch.setenv("AUDITOR_REQUEST_TIMEOUT_MS", "1000")
    ended = auditor("stream", *SOUND, *READS)
    assert ended.code == 2
    assert "127.0.0.1:1" in ended.err.splitlines()[-1]
    assert not (cluster / "out").exists()


def test_stream_help__names_every_environment_twin():
    """What a chart sets is what the help says."""
    ended = auditor("stream", "--help")
    assert ended.code == 0
    for name in (
        "BROKERS",
        "TOPIC",
        "GROUP",
        "OUT",
        "ASSIGNMENT",
        "HTTP_ADDRESS",
        "GRACE_SECONDS",
        "LOG_FORMAT",
    ):
        assert f"AUDITOR_{name}" in ended.out
