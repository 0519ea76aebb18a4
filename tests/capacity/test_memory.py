"""The memory of a measured process is its own."""

from __future__ import annotations

import sys

import numpy as np

from auditor.capacity.measuring import ONE_CORE, run_command


def test_run_command__counts_no_memory_of_whoever_started_the_process():
    """The system goes on from the peak of the parent; this program has less."""
    held = np.ones(400 << 20, np.uint8)
    sample = run_command([sys.executable, "-c", "import time; time.sleep(0.5)"], ONE_CORE)
    assert 0 < sample.peak_bytes < held.nbytes
