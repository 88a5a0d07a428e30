"""Where files are kept, and that nobody else can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tuimail.errors import StoreError
from tuimail.paths import default, under


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_folder_can_hold_everything(tmp_path: Path) -> None:
    paths = default({"TUIMAIL_HOME": str(tmp_path)})
    assert paths == under(tmp_path)
    for name in paths._fields:
        assert getattr(paths, name).is_relative_to(tmp_path)


def test_folders_are_made_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        paths = under(tmp_path / "home")
        paths.ensure()
    finally:
        os.umask(before)
    for name in paths._fields:
        assert mode(getattr(paths, name)) == 0o700


def test_a_folder_that_others_could_read_is_mended(tmp_path: Path) -> None:
    paths = under(tmp_path)
    paths.state.mkdir()
    paths.state.chmod(0o755)
    paths.ensure()
    assert mode(paths.state) == 0o700


def test_a_file_in_the_place_of_a_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        under(tmp_path).ensure()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    paths = under(tmp_path)
    paths.cache.mkdir()
    os.chown(paths.cache, 12345, -1)
    with pytest.raises(StoreError, match="belongs to another user"):
        paths.ensure()


def test_locks_stay_out_of_the_common_temporary_folder(tmp_path: Path) -> None:
    assert default({"XDG_RUNTIME_DIR": str(tmp_path)}).run == tmp_path / "tuimail"
    for value in ("", "relative", "/nowhere/at/all"):
        paths = default({"XDG_RUNTIME_DIR": value})
        assert paths.run.is_relative_to(paths.state)
