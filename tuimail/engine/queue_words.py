"""The journal in plain words, for the queue, the history and the command line."""

from __future__ import annotations

import time

from tuimail.engine.present import flag_words, messages_words
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.store.values import PastGesture, QueueEntry

__all__ = ["PastGesture", "QueueEntry", "age", "how", "past", "what"]

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
_VERBS = {
    "move": "move",
    "archive": "archive",
    "delete": "delete",
    "junk": "mark as junk",
    "not junk": "mark as no junk",
    "undo": "put back",
    "copy": "copy",
    "expunge": "delete for good",
    "append": "store",
}


def what(entry: QueueEntry) -> SafeText:
    """What it is about, e.g. `move 3 messages  INBOX → Archive`."""
    match entry.kind:
        case "flag":
            words = f"{_change(entry)}: {_about(entry)}  in {entry.mailbox_name}"
        case "mkbox":
            words = f"make folder {entry.mailbox_name}"
        case "mvbox":
            words = f"rename folder {entry.mailbox_name} → {entry.target_name}"
        case "rmbox":
            words = f"delete folder {entry.mailbox_name}"
        case "subscribe":
            words = f"change the subscription of {entry.mailbox_name}"
        case _:
            verb = _VERBS.get(entry.verb, _VERBS.get(entry.kind, entry.kind))
            target = f" → {entry.target_name}" if entry.target_name else ""
            words = f"{verb} {_about(entry)}  {entry.mailbox_name}{target}"
    return safe_text(words, 400)


def how(entry: QueueEntry) -> SafeText:
    """How it stands, e.g. `waiting for the link`."""
    words = STATES.get(entry.state, entry.state)
    if entry.not_before is not None:
        seconds = max(1, entry.not_before - int(time.time()))
        begins = "is sent" if entry.state == "held" else "is tried again"
        words = f"{begins} in {age(seconds)}"
    return safe_text(words)


def past(gesture: PastGesture) -> SafeText:
    """A gesture of the history, e.g. `archive 31 messages  INBOX → Archive`."""
    words = "; ".join(what(entry) for entry in gesture.entries[:3])
    more = len(gesture.entries) - 3
    words += f"; and {more} more" if more > 0 else ""
    return safe_text(words + ("  (undone)" if gesture.undone else ""), 600)


def age(seconds: float) -> str:
    """A span of time in one word: `12 s`, `3 min`, `5 h`, `2 d`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def _about(entry: QueueEntry) -> str:
    if entry.messages == 1 and entry.subject:
        return f'"{entry.subject[:60]}"'
    return messages_words(entry.messages)


def _change(entry: QueueEntry) -> str:
    set_, cleared = flag_words(entry.add), flag_words(entry.remove)
    both = [f"set {set_}"] * bool(set_) + [f"clear {cleared}"] * bool(cleared)
    return " and ".join(both) or "change flags"
