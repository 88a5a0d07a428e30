"""Letters as text files: a few readable fields, an empty line, the words.

Fields that tell the demo what to do, and do not go into the message:

    Ago       how long ago it came: `25m`, `3h`, or `2d 09:14` (days ago, time of day)
    New       `yes` when it is unread
    Flags     `flagged`, `answered`, `draft`
    Id, Reply names for threads: `Reply: a` answers the letter with `Id: a`
    Zone      the sender's offset from UTC, e.g. `+0900`
    Charset   of subject, names and text; UTF-8 when not given
    Encoding  `base64`, `8bit` or `quoted-printable`
    Type      the Content-Type of the text, when it is not plain
    Html      a file below `letters/html/` with the same in HTML
    Attach    a file name and a kind that `files` can make; may be repeated
    Build     a message of `special` that is made otherwise
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from pathlib import Path

FOLDER = Path(__file__).parent / "letters"
CONTROL = {
    *("ago", "new", "flags", "id", "reply", "zone", "charset", "encoding", "type"),
    *("html", "attach", "build"),
}
_AGO = re.compile(r"(?:(\d+)d (\d\d):(\d\d)|(\d+)([mh]))\Z")
_MONTHS = (
    "January February March April May June July August September October"
    " November December"
).split()
_DAY = re.compile(r"\{([+-]\d+)d\}")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as it stands in a file."""

    fields: tuple[tuple[str, str], ...]
    body: str

    def get(self, name: str, default: str = "") -> str:
        """The first field of this name."""
        return next((v for k, v in self.fields if k.lower() == name), default)

    def every(self, name: str) -> list[str]:
        """All fields of this name."""
        return [v for k, v in self.fields if k.lower() == name]

    @property
    def flags(self) -> tuple[str, ...]:
        """IMAP flags."""
        named = tuple("\\" + flag.capitalize() for flag in self.get("flags").split())
        return named if self.get("new") == "yes" else ("\\Seen", *named)

    def moment(self, now: datetime) -> datetime:
        """When it came; never after `now`."""
        match = _AGO.match(self.get("ago", "1m"))
        if match is None:
            raise ValueError(f"Ago: {self.get('ago')} is none")
        if match[4]:
            unit = timedelta(minutes=1) if match[5] == "m" else timedelta(hours=1)
            return now - int(match[4]) * unit
        day = now - timedelta(days=int(match[1]))
        return day.replace(hour=int(match[2]), minute=int(match[3]), second=17)

    @property
    def message_id(self) -> str:
        """The same in every run; from the letter's Id where it has one."""
        key = self.get("id") or "".join(v for _, v in self.fields) + self.body
        return made_id(key, self.get("from"))


def made_id(key: str, sender: str) -> str:
    """A Message-ID in the sender's domain, made from a key."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    domain = parseaddr(sender)[1].rpartition("@")[2] or "example.org"
    return f"<{digest}@{domain}>"


def read(name: str) -> Iterator[Letter]:
    """The letters of one file, as they stand there."""
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    for piece in text.split("\n=====\n"):
        head, _, body = piece.partition("\n\n")
        fields = (line.partition(":") for line in head.strip("\n").split("\n"))
        yield Letter(
            tuple((key, value.strip()) for key, _, value in fields),
            body.rstrip("\n") + "\n",
        )


def ancestors(letter: Letter, book: Mapping[str, Letter]) -> list[str]:
    """Message-IDs of what this letter answers, the first of the thread in front."""
    chain: list[str] = []
    parent = book.get(letter.get("reply"))
    while parent is not None and len(chain) < 50:
        chain.append(parent.message_id)
        parent = book.get(parent.get("reply"))
    return chain[::-1]


def dated(text: str, now: datetime) -> str:
    """Fill in `{month}`, the month before this one, and days such as `{+16d}`."""
    if "{" not in text:
        return text
    text = text.replace("{month}", _MONTHS[(now.month - 2) % 12])
    return _DAY.sub(lambda found: _day(now + timedelta(days=int(found[1]))), text)


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]}"
