"""The answers that a report gives in words: what each formula comes to, and what would be cheaper."""

from __future__ import annotations

from math import ceil

import pytest

from auditor.capacity.answers import answer, cheaper
from auditor.capacity.results import Figure


def texts(part):
    """Return the sentences of a part."""
    return [block for block in part.blocks if isinstance(block, str)]


def with_broker(results):
    """Add what a broker gives."""
    for codec, cost in (("none", 3_000.0), ("zstd", 2_000.0), ("gzip", 4_500.0)):
        labels = {"shape": "Hubble event a message", "codec": codec, "what": "total"}
        results.figures.append(Figure("kafka", labels, "ns/flow", (cost,) * 3, n_flows=10, n_bytes=100))
    return results


def test_answer__works_an_example_of_each_formula(results):
    """Cores, memory and partitions with the numbers of this report."""
    said = texts(answer(results, 5_000_000))
    (cores,) = [text for text in said if text.startswith("cores = rate x CPU ns a flow")]
    n_cores = int(cores.rsplit("so ", 1)[1].rstrip("."))
    n_processes = ceil(n_cores / 2)
    (memory,) = [text for text in said if text.startswith("Memory: ")]
    assert f"are {n_processes} such, {n_processes} x 600 / 0.7 = {n_processes * 600 / 0.7:,.0f} MB" in memory
    (members,) = [text for text in said if text.startswith("Members by the same formula")]
    assert "Fetching from a broker is not in it: `--brokers HOST:PORT` measures it." in members
    assert members.endswith("For 1,000 rows, Arrow: 1 members, so 2 x 1 = 2 partitions.")


def test_answer__counts_what_a_broker_costs_once_it_was_measured(results):
    """Members are sized by fetching and judging then."""
    part = answer(with_broker(results), 1_000_000)
    (table,) = [each for each in part.blocks if getattr(each, "caption", "").startswith("Members")]
    assert [row[0] for row in table.rows] == [
        f"Hubble event a message, batches {codec}" for codec in ("plain", "zstd", "gzip")
    ]
    assert table.rows[1][1:] == [2_000.0, ceil(2_000 / 700), 2 * ceil(2_000 / 700)]
    assert any("Fetching from a broker is in it. " in text for text in texts(part))


@pytest.mark.parametrize(
    "said",
    [
        "Kafka: `Hubble event a message` in batches of zstd instead of plain ones: 1.50 times cheaper a flow.",
        "Kafka: `Hubble event a message` in batches of gzip instead of plain ones: 1.50 times dearer a flow.",
        "Kafka, size of messages: `1,000 rows, Arrow` instead of `VPC record a message`: 10.00 times cheaper a flow.",
    ],
)
def test_cheaper__says_what_compression_and_size_of_messages_give(results, said):
    """As measured, whichever way it went."""
    arrow = results.one("messages", shape="1,000 rows, Arrow")
    runs = tuple(10 * arrow.median for _ in range(3))
    results.figures.append(Figure("messages", {"shape": "VPC record a message"}, "ns/flow", runs))
    assert said in texts(cheaper(with_broker(results)))


def test_cheaper__compares_formats_and_compressions(results):
    """Parquet instead of JSON, with its interval in the picture."""
    table, bars, *_ = cheaper(results).blocks
    assert [row[0] for row in table.rows] == ["VPC Parquet, zstd", "VPC text, plain", "Hubble JSON, gzip"]
    assert table.rows[0][2] == pytest.approx(8, rel=0.05)
    assert all(low <= gain <= high for _, gain, low, high in bars.bars)
