"""Exit statuses, as other programs read them (sysexits.h where it has one)."""

from __future__ import annotations

from tuimail.errors import ConfigError, Refused, TuimailError, Unreachable

OK = 0
FAILED = 1
"""Something asked for is not there, or could not be done."""
USAGE = 2
"""Wrong usage or configuration; nothing was tried."""
UNREACHABLE = 69
"""The server was not reached; what was printed came from the cache."""
BUG = 70
AGAIN = 75
"""Only a part came in time; what was printed is true as far as it goes."""
REFUSED = 77
"""The server refused the login, or is not trusted, or there is no password."""
INTERRUPTED = 130


def of(error: TuimailError | None) -> int:
    """The status that tells of an error."""
    match error:
        case None:
            return OK
        case ConfigError():
            return USAGE
        case Refused():
            return REFUSED
        case Unreachable():
            return UNREACHABLE
        case _:
            return FAILED
