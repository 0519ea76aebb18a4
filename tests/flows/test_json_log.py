"""Logs of generic JSON: recognised, told where values stand, and accounted for."""

from __future__ import annotations

import gzip
import json

import pytest

from auditor.errors import ConfigError
from auditor.flows.flow_object import is_flow_object
from auditor.flows.generic_names import NO_OBSERVED_JSON
from auditor.flows.window import read_window
from tests.flows.reading import opened, written
from tests.flows.same import same_batches, seen

LINE = b'{"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","protocol":"TCP","dst_port":443,"time_start":1700000000.5}'
OTHER = (
    b'{"dst_ip":"10.0.0.2","src_ip":"fd00::1","protocol":17,"dst_port":"53","observed":"dropped","bytes":9}'
)
BROKEN = b'{"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","protocol":"TCP"}'
LOG = b"\n".join([LINE, OTHER, b"", BROKEN, b"{", LINE])


def batches(log):
    """Decode all parts."""
    return [part() for part in log.parts()]


def test_json_log__accounts_for_every_line(tmp_path):
    """Flows by line number, what is rejected with the reason, times and counters."""
    log = written(tmp_path, LOG)
    found = seen(batches(log))
    assert log.format == "generic-json"
    assert found["rows"] == [1, 2, 6]
    assert found["rejected"] == {"destination port is missing": (1, [4]), "not JSON": (1, [5])}
    assert found["time_start"] == [1_700_000_000_500_000_000, None, 1_700_000_000_500_000_000]
    assert found["bytes"] == [None, 9, None]
    assert log.share_read == 1.0


@pytest.mark.parametrize("block_bytes", [1, 90, 200])
@pytest.mark.parametrize("is_exact", [False, True])
def test_json_log__does_not_depend_on_blocks(tmp_path, block_bytes, is_exact):
    """Nor on who reads it."""
    expected = batches(written(tmp_path, LOG))
    same_batches(batches(opened(tmp_path / "flows", block_bytes=block_bytes, exact=is_exact)), expected)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([json.loads(LINE), json.loads(OTHER)]).encode(),
        json.dumps([json.loads(LINE), json.loads(OTHER)], indent=1).encode(),
        json.dumps(json.loads(LINE), indent=2).encode()
        + b"\n"
        + json.dumps(json.loads(OTHER), indent=2).encode(),
        b"\xef\xbb\xbf" + LINE + b"\r\n" + OTHER + b"\r\n",
        gzip.compress(LINE + b"\n" + OTHER),
    ],
    ids=["array", "printed array", "printed", "marked", "gzip"],
)
def test_json_log__reads_other_ways_of_writing(tmp_path, content):
    """As ``jq`` and others do."""
    log = written(tmp_path, content)
    assert (log.format, seen(batches(log))["dst_port"]) == ("generic-json", [443, 53])


def test_json_log__says_where_nothing_was_observed(tmp_path):
    """Once all of it was read: each object may have other keys."""
    log = written(tmp_path, LINE)
    assert log.warnings == ()
    batches(log)
    assert log.warnings == (NO_OBSERVED_JSON,)
    log = written(tmp_path, LOG)
    batches(log)
    assert log.warnings == ()


def test_json_log__finds_values_where_the_user_says(tmp_path):
    """The format need not be named then."""
    content = b'{"a":{"from":"10.0.0.1"},"to":"10.0.0.2","proto":"udp","port":53}'
    fields = "src_ip=a.from,dst_ip=to,protocol=proto,dst_port=port"
    log = written(tmp_path, content, json_fields=fields)
    assert (log.format, seen(batches(log))["dst_port"]) == ("generic-json", [53])


def test_json_log__says_that_values_may_stand_elsewhere(tmp_path):
    """A key with a dot in it, as some monitors write, reads like a path."""
    log = written(
        tmp_path,
        b'{"id.orig_h":"10.0.0.1","b":"10.0.0.2"}\n' * 2,
        json_fields=r"src_ip=id.orig_h,dst_ip=b\,c",
    )
    assert seen(batches(log))["rejected"] == {"source address is missing": (2, [1, 2])}
    (warning,) = log.warnings
    assert warning == (
        r"no object of the log has an address under `id.orig_h` and another under `b\,c`; say with --json-fields where "
        r"they stand, and write a dot that is part of a key as `\.`"
    )


def test_json_log__refuses_fields_without_meaning(tmp_path):
    """When it is opened."""
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, LINE, json_fields="src_ip")
    assert str(caught.value) == (
        "--json-fields expects NAME=PATH with commas between, such as `src_ip=source.ip`, got `src_ip`"
    )


def test_json_log__is_cut_by_time(tmp_path):
    """Numbers are times as well."""
    (batch,) = batches(written(tmp_path, LINE + b"\n" + OTHER + b"\n"))
    cut = read_window("2023-11-14T22:13:21Z", None).cut(batch)
    assert (cut.rows.tolist(), cut.account.skipped) == ([2], {"outside --since and --until": 1})


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (LINE, True),
        (b" [ " + LINE, True),
        (b'{"a":1}\n' + LINE, True),
        (b'{"a":{"src_ip":1}}', False),
        (b'{"a":"src_ip","b":["dst_ip",{"protocol":6}]}', False),
        (b'{"a":"\\"","protocol" :', True),
        (b'{"a":"cut off', False),
        (b'{"a":1}' * 5 + LINE, False),
        (b"}" + LINE, False),
        (b'{"protocol":"http","flow":{"IP":{}}}', False),
        (b'{"flow":{},"host_ip":"10.0.0.9","protocol":"http"}\n' + LINE, False),
        (b'{"protocol":"http","IP":{"source":"10.0.0.1"}}', False),
        (b"", False),
    ],
)
def test_is_flow_object__looks_at_own_keys(head, is_one):
    """Of the first few objects, which may be cut off."""
    assert is_flow_object(head) is is_one
