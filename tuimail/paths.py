"""Where tuimail keeps its files, by the platform's conventions.

`TUIMAIL_HOME` puts everything below one folder instead: the demo and the tests use it,
and so can anyone who carries mail on a stick.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from platformdirs import PlatformDirs

from tuimail.errors import StoreError

PRIVATE = 0o700


class Paths(NamedTuple):
    """The folders of one user."""

    config: Path
    """Holds `config.toml` and the user's own `themes/`."""
    state: Path
    """`state.db`: what must not be lost."""
    cache: Path
    """`cache.db`: may be deleted at any time."""
    data: Path
    """Mail that exists nowhere else."""
    log: Path
    run: Path
    """Locks; need not survive a restart of the machine."""

    @property
    def config_file(self) -> Path:
        """The configuration when no other file is named."""
        return self.config / "config.toml"

    def ensure(self) -> None:
        """Make the folders, readable by their owner alone; mend modes that drifted.

        Raises StoreError when a folder cannot be made or belongs to somebody else.
        """
        for folder in (
            self.config,
            self.state,
            self.cache,
            self.data,
            self.log,
            self.run,
        ):
            _ensure_private(folder)


def default(environ: Mapping[str, str]) -> Paths:
    """The folders for this user; `TUIMAIL_HOME` in `environ` wins."""
    home = environ.get("TUIMAIL_HOME", "")
    if home:
        return under(Path(home).expanduser().absolute())
    dirs = PlatformDirs("tuimail", appauthor=False)
    state = dirs.user_state_path
    return Paths(
        config=dirs.user_config_path,
        state=state,
        cache=dirs.user_cache_path,
        data=dirs.user_data_path,
        log=state / "log",
        run=_run_folder(environ, state),
    )


def under(home: Path) -> Paths:
    """The same folders, all below `home`."""
    return Paths(
        config=home / "config",
        state=home / "state",
        cache=home / "cache",
        data=home / "data",
        log=home / "log",
        run=home / "run",
    )


def _run_folder(environ: Mapping[str, str], state: Path) -> Path:
    # Without XDG_RUNTIME_DIR the usual fallback is a guessable name in the common
    # temporary folder, which anybody could make first.
    runtime = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if runtime.is_absolute() and runtime.is_dir():
        return runtime / "tuimail"
    return state / "run"


def _ensure_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise StoreError(
                f"{folder} belongs to another user; give it to yours, or set"
                " TUIMAIL_HOME to a folder of your own."
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(PRIVATE)
    except OSError as error:
        raise StoreError(
            f"{folder} cannot be used: {error.strerror or error}. Check its"
            " permissions, or set TUIMAIL_HOME to another folder."
        ) from error
