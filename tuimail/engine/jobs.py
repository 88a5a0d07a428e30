"""What a lane runs: small units of work with a priority and an owner's ticket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from threading import Event as Flag
from typing import TYPE_CHECKING

from tuimail.errors import TuimailError

if TYPE_CHECKING:
    from tuimail.net.imap import ImapSession


class Priority(IntEnum):
    """Order in which a lane takes jobs; the lowest number first."""

    OPEN = 0
    """Somebody looks at an empty pane until this is done."""
    INTENT = 10
    """What the user did, on its way to the server."""
    VISIBLE = 20
    """The list on screen."""
    REFRESH = 30
    PREFETCH = 40


class Ticket:
    """A request somebody may cancel; unique within the process."""

    _numbers = count(1)

    def __init__(self) -> None:
        self.number = next(self._numbers)
        self._cancelled = Flag()

    def cancel(self) -> None:
        """Ask the work to stop at its next slice."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody cancelled it."""
        return self._cancelled.is_set()


@dataclass(frozen=True, slots=True)
class Job:
    """Work for one connection: runs to its end or raises an AccountError."""

    name: str
    """What it is and for what; two waiting jobs of one name are one job."""
    run: Callable[[ImapSession], None]
    failed: Callable[[TuimailError], None] = field(default=lambda error: None)
    """Told when it could not run, for lack of a connection or by an error."""
    ticket: Ticket = field(default_factory=Ticket)
    patience_s: float = 3.0
    """How long the server may be silent once somebody presses for an answer."""
