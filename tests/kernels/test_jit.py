"""Where compiled kernels are kept, and that nothing fails where they cannot be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WARNING = "no writable folder for compiled kernels: every start compiles; set NUMBA_CACHE_DIR to keep them"
SOURCE = """
{before}import tempfile
tempfile.tempdir = {folder!r}
from kernels.jit import kernel, device
import numba
@device
def twice(number):
    return 2 * number
@kernel
def four_times(number):
    return twice(twice(number))
print(four_times(2), numba.config.CACHE_DIR if {asks} else "")
"""

pytestmark = [
    pytest.mark.jit_only,
    pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX"),
]


def run(folder, script, *, asks=True, before="", **environment):
    """Compile a kernel in a fresh interpreter; return what it prints and warns of."""
    script.write_text(SOURCE.format(folder=str(folder), asks=asks, before=before))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG"))}
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip(), ran.stderr.strip()


def test_kernel__is_kept_where_the_environment_says(tmp_path):
    """NUMBA_CACHE_DIR comes first."""
    out, warned = run(
        tmp_path,
        tmp_path / "script.py",
        NUMBA_CACHE_DIR=str(tmp_path / "chosen"),
        XDG_CACHE_HOME=str(tmp_path / "user"),
    )
    assert out.startswith(f"8 {tmp_path}/chosen/kernels-")
    assert warned == ""


def test_kernel__is_kept_in_the_user_cache(tmp_path):
    """Without the variable the cache of the user is taken, under the name of this project."""
    assert run(tmp_path, tmp_path / "script.py", XDG_CACHE_HOME=str(tmp_path))[0].startswith(
        f"8 {tmp_path}/flow-log-auditor/kernels-"
    )
    assert run(tmp_path, tmp_path / "script.py", HOME=str(tmp_path))[0].startswith(
        f"8 {tmp_path}/.cache/flow-log-auditor/kernels-"
    )


def test_kernel__is_kept_in_a_private_temporary_folder(tmp_path):
    """Where no cache can be written a folder that only this user can write is made for temporary files."""
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file")
    out, _ = run(tmp_path, tmp_path / "script.py", NUMBA_CACHE_DIR=nowhere, XDG_CACHE_HOME=nowhere)
    assert out.startswith(f"8 {tmp_path}/flow-log-auditor-{os.getuid()}/kernels-")
    assert (tmp_path / f"flow-log-auditor-{os.getuid()}").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("is_open", [True, False], ids=["open to all", "not there"])
def test_kernel__works_without_a_cache(tmp_path, is_open):
    """Without a folder to trust the kernel is compiled all the same, with one line about it."""
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file")
    if is_open:
        shared = tmp_path / f"flow-log-auditor-{os.getuid()}"
        shared.mkdir()
        shared.chmod(0o777)
    folder = tmp_path if is_open else tmp_path / "file"
    assert run(
        folder, tmp_path / "script.py", asks=False, NUMBA_CACHE_DIR=nowhere, XDG_CACHE_HOME=nowhere
    ) == ("8", WARNING)


def test_kernel__keeps_checked_versions_apart(tmp_path):
    """Kernels compiled with bounds checks do not mix with the others."""
    plain, _ = run(tmp_path, tmp_path / "script.py", NUMBA_CACHE_DIR=str(tmp_path))
    checked, _ = run(tmp_path, tmp_path / "script.py", NUMBA_CACHE_DIR=str(tmp_path), NUMBA_BOUNDSCHECK="1")
    assert checked == f"{plain}-checked"


def test_kernel__works_where_the_cache_cannot_be_written(tmp_path):
    """A limit on the size of files, like a full disk, loses the copy and not the call; one line says so."""
    script = tmp_path / "script.py"
    folder = f"{tmp_path}/kernels-"
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))\n"
    out, warned = run(tmp_path, script, before=limit, NUMBA_CACHE_DIR=str(tmp_path))
    assert out.startswith(f"8 {folder}")
    assert re.sub(rf"{folder}[^`]*", folder, warned) == (
        f"cannot keep compiled kernels in `{folder}`: File too large; they are compiled again"
    )
    assert not [*tmp_path.rglob("*.nbc"), *tmp_path.rglob("*.tmp.*")]


@pytest.mark.parametrize(("ending", "cause"), [("nbi", "EOFError Ran out of input"), ("nbc", "")])
def test_kernel__is_compiled_again_where_its_copy_is_damaged(tmp_path, ending, cause):
    """A torn index or a torn kernel is replaced, with one line, and found whole by the next start."""
    script = tmp_path / "script.py"
    first = run(tmp_path, script, NUMBA_CACHE_DIR=str(tmp_path))
    (kept,) = tmp_path.rglob(f"*.{ending}")
    content = kept.read_bytes()
    kept.write_bytes(content[: len(content) // 2] if ending == "nbc" else b"")
    out, warned = run(tmp_path, script, NUMBA_CACHE_DIR=str(tmp_path))
    assert out == first[0]
    assert warned.startswith(f"cannot read compiled kernels in `{tmp_path}/kernels-")
    assert warned.endswith(
        f"`: {cause or 'UnpicklingError pickle data was truncated'}; they are compiled again"
    )
    assert run(tmp_path, script, NUMBA_CACHE_DIR=str(tmp_path)) == first
    assert kept.read_bytes()


def test_is_to_compile__is_so_until_a_kernel_is_kept(tmp_path):
    """Also where the list of what is kept is damaged; a function that is no kernel never is."""
    script = tmp_path / "script.py"
    source = (
        "from kernels.jit import is_to_compile, kernel\n@kernel\ndef twice(number):\n    return 2 * number\n"
    )
    script.write_text(
        source + "print(is_to_compile(twice), twice(2), is_to_compile(twice), is_to_compile(len))"
    )

    def printed():
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
        command = [sys.executable, str(script)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert printed() == "True 4 False False\n"
    assert printed() == "False 4 False False\n"
    (index,) = tmp_path.rglob("*.nbi")
    index.write_bytes(b"")
    assert printed() == "True 4 False False\n"
