"""Every error tuimail raises on purpose.

    TuimailError
    ├── ConfigError          the configuration cannot be used; holds every problem
    ├── StoreError           the store cannot be used (damaged, full, too new)
    ├── LaunchError          another program could not be run
    ├── QueryError           what was typed to search for cannot be read
    └── AccountError         something about one account
        ├── Refused          login rejected or needs the user; never retried by itself
        ├── Unreachable      DNS, TCP, TLS, time-out; retried with back-off
        │   └── Busy         the server lets nobody in just now; not before `wait_s`
        ├── ServerFault      the server said NO or BAD, or nonsense
        ├── Gone             mailbox or message no longer there
        ├── Unsupported      the server lacks a capability
        └── Cancelled        the user cancelled

`str(error)` is one clear sentence for a person: what happened and what to do.
"""

from __future__ import annotations


class TuimailError(Exception):
    """Base of all errors that are meant to be shown as one sentence."""


class ConfigError(TuimailError):
    """The configuration cannot be used.

    `problems` holds one sentence per problem, each with file, line and key.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreError(TuimailError):
    """The local store cannot be used; the sentence says what to do."""


class LaunchError(TuimailError):
    """Another program could not be run; the sentence says why."""


class QueryError(TuimailError):
    """A query cannot be read; the sentence says why, and what may have been meant."""

    def __init__(
        self,
        message: str,
        start: int,
        end: int,
        *,
        unfinished: bool = False,
        suggestion: str = "",
    ) -> None:
        super().__init__(message)
        self.start = start
        """Where the word at fault begins in the text, in characters."""
        self.end = end
        self.unfinished = unfinished
        """It may become a query when more is typed: no reason to complain yet."""
        self.suggestion = suggestion
        """What may stand instead of the word, e.g. `from:`; empty when unknown."""


class AccountError(TuimailError):
    """Something about one account failed."""

    def __init__(self, message: str, *, code: str = "", text: str = "") -> None:
        super().__init__(message)
        self.code = code
        """Response code in upper case without brackets, e.g. `OVERQUOTA` (RFC 5530)."""
        self.text = text
        """The server's own words, raw: sanitise before showing."""


class Refused(AccountError):
    """The server refused the login, or the certificate is not trusted."""


class Unreachable(AccountError):
    """The server could not be reached or the connection was lost."""


class Busy(Unreachable):
    """The server answers, and lets nobody in for a while.

    `code` tells why: `IN-USE` (another program has the maildrop), `LOGIN-DELAY` (we
    came back too soon), `SYS/TEMP` (trouble of its own); RFC 2449 §8.1, RFC 3206.
    """

    def __init__(
        self, message: str, *, code: str = "", text: str = "", wait_s: float = 60.0
    ) -> None:
        super().__init__(message, code=code, text=text)
        self.wait_s = wait_s
        """Seconds before which another try makes no sense."""


class ServerFault(AccountError):
    """The server refused a command or talked nonsense."""


class Gone(AccountError):
    """The mailbox or message is no longer on the server."""


class Away(AccountError):
    """A maildrop cannot be reached just now; what lies here can be used."""


class Waits(AccountError):
    """The message is still in the maildrop: it has to be fetched first."""


class Unsupported(AccountError):
    """The server lacks what this needs."""


class Cancelled(AccountError):
    """The user cancelled this."""
