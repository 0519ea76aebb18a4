"""A process that compiles ahead: who needs a kernel of it waits for that one, and for nothing that will not come."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kernels.ahead import Ahead, compiling_ahead, is_coming

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no process is started elsewhere")
ROOT = Path(__file__).parents[2]
NAMES = ("some.kernel", "some.other")
ANNOUNCE = """
import sys
from pathlib import Path
from kernels.ahead import announce, announce_all
announce("before")
print(announce_all(Path(sys.argv[1])), flush=True)
announce("some.kernel")
"""
KERNEL = """
import resource, sys
from pathlib import Path
from kernels.ahead import announce_all
from kernels.jit import kernel
announce_all(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))
@kernel
def twice(number):
    return 2 * number
twice(2)
"""


def program(source):
    """Return the command that runs a program."""
    return [sys.executable, "-c", source]


@pytest.fixture
def ahead():
    """Start processes, and end them."""
    begun = []

    def start(source, most_s=60.0):
        begun.append(Ahead(program(source), NAMES, most_s))
        return begun[-1]

    yield start
    for each in begun:
        each.close()


def test_ahead__is_waited_for_until_it_has_the_kernel(ahead):
    """Names may come in pieces; one that has come is not waited for, nor one of nobody's."""
    pieces = "import sys, time\nfor piece in ('some.ot', 'her\\nsome.', 'kernel\\n'):\n"
    process = ahead(pieces + " time.sleep(.1); sys.stdout.write(piece); sys.stdout.flush()\ntime.sleep(60)")
    assert not process.wait_for("nobodys.kernel")
    assert process.wait_for("some.kernel")
    assert process.wait_for("some.other")


@pytest.mark.parametrize("source", ["", "raise SystemExit(3)", "print('some.kern', end='')"])
def test_ahead__is_not_waited_for_once_it_has_ended(ahead, source):
    """Its kernels are compiled where they are needed, whatever it died of."""
    process = ahead(source)
    assert not process.wait_for("some.kernel")
    assert not process.wait_for("some.other")


def test_ahead__is_waited_for_until_a_time(ahead):
    """One that hangs delays an audit once."""
    process = ahead("import time; time.sleep(60)", most_s=0.2)
    begun = time.monotonic()
    assert not process.wait_for("some.kernel")
    assert not process.wait_for("some.other")
    assert time.monotonic() - begun < 30


def test_compiling_ahead__ends_the_process(tmp_path):
    """Nothing is left behind when the audit ends first."""
    source = f"import os, time; open({str(tmp_path / 'id')!r}, 'w').write(str(os.getpid()))\n"
    with compiling_ahead(program(source + "print('some.kernel', flush=True); time.sleep(60)"), NAMES):
        assert is_coming("some.kernel")
    assert not is_coming("some.kernel")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)


def test_compiling_ahead__waits_for_the_process_only(tmp_path):
    """What it started holds its output open; nobody waits for that."""
    source = "import subprocess\nsubprocess.Popen(['sleep', '30'])\nprint('some.kernel', flush=True)"
    begun = time.monotonic()
    with compiling_ahead(program(source), NAMES):
        assert is_coming("some.kernel")
    assert time.monotonic() - begun < 20


def test_compiling_ahead__says_where_no_process_can_be_started(tmp_path):
    """Whoever asked for it knows what to do without."""
    with pytest.raises(FileNotFoundError), compiling_ahead([str(tmp_path / "nothing")], NAMES):
        pass
    assert not is_coming("some.kernel")


def test_announce_all__is_for_one_process_of_a_cache(tmp_path):
    """The second one says no, and does not announce."""
    command = [*program(ANNOUNCE), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def announced():
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert announced() == "True\nsome.kernel\n"
    with (tmp_path / "ahead.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert announced() == "False\n"
    assert announced() == "True\nsome.kernel\n"


@pytest.mark.jit_only
@pytest.mark.parametrize("limit", ["resource.RLIM_INFINITY", "64"], ids=["kept", "not kept"])
def test_announce__says_so_of_kernels_that_cannot_be_kept_too(tmp_path, limit):
    """A full disk must not have an audit wait for nothing; nor must a kernel that was there already."""
    (tmp_path / "script.py").write_text(KERNEL.format(limit=limit))
    command = [sys.executable, str(tmp_path / "script.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    for _ in range(2):
        ran = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        assert ran.stdout == "__main__.twice\n"
