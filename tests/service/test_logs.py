"""Log lines."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest

from auditor.errors import ConfigError
from auditor.service import logs
from auditor.service.logs import Limit, Log


class Terminal(io.StringIO):
    """A stream that is looked at by a person."""

    def isatty(self):
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Put logging back as it was."""
    root, own = logging.getLogger(), logging.getLogger("auditor")
    before = root.handlers[:], root.level, own.level, logging.raiseExceptions
    monkeypatch.setattr(logs, "_concealed", set())
    yield
    root.handlers[:], root.level, own.level, logging.raiseExceptions = before
    logging.captureWarnings(capture=False)


def written(speak, log_format="json", stream=None):
    """Return what is written while ``speak`` speaks."""
    stream = stream or io.StringIO()
    logs.configure(log_format, stream)
    speak(Log("test"))
    return stream.getvalue()


def line_of(speak):
    """Return one line of JSON, read."""
    text = written(speak)
    assert text.count("\n") == 1
    return json.loads(text)


def test_json__is_one_object_a_line():
    """Time of RFC 3339, level, part, message, fields."""
    line = line_of(lambda log: log.note("segment published", topic="flows", start=0, end=4096))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "auditor.test",
        "message": "segment published",
        "topic": "flows",
        "start": 0,
        "end": 4096,
    }


def test_json__keeps_its_own_keys():
    """A field of the same name does not forge them."""
    assert line_of(lambda log: log.note("true", level="critical", time="never"))["level"] == "info"


def test_json__writes_any_value():
    """A line is never lost since a value is odd."""
    deep = {"a": {"b": {"c": {"d": 1}}}}
    fields = {
        "n": float("inf"),
        "x": {1},
        "o": b"\xff",
        "deep": deep,
        "no": None,
        "f": 0.5,
        "t": "é\n\x1b[31m",
    }
    line = line_of(lambda log: log.alert("odd", **fields))
    assert {key: line[key] for key in fields} == {
        "n": "inf",
        "x": [1],
        "o": "b'\\xff'",
        "deep": {"a": {"b": {"c": "{'d': 1}"}}},
        "no": None,
        "f": 0.5,
        "t": "é\n\x1b[31m",
    }


def test_json__is_plain_ascii():
    """No terminal acts on a line that somebody prints."""
    assert written(lambda log: log.note("odd", name="é\n\x1b[31m\u2028")).rstrip("\n").isascii()


def test_json__cuts_long_texts():
    """What others send is quoted, not flooded with."""
    line = line_of(lambda log: log.note("x" * 100_000, name="y" * 100_000))
    assert (len(line["message"]), len(line["name"])) == (logs.LONGEST + 3, logs.LONGEST + 3)


def test_error__comes_with_its_traceback():
    """In the same line."""
    line = line_of(lambda log: log.fail("failed", error=ValueError("why"), topic="flows"))
    assert (line["level"], line["error"], line["topic"]) == ("error", "why", "flows")
    assert line["traceback"] == "ValueError: why"
    assert line_of(lambda log: log.fail("failed", error=KeyError()))["error"] == "KeyError"


def test_message__with_a_per_cent_sign_is_itself():
    """Messages are no templates here."""
    assert line_of(lambda log: log.note("100% of %s"))["message"] == "100% of %s"


def test_text__is_for_people():
    """Values are quoted where they need it; a terminal acts on nothing."""
    fields = {"topic": "flows", "reason": "two words", "none": "", "ok": True, "name": "\x1b[31m"}
    text = written(lambda log: log.alert("odd \x1b", **fields), "text")
    expected = r'warning odd \x1b topic=flows reason="two words" none="" ok=true name="\u001b[31m"'
    assert text.split(" ", 1)[1] == expected + "\n"


def test_text__shows_tracebacks_below():
    """Line by line."""
    text = written(lambda log: log.fail("failed", error=ValueError("why")), "text")
    assert text.split(" ", 1)[1] == "error failed error=why\n  ValueError: why\n"


def test_auto__is_text_on_a_terminal_only():
    """And JSON elsewhere."""
    assert written(lambda log: log.note("here"), "auto")[0] == "{"
    assert written(lambda log: log.note("here"), "auto", Terminal())[0] != "{"


def test_configure__refuses_other_formats():
    """With the list of those there are."""
    with pytest.raises(ConfigError) as caught:
        logs.configure("xml")
    assert str(caught.value) == "expected one of `auto`, `json`, `text` for `log_format`, came `xml`"


def test_configure__replaces_what_was_there():
    """Twice configured is not twice written."""
    first = io.StringIO()
    logs.configure("json", first)
    assert written(lambda log: log.note("once")).count("\n") == 1
    assert first.getvalue() == ""


def test_libraries__speak_from_warnings_on():
    """In the same form."""
    stream = io.StringIO()
    logs.configure("json", stream)
    logging.getLogger("kafka.conn").info("chatter")
    logging.getLogger("kafka.conn").warning("node %s gone", 3)
    line = json.loads(stream.getvalue())
    assert (line["logger"], line["message"]) == ("kafka.conn", "node 3 gone")


@pytest.mark.parametrize(
    "name", ["password", "sasl_plain_password", "client-secret", "AuthToken", "credentials", "api_key"]
)
def test_secrets__are_known_by_their_name(name):
    """Also inside of fields."""
    line = line_of(
        lambda log: log.note("config", **{name: "hunter2", "options": {name: "hunter2", "topic": "t"}})
    )
    assert (line[name], line["options"]) == ("***", {name: "***", "topic": "t"})


def test_conceal__hides_a_value_wherever_it_stands():
    """In messages, fields, keys and tracebacks; of two secrets the longer one first."""
    for secret in ("hunter2", "hunter2hunter3", ""):
        logs.conceal(secret)
    text = written(
        lambda log: log.fail("with hunter2", error=ValueError("hunter2hunter3"), at={"hunter2": ["hunter2"]})
    )
    assert "hunter" not in text
    line = json.loads(text)
    assert (line["message"], line["error"], line["at"]) == ("with ***", "***", {"***": ["***"]})


def test_secrets__of_addresses_are_hidden():
    """Users and passwords before the host."""
    line = line_of(lambda log: log.note("to s3://me:hunter2@bucket/x", url="https://token@host/?a=b@c"))
    assert (line["message"], line["url"]) == ("to s3://***@bucket/x", "https://***@host/?a=b@c")


class Clock:
    """Goes on when told."""

    now = 0.0

    def __call__(self):
        """Return the seconds."""
        return self.now


def record(message, level=logging.INFO):
    """Return a line before it is written."""
    return logging.LogRecord("auditor.test", level, "", 0, message, (), None)


def test_limit__lets_some_lines_of_a_message_through():
    """The first line of the next window says how many it did not."""
    clock = Clock()
    limit = Limit(burst=2, window_s=60, clock=clock)
    assert [limit.filter(record("again")) for _ in range(5)] == [True, True, False, False, False]
    assert limit.filter(record("other"))
    assert limit.filter(record("again", logging.ERROR))
    clock.now = 60
    late = record("again")
    assert limit.filter(late)
    assert late.auditor_fields == {"left_out": 3}
    calm = record("other")
    assert limit.filter(calm)
    assert not hasattr(calm, "auditor_fields")


def test_limit__lets_everything_critical_through():
    """Such a line is the last one."""
    limit = Limit(burst=1)
    assert all(limit.filter(record("end", logging.CRITICAL)) for _ in range(5))


def test_limit__remembers_so_many_messages():
    """Libraries put values into theirs: those not heard for longest are forgotten."""
    limit = Limit(burst=1)
    for number in range(logs.MAX_MESSAGES + 1):
        assert limit.filter(record(f"value {number}"))
    assert limit.filter(record("value 0"))
    assert not limit.filter(record(f"value {logs.MAX_MESSAGES}"))


def test_limit__is_in_force():
    """A loop that complains at every turn does not fill the disk."""
    text = written(lambda log: [log.alert("disk full") for _ in range(1000)])
    assert text.count("\n") == logs.BURST


def test_log__survives_a_stream_that_went_away():
    """Nobody reads: the service goes on."""
    stream = io.StringIO()
    logs.configure("json", stream)
    stream.close()
    Log("test").note("to nobody")
