"""Where a password comes from: a command, a file, the keyring, or the user.

It is asked for late, kept in memory only, and shown nowhere.
"""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

from tuimail.config import ImapAccount
from tuimail.errors import Refused
from tuimail.mail.sanitize import safe_bytes

COMMAND_S = 30.0
KEYRING_S = 5.0
NEEDED = "NEEDPASSWORD"
"""Code of the error that says: ask the user."""


class Password:
    """The password of one account; callable, remembers what it found."""

    def __init__(self, account: ImapAccount) -> None:
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
            return _from_keyring(account)
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
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"{path} could not be read: {error.strerror}.") from error
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise Refused(
                f"{path} can be read by others; run: chmod 600 {path}",
            )
        line = file.readline(10_000).rstrip(b"\r\n")
    if not line:
        raise Refused(f"{path} is empty; put the password on its first line.")
    return line.decode("utf-8", "replace")


def _from_keyring(account: ImapAccount) -> str:
    """From the system's keyring, which may hang or be missing on a remote host."""
    result: list[str | None] = []

    def ask() -> None:
        try:
            import keyring
            from keyring.errors import KeyringError
        except ImportError:
            return
        try:
            result.append(keyring.get_password(f"tuimail {account.host}", account.user))
        except KeyringError:
            result.append(None)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(KEYRING_S)
    if not result or not result[0]:
        raise Refused(
            f"The keyring gave no password for {account.user}; use"
            " `password_command`, or type it now.",
            code=NEEDED,
        )
    return result[0]
