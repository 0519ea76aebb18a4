"""Bytes of memory copied, sixty-four at once: the same unchecked access as in ``memory``, for writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import types

from kernels.memory import _intrinsic, _pointer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def _copy_64(_: object, target: Any, to: Any, source: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        kind = ir.VectorType(ir.IntType(8), 64)
        letters = builder.load(_pointer(builder, kind, arguments[2:]), align=1)
        builder.store(letters, _pointer(builder, kind, arguments[:2]), align=1)
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64, types.uint64, types.uint64), generate


def _plain_copy_64(
    target: NDArray[np.uint8], to: np.uint64, source: NDArray[np.uint8], place: np.uint64
) -> None:
    target[int(to) : int(to) + 64] = source[int(place) : int(place) + 64]


copy_64 = _intrinsic(_copy_64, _plain_copy_64)
"""``copy_64(target, to, source, place)``: write the 64 bytes at ``place`` behind one base to ``to`` behind another."""


def _copy_64_around(_: object, target: Any, to: Any, source: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        kind = ir.VectorType(ir.IntType(8), 64)
        letters = builder.load(_pointer(builder, kind, arguments[2:]), align=1)
        stored = builder.store(letters, _pointer(builder, kind, arguments[:2]), align=64)
        once = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
        stored.set_metadata("nontemporal", once)
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64, types.uint64, types.uint64), generate


copy_64_around = _intrinsic(_copy_64_around, _plain_copy_64)
"""``copy_64_around(target, to, source, place)``: as ``copy_64``, to a multiple of 64 in memory, and not to the cache.

What is written there takes no room in the cache, nor is it fetched to be overwritten. ``settle`` must follow the last
one before another thread may read it.
"""


def _settle(_: object) -> Any:
    def generate(context: Any, builder: Any, _: Any, __: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate


def _plain_settle() -> None:
    pass


settle = _intrinsic(_settle, _plain_settle)
"""``settle()``: wait until other threads can see what was written."""
