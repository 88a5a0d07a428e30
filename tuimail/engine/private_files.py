"""Files for other programs to look at: private, read-only, and gone when we end.

Each lies in a folder of its own below one of this run; the folder's name carries our
process number, so that the next start finds what a killed run left.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from tuimail.errors import StoreError

PREFIX = "tuimail-open-"
_OURS = re.compile(re.escape(PREFIX) + r"(\d{1,9})-\w{1,20}")


class PrivateFiles:
    """The files of this run."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._places = list(_places(environ))
        self._folders: dict[Path, Path] = {}
        """For each place that was needed, our folder in it."""
        self._lock = threading.Lock()

    def place(self, name: str, data: bytes) -> Path:
        """A new file (0400, in a folder 0700) of this name, which is safe already.

        Raises StoreError when there is no room for it.
        """
        trouble: OSError | None = None
        for place in self._places:
            try:
                return self._put(place, name, data)
            except OSError as error:
                # The folder of the session lies in memory and may be small.
                trouble = error
        reason = (trouble.strerror or str(trouble)).lower() if trouble else ""
        raise StoreError(f"There is no place for a file to open: {reason}. Save it.")

    def remove(self, file: str) -> None:
        """The program that looked at it has ended."""
        folder = Path(file).parent
        with self._lock:
            ours = folder.parent in self._folders.values()
        if ours:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Remove all files of this run."""
        with self._lock:
            for folder in self._folders.values():
                shutil.rmtree(folder, ignore_errors=True)
            self._folders.clear()

    def sweep(self) -> None:
        """Remove what runs left that were killed."""
        for place in self._places:
            for folder in _left(place):
                shutil.rmtree(folder, ignore_errors=True)

    def _put(self, place: Path, name: str, data: bytes) -> Path:
        with self._lock:
            if place not in self._folders:
                prefix = f"{PREFIX}{os.getpid()}-"
                made = tempfile.mkdtemp(prefix=prefix, dir=place)
                self._folders[place] = Path(made)
            folder = Path(tempfile.mkdtemp(dir=self._folders[place]))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            with os.fdopen(os.open(folder / name, flags, 0o400), "wb") as file:
                file.write(data)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder / name


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    """The session's own folder when there is one, then the one for all."""
    runtime = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if runtime.is_absolute() and runtime.is_dir():
        yield runtime
    yield Path(tempfile.gettempdir()).absolute()


def _left(place: Path) -> Iterator[Path]:
    """Folders of ours whose process is no more; links and others' are not ours."""
    try:
        found = list(place.iterdir())
    except OSError:
        return
    for folder in found:
        named = _OURS.fullmatch(folder.name)
        if named is None or _alive(int(named[1])):
            continue
        try:
            state = folder.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid():
            yield folder


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
