"""The guided fuzzer: atheris sees which lines of the readers and kernels an input reaches, and looks for more of them.

Compiled kernels are opaque to it, so they run as plain Python (``NUMBA_DISABLE_JIT=1``, set by ``tests/fuzz/run.py``).
"""

from __future__ import annotations

import random
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["auditor.flows", "kernels"]):
    from auditor.flows import hubble, json_log, vpc_text  # noqa: F401  opened by name later, and to be instrumented now
    from tests.fuzz.mutations import MAX_BYTES, mutated
    from tests.fuzz.seeds import seeds_of
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until the time is over; atheris ends the process, with its own code if an input fails."""
    target, current, seconds, seed = sys.argv[1], Path(sys.argv[2]), int(float(sys.argv[3])), sys.argv[4]
    # As in the tests: plain Python says where a number overflows that compiled code would wrap around.
    warnings.simplefilter("error")
    warnings.filterwarnings(
        "ignore", "overflow encountered in scalar multiply", RuntimeWarning, "kernels.trie"
    )
    seeds = seeds_of(target)
    check = TARGETS[target]

    def change(content: bytes, max_size: int, number: int) -> bytes:
        if number % 2:
            return atheris.Mutate(content, max_size)
        return mutated(random.Random(number), content, seeds, target)[:max_size]

    with tempfile.TemporaryDirectory() as corpus:
        for place, content in enumerate(seeds):
            (Path(corpus) / str(place)).write_bytes(content)
        limits = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={MAX_BYTES}", "-timeout=60"]
        quiet = ["-print_final_stats=1", "-verbosity=0", f"-artifact_prefix={current}."]
        atheris.Setup(
            [sys.argv[0], *limits, *quiet, corpus],
            lambda content: check(current, content),
            custom_mutator=change,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
