"""The broker of the tests is the one that was reviewed, or there is none."""

from __future__ import annotations

import pytest

from tests.broker import jars


def test_find_java__says_why_there_is_none(monkeypatch, tmp_path):
    """The line that a skipped test shows."""
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(jars.MissingError, match=r"^there is no Java$"):
        jars.find_java()
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019' >&2\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(jars.MissingError, match=r"^Java 11 is older than 17$"):
        jars.find_java()


def test_check_jars__refuses_another_file(monkeypatch, tmp_path):
    """One that was changed, one too many, one too few."""
    lock = tmp_path / "jars.sha256"
    lock.write_text(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.jar\n", encoding="utf-8"
    )
    monkeypatch.setattr(jars, "LOCK", lock)
    folder = tmp_path / "jars"
    folder.mkdir()
    with pytest.raises(AssertionError, match=r"^a.jar is not the file that jars.sha256 speaks of$"):
        jars.check_jars(folder)
    (folder / "a.jar").write_bytes(b"abc")
    jars.check_jars(folder)
    (folder / "b.jar").write_bytes(b"abc")
    with pytest.raises(AssertionError, match=r"^b.jar is not the file that jars.sha256 speaks of$"):
        jars.check_jars(folder)
