"""What a user may choose about an audit."""

from __future__ import annotations

import os

import pytest

from auditor.config import (
    FAIL_ON,
    MAX_THREADS,
    AuditOptions,
    RejectLimit,
    default_threads,
    parse_fail_on,
    parse_reject_limit,
    require,
)
from auditor.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("1%", RejectLimit(share=0.01), "1%"),
        (" 0.5% ", RejectLimit(share=0.005), "0.5%"),
        ("100%", RejectLimit(share=1.0), "100%"),
        ("0%", RejectLimit(share=0.0), "0%"),
        ("0", RejectLimit(share=None, count=0), "0"),
        ("500", RejectLimit(share=None, count=500), "500"),
    ],
)
def test_parse_reject_limit__reads_counts_and_shares(text, limit, shown):
    """A number is a count, one with a sign of per cent a share; both are written as they are read."""
    assert parse_reject_limit(text) == limit
    assert str(limit) == shown
    assert parse_reject_limit(shown) == limit


@pytest.mark.parametrize("text", ["", "%", "-1", "1.5", "101%", "1e3", "many", "1 %", "٣", "9" * 5_000])
def test_parse_reject_limit__refuses_the_rest(text):
    """Anything else is an error that quotes it."""
    with pytest.raises(ConfigError) as caught:
        parse_reject_limit(text)
    assert str(caught.value) == (
        f"expected a number of rows or a share such as `1%` for `--max-rejected`, came `{text}`"
    )


@pytest.mark.parametrize(
    ("limit", "n_rejected", "n_rows", "is_exceeded"),
    [
        ("1%", 1, 100, False),
        ("1%", 2, 100, True),
        ("1%", 0, 0, False),
        ("0%", 1, 100, True),
        ("0", 0, 100, False),
        ("0", 1, 100, True),
        ("100%", 100, 100, False),
        ("3", 3, 3, False),
    ],
)
def test_is_exceeded__allows_the_limit_itself(limit, n_rejected, n_rows, is_exceeded):
    """Only more than the limit is too much."""
    assert parse_reject_limit(limit).is_exceeded(n_rejected, n_rows) is is_exceeded


def test_default_threads__are_those_of_the_machine(monkeypatch):
    """As many as this run may use, and no more than help."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(3)), raising=False)
    assert default_threads() == 3
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(100)), raising=False)
    assert default_threads() == MAX_THREADS
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert default_threads() == 1


def test_audit_options__have_defaults():
    """Nothing need be chosen."""
    options = AuditOptions()
    assert (options.rows, options.replies, options.own_node, options.fail_on) == (
        "violations",
        "infer",
        None,
        ("violation",),
    )


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("rows", "`violations`, `all`"),
        ("replies", "`infer`, `as-recorded`"),
        ("own_node", "`allow`, `judge`"),
        ("fail_on", ", ".join(f"`{choice}`" for choice in FAIL_ON)),
        ("on_rejected", "`quarantine`, `fail`"),
        ("hash", "`blake3`, `sha256`, `none`"),
    ],
)
def test_audit_options__refuse_values_without_a_meaning(name, choices):
    """Every choice is checked where it is made, for the library as for the command line."""
    with pytest.raises(ConfigError) as caught:
        AuditOptions(**{name: "x"})
    assert str(caught.value) == f"expected one of {choices} for `{name}`, came `x`"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("violation", ("violation",)),
        ("undecided, violation", ("violation", "undecided")),
        (["rejected", "violation,rejected"], ("violation", "rejected")),
        (("never",), ("never",)),
    ],
)
def test_parse_fail_on__takes_words_alone_and_together(given, meant):
    """Words come as one text, with commas, or as a sequence; each counts once, in one order."""
    assert parse_fail_on(given) == meant


@pytest.mark.parametrize("given", ["", (), "violation,"])
def test_parse_fail_on__needs_words(given):
    """Nothing between commas is no word."""
    with pytest.raises(ConfigError) as caught:
        parse_fail_on(given)
    choices = ", ".join(f"`{choice}`" for choice in FAIL_ON)
    assert str(caught.value) == f"expected one of {choices} for `fail_on`, came ``"


def test_parse_fail_on__wants_never_alone():
    """`never` and a finding contradict each other."""
    with pytest.raises(ConfigError) as caught:
        parse_fail_on(("never", "violation"))
    assert str(caught.value) == "expected `never` alone for `fail_on`, came `violation,never`"


def test_audit_options__need_a_thread():
    """No thread does no work."""
    with pytest.raises(ConfigError) as caught:
        AuditOptions(threads=0)
    assert str(caught.value) == "expected at least 1 thread, came `0`"


def test_require__accepts_what_is_listed():
    """A choice among those given is fine."""
    require("rows", "all", ("violations", "all"))
