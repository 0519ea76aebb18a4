"""One file to read: its decompressed bytes front to back, its bytes in any order, and the hash of what lies there."""

from __future__ import annotations

import os
import tempfile
import weakref
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import Position, SourceError
from auditor.sources.aside import AsideDigest
from auditor.sources.raw import Raw, new_digest
from auditor.sources.streams import ByteStream, most_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from auditor.sources.late import LateDigest
    from auditor.sources.raw import Descriptor

STANDARD_INPUT = "-"
MAX_BYTES = 2 << 30
"""What ``InputFile.read_bytes`` takes into memory at most."""


class InputFile:
    """One file on this machine; pipes and objects of a store have the same face.

    Parameters
    ----------
    name : str
        As messages and reports name it: the path as it was given or found; ``-`` is standard input.
    path : Path
        Where the bytes lie.
    size : int
        Bytes on disk; 0 for a stream, of which nobody knows.
    keeper : object, optional
        Kept as long as this object.

    Attributes
    ----------
    is_stream : bool
        Whether it is read once, as it comes, and its size is not known.
    may_wait : bool
        Whether reading may wait for others: then ``stop`` ends it.
    watch : callable or None
        Called some times a second while reading waits for others.
    digest_read : str or None
        Hash of the bytes, once they were read front to back to their end after ``hash_as_read``.
    late : LateDigest or None
        Their hash while it lags behind: whoever reads settles it.
    """

    is_stream = False
    may_wait = False
    watch: Callable[[], None] | None = None
    late: LateDigest | None = None

    def __init__(self, name: str, path: Path, size: int, keeper: object = None) -> None:
        self.name = name
        self.size = size
        self.digest_read: str | None = None
        self._path = path
        self._keeper = keeper
        self._algorithm: str | None = None

    def __repr__(self) -> str:
        """Return the name."""
        return f"{type(self).__name__}({self.name!r})"

    @property
    def path(self) -> Path:
        """Where the bytes lie on this machine."""
        return self._path

    def open(self) -> ByteStream:
        """Open the decompressed bytes.

        Raises
        ------
        SourceError
            The file cannot be opened.
        """
        try:
            descriptor = self._descriptor()
        except OSError as error:
            raise SourceError(f"file cannot be opened: {error.strerror}", Position(self.name)) from error
        digest = None if self._algorithm is None else new_digest(self._algorithm)
        gives_once = self.is_stream or self.may_wait
        again = partial(_FromStart, descriptor) if isinstance(descriptor, FileIO) and not gives_once else None
        return ByteStream(self.name, Raw(descriptor, self.size, digest, self._hashed), self._note_late, again)

    def _note_late(self, late: LateDigest) -> None:
        self.late = late

    def _descriptor(self) -> Descriptor:
        """Open the bytes as they lie there."""
        return self.path.open("rb", buffering=0)

    def arrow_file(self) -> pa.NativeFile:
        """Open the bytes as they lie there for random access: ``read_at(n_bytes, place)``, from any thread.

        Raises
        ------
        OSError
            The file cannot be opened.
        """
        import pyarrow as pa  # noqa: PLC0415 - for columnar files only

        return pa.OSFile(str(self.path))

    def read_at(self, place: int, size: int) -> bytes:
        """Return bytes as they lie there, fewer where the file ends; from any thread.

        Raises
        ------
        OSError
            They cannot be read.
        """
        with self.path.open("rb", buffering=0) as raw:
            return os.pread(raw.fileno(), size, place)

    def read_into(self, place: int, room: memoryview) -> int:
        """Fill room with bytes as they lie there, see ``read_at``; return how many they are."""
        with self.path.open("rb", buffering=0) as raw:
            return os.preadv(raw.fileno(), [room], place)

    def stored_size(self) -> int:
        """Return how many bytes lie there; a pipe is copied to know it."""
        return self.path.stat().st_size

    def head(self, size: int) -> bytes:
        """Return the first ``size`` decompressed bytes, or what can be read of them."""
        with self.open() as stream:
            try:
                return stream.read(size)
            except SourceError:
                return b""

    def read_bytes(self, limit: int = MAX_BYTES) -> bytes:
        """Return all decompressed bytes.

        Raises
        ------
        SourceError
            The file cannot be read to its end, or holds more than ``limit`` bytes, or more than 64 MiB and 200
            times as many as on disk.
        """
        limit = min(limit, most_bytes(self.size))
        parts: list[bytes] = []
        n_bytes = 0
        with self.open() as stream:
            while part := stream.read(1 << 20):
                parts.append(part)
                n_bytes += len(part)
                if n_bytes > limit:
                    raise SourceError(
                        f"file holds more than the {limit} decompressed bytes read at once; split it",
                        Position(self.name),
                    )
        return b"".join(parts)

    def hash_as_read(self, algorithm: str) -> None:
        """Hash the bytes whenever they are read front to back from now on, see ``digest_read``."""
        self._algorithm = algorithm

    def _hashed(self, digest: str) -> None:
        self.digest_read = digest

    def digest(self, algorithm: str, is_ended: Callable[[], bool] = lambda: False) -> str | None:
        """Return the hash of the bytes on disk, compressed as they are: 64 hexadecimal digits.

        Parameters
        ----------
        algorithm : {'blake3', 'sha256'}
            What to hash with.
        is_ended : callable
            Asked now and then; None is returned once it says that nobody wants the answer any more.

        Raises
        ------
        SourceError
            The file cannot be read.
        """
        return self.digest_aside(algorithm, is_ended).finish()

    def digest_aside(self, algorithm: str, is_ended: Callable[[], bool] = lambda: False) -> AsideDigest:
        """Return the hash of the bytes on disk to be taken step by step, see ``digest``."""
        return AsideDigest(self.name, self._descriptor, algorithm, is_ended)

    def sha256(self, is_ended: Callable[[], bool] = lambda: False) -> str | None:
        """Return the SHA-256, see ``digest``."""
        return self.digest("sha256", is_ended)

    def check(self) -> None:
        """Raise SourceError if the file is known to have changed since it was found."""

    def stop(self) -> None:
        """End all reading that waits for others, at what has come so far."""


def spooled(name: str, descriptor: Descriptor) -> tuple[Path, int, object]:
    """Copy bytes to a temporary file.

    Returns
    -------
    path : Path
        Of the copy.
    n_bytes : int
        Its size.
    keeper : object
        When nobody holds it any more, the copy is removed.

    Raises
    ------
    SourceError
        It cannot be written, or the bytes cannot be read.
    """
    buffer = memoryview(bytearray(1 << 18))
    n_bytes = 0
    try:
        with tempfile.NamedTemporaryFile(prefix="auditor-", delete=False) as copy:
            path = Path(copy.name)
            keeper = _Keeper()
            weakref.finalize(keeper, path.unlink, missing_ok=True)
            while n_new := descriptor.readinto(buffer):
                copy.write(buffer[:n_new])
                n_bytes += n_new
    except OSError as error:
        raise SourceError(
            f"input cannot be copied to a temporary file: {error.strerror}", Position(name)
        ) from error
    return path, n_bytes, keeper


class _FromStart:
    """The bytes of an open file once more: of that file, whatever its name stands for by now.

    Parameters
    ----------
    file : FileIO
        Where it is read from does not change; closed by who opened it.
    """

    def __init__(self, file: FileIO) -> None:
        self._number = file.fileno()
        self._place = 0

    def readinto(self, buffer: memoryview) -> int:
        """Fill the beginning of ``buffer``; return how many bytes, 0 at the end."""
        n_bytes = os.preadv(self._number, [buffer], self._place)
        self._place += n_bytes
        return n_bytes

    def close(self) -> None:
        """Do nothing."""


class _Keeper:
    """Holds a temporary file: when nobody holds this any more, the file is removed."""
