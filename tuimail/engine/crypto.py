"""Signatures and encrypted mail through gpg and gpgsm: the only place that runs them.

No network, no shell, no terminal of ours: a passphrase is asked for by the agent in a
window of its own or not at all. What is decrypted stays in memory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tuimail.mail.sealed import PGP, SMIME, State, Verdict, read_status
from tuimail.mail.types import Part, SafeText

VERIFY_S, DECRYPT_S = 20.0, 120.0
OUTPUT_MAX = 64 * 1024 * 1024
POLL_S = 0.1
_UNASKED = ["--pinentry-mode", "cancel"]
"""To check needs no secret; gpgsm would ask whether to trust a stranger's authority."""
PROGRAMS = {PGP: "gpg", SMIME: "gpgsm"}
_KEPT = (
    "HOME GNUPGHOME PATH LANG LC_ALL LC_CTYPE DISPLAY WAYLAND_DISPLAY"
    " XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS"
).split()
"""Of the environment; not GPG_TTY, so that nothing is drawn into our screen."""
_OPTIONS = {
    PGP: ["--no-auto-key-retrieve", "--no-auto-key-locate", "--disable-dirmngr"],
    SMIME: ["--disable-crl-checks", "--disable-dirmngr"],
}
Cancelled = Callable[[], bool]


class Opened(NamedTuple):
    """What was inside, and what is to be said of it."""

    octets: bytes
    """Empty when it could not be opened."""
    verdict: Verdict
    entity: bool = True
    """They are a MIME entity, with parts of its own."""
    root: Part | None = None
    """Its parts, once it was looked at."""


@cache
def available(protocol: str) -> bool:
    """Whether the program for a protocol is there."""
    return shutil.which(PROGRAMS[protocol]) is not None


def missing(protocol: str, what: str) -> Verdict:
    """What is said where the program is not there."""
    program = PROGRAMS[protocol]
    said = f"{what}; install {program} to have that looked at."
    return Verdict(State.NOT_CHECKED, SafeText(said))


def verify(
    signed: bytes,
    signature: bytes,
    protocol: str,
    sender: str,
    cancelled: Cancelled = lambda: False,
) -> Verdict:
    """Check a detached signature over `signed`."""
    with tempfile.TemporaryDirectory(prefix="tuimail-") as folder:
        file = Path(folder) / "signature"
        file.write_bytes(signature)
        command = [*_UNASKED, "--verify", str(file), "-"]
        run = _run(protocol, command, signed, VERIFY_S, cancelled)
    return _verdict(run, protocol, sender, opened=False)


def decrypt(
    data: bytes,
    protocol: str,
    sender: str,
    cancelled: Cancelled = lambda: False,
    *,
    signed: bool = False,
) -> Opened:
    """Open what is encrypted, or only wrapped and `signed`."""
    wrapped = signed and protocol == SMIME
    action = ["--verify"] if wrapped else ["--decrypt"]
    if protocol == SMIME:
        action += [] if b"-----BEGIN" in data[:100] else ["--assume-binary"]
    if wrapped:
        with tempfile.TemporaryDirectory(prefix="tuimail-") as folder:
            out = Path(folder) / "out"
            command = [*_UNASKED, "--output", str(out), *action, "-"]
            run = _run(protocol, command, data, VERIFY_S, cancelled)
            octets = out.read_bytes()[:OUTPUT_MAX] if out.exists() else b""
    else:
        run = _run(protocol, [*action, "-"], data, DECRYPT_S, cancelled)
        octets = run.output
    verdict = _verdict(run, protocol, sender, opened=not signed)
    lost = verdict.state in (State.NOT_FOR_US, State.FAILED)
    return Opened(b"" if lost else octets, verdict)


class _Ran(NamedTuple):
    status: bytes
    output: bytes


def _verdict(run: _Ran, protocol: str, sender: str, *, opened: bool) -> Verdict:
    def named(key: str) -> dict[str, bool] | None:
        return _addresses(key, protocol)

    return read_status(run.status, sender, named, opened=opened)


def _addresses(key: str, protocol: str) -> dict[str, bool] | None:
    """All addresses of the key or certificate that signed: it may have several.

    Of a key each is vouched for or not; a certificate's authority vouches for all.
    """
    if not key.isalnum():
        return None
    command = ["--with-colons", "--list-keys", "--", key]
    listed = _run(protocol, command, b"", VERIFY_S, lambda: False)
    found: dict[str, bool] = {}
    for line in listed.output.decode("utf-8", "replace").split("\n"):
        fields = line.split(":")
        if fields[0] == "uid" and fields[1] not in ("r", "e", "i") and len(fields) > 9:
            address = _address(fields[9], protocol).lower()
            sure = protocol == SMIME or fields[1] in ("f", "u")
            found[address] = found.get(address, False) or sure
    found.pop("", None)
    return found if listed.output else None


def _address(name: str, protocol: str) -> str:
    """The address in a user id; of a certificate not what its subject merely says."""
    if protocol == SMIME and not name.startswith("<"):
        return ""
    return name.rpartition("<")[2].partition(">")[0]


def _run(
    protocol: str, action: list[str], data: bytes, limit_s: float, cancelled: Cancelled
) -> _Ran:
    """Run the program over `data`; what it could not do is in its status."""
    status_in, status_out = os.pipe()
    options = ["--batch", "--no-tty", "--status-fd", str(status_out)]
    try:
        child = subprocess.Popen(
            [PROGRAMS[protocol], *options, *_OPTIONS[protocol], *action],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(status_out,),
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
            start_new_session=True,
        )
    except OSError:
        os.close(status_in)
        return _Ran(b"", b"")
    finally:
        os.close(status_out)
    return _collected(child, status_in, data, limit_s, cancelled)


def _collected(
    child: subprocess.Popen[bytes],
    status_in: int,
    data: bytes,
    limit_s: float,
    cancelled: Cancelled,
) -> _Ran:
    """Feed it and read both of its answers, under limits of time and octets."""
    assert child.stdin is not None
    assert child.stdout is not None
    status, output = bytearray(), bytearray()
    jobs = [
        threading.Thread(target=_feed, args=(child, data), daemon=True),
        threading.Thread(target=_drain, args=(child.stdout.fileno(), output, child)),
        threading.Thread(target=_drain, args=(status_in, status, child)),
    ]
    for job in jobs:
        job.start()
    deadline = time.monotonic() + limit_s
    while True:
        try:
            child.wait(POLL_S)
            break
        except subprocess.TimeoutExpired:
            if cancelled() or time.monotonic() > deadline:
                child.kill()
    for job in jobs[1:]:
        job.join()
    os.close(status_in)
    child.stdout.close()
    return _Ran(bytes(status), bytes(output))


def _feed(child: subprocess.Popen[bytes], data: bytes) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(data)
        child.stdin.close()
    except OSError:
        # It wanted no more of it.
        return


def _drain(handle: int, into: bytearray, child: subprocess.Popen[bytes]) -> None:
    while piece := os.read(handle, 1 << 16):
        into += piece
        if len(into) > OUTPUT_MAX:
            child.kill()
            return
