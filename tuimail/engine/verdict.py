"""What a server's refusal means for an operation: again, ask the user, or failed."""

from __future__ import annotations

from dataclasses import dataclass

from tuimail.errors import AccountError, Gone

_FIXABLE = {
    "TRYCREATE": "The target folder does not exist.",
    "NONEXISTENT": "The folder does not exist on the server.",
    "NOPERM": "You have not the right to do this.",
    "READ-ONLY": "The folder can only be read.",
    "OVERQUOTA": "There is no room left in the mailbox.",
    "TOOBIG": "The message is too big for the server.",
    "CANNOT": "The server says this cannot be done at all.",
    "HASCHILDREN": "The folder has folders below it.",
    "ALREADYEXISTS": "There is a folder of that name already.",
}
_LATER = {"LIMIT": 300, "INUSE": 60, "SERVERBUG": 600}
_UNKNOWN = (60, 600, 3600)
"""Seconds between tries after a refusal without a reason; then it has failed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about a refusal."""

    again_s: int | None
    """Try again after so many seconds; None: not by itself."""
    fixable: bool
    """The user can do something about it."""
    words: str
    """For the queue: our words, then the server's."""

    @property
    def error_class(self) -> str:
        """As the journal notes it."""
        return "fixable" if self.fixable else ""


def judge(error: AccountError, tries: int) -> Verdict:
    """The meaning of a refusal (RFC 5530), after so many tries before this one."""
    code = error.code or ("NONEXISTENT" if isinstance(error, Gone) else "")
    said = f'The server said: "{error.text.strip()}"' if error.text else str(error)
    if code in _FIXABLE:
        return Verdict(None, True, f"{_FIXABLE[code]} {said}")
    if code in _LATER:
        return Verdict(_LATER[code], False, said)
    if code == "BAD" or tries >= len(_UNKNOWN):
        return Verdict(None, False, said)
    return Verdict(_UNKNOWN[max(0, tries)], False, said)
