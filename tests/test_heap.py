"""One heap for all threads, where the system can."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from auditor.heap import share_heap

NAME = "ARROW_DEFAULT_MEMORY_POOL"
SCRIPT = """
import ctypes, sys, threading
from auditor.heap import share_heap
if sys.argv[1] == "shared":
    assert share_heap()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(4)
def take():
    together.wait()
    for _ in range(100):
        libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.malloc_stats()
"""


def has_mallopt():
    """Return whether the C library is that of GNU."""
    return hasattr(ctypes.CDLL(None), "mallopt")


@pytest.mark.skipif(not has_mallopt(), reason="the C library has no arenas")
@pytest.mark.parametrize(("way", "is_one"), [("shared", True), ("apart", False)])
def test_share_heap__leaves_one_arena(way, is_one):
    """Four threads at once take memory from one arena, and from several without it."""
    command = [sys.executable, "-c", SCRIPT, way]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert (ran.stderr.count("Arena ") == 1) is is_one


@pytest.mark.parametrize(("chosen", "pool"), [({}, "system"), ({NAME: "default"}, None), ({NAME: ""}, None)])
def test_share_heap__has_arrow_take_part(chosen, pool):
    """Arrow takes memory from the heap of the process, unless the user has said where from."""
    script = "from auditor.heap import share_heap; share_heap(); import pyarrow as pa; "
    command = [sys.executable, "-c", script + "print(pa.default_memory_pool().backend_name)"]
    others = {name: value for name, value in os.environ.items() if name != NAME}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env={**others, **chosen})
    assert (ran.stdout.strip() == "system") is (pool == "system")


def test_share_heap__of_another_c_library(monkeypatch):
    """Nothing happens."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    monkeypatch.setenv(NAME, "system")
    assert not share_heap()
