"""Every foreign message on its way to the screen, watched.

`python -m tests.corpora.sweep FOLDER` prints what went wrong as JSON. It runs in a
process of its own, since what it watches for (`sys.addaudithook`) cannot be taken off.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

from tests.corpora.ours import Message
from tuimail.engine.document import octets_part
from tuimail.engine.present import header_fields as pane_fields
from tuimail.engine.present import part_views
from tuimail.mail.bare_text import bare_text
from tuimail.mail.body import render
from tuimail.mail.first_line import LENGTH, first_line
from tuimail.mail.headers import parse_date, raw_fields, sender_badges, sender_display
from tuimail.mail.mbox import is_mbox, read
from tuimail.mail.reading import blocks, opening_texts
from tuimail.mail.sanitize import is_safe, safe_filename, safe_text
from tuimail.mail.types import (
    ContentId,
    Envelope,
    Flag,
    Header,
    MailboxId,
    MessageId,
    Part,
    RenderedText,
    Section,
)
from tuimail.mail.wrap import line_cells

WIDTH = 78
SIZE_MAX = 4 * 1024 * 1024
SLOW_S = 1.0
TEXTS_MAX = 50
PAGES = {".html", ".htm"}
NO_MAIL = {".md", ".json", ".xml", ".out", ".png", ".mjml", ".py", ".tokens"} | PAGES
PAGE = Part(Section("1"), "text/html", (("charset", "utf-8"),), encoding="8bit")
SOURCE = Part(Section(""), "text/x-source")
BINARY = {".xz", ".gz", ".zip", ".jpg", ".gif", ".pdf"}
WATCHED = {
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.remove",
    "os.rename",
    "os.mkdir",
}
"""What reading a mail never does; `open` is looked at more closely."""


class Watch:
    """What the interpreter did that reading a mail must not do."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        self._ours = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]))
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event in WATCHED or (event == "open" and self._foreign(arguments)):
            self.seen.append(f"{event} {arguments!r:.200}")

    def _foreign(self, arguments: tuple[object, ...]) -> bool:
        """Opened for writing, or anything but a module that is imported late."""
        path, mode = str(arguments[0]), str(arguments[1] or "r")
        if "/zoneinfo/" in path and ".." not in path:
            return mode not in ("r", "rb")  # the zone of an invitation
        return mode not in ("r", "rb") or not path.startswith(self._ours)


def messages(corpora: Path) -> Iterator[tuple[str, bytes]]:
    """Every message of every file, those of an mbox one by one."""
    for path in sorted(corpora.rglob("*")):
        if path.suffix.lower() in NO_MAIL | BINARY or not path.is_file():
            continue
        name, data = str(path.relative_to(corpora)), path.read_bytes()
        if len(data) > SIZE_MAX:
            continue
        if is_mbox(data[:100]):
            for at, found in enumerate(read(io.BytesIO(data), SIZE_MAX)):
                yield f"{name}#{at}", found.octets
        elif raw_fields(data):
            yield name, data


def pages(corpora: Path) -> Iterator[tuple[str, bytes]]:
    """Every page of HTML."""
    for path in sorted(corpora.rglob("*")):
        if path.suffix.lower() in PAGES and path.is_file():
            yield str(path.relative_to(corpora)), path.read_bytes()[:SIZE_MAX]


def steps(data: bytes) -> Iterator[list[str]]:
    """What is wrong with how a message is shown, one thing that a user asks at a time:
    its row, its pane, its parts, its texts, its source."""
    message = Message(data)
    envelope = message.envelope
    found = [f"unsafe: {text!r}" for text in _row(envelope) if not is_safe(text)]
    for name, value in pane_fields(header_of(envelope), envelope):
        found += [f"unsafe {name}: {value!r:.80}"] * (not is_safe(value))
    yield found + _silent(envelope)
    lost = len(message.fields) != len(raw_fields(data))
    yield ["a field is lost"] * lost + _parts(message)
    shown = [
        octets_part(block.part)
        for prefer in ("plain", "html")
        for block in blocks(message.tree, prefer)
    ]
    for part in opening_texts(message.tree):
        line = first_line(bare_text(message.raw(part), part))
        yield [f"unsafe: {line!r}"] * (not is_safe(line) or len(line) > LENGTH)
    texts = [p for p in message.leaves if p.media_type.startswith("text/")]
    for part in dict.fromkeys([*filter(None, shown), *texts[:TEXTS_MAX]]):
        yield text_faults(render(message.raw(part), part, WIDTH))
    yield text_faults(render(data, SOURCE, WIDTH))


def page_steps(data: bytes) -> Iterator[list[str]]:
    """The same of a page of HTML."""
    yield text_faults(render(data, PAGE, WIDTH))


def _row(envelope: Envelope) -> list[str]:
    name, addr, _ = sender_display(envelope)
    return [name, addr, safe_text(envelope.subject), *sender_badges(envelope)]


def _silent(envelope: Envelope) -> list[str]:
    named = any(each.addr for each in envelope.from_)
    return [] if named or sender_display(envelope)[2] else ["nobody, and no word of it"]


def header_of(envelope: Envelope) -> Header:
    """A row of the list with this envelope."""
    name, addr, suspect = sender_display(envelope)
    subject = safe_text(envelope.subject)
    nobody = MessageId(1), ContentId(1), MailboxId(1), None
    return Header(
        *nobody,
        Flag.NONE,
        frozenset(),
        subject,
        name,
        addr,
        suspect,
        envelope.date or 0,
        0,
        0,
        False,
    )


def _parts(message: Message) -> list[str]:
    sections = [part.section for part in message.leaves]
    found = ["two parts of one number"] * (len(set(sections)) != len(sections))
    views = part_views(message.tree, None, frozenset())
    found += [f"unsafe: {v!r:.80}" for v in views if not is_safe(v.name + v.media_type)]
    for part in message.attachments:
        name = safe_filename(part.filename, fallback="attachment")
        found += [f"no name for a file: {name!r}"] * (not is_safe(name) or "/" in name)
        message.octets(part)
    return found


def text_faults(text: RenderedText) -> list[str]:
    """Lines that are too wide, and what must not reach a terminal."""
    found = []
    for line in text.lines:
        if line_cells(line) > WIDTH:
            found.append(f"too wide: {line!r:.80}")
        found += [f"unsafe: {s.text!r:.80}" for s in line if not is_safe(s.text)]
    found += [
        f"unsafe: {k!r:.80}" for k in text.links if not is_safe(k.target + k.text)
    ]
    return found + [f"unsafe: {n!r}" for n in text.notes if not is_safe(n)]


def _dates(data: bytes) -> tuple[int, int]:
    """Whether the standard library reads the date, and whether we read the same."""
    dates = [value for name, value in raw_fields(data) if name.lower() == b"date"]
    try:
        theirs = parsedate_to_datetime(dates[0].decode("ascii")).timestamp()
    except (IndexError, ValueError, TypeError, OverflowError):
        return 0, 0
    ours = parse_date(dates[0])
    return 1, int(ours is not None and ours[0] == int(theirs))


def _looked_at(shown: Iterator[list[str]]) -> tuple[list[str], bool]:
    """All faults, and whether one step took too long."""
    faults, late = [], False
    begun = time.process_time()
    try:
        for found in shown:
            faults += found
            late = late or time.process_time() - begun > SLOW_S
            begun = time.process_time()
    except Exception as error:  # noqa: BLE001  which one it is, is what we report
        faults.append(f"raised {error!r:.200}")
    return faults, late


def main(corpora: Path) -> dict[str, object]:
    """Everything read first, then shown under watch."""
    mails, sheets = list(messages(corpora)), list(pages(corpora))
    watch, faults, slow = Watch(), {}, []
    watch.on = True
    for show, found in ((steps, mails), (page_steps, sheets)):
        for name, data in found:
            wrong, late = _looked_at(show(data))
            if wrong:
                faults[name] = wrong[:3]
            if late:
                slow.append(name)
    watch.on = False
    dates = [_dates(data) for _, data in mails]
    return {
        "messages": len(mails),
        "pages": len(sheets),
        "faults": faults,
        "slow": slow,
        "events": watch.seen[:50],
        "dates": [sum(known for known, _ in dates), sum(same for _, same in dates)],
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
