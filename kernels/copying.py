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
