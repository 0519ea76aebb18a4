"""Decompressed bytes of one file: the codec is recognised from the first bytes, never from the name.

A stream hands out what could be read before it reports what is wrong with the rest: everything in front of a
cut, and whole pieces in front of damage. Behind damage it may go on::

    while True:
        try:
            n_bytes = stream.readinto(buffer)
        except SourceError as error:  # says what is lost
            ...  # let go of a line whose end was not read
            if not stream.resume():
                raise
            continue  # what is read now begins a line
        if not n_bytes:
            break
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from auditor.errors import Position, SourceError
from auditor.sources.gzip_reader import GzipReader
from auditor.sources.inflate import FACTORIES, PIECE, Inflater, codec_of
from auditor.sources.late import LateDigest

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.sources.inflate import Gap
    from auditor.sources.raw import Descriptor, Raw

_SMALL_BYTES = 64 << 20
_LARGEST_RATIO = 200
"""Text and columns shrink by 5 to 50; a file that grows by more, and past a small size, is a bomb."""

MOST_GAPS = 1_000
"""Damage that is passed over in one file; each is told, so that more would fill the record of a run."""


def most_bytes(n_compressed: int) -> int:
    """Return how many bytes a whole file may hold that has ``n_compressed`` of them on disk."""
    return max(_SMALL_BYTES, _LARGEST_RATIO * n_compressed)


class _Filler(Protocol):
    """Where decompressed bytes come from; raises ValueError with the reason why there are no more."""

    def readinto(self, buffer: memoryview, /) -> int: ...


class _ArrowInflater:
    """Decompressed bytes of a codec that the standard library lacks, a piece at a time.

    Arrow copies what it has decompressed: to a piece that stays in the cache, from where it is copied on when its lines
    are counted, which takes less time than to count them where they are wanted.
    """

    gives_pieces = True

    def __init__(self, raw: Raw, codec: str) -> None:
        import pyarrow as pa  # noqa: PLC0415 - heavy, and most inputs are plain or gzip

        self._codec = codec
        self._errors = (pa.ArrowException, OSError)
        self._piece = memoryview(bytearray(PIECE))
        self._stream = pa.CompressedInputStream(pa.PythonFile(raw, "r"), codec)

    def readinto(self, buffer: memoryview) -> int:
        try:
            # Of a piece that cannot be read whole Arrow gives nothing.
            return int(self._stream.readinto(buffer[:PIECE]))
        except self._errors as error:
            raise ValueError(f"the {self._codec} stream is cut off or corrupt") from error

    def piece(self, size: int) -> memoryview:
        """Return the next bytes, at most ``size``; none at the end. They are gone at the next call."""
        return self._piece[: self.readinto(self._piece[:size])]


class ByteStream:
    """The decompressed bytes of one file, front to back.

    Parameters
    ----------
    name : str
        As messages name the file.
    raw : Raw
        At its beginning; closed with the stream.
    note_late : callable, optional
        Told of the hash that lags behind, see ``hash_late``.
    again : callable, optional
        Returns the same bytes once more; None for a pipe, which gives them once.

    Attributes
    ----------
    codec : str or None
        Name of the compression; None for plain bytes.
    n_read : int
        Decompressed bytes handed out.
    """

    def __init__(
        self,
        name: str,
        raw: Raw,
        note_late: Callable[[LateDigest], None] | None = None,
        again: Callable[[], Descriptor] | None = None,
    ) -> None:
        self.name = name
        self.n_read = 0
        self._note_late = note_late
        self._raw = raw
        self._failure: SourceError | None = None
        self._is_gap = False
        self._n_gaps = 0
        self._rest = b""
        self.codec = self._probe()
        self._inflater: Inflater | GzipReader | None = None
        if self.codec == "gzip":
            self._inflater = GzipReader(raw, again)
        elif self.codec in FACTORIES:
            self._inflater = Inflater(raw, self.codec)
        self._giver: Inflater | GzipReader | _ArrowInflater | None = self._inflater
        if self._inflater is None and self.codec is not None:
            self._giver = _ArrowInflater(raw, self.codec)
        self._filler: _Filler = self._giver or raw

    def _probe(self) -> str | None:
        try:
            return codec_of(self._raw.head(8))
        except OSError as error:
            self._raw.close()
            raise SourceError(f"file cannot be read: {error.strerror}", Position(self.name)) from error

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer; return how many bytes: fewer than it holds only at the end of what can be read, 0 at the end.

        Parameters
        ----------
        buffer : memoryview
            Writable, of bytes; may be used again and again.

        Raises
        ------
        SourceError
            At the first call after everything readable was returned, if the file does not end there; at every
            call after it too, until ``resume`` is called.
        """
        n_bytes = min(len(self._rest), len(buffer))
        if n_bytes:
            buffer[:n_bytes] = self._rest[:n_bytes]
            self._rest = self._rest[n_bytes:]
        while n_bytes < len(buffer) and self._failure is None:
            try:
                n_new = self._filler.readinto(buffer[n_bytes:])
            except (ValueError, OSError) as error:
                self._fail(error, self.n_read + n_bytes)
                break
            if not n_new:
                break
            n_bytes += n_new
        if not n_bytes and self._failure is not None:
            raise self._failure
        self.n_read += n_bytes
        return n_bytes

    def hash_late(self) -> LateDigest:
        """Leave it to whoever reads the file when its bytes are hashed, unless they are decompressed.

        What ``readinto`` has filled must then stay as it is until it is settled, see ``late.LateDigest``.
        """
        if self.codec is not None or self._note_late is None:
            return LateDigest()
        late = self._raw.hash_late()
        if late is None:
            return LateDigest()
        self._note_late(late)
        return late

    def piece(self, size: int) -> bytes | memoryview | None:
        """Return the next bytes where they lie; None if they go straight to where they are wanted: by ``readinto``.

        Parameters
        ----------
        size : int
            How many at most; there is at least one but at the end. They are gone at the next call.

        Raises
        ------
        SourceError
            As ``readinto``.
        """
        giver = self._giver
        if giver is None or not giver.gives_pieces:
            return None
        piece: bytes | memoryview = self._rest[:size]
        self._rest = self._rest[size:]
        if not piece and self._failure is None:
            try:
                piece = giver.piece(size)
            except (ValueError, OSError) as error:
                self._fail(error, self.n_read)
        if not piece and self._failure is not None:
            raise self._failure
        self.n_read += len(piece)
        return piece

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer only at the end of what can be read; nothing at the end of the file.

        Raises
        ------
        SourceError
            As ``readinto``.
        """
        buffer = memoryview(bytearray(size))
        return bytes(buffer[: self.readinto(buffer)])

    def _fail(self, error: ValueError | OSError, n_read: int) -> None:
        """Keep why there is no more, and find out whether there is more behind the damage."""
        reason = error.strerror if isinstance(error, OSError) else str(error)
        gap = self._behind(error)
        self._is_gap = gap is not None
        where = (
            f"further than {n_read} decompressed bytes"
            if gap is None
            else f"from compressed byte {gap.first} to {gap.behind}, after {n_read} decompressed bytes"
        )
        self._failure = SourceError(f"file cannot be read {where}: {reason}", Position(self.name))
        self._failure.__cause__ = error

    def _behind(self, error: ValueError | OSError) -> Gap | None:
        # A member that was cut and has others behind it may seem to go on to the end: that is searched too.
        if self._inflater is None or isinstance(error, OSError) or self._n_gaps >= MOST_GAPS:
            return None
        try:
            return self._inflater.recover()
        except OSError:
            return None

    def resume(self) -> bool:
        """Go on behind damage that ``readinto`` or ``read`` has raised; False if nothing is left that can be read.

        What is read next begins a line: if the text behind the damage may begin inside one, what is left of that
        line is passed over. A line in front of the damage whose end was not read must not be joined with it.
        """
        if self._failure is None or not self._is_gap:
            return False
        assert self._inflater is not None
        is_in_line = self._inflater.begins_in_line
        self._failure, self._is_gap = None, False
        self._n_gaps += 1
        if is_in_line:
            self._pass_over_line()
        return True

    def _pass_over_line(self) -> None:
        while piece := self._piece():
            _, feed, rest = piece.partition(b"\n")
            if feed:
                self._rest = rest
                self.n_read -= len(rest)
                return

    def _piece(self) -> bytes:
        """Return some bytes; none at the end, and at what is told to the next who reads."""
        try:
            return self.read(PIECE)
        except SourceError:
            return b""

    @property
    def share(self) -> float:
        """Share of the bytes on disk that were read so far, 0 to 1; 0 if their number is not known."""
        return self._raw.share

    def close(self) -> None:
        """Close the file."""
        if isinstance(self._inflater, GzipReader):
            self._inflater.close()
        self._raw.close()

    def __enter__(self) -> Self:
        """Return the stream itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()
