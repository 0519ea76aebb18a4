"""Compiled kernels on disk: what cannot be kept is compiled again, and never fails the call that compiled it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from numba.core.caching import FunctionCache

from kernels.ahead import announce, is_coming

if TYPE_CHECKING:
    from collections.abc import Callable

    from numba.core.base import BaseContext
    from numba.core.compiler import CompileResult
    from numba.core.typing import Signature

_LOG = logging.getLogger("kernels.jit")
_told: set[str] = set()


class KernelCache(FunctionCache):  # type: ignore[misc]  # numba has no types
    """The compiled versions of one kernel on disk.

    Numba's own lets a full disk, a limit on file sizes or a damaged file fail the call that wanted a kernel, which
    works without them.

    Attributes
    ----------
    name : str
        The kernel: module and function.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        self.name = f"{function.__module__}.{function.__qualname__}"

    @property
    def is_empty(self) -> bool:
        """Whether no version is kept that this release of numba could read."""
        try:
            return not self._cache_file._load_index()  # noqa: SLF001 - numba shows the folder only
        except Exception:  # noqa: BLE001 - what is unpickled from a damaged file raises anything
            return True

    def load_overload(self, sig: Signature, target_context: BaseContext) -> CompileResult | None:
        """Return a version, or None where there is none that can be read; wait for one that is compiled ahead."""
        found = self._load(sig, target_context)
        if found is None and is_coming(self.name):
            found = self._load(sig, target_context)
        if found is not None:
            announce(self.name)
        return found

    def _load(self, sig: Signature, target_context: BaseContext) -> CompileResult | None:
        try:
            found: CompileResult | None = super().load_overload(sig, target_context)
        except Exception as error:  # noqa: BLE001 - what is unpickled from a damaged file raises anything
            self._tell("cannot read compiled kernels in", error)
            # Saving reads the index first: a damaged one would stay.
            self._empty()
            return None
        return found

    def save_overload(self, sig: Signature, data: CompileResult) -> None:
        """Keep a version where that is possible."""
        try:
            super().save_overload(sig, data)
        except Exception as error:  # noqa: BLE001 - saving reads the index first
            self._tell("cannot keep compiled kernels in", error)
        # Kept or not: nobody need wait any longer.
        announce(self.name)

    def _empty(self) -> None:
        try:
            self.flush()
        except OSError as error:
            self._tell("cannot keep compiled kernels in", error)

    def _tell(self, what: str, error: Exception) -> None:
        """Say so once for each cause."""
        cause = (isinstance(error, OSError) and error.strerror) or f"{type(error).__name__} {error}".strip()
        text = f"{what} `{self.cache_path}`: {cause}; they are compiled again"
        if text not in _told:
            _told.add(text)
            _LOG.warning(text)
