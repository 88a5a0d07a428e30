"""Open what a message brings: its files, its links; or give them to a command."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from tuimail.config import OpenSettings
from tuimail.engine.events import (
    Event,
    Failed,
    Finished,
    Foreground,
    Held,
    Level,
    Notice,
    Piped,
    Progress,
)
from tuimail.engine.jobs import Priority, Ticket
from tuimail.engine.launch import Launcher, Program
from tuimail.engine.piping import Answer, pipe
from tuimail.engine.private_files import PrivateFiles
from tuimail.engine.taken import Taken, Taker
from tuimail.engine.unbox import unbox
from tuimail.engine.worker import Worker
from tuimail.errors import LaunchError, StoreError, TuimailError
from tuimail.mail.charset import decode_charset
from tuimail.mail.kinds import doubt, fitting, media_type, runs
from tuimail.mail.sanitize import safe_block, safe_text
from tuimail.mail.types import MessageId, Section

PAGE_MAX = 4 * 1024 * 1024


class Opener:
    """Answers wishes to open with Finished, Held, Foreground, Piped or Failed."""

    def __init__(
        self,
        taker: Taker,
        settings: OpenSettings,
        worker: Worker,
        emit: Callable[[Event], None],
    ) -> None:
        self._taker = taker
        self._launcher = Launcher(settings, os.environ, self._complain)
        self._files = PrivateFiles(os.environ)
        self._worker = worker
        self._emit = emit

    def open(
        self, message: MessageId, section: Section, ticket: Ticket, *, sure: bool
    ) -> None:
        """Begin to open a part; without `sure` one that is doubted is held back."""

        def look(taken: Taken) -> None:
            if not ticket.cancelled:
                self._look(message, taken, ticket, sure)

        self._take(message, section, ticket, look)

    def page(
        self, message: MessageId, section: Section, ticket: Ticket, *, remote: bool
    ) -> None:
        """Begin to show an HTML part in the browser, with nothing in it that runs."""

        def look(taken: Taken) -> None:
            text, _ = decode_charset(taken.data[:PAGE_MAX], taken.charset)
            kind = "page-remote" if remote else "page"
            clean = unbox(text.encode("utf-8", "replace"), kind).octets
            program = self._launcher.for_link("")
            if program is None or not clean:
                reason = "There is no browser here; p, then s saves the page."
                self._emit(Failed(ticket.number, safe_text(reason)))
                return
            try:
                file = self._files.place("message.html", clean)
            except StoreError as error:
                self._fail(ticket, error)
                return
            shown = self._launcher.for_link(f"file://{file}")
            assert shown is not None, "there was one a moment ago"
            self._start(shown, "pages", ticket, str(file))

        self._take(message, section, ticket, look)

    def link(self, url: str, ticket: Ticket) -> None:
        """Begin to open a link that was found good."""

        def begin() -> None:
            program = self._launcher.for_link(url)
            if program is None:
                reason = "There is no browser here; y copies the address."
                self._emit(Failed(ticket.number, safe_text(reason)))
            else:
                self._start(program, "links", ticket)

        self._worker.submit(Priority.OPEN, begin)

    @property
    def has_browser(self) -> bool:
        """Whether there is a program for links here."""
        return self._launcher.for_link("") is not None

    def pipe(
        self, message: MessageId, section: Section, line: str, ticket: Ticket
    ) -> None:
        """Begin to give a part to a command that was typed."""
        try:
            argv = self._launcher.words(line)
        except LaunchError as error:
            self._fail(ticket, error)
            return

        def run(taken: Taken) -> None:
            # The worker lays out texts as well, and must not wait for a command.
            threading.Thread(
                target=self._pipe,
                args=(argv, taken.data, ticket),
                name="pipe",
                daemon=True,
            ).start()

        self._take(message, section, ticket, run)

    def run_here(self, argv: tuple[str, ...], file: str) -> str:
        """Run a program on the terminal, to its end; gives what went wrong."""
        said = self._launcher.run_here(argv)
        if file:
            self._files.remove(file)
        return said

    def clip(self, text: str) -> None:
        """Put a text into the clipboards besides the terminal's."""
        self._worker.submit(Priority.INTENT, lambda: self._launcher.clip(text))

    def sweep(self) -> None:
        """Remove what runs left that were killed."""
        self._worker.submit(Priority.PREFETCH, self._files.sweep)

    def close(self) -> None:
        """Remove all files that were opened."""
        self._files.close()

    # -- inside -------------------------------------------------------------

    def _take(
        self,
        message: MessageId,
        section: Section,
        ticket: Ticket,
        done: Callable[[Taken], None],
    ) -> None:
        label = safe_text(f"part {section}")

        def progress(so_far: int, total: int) -> None:
            self._emit(Progress(ticket.number, so_far, total, label))

        def begin() -> None:
            self._taker.take(
                *(message, section, ticket, progress, done),
                lambda error: self._fail(ticket, error),
            )

        self._worker.submit(Priority.OPEN, begin)

    def _look(
        self, message: MessageId, taken: Taken, ticket: Ticket, sure: bool
    ) -> None:
        claim = taken.name, taken.media_type, taken.kind
        words = doubt(*claim)
        never = runs(*claim)
        if never or (words and not sure):
            held = Held(message, taken.section, ticket.number, words, not never)
            self._emit(held)
            return
        kind = media_type(*claim)
        try:
            file = self._files.place(fitting(*claim), taken.data)
            program = self._launcher.for_file(str(file), kind)
        except (LaunchError, StoreError) as error:
            self._fail(ticket, error)
            return
        self._start(program, kind, ticket, str(file))

    def _start(
        self, program: Program, what: str, ticket: Ticket, file: str = ""
    ) -> None:
        if program.terminal:
            self._emit(Foreground(ticket.number, program.argv, file))
            return
        try:
            self._launcher.start(program, what)
        except LaunchError as error:
            self._fail(ticket, error)
        else:
            words = safe_text(f"Opened with {program.name}.")
            self._emit(Finished(ticket.number, words))

    def _pipe(self, argv: tuple[str, ...], data: bytes, ticket: Ticket) -> None:
        environ = self._launcher.environment()
        try:
            answer = pipe(argv, data, environ, lambda: ticket.cancelled)
        except TuimailError as error:
            self._fail(ticket, error)
            return
        text = safe_block(answer.output.decode("utf-8", "replace"))
        words = safe_text(_answer_words(argv[0], answer))
        self._emit(Piped(ticket.number, safe_text(" ".join(argv), 60), text, words))

    def _complain(self, words: str) -> None:
        """A program ended at once; on a thread of its own."""
        self._emit(Notice(Level.WARNING, safe_text(words, 300)))

    def _fail(self, ticket: Ticket, error: TuimailError) -> None:
        self._emit(Failed(ticket.number, safe_text(str(error), 300)))


def _answer_words(name: str, answer: Answer) -> str:
    said = [] if not answer.status else [f"{name} ended with status {answer.status}."]
    if answer.status < 0:
        said = [f"{name} was ended by signal {-answer.status}."]
    if answer.cut:
        said.append("Only the first megabyte is shown.")
    if not answer.output:
        said.append(f"{name} printed nothing.")
    return " ".join(said)
