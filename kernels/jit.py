"""The decorators of this package: ``kernel`` for entry points over a batch, ``stage`` and ``device`` for its parts.

Numba looks for a writable cache folder while it decorates and raises if there is none (a read-only install
without a home folder), so the folder is chosen here, before anything is decorated.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numba

from kernels.cached import KernelCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

F = TypeVar("F", bound="Callable[..., object]")


def _sources_digest() -> str:
    """Hash the sources of this package, and the release of numba.

    Numba notices a change of the file that holds a kernel, not of the files whose devices it calls; a folder
    for each state of all sources makes a stale kernel impossible. Of another release it notices an index, but files of
    the same names hold the kernels of both.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_roots() -> Iterator[Path]:
    """Yield the folders that may hold the cache, best first."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        yield Path(chosen)
    # A user without an entry in the password file has no home: the path then stays relative.
    user = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111 - may not raise
    if user.is_absolute():
        yield user / "flow-log-auditor"
    shared = Path(tempfile.gettempdir()) / f"flow-log-auditor-{os.getuid()}"
    with suppress(OSError):
        shared.mkdir(mode=0o700, exist_ok=True)
        # The name is predictable and the folder around it everybody's: whoever made it first could put
        # machine code there that runs as this user.
        if _is_private(shared):
            yield shared


def _is_private(folder: Path) -> bool:
    """Return whether a folder is this user's, or root's, and nobody else can write in it."""
    found = folder.lstat()
    others_write = stat.S_IMODE(found.st_mode) & 0o022
    return stat.S_ISDIR(found.st_mode) and found.st_uid in {os.getuid(), 0} and not others_write


def _usable_folder() -> Path | None:
    """Return the first folder that can be made, is private and can be written."""
    # Numba does not notice either that an option of the compiler has changed.
    name = f"kernels-{_sources_digest()}{'-checked' if _IS_CHECKED else ''}"
    for root in _cache_roots():
        folder = root / name
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_private(folder):
                with tempfile.TemporaryFile(dir=folder):
                    return folder
    return None


def _choose_cache() -> bool:
    """Point numba at a cache folder; return whether there is one."""
    folder = _usable_folder()
    if folder is None:
        logging.getLogger(__name__).warning(
            "no writable folder for compiled kernels: every start compiles; set NUMBA_CACHE_DIR to keep them"
        )
        return False
    numba.config.CACHE_DIR = str(folder)
    return True


_IS_CHECKED = bool(numba.config.BOUNDSCHECK)
_OPTIONS = {"nogil": True, "error_model": "numpy", "boundscheck": _IS_CHECKED, "no_cfunc_wrapper": True}
_UNCOUNTED = {"_nrt": False}
"""Numba's own switch for functions without its runtime, which counts references."""
_IS_CACHED = not numba.config.DISABLE_JIT and _choose_cache()


def cache_folder() -> Path | None:
    """Return where compiled kernels are kept, None where they are not."""
    return Path(numba.config.CACHE_DIR) if _IS_CACHED else None


def kernel(function: F) -> F:
    """Compile an entry point over a batch: without the interpreter lock, cached on disk, never raising.

    Under ``NUMBA_DISABLE_JIT=1`` the function stays plain Python; under ``NUMBA_BOUNDSCHECK=1`` every index
    is checked.
    """
    compiled: F = numba.njit(**_OPTIONS)(function)
    return _kept(function, compiled)


def lean_kernel(function: F) -> F:
    """Compile a kernel that makes no array, nor calls what makes or returns one.

    Then nobody has to count who holds which: two atomic operations for each array that is handed to a stage, a tenth of
    the time of ``records.scan_records``.
    """
    compiled: F = numba.njit(**_OPTIONS, **_UNCOUNTED)(function)
    return _kept(function, compiled)


def stage(function: F) -> F:
    """Compile a part of kernels that is called for many rows at a time; like a device, never from Python.

    Without the wrapper that takes Python objects apart, which costs as much time to compile as a short function.
    """
    compiled: F = numba.njit(**_OPTIONS, no_cpython_wrapper=True)(function)
    return compiled


def lean_stage(function: F) -> F:
    """Compile a stage of lean kernels: like them it makes and returns no array."""
    compiled: F = numba.njit(**_OPTIONS, **_UNCOUNTED, no_cpython_wrapper=True)(function)
    return compiled


def _kept(function: F, compiled: F) -> F:
    """Have what was compiled kept on disk."""
    if _IS_CACHED:
        # As the option ``cache`` does, with numba's own class.
        compiled._cache = KernelCache(function)  # type: ignore[attr-defined]  # noqa: SLF001
    return compiled


def is_to_compile(function: Callable[..., object]) -> bool:
    """Return whether a kernel is kept on disk once it is compiled, and is not yet."""
    cache = getattr(function, "_cache", None)
    return isinstance(cache, KernelCache) and cache.is_empty


def device(function: F) -> F:
    """Compile a function over one row for use inside kernels, inlined where it is called."""
    compiled: F = numba.njit(**_OPTIONS, forceinline=True)(function)
    return compiled
