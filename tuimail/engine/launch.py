"""Run other programs for the user: to look at a file, to follow a link, as a filter.

Always a list of words and never a shell, never a mailcap; away from the terminal unless
the program needs it; without what looks like a secret in the environment. Nothing is
run but by the user's wish.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from tuimail.config import OpenSettings
from tuimail.errors import LaunchError

QUICK_S = 10.0
"""A program that ends badly within so many seconds could not do its work."""
FEED_S = 2.0
TERMINAL = frozenset(
    "less more most vim vi nvim view nano micro hx kak ne joe bat w3m lynx elinks links"
    " links2 sc-im visidata vd timg".split()
)
"""Programs that need the terminal, well known."""
_SECRET = re.compile(
    r"(?i)(?:^|_)(?:password|passwd|passphrase|pass|pwd|secrets?|tokens?|apikey|api_key"
    r"|access_key|private_key|credentials?|bearer)(?:_|$)"
)
_PLAIN = re.compile(r"[\w./+=@,-]+")
log = logging.getLogger(__name__)


class Program(NamedTuple):
    """Words of a command, the file or address included."""

    argv: tuple[str, ...]
    terminal: bool = False
    """It needs the terminal, so the screen has to step aside."""

    @property
    def name(self) -> str:
        """What it is called."""
        return Path(self.argv[0]).name


class Launcher:
    """Chooses programs and starts them."""

    def __init__(
        self,
        settings: OpenSettings,
        environ: Mapping[str, str],
        complain: Callable[[str], None],
    ) -> None:
        """`complain` is told, on any thread, when a program ends at once and badly."""
        self._settings = settings
        self._environ = environ
        self._complain = complain

    def for_file(self, file: str, media_type: str) -> Program:
        """The program for a file of this type. LaunchError when there is none."""
        chosen = self._configured(media_type)
        if not chosen:
            if not self._desktop():
                raise LaunchError(
                    f"There is no screen here for another program, and none for"
                    f" {media_type} in [open] of the configuration; p, then s saves"
                    " it or | gives it to a command."
                )
            chosen = (_opener(),)
        return self._program(chosen, file)

    def for_link(self, url: str) -> Program | None:
        """The program for a link; None when there is no browser here."""
        chosen = self._settings.browser or _browser(self._environ.get("BROWSER", ""))
        if not chosen and self._desktop():
            chosen = (_opener(),)
        return self._program(chosen, url) if chosen else None

    def start(self, program: Program, what: str) -> None:
        """Start it away from the terminal, and hear of it when it fails at once.

        `what` it opens, for the sentence. LaunchError when it cannot be started.
        """
        begun = time.monotonic()
        try:
            child = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=scrubbed(self._environ),
                start_new_session=True,
                close_fds=True,
            )
        except (OSError, ValueError) as error:
            raise LaunchError(_not_started(program, error)) from error

        def watch() -> None:
            status = child.wait()
            if status and time.monotonic() - begun < QUICK_S:
                self._complain(_ended_words(program, status, what))

        threading.Thread(target=watch, name="program", daemon=True).start()

    def run_here(self, argv: Sequence[str]) -> str:
        """Run a program on the terminal, to its end; gives what went wrong.

        Only from the main thread, and while the screen has stepped aside.
        """
        # A key that interrupts the program is not meant for us. A function and not
        # SIG_IGN, which the program would inherit.
        numbers = (signal.SIGINT, signal.SIGQUIT)
        before = [signal.signal(each, lambda number, frame: None) for each in numbers]
        program = Program(tuple(argv), terminal=True)
        try:
            status = subprocess.run(
                program.argv, env=scrubbed(self._environ), check=False
            ).returncode
        except (OSError, ValueError) as error:
            return _not_started(program, error)
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)
        return _ended_words(program, status, "") if status else ""

    def clip(self, text: str) -> None:
        """Put a text into the clipboards that programs of this machine reach."""
        for argv in clip_commands(self._environ):
            trouble = feed(argv, text.encode(), scrubbed(self._environ))
            if trouble:
                log.info("%s: %s", argv[0], trouble)

    def words(self, line: str) -> tuple[str, ...]:
        """A typed command line as words; LaunchError when it is none."""
        try:
            argv = tuple(shlex.split(line))
        except ValueError as error:
            raise LaunchError("A quotation mark in it is not closed.") from error
        if not argv or "\0" in line:
            raise LaunchError("That is no command.")
        return argv

    def environment(self) -> dict[str, str]:
        """What programs get to know."""
        return scrubbed(self._environ)

    def _configured(self, media_type: str) -> tuple[str, ...]:
        """Exactly this type first, then the first pattern that fits."""
        programs = self._settings.programs
        exact = [argv for kind, argv in programs if kind == media_type]
        fits = [argv for kind, argv in programs if fnmatchcase(media_type, kind)]
        return next(iter([*exact, *fits]), ())

    def _program(self, argv: tuple[str, ...], target: str) -> Program:
        filled = tuple(word.replace("{}", target) for word in argv)
        if filled == argv:
            filled = (*argv, target)
        names = TERMINAL | set(self._settings.terminal)
        return Program(filled, Path(argv[0]).name in names)

    def _desktop(self) -> bool:
        """Whether there is a screen for programs with windows."""
        environ = self._environ
        if sys.platform == "darwin":
            return not environ.get("SSH_CONNECTION")
        return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without what looks like a secret by its name."""
    return {
        name: value
        for name, value in environ.items()
        if not _SECRET.search(name) and not name.startswith("TUIMAIL_")
    }


def clip_commands(environ: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Programs that take a text for a clipboard here; the terminal is told besides."""
    found: list[tuple[str, ...]] = []
    if environ.get("TMUX"):
        found.append(("tmux", "load-buffer", "-w", "-"))
    if environ.get("SSH_CONNECTION"):
        return found
    if sys.platform == "darwin":
        found.append(("pbcopy",))
    elif environ.get("WAYLAND_DISPLAY"):
        found.append(("wl-copy",))
    elif environ.get("DISPLAY"):
        found.append(("xclip", "-selection", "clipboard", "-in"))
    return [argv for argv in found if shutil.which(argv[0])]


def feed(argv: Sequence[str], data: bytes, environ: Mapping[str, str]) -> str:
    """Give a program octets to read, and no output; gives what went wrong."""
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return str(error)
    try:
        child.communicate(data, FEED_S)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return "took too long"
    return f"ended with status {child.returncode}" if child.returncode else ""


def _opener() -> str:
    return "open" if sys.platform == "darwin" else "xdg-open"


def _browser(value: str) -> tuple[str, ...]:
    """The first of `$BROWSER` when it is plain words: no `%s`, nothing for a shell."""
    words = tuple(value.partition(os.pathsep)[0].split())
    plain = all(map(_PLAIN.fullmatch, words))
    return words if plain and not value.startswith("-") else ()


def _not_started(program: Program, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        reason = "is not installed"
    else:
        said = error.strerror if isinstance(error, OSError) else str(error)
        reason = f"could not be started: {(said or str(error)).lower()}"
    return f"{program.name} {reason}; set [open] in the configuration."


def _ended_words(program: Program, status: int, what: str) -> str:
    if status < 0:
        return f"{program.name} was ended by signal {-status}."
    reason = ""
    if program.name == "xdg-open" and status in (3, 4):
        reason = f": no program for {what}; set [open] in the configuration"
    return f"{program.name} ended with status {status}{reason}."
