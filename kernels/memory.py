"""Bytes, words and masks of memory: eight bytes at once, sixty-four bytes compared at once.

Numba reads arrays an element at a time, and counts a reference wherever an array is handed to a device function: two
atomic operations that cost more than the function. So a kernel takes the ``base_of`` an array once, and its devices
read bytes, 8 or 64 of them, from any place behind that base, with LLVM instructions that check no bound: the text of
a scanner is followed by ``PADDING`` bytes that may be read. With the compiler off all this is plain Python: the base is
the array, a byte behind its end is an IndexError, and wider reads find zeros there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numba
import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic as numba_intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Base = NDArray[np.uint8]

PADDING = 64
"""Bytes behind the end of a text that must be readable."""

WIDTH = np.uint64(64)
"""Bytes that one mask is about."""

NO_BITS = np.uint64(0)
ONE = np.uint64(1)

LOW_BYTES = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)
"""Masks of the lowest 0 to 8 bytes of a word."""
LOW_BYTES.flags.writeable = False

F = TypeVar("F", bound="Callable[..., object]")
T = TypeVar("T", bound=np.generic)

_WORD = 8
_ALL_BITS = 0xFFFF_FFFF_FFFF_FFFF


def _intrinsic(function: Callable[..., object], plain: F) -> F:
    """Return what a kernel calls: LLVM instructions, or ``plain`` while nothing is compiled."""
    if numba.config.DISABLE_JIT:
        return plain
    chosen: F = numba_intrinsic(function)
    return chosen


def _base_of(_: object, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.ptrtoint(found.data, ir.IntType(64))

    return types.uint64(array), generate


def _plain_base_of(array: NDArray[T]) -> NDArray[T]:
    return array


base_of = _intrinsic(_base_of, _plain_base_of)
"""``base_of(array)``: where a contiguous array begins, for the functions below; valid as long as the array.

All of them but ``store_places`` are for arrays of uint8.
"""


def _pointer(builder: Any, kind: Any, arguments: Any) -> Any:
    """Return the address ``base + place`` as a pointer."""
    return builder.inttoptr(builder.add(arguments[0], arguments[1]), kind.as_pointer())


def _byte_at(_: object, base: Any, place: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        byte = builder.load(_pointer(builder, ir.IntType(8), arguments), align=1)
        return builder.zext(byte, ir.IntType(64))

    return types.int64(types.uint64, types.uint64), generate


def _plain_byte_at(base: NDArray[np.uint8], place: np.uint64) -> int:
    return int(base[place])


byte_at = _intrinsic(_byte_at, _plain_byte_at)
"""``byte_at(base, place)``: the byte at a uint64 place, as a signed integer."""


def _load_64(_: object, base: Any, place: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.load(_pointer(builder, ir.IntType(64), arguments), align=1)

    return types.uint64(types.uint64, types.uint64), generate


def _plain_load_64(base: NDArray[np.uint8], place: np.uint64) -> np.uint64:
    first = int(place)
    return np.uint64(int.from_bytes(base[first : first + _WORD].tobytes(), "little"))


load_64 = _intrinsic(_load_64, _plain_load_64)
"""``load_64(base, place)``: the 8 bytes from ``place`` on as uint64, the first one lowest."""


def _vector(builder: Any, arguments: Any) -> Any:
    """Return the 64 bytes from a place on as a vector."""
    kind = ir.VectorType(ir.IntType(8), 64)
    return builder.load(_pointer(builder, kind, arguments), align=1)


def _splat(byte: Any) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(8), 64), [byte.literal_value] * 64)


def _mask_equal(_: object, base: Any, place: Any, byte: Any) -> Any:
    if not isinstance(byte, types.IntegerLiteral):
        return None

    def generate(_: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.icmp_unsigned("==", _vector(builder, arguments), _splat(signature.args[2]))
        return builder.bitcast(found, ir.IntType(64))

    return types.uint64(types.uint64, types.uint64, byte), generate


def _mask_below(_: object, base: Any, place: Any, byte: Any) -> Any:
    if not isinstance(byte, types.IntegerLiteral):
        return None

    def generate(_: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = builder.icmp_signed("<", _vector(builder, arguments), _splat(signature.args[2]))
        return builder.bitcast(found, ir.IntType(64))

    return types.uint64(types.uint64, types.uint64, byte), generate


def _window(base: NDArray[np.uint8], place: np.uint64) -> NDArray[np.uint8]:
    """Return the 64 bytes from a place on, zeros behind the end."""
    window = np.zeros(64, np.uint8)
    found = base[int(place) : int(place) + 64]
    window[: len(found)] = found
    return window


def _plain_mask_equal(base: NDArray[np.uint8], place: np.uint64, byte: int) -> np.uint64:
    return np.uint64(np.packbits(_window(base, place) == byte, bitorder="little").view(np.uint64)[0])


def _plain_mask_below(base: NDArray[np.uint8], place: np.uint64, byte: int) -> np.uint64:
    is_below = _window(base, place).view(np.int8) < byte
    return np.uint64(np.packbits(is_below, bitorder="little").view(np.uint64)[0])


mask_equal = _intrinsic(_mask_equal, _plain_mask_equal)
"""``mask_equal(base, place, byte)``: bit i says whether the byte at ``place + i`` is ``byte``, a literal."""

mask_below = _intrinsic(_mask_below, _plain_mask_below)
"""``mask_below(base, place, byte)``: bit i says whether the byte at ``place + i`` as a signed byte is below ``byte``.

Bytes from 128 on are negative, so one comparison finds control characters and all that is not ASCII.
"""


def _mask_differ(_: object, base: Any, place: Any, other: Any, at: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        found = builder.icmp_unsigned("!=", _vector(builder, arguments), _vector(builder, arguments[2:]))
        return builder.bitcast(found, ir.IntType(64))

    return types.uint64(types.uint64, types.uint64, types.uint64, types.uint64), generate


def _plain_mask_differ(base: Base, place: np.uint64, other: Base, at: np.uint64) -> np.uint64:
    differs = _window(base, place) != _window(other, at)
    return np.uint64(np.packbits(differs, bitorder="little").view(np.uint64)[0])


mask_differ = _intrinsic(_mask_differ, _plain_mask_differ)
"""``mask_differ(base, place, other, at)``: bit i says whether the bytes ``i`` behind two places are not the same."""


def _trailing_zeros(_: object, word: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


def _plain_trailing_zeros(word: np.uint64) -> np.uint64:
    bits = int(word)
    return np.uint64((bits & -bits).bit_length() - 1 if bits else 64)


trailing_zeros = _intrinsic(_trailing_zeros, _plain_trailing_zeros)
"""``trailing_zeros(word)``: place of the lowest bit of a uint64 that is set, 64 if none is."""


def _count_bits(_: object, word: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


def _plain_count_bits(word: np.uint64) -> np.uint64:
    return np.uint64(int(word).bit_count())


count_bits = _intrinsic(_count_bits, _plain_count_bits)
"""``count_bits(word)``: how many bits of a uint64 are set."""


def _without_lowest(_: object, word: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.and_(arguments[0], builder.sub(arguments[0], ir.Constant(ir.IntType(64), 1)))

    return types.uint64(types.uint64), generate


def _plain_without_lowest(word: np.uint64) -> np.uint64:
    bits = int(word)
    return np.uint64(bits & (bits - 1) & _ALL_BITS)


without_lowest = _intrinsic(_without_lowest, _plain_without_lowest)
"""``without_lowest(word)``: a uint64 without the lowest bit that is set; 0 stays 0."""


def _store_places(_: object, target: Any, place: Any, at: Any, mask: Any) -> Any:
    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        target, place, at, mask = arguments
        letters = ir.VectorType(ir.IntType(8), 64)
        bits = ir.VectorType(ir.IntType(1), 64)
        words = ir.VectorType(ir.IntType(32), 16)
        squeeze = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(letters, [letters, bits, letters]),
            "llvm.experimental.vector.compress.v64i8",
        )
        numbers = ir.Constant(letters, list(range(64)))
        found = builder.call(squeeze, [numbers, builder.bitcast(mask, bits), ir.Constant(letters, None)])
        first = ir.Constant(words, list(range(16)))
        lowest = builder.zext(builder.shuffle_vector(found, ir.Constant(letters, None), first), words)
        one = builder.insert_element(
            ir.Constant(words, None), builder.trunc(at, ir.IntType(32)), ir.Constant(ir.IntType(32), 0)
        )
        base = builder.shuffle_vector(one, one, ir.Constant(words, None))
        to = builder.add(target, builder.shl(place, ir.Constant(ir.IntType(64), 2)))
        builder.store(builder.add(lowest, base), builder.inttoptr(to, words.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64, types.uint64, types.uint64), generate


def _plain_store_places(target: NDArray[np.uint32], place: np.uint64, at: np.uint64, mask: np.uint64) -> None:
    bits = int(mask)
    places = [int(at) + each for each in range(64) if bits >> each & 1][:16]
    target[int(place) : int(place) + 16] = places + [int(at)] * (16 - len(places))


store_places = _intrinsic(_store_places, _plain_store_places)
"""``store_places(base, place, at, mask)``: write ``at`` plus the place of each of the 16 lowest bits that are set.

``base`` is that of an array of uint32, ``place`` counts its elements; always 16 are written, ``at`` itself for bits
that are not there.
"""

CAN_SQUEEZE = bool(numba.config.DISABLE_JIT) or (
    not numba.config.CPU_NAME and bool(binding.get_host_cpu_features().get("avx512vbmi2"))
)
"""Whether ``store_places`` is one instruction; else it is correct, and slower than a loop."""


def _prefetch(_: object, base: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        word, letter = ir.IntType(32), ir.IntType(8).as_pointer()
        wish = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [letter, word, word, word]), "llvm.prefetch.p0"
        )
        # To read, into every cache, from that of memory rather than of code.
        builder.call(wish, [_pointer(builder, ir.IntType(8), arguments), word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64), generate


def _plain_prefetch(base: Base, place: np.uint64) -> None:
    pass


prefetch = _intrinsic(_prefetch, _plain_prefetch)
"""``prefetch(base, place)``: have the bytes around a place, which need not be there, fetched into the cache."""
