"""The journal in plain words, for the queue, the history and the command line."""

from __future__ import annotations

import time

from tuimail.engine.present import messages_words
from tuimail.mail.header_pane import DAYS, MONTHS
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Flag, FlagSet, SafeText
from tuimail.store.values import PastGesture, QueueEntry

__all__ = ["PastGesture", "QueueEntry", "age", "back", "how", "moment", "past", "what"]

SUBJECT_MAX = 32
"""Letters of a subject; where the message goes must fit beside it."""
STATES = {
    "queued": "waiting for the link",
    "held": "held",
    "running": "on its way",
    "unsure": "nobody knows whether it arrived; it will be looked for",
    "waiting": "waiting for another change",
    "asking": "needs you",
    "failed": "failed",
    "done": "done",
    "void": "was not needed",
}
_Tenses = tuple[str, str]
"""What is to be done, and what was done."""
_VERBS: dict[str, _Tenses] = {
    "move": ("move", "moved"),
    "archive": ("archive", "archived"),
    "delete": ("delete", "deleted"),
    "junk": ("mark as junk", "marked as junk"),
    "not junk": ("mark as no junk", "marked as no junk"),
    "snooze": ("snooze", "snoozed"),
    "unsnooze": ("bring back", "brought back"),
    "undo": ("put back", "put back"),
    "copy": ("copy", "copied"),
    "expunge": ("delete for good", "deleted for good"),
    "append": ("store", "stored"),
    "carried": ("take away, once moved,", "took away, once moved,"),
    "mkbox": ("make folder", "made folder"),
    "mvbox": ("rename folder", "renamed folder"),
    "rmbox": ("delete folder", "deleted folder"),
    "subscribe": ("subscribe to", "subscribed to"),
    "unsubscribe": ("unsubscribe from", "unsubscribed from"),
}
_MARKS: dict[Flag, tuple[_Tenses, _Tenses]] = {
    Flag.SEEN: (
        ("mark as read", "marked as read"),
        ("mark as unread", "marked as unread"),
    ),
    Flag.FLAGGED: (("flag", "flagged"), ("take the flag off", "took the flag off")),
    Flag.ANSWERED: (
        ("mark as answered", "marked as answered"),
        ("mark as not answered", "marked as not answered"),
    ),
    Flag.DELETED: (
        ("mark as deleted", "marked as deleted"),
        ("take the deletion mark off", "took the deletion mark off"),
    ),
    Flag.JUNK: (
        ("mark as junk", "marked as junk"),
        ("take the junk mark off", "took the junk mark off"),
    ),
}
"""How setting a flag is called, and clearing it."""


def what(entry: QueueEntry) -> SafeText:
    """What it is about, e.g. `move 3 messages  INBOX → Archive`."""
    return _said(entry, 0)


def how(entry: QueueEntry) -> SafeText:
    """How it stands, e.g. `waiting for the link`."""
    words = STATES.get(entry.state, entry.state)
    if entry.not_before is not None:
        seconds = max(1, entry.not_before - int(time.time()))
        begins = "is sent" if entry.state == "held" else "is tried again"
        words = f"{begins} in {age(seconds)}"
    return safe_text(words)


def back(entry: QueueEntry) -> SafeText:
    """What the screen returns to when this is discarded."""
    count, folder = messages_words(entry.messages), entry.mailbox_name
    go = "goes" if entry.messages == 1 else "go"
    match entry.kind:
        case "move":
            words = f"{count} {go} back to {folder}."
        case "expunge":
            words = f"{count} {'comes' if go == 'goes' else 'come'} back in {folder}."
        case "append":
            words = f"Nothing is stored in {entry.target_name}."
        case "copy":
            words = f"Nothing is copied to {entry.target_name}."
        case "flag":
            words = f"{count} in {folder}: shown as on the server again."
        case "mkbox":
            words = f"There will be no folder {folder}."
        case "mvbox":
            words = f"It keeps the name {folder}."
        case "rmbox":
            words = f"The folder {folder} comes back."
        case _:
            words = "All stays as it is on the server."
    return safe_text(words, 300)


def past(gesture: PastGesture) -> SafeText:
    """A gesture of the history, e.g. `archived 31 messages  INBOX → Archive`."""
    filed = [entry for entry in gesture.entries if entry.kind != "flag"]
    entries = filed or gesture.entries
    words = "; ".join(_said(entry, 1) for entry in entries[:3])
    more = len(entries) - 3
    words += f"; and {more} more" if more > 0 else ""
    words += f"  (rule {entries[0].rule})" if entries[0].rule else ""
    return safe_text(words + ("  (undone)" if gesture.undone else ""), 600)


def age(seconds: float) -> str:
    """A span of time in one word: `12 s`, `3 min`, `5 h`, `2 d`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def moment(epoch: int, now: float) -> str:
    """When something was done: `Tue 14:02`, and before this week `3 Nov 14:02`."""
    at = time.localtime(epoch)
    day = DAYS[at.tm_wday]
    if now - epoch >= 6 * 86400:
        day = f"{at.tm_mday} {MONTHS[at.tm_mon - 1]}"
    return f"{day} {at.tm_hour:02}:{at.tm_min:02}"


def _said(entry: QueueEntry, tense: int) -> SafeText:
    verb = _VERBS.get(entry.verb, (entry.verb, entry.verb))[tense]
    match entry.kind:
        case "flag":
            marks = _marks(entry, tense)
            words = f"{marks}: {_about(entry)}  in {entry.mailbox_name}"
        case "mvbox":
            words = f"{verb} {entry.mailbox_name} → {entry.target_name}"
        case "mkbox" | "rmbox" | "subscribe":
            words = f"{verb} {entry.mailbox_name}"
        case _:
            there = f" → {entry.target_name}" if entry.target_name else ""
            words = f"{verb} {_about(entry)}  {entry.mailbox_name}{there}"
    return safe_text(words, 400)


def _about(entry: QueueEntry) -> str:
    if entry.messages == 1 and entry.subject:
        subject = str(entry.subject)
        if len(subject) > SUBJECT_MAX:
            subject = subject[: SUBJECT_MAX - 1] + "…"
        return f'"{subject}"'
    return messages_words(entry.messages)


def _marks(entry: QueueEntry, tense: int) -> str:
    """The flags that are set, then those that are cleared."""
    said = [*_of(entry.add, 0, tense), *_of(entry.remove, 1, tense)]
    return " and ".join(said) or ("change flags", "changed flags")[tense]


def _of(flags: FlagSet, cleared: int, tense: int) -> list[str]:
    said = [words[cleared][tense] for bit, words in _MARKS.items() if flags.bits & bit]
    for word in sorted(flags.keywords):
        label = (f"label {word}", f"labelled {word}")
        off = (f"take the label {word} off", f"took the label {word} off")
        said.append((label, off)[cleared][tense])
    return said
