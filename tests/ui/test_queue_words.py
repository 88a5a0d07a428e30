"""The journal in words: what is to be done, how it stands, what discarding gives."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tuimail.engine.queue_words import (
    PastGesture,
    QueueEntry,
    age,
    back,
    how,
    moment,
    past,
    what,
)
from tuimail.mail.types import Flag, FlagSet, SafeText

READ = FlagSet(Flag.SEEN)
LABEL = FlagSet(keywords=frozenset({"work"}))
BOTH = FlagSet(Flag.FLAGGED, frozenset({"work"}))


def entry(kind: str, **values: Any) -> QueueEntry:
    base: dict[str, Any] = {
        **{"op": 1, "group": 1, "mailbox": None, "verb": kind, "state": "queued"},
        **{"mailbox_name": SafeText("INBOX"), "target_name": SafeText("")},
        **{"messages": 31, "first": None, "subject": SafeText("Re: lunch")},
        **{"add": FlagSet(), "remove": FlagSet(), "error": SafeText("")},
        **{"created": 0, "tries": 0},
    }
    return QueueEntry(kind=kind, **{**base, **values})


ARCHIVE = {"verb": "archive", "target_name": SafeText("Archive")}
RENAME = {"mailbox_name": SafeText("Lists"), "target_name": SafeText("News")}
FOO = {"mailbox_name": SafeText("Lists/foo"), "messages": 0}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (entry("move", **ARCHIVE), "archive 31 messages  INBOX → Archive"),
        (entry("move", messages=1, **ARCHIVE), 'archive "Re: lunch"  INBOX → Archive'),
        (entry("expunge"), "delete for good 31 messages  INBOX"),
        (entry("flag", add=READ, messages=1), 'mark as read: "Re: lunch"  in INBOX'),
        (entry("flag", remove=READ), "mark as unread: 31 messages  in INBOX"),
        (entry("flag", add=BOTH), "flag and label work: 31 messages  in INBOX"),
        (
            entry("flag", remove=LABEL),
            "take the label work off: 31 messages  in INBOX",
        ),
        (entry("flag"), "change flags: 31 messages  in INBOX"),
        (entry("mkbox", **FOO), "make folder Lists/foo"),
        (entry("mvbox", **RENAME), "rename folder Lists → News"),
        (entry("rmbox", **FOO), "delete folder Lists/foo"),
    ],
)
def test_what_is_to_be_done(given: QueueEntry, words: str) -> None:
    assert what(given) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (entry("move", **ARCHIVE), "31 messages go back to INBOX."),
        (entry("move", messages=1, **ARCHIVE), "1 message goes back to INBOX."),
        (entry("expunge", messages=1), "1 message comes back in INBOX."),
        (entry("copy", **ARCHIVE), "Nothing is copied to Archive."),
        (entry("rmbox", **FOO), "The folder Lists/foo comes back."),
        (entry("mvbox", **RENAME), "It keeps the name Lists."),
    ],
)
def test_what_discarding_gives(given: QueueEntry, words: str) -> None:
    assert back(given) == words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "waiting for the link"),
        ("held", "held"),
        ("running", "on its way"),
        ("unsure", "nobody knows whether it arrived; it will be looked for"),
        ("asking", "needs you"),
        ("failed", "failed"),
    ],
)
def test_how_it_stands(state: str, words: str) -> None:
    assert how(entry("move", state=state)) == words


def test_what_waits_for_a_time_says_how_long() -> None:
    later = int(time.time()) + 600
    assert how(entry("move", not_before=later)).startswith("is tried again in ")
    assert how(entry("expunge", state="held", not_before=later)).startswith("is sent")


def test_every_state_of_the_journal_has_words() -> None:
    for state in ("queued", "held", "running", "unsure", "waiting", "asking", "failed"):
        assert how(entry("move", state=state))


@pytest.mark.parametrize(
    ("entries", "undone", "words"),
    [
        (
            [entry("move", **ARCHIVE)],
            False,
            "archived 31 messages  INBOX → Archive",
        ),
        ([entry("flag", add=READ)], False, "marked as read: 31 messages  in INBOX"),
        ([entry("mkbox", **FOO)], True, "made folder Lists/foo  (undone)"),
        (
            [
                entry("flag", add=FlagSet(Flag.JUNK)),
                entry("move", verb="junk", target_name=SafeText("Junk")),
            ],
            False,
            "marked as junk 31 messages  INBOX → Junk",
        ),
        (
            [entry("mkbox", **FOO)] * 5,
            False,
            "; ".join(["made folder Lists/foo"] * 3) + "; and 2 more",
        ),
    ],
)
def test_what_was_done(entries: list[QueueEntry], undone: bool, words: str) -> None:
    assert past(PastGesture(1, 0, tuple(entries), undone, 31)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (12, "12 s"), (185, "3 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_ages(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_moments_of_this_week_have_their_day_and_older_ones_their_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    tuesday = 1_795_528_920
    assert moment(tuesday, tuesday + 3600) == "Tue 14:02"
    assert moment(tuesday, tuesday + 20 * 86400) == "24 Nov 14:02"
    monkeypatch.undo()
    time.tzset()
