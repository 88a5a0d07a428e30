"""From a letter to the octets of a message."""

from __future__ import annotations

import base64
import hashlib
import quopri
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from email.header import Header
from email.utils import format_datetime

from tuimail.demo import files, letters
from tuimail.demo.letters import CONTROL, Letter

OWNER = "Ana Moreira <ana@example.org>"
_ADDRESS = re.compile(r'\s*"?(.*?)"?\s*<([^<>]*)>\s*\Z')
_UNFLOWED = ("charset", "encoding", "auto-submitted", "html")
"""Fields of letters whose writer's program breaks lines for good."""
_FULL = 60
"""Cells after which a line break is the program's and not the writer's."""
_ADDRESSES = {"from", "to", "cc", "reply-to"}


def compose(
    letter: Letter, moment: datetime, now: datetime, thread: Sequence[str] = ()
) -> bytes:
    """The message, as it would have come at `moment`."""
    charset = letter.get("charset", "utf-8")
    head = header(letter, moment, now, thread)
    text, kind = letters.dated(letter.body, now), letter.get("type")
    if not kind:
        kind = f"text/plain; charset={charset}"
        if not any(letter.get(name) for name in _UNFLOWED):
            text, kind = flowed(text), kind + "; format=flowed"
    content = text_part(text, kind, letter.get("encoding"), charset)
    if letter.get("html"):
        page = (letters.FOLDER / "html" / f"{letter.get('html')}.html").read_text()
        html = text_part(letters.dated(page, now), "text/html; charset=utf-8")
        content = multipart("alternative", [content, html])
    attached = [attachment(*each.rsplit(" ", 1)) for each in letter.every("attach")]
    if attached:
        content = multipart("mixed", [content, *attached])
    return head + content


def header(
    letter: Letter, moment: datetime, now: datetime, thread: Sequence[str] = ()
) -> bytes:
    """The header of a message but for what belongs to its content."""
    zone = letter.get("zone")
    charset = letter.get("charset", "utf-8")
    sent = moment.astimezone(_zone(zone)) if zone else moment
    lines = [
        ("Date", format_datetime(sent)),
        ("Message-ID", letter.message_id),
        *((("To", OWNER),) if not letter.get("to") else ()),
    ]
    if thread:
        lines += [("In-Reply-To", thread[-1]), ("References", "\r\n ".join(thread))]
    lines += [("MIME-Version", "1.0")]
    own = [(k, v) for k, v in letter.fields if k.lower() not in CONTROL]
    rows = [_row(k, letters.dated(v, now), charset) for k, v in own]
    rows += [_row(k, v, charset) for k, v in lines]
    return "\r\n".join(rows).encode("ascii", "replace") + b"\r\n"


def flowed(text: str) -> str:
    """Text as format=flowed (RFC 3676): paragraphs fit any width."""
    lines = text.split("\n")
    made = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        quoted = line.startswith(">")
        soft = len(line) >= _FULL and following.strip("> ") != ""
        soft = soft and not following.startswith(" ")
        soft = soft and following.startswith(">") == quoted
        stuffed = " " + line if line.startswith((" ", "From ")) else line
        made.append(stuffed + " " if soft and line != "-- " else stuffed)
    return "\n".join(made)


def text_part(
    text: str, kind: str, encoding: str = "", charset: str = "utf-8"
) -> bytes:
    """A text part with its header, in the encoding that fits or the one wished."""
    data = text.encode(charset).replace(b"\n", b"\r\n")
    if not encoding:
        seven = data.isascii() and max(map(len, data.split(b"\r\n"))) < 990
        encoding = "7bit" if seven else "quoted-printable"
    if encoding == "base64":
        data = _base64(data)
    elif encoding == "quoted-printable":
        plain = data.replace(b"\r\n", b"\n")
        data = quopri.encodestring(plain).replace(b"\n", b"\r\n")
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + data


def attachment(name: str, kind: str) -> bytes:
    """An attachment that `files` makes."""
    media_type, make = files.KINDS[kind]
    return file_part(f'filename="{name}"', media_type, make())


def file_part(disposition: str, media_type: str, data: bytes) -> bytes:
    """An attached file; `disposition` holds the parameters as they shall stand."""
    head = (
        f"Content-Type: {media_type}\r\n"
        f"Content-Disposition: attachment; {disposition}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + _base64(data)


def multipart(kind: str, parts: Sequence[bytes]) -> bytes:
    """Parts with their headers as one multipart with its header."""
    mark = hashlib.sha256(b"".join(part[:200] for part in parts)).hexdigest()[:20]
    head = f'Content-Type: multipart/{kind}; boundary="={mark}"\r\n\r\n'
    line = f"--={mark}".encode()
    pieces = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
    return head.encode() + pieces + line + b"--\r\n"


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _row(name: str, value: str, charset: str) -> str:
    if name.lower() not in _ADDRESSES:
        return f"{name}: {_words(value, charset, len(name) + 2)}"
    match = _ADDRESS.match(value)
    if match is None:
        return f"{name}: {value}"
    shown = match[1]
    if not shown.isascii():
        return f"{name}: {_words(shown, charset, len(name) + 2)} <{match[2]}>"
    quoted = f'"{shown}"' if re.search(r"[^\w ]", shown) else shown
    return f"{name}: {quoted} <{match[2]}>"


def _words(value: str, charset: str, taken: int) -> str:
    if value.isascii():
        return value
    encoded = Header(value, charset, header_name="x" * (taken - 2)).encode()
    return encoded.replace("\n", "\r\n")


def _zone(words: str) -> timezone:
    sign = -1 if words[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(words[1:3]), minutes=int(words[3:5])))
