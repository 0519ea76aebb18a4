"""Arrays as kernels take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def frozen(array: NDArray[T]) -> NDArray[T]:
    """Return a contiguous read-only view: inputs of one kind keep one compiled version of each kernel."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
