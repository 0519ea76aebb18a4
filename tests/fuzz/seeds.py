"""Where fuzzing begins: generated lines of every sort, the shared corpora if they are there, and earlier findings."""

from __future__ import annotations

from functools import cache
from itertools import islice
from pathlib import Path

from auditor.synthetic.hubble import HubbleShares, hubble_lines
from auditor.synthetic.vpc_text import vpc_lines
from data.synthetic import connection_pool, synthetic_cluster
from tests.corpora.cases import CORPORA

CORPUS = Path(__file__).parent / "corpus"
SHARED = {"hubble": "flows/hubble/*.jsonl", "vpc": "flows/aws-vpc/*.txt"}
N_GENERATED = 400
LINES_A_SEED = 3
RARE = HubbleShares(audited=0.05, drops=0.05, agent=0.1, sockets=0.05, underlay=0.3, non_ascii=0.3)


def seeds_of(target: str) -> list[bytes]:
    """Return short logs to begin with, of a few lines each."""
    lines = list(islice(_lines(target), 5_000))
    logs = [b"\n".join(lines[first : first + LINES_A_SEED]) for first in range(0, len(lines), LINES_A_SEED)]
    return [*logs, *(path.read_bytes() for path in findings_of(target))]


def findings_of(target: str) -> list[Path]:
    """Return the inputs that once failed, and others worth replaying."""
    return sorted(path for path in (CORPUS / target).iterdir() if path.is_file())


@cache
def _generated(target: str) -> bytes:
    inventory, policies = synthetic_cluster(20, 200, seed=1)
    pool = connection_pool(inventory, policies, seed=1)
    if target == "hubble":
        return b"".join(hubble_lines(pool, N_GENERATED, 1, RARE))
    return b"".join(b"".join(vpc_lines(pool, N_GENERATED // 2, version, 1)) for version in (2, 5))


def _lines(target: str) -> list[bytes]:
    shared = [path.read_bytes() for path in sorted(CORPORA.glob(SHARED[target]))]
    return [line for content in (_generated(target), *shared) for line in content.splitlines() if line]
