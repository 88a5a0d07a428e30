"""The columns that a list may have, and what is wrong with a choice of them."""

from __future__ import annotations

from collections.abc import Sequence

COLUMNS = {
    "flags": "unread, flagged, answered …, and what cannot be opened now",
    "from": "who sent it",
    "to": "whom it is for",
    "subject": "with the conversation it hangs in",
    "first-line": "what the text says first, where there is room for it",
    "attachment": "@ where files are attached",
    "size": "how large it is",
    "date": "how long ago it was sent",
    "account": "whose it is",
    "folder": "where it lies",
    "labels": "keywords other than the usual flags",
    "to-me": "+ to you alone, T to you and others, C a copy to you",
}
"""Every column, and what is in it."""
DEFAULT = ("flags", "from", "subject", "first-line", "attachment", "size", "date")


def problem(columns: Sequence[str]) -> str:
    """Why a list cannot have these columns, one sentence; empty when it can."""
    for name in columns:
        if name not in COLUMNS:
            # Late: it is rarely wrong.
            from difflib import get_close_matches

            maybe = get_close_matches(name, COLUMNS, 1)
            hint = f"did you mean {maybe[0]}?" if maybe else _all()
            return f"There is no column {name!r:.40}; {hint}"
        if columns.count(name) > 1:
            return f"The column {name} is there twice."
    if "subject" not in columns:
        return "The column subject cannot be left out."
    return ""


def _all() -> str:
    return f"there are {', '.join(COLUMNS)}."
