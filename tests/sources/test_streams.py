"""Decompression by the first bytes, and everything that can be read before what cannot."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random

import pyarrow as pa
import pytest

from auditor.errors import SourceError
from auditor.sources.files import find_files
from auditor.sources.inflate import PIECE, codec_of
from auditor.sources.raw import Raw
from auditor.sources.streams import ByteStream

TEXT = (
    b"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1 2 ACCEPT OK\n"
    * 9_000
)


def _arrow(codec):
    def compress(content):
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(content)
        return sink.getvalue().to_pybytes()

    return compress


CODECS = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": _arrow("zstd"),
    "lz4": _arrow("lz4"),
}


def noise(n):
    """Return bytes that do not compress, the same each time."""
    return random.Random(1).randbytes(n)


def opened(tmp_path, content):
    """Write a file and open it."""
    path = tmp_path / "flows"
    path.write_bytes(content)
    (file,) = find_files([str(path)])
    return file.open()


def read_all(stream, size=100_000):
    """Return what can be read and the message of what stopped it."""
    parts = []
    try:
        while part := stream.read(size):
            assert len(part) <= size
            parts.append(part)
    except SourceError as error:
        return b"".join(parts), str(error)
    finally:
        stream.close()
    return b"".join(parts), None


@pytest.mark.parametrize("codec", CODECS)
def test_read__decompresses_what_the_bytes_say(tmp_path, codec):
    """The name of a file does not matter."""
    stream = opened(tmp_path, CODECS[codec](TEXT))
    assert stream.codec == codec
    assert read_all(stream) == (TEXT, None)


@pytest.mark.parametrize("codec", [None, *CODECS])
@pytest.mark.parametrize("size", [1, 7, PIECE, 1 << 22])
def test_read__returns_full_pieces(tmp_path, codec, size):
    """Fewer bytes than asked come at the end only."""
    text = TEXT[:5_000] if size < 8 else TEXT
    with opened(tmp_path, text if codec is None else CODECS[codec](text)) as stream:
        n_full, rest = divmod(len(text), size)
        lengths = [len(stream.read(size)) for _ in range(n_full + 1)]
        assert lengths == [size] * n_full + [rest]
        assert stream.n_read == len(text)


@pytest.mark.parametrize("codec", CODECS)
def test_read__joins_members(tmp_path, codec):
    """Compressed files can be concatenated; some writers start a new member for each batch."""
    compress = CODECS[codec]
    content = compress(TEXT) + compress(b"middle\n") + compress(noise(PIECE))
    assert read_all(opened(tmp_path, content)) == (TEXT + b"middle\n" + noise(PIECE), None)


def test_read__forgives_padding(tmp_path):
    """Zeros between and after gzip members mean nothing."""
    content = gzip.compress(b"a") + bytes(10) + gzip.compress(b"b") + bytes(2 * PIECE)
    assert read_all(opened(tmp_path, content)) == (b"ab", None)


@pytest.mark.parametrize("codec", ["gzip", "bz2", "xz"])
def test_read__uses_what_comes_before_the_cut(tmp_path, codec):
    """Of a truncated file everything decodable is read, then an error says how far."""
    content = CODECS[codec](noise(2_000_000))
    got, message = read_all(opened(tmp_path, content[: len(content) // 2]))
    assert got == noise(2_000_000)[: len(got)]
    assert len(got) > (800_000 if codec != "bz2" else 0)
    reason = f"the {codec} stream is cut off"
    place = f" - at {tmp_path / 'flows'}"
    assert message == f"file cannot be read further than {len(got)} decompressed bytes: {reason}{place}"


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_read__says_that_other_codecs_are_cut(tmp_path, codec):
    """The codecs of Arrow report a truncated file too."""
    content = CODECS[codec](noise(2_000_000))
    got, message = read_all(opened(tmp_path, content[: len(content) // 2]))
    assert got == noise(2_000_000)[: len(got)]
    reason = f"the {codec} stream is cut off or corrupt - at {tmp_path / 'flows'}"
    assert message == f"file cannot be read further than {len(got)} decompressed bytes: {reason}"


def test_read__stops_where_the_checksum_is_wrong(tmp_path):
    """Damage inside a gzip member is an error, after what was decoded before."""
    content = bytearray(gzip.compress(noise(1_000_000)))
    content[-8] ^= 255
    got, message = read_all(opened(tmp_path, bytes(content)))
    assert got.startswith(noise(1_000_000)[:700_000])
    reason = f"the gzip stream is corrupt - at {tmp_path / 'flows'}"
    assert message == f"file cannot be read further than {len(got)} decompressed bytes: {reason}"


def test_read__does_not_skip_foreign_bytes(tmp_path):
    """What follows a gzip member and is none may be a part that was meant to be read."""
    got, message = read_all(opened(tmp_path, gzip.compress(b"first\n") + b"second\n"))
    reason = f"bytes follow the gzip stream that do not belong to it - at {tmp_path / 'flows'}"
    assert (got, message) == (b"first\n", f"file cannot be read further than 6 decompressed bytes: {reason}")


def test_read__repeats_the_failure(tmp_path):
    """Asking again does not make a cut file end quietly."""
    with opened(tmp_path, gzip.compress(b"text")[:-3]) as stream:
        assert stream.read(10) == b"text"
        for _ in range(2):
            with pytest.raises(SourceError, match="is cut off"):
                stream.read(10)


def read_pieces(stream, size):
    """Return what can be read where it lies, and the message of what stopped it, as ``read_all`` does."""
    parts = []
    try:
        while part := stream.piece(size):
            assert len(part) <= size
            parts.append(bytes(part))
    except SourceError as error:
        with pytest.raises(SourceError, match="cannot be read"):
            stream.piece(size)
        return b"".join(parts), str(error)
    assert not stream.piece(size)
    assert stream.n_read == len(b"".join(parts))
    return b"".join(parts), None


def piped(content):
    """Open bytes that come once, as those of a pipe."""
    return ByteStream("flows", Raw(io.BytesIO(content)))


@pytest.mark.parametrize("codec", ["gzip", "bz2", "xz", "zstd", "lz4"])
@pytest.mark.parametrize("size", [1, 7, PIECE, 1 << 22])
def test_piece__is_what_read_returns(codec, size):
    """Whole files of some members, files that are cut, and files with something behind them."""
    text = TEXT[:5_000] if size < 8 else TEXT
    whole = CODECS[codec](text)
    for content in (
        whole + CODECS[codec](noise(900)),
        whole[:-2],
        whole[: len(whole) // 2],
        whole + b"behind",
    ):
        with piped(content) as stream:
            assert read_pieces(stream, size) == read_all(piped(content), size)


@pytest.mark.parametrize("codec", ["plain", "gzip"])
def test_piece__is_none_of_what_is_read_to_where_it_is_wanted(tmp_path, codec):
    """That are plain files, and what is decompressed into any buffer."""
    with opened(tmp_path, CODECS.get(codec, bytes)(b"text")) as stream:
        assert stream.piece(10) is None
        assert stream.read(10) == b"text"


def test_piece__goes_on_behind_damage():
    """What is left of a line behind the damage is passed over, what follows it is handed out in pieces."""
    damaged = bytearray(gzip.compress(noise(100_000)))
    damaged[50_000] ^= 255
    behind = b"rest of a line\n" + TEXT
    with piped(gzip.compress(b"a line") + bytes(damaged) + gzip.compress(behind)) as stream:
        _, message = read_pieces(stream, 1_000)
        assert message is not None
        assert stream.resume()
        n_before = stream.n_read
        found = b"".join(iter(lambda: bytes(stream.piece(1_000)), b""))
        assert found == TEXT
        assert stream.n_read == n_before + len(TEXT)


def test_codec_of__knows_plain_bytes():
    """Text, Parquet and nothing at all have no codec."""
    assert [codec_of(head) for head in (b"", b"2 1234", b"PAR1", b"{", b"\x1f")] == [None] * 5


def test_share__is_that_of_the_bytes_on_disk(tmp_path):
    """Half of a plain file read is a half, also after the file was closed."""
    path = tmp_path / "flows"
    path.write_bytes(bytes(1000))
    with ByteStream(str(path), Raw(path.open("rb", buffering=0), 1000)) as stream:
        assert stream.share == 0
        stream.read(500)
        assert stream.share == 0.5
    assert stream.share == 0.5
