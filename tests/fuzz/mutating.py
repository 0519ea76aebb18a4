"""The fast fuzzer: structured mutations against compiled kernels, without coverage.

A process of its own, started by ``tests/fuzz/run.py``: a kernel that reads past its arrays may end it by a signal. The
input under way lies in a file, where the process that started this one finds it.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import seeds_of
from tests.fuzz.targets import TARGETS


def main() -> None:
    """Mutate and check until the time is over."""
    target, current, seconds, seed = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    rng = random.Random(seed)
    seeds = seeds_of(target)
    check = TARGETS[target]
    check(current, seeds[0])
    end = time.monotonic() + seconds
    n_inputs = 0
    while time.monotonic() < end:
        check(current, mutated(rng, rng.choice(seeds), seeds, target))
        n_inputs += 1
    print(f"{n_inputs:,} inputs")


if __name__ == "__main__":
    main()
