"""Where a password comes from: a command, a file, the keyring, or the user.

It is asked for late, kept in memory only, and shown nowhere.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

from tuimail.config import ServerAccount
from tuimail.errors import Refused
from tuimail.mail.sanitize import safe_bytes

COMMAND_S = 30.0
KEYRING_S = 5.0
LINE_MAX = 10_000
NEEDED = "NEEDPASSWORD"
"""Code of the error that says: ask the user."""


class Password:
    """The password of one account; callable, remembers what it found."""

    def __init__(self, account: ServerAccount) -> None:
        self._account = account
        self._known = ""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Password(***)"

    def __call__(self) -> str:
        """The password. Refused says why there is none, and what to do."""
        with self._lock:
            if not self._known:
                self._known = self._find()
            return self._known

    def answer(self, password: str) -> None:
        """The user typed it."""
        with self._lock:
            self._known = password

    def forget(self) -> None:
        """The server refused it: find it anew the next time."""
        with self._lock:
            self._known = ""

    def _find(self) -> str:
        account = self._account
        if account.password_command:
            return from_command(account.password_command, account.name)
        if account.password_file is not None:
            return from_file(account.password_file)
        if account.password:
            return account.password
        if account.keyring:
            return from_keyring(account.host, account.user)
        raise Refused(f"{account.name} needs its password.", code=NEEDED)


def from_command(argv: tuple[str, ...], name: str) -> str:
    """First line of what a command prints; no shell, at most 30 s."""
    # Late: a start that asks no command need not load it.
    import subprocess

    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(
            f"The password command of {name} took over {COMMAND_S:.0f} s."
        ) from error
    except (OSError, ValueError) as error:
        raise Refused(
            f"The password command of {name} could not be run: {argv[0]}: {error}."
        ) from error
    if done.returncode != 0:
        said = safe_bytes(done.stderr.strip()[-300:], 300)
        raise Refused(
            f"The password command of {name} failed with status {done.returncode}"
            + (f": {said}" if said else ".")
        )
    line = done.stdout.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace")
    if not line:
        raise Refused(f"The password command of {name} printed nothing.")
    return line


def from_file(path: Path) -> str:
    """First line of a file that only we can read."""
    path = path.expanduser()
    try:
        # A pipe without a writer would block the opening for ever.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            line = file.readline(LINE_MAX).rstrip(b"\r\n")
    except OSError as error:
        raise Refused(f"{path} could not be read: {error.strerror}.") from error
    if not line:
        raise Refused(f"{path} is empty; put the password on its first line.")
    return line.decode("utf-8", "replace")


def _check_private(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"{path} is no file; put the password on its first line.")
    if found.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to somebody else; use a file of your own.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise Refused(f"{path} can be read by others; run: chmod 600 {path}")


def from_keyring(host: str, user: str) -> str:
    """From the system's keyring, which may hang, or be missing on a remote host.

    It runs in a process of its own: one that hangs is killed, one that asks on the
    terminal finds none, and what it says in its distress is read by nobody.
    """
    import subprocess

    command = [sys.executable, "-m", "keyring", "get", f"tuimail {host}", user]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=KEYRING_S,
            check=False,
            start_new_session=True,
        )
        found = done.stdout if done.returncode == 0 else b""
    except (OSError, ValueError, subprocess.TimeoutExpired):
        found = b""
    password = found.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
    if not password:
        raise Refused(
            f"The keyring gave no password for {user}; use"
            " `password_command`, or type it now.",
            code=NEEDED,
        )
    return password
