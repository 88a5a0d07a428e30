"""talon: where an answer ends and its quote begins, and where a signature does.

It takes answers apart for programs, so it guesses. What is expected of its files is
that their answer is left: the text of a file beside them, else the words they all have.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.corpora.ours import Message
from tests.corpora.tally import Reasons, Tally
from tuimail.mail.body import render
from tuimail.mail.types import Part, RenderedText, Section, Style

NAME = "talon"
TITLE = "talon (where quotes and signatures begin)"
WIDTH = 200
PLAIN = Part(Section("1"), "text/plain", (("charset", "utf-8"),), encoding="8bit")
PAGE = PLAIN._replace(media_type="text/html")
ANSWERED = "Hello"
PAGE_ANSWERED = "Hi. I am fine. Thanks, Alex"
_MARK = re.compile(r"^#(?:sig|reply)#", re.M)


def compare(corpora: Path) -> Tally:
    """Answers in plain text and in HTML, and signatures."""
    tally = Tally(NAME)
    folder = corpora / "talon"
    for path in sorted(folder.glob("standard_replies/*.eml")):
        known = path.with_name(f"{path.stem}_reply_text")
        wanted = known.read_text("utf-8") if known.exists() else ANSWERED
        _quote(tally, path.stem, wanted, _plain(path.read_bytes()))
    for path in sorted(folder.glob("html_replies/*.html")):
        shown = render(path.read_bytes(), PAGE, WIDTH)
        _quote(tally, path.name, PAGE_ANSWERED, shown)
    for path in sorted(folder.glob("signature/emails/*/*_body")):
        beside = path.with_name(path.name.replace("_body", "_signature"))
        text = path.read_text("utf-8")
        signed = "".join(line for line in text.splitlines(True) if _MARK.match(line))
        wanted = beside.read_text("utf-8") if beside.exists() else signed
        _signature(tally, f"{path.parent.name}/{path.stem}", text, wanted)
    return tally


def _plain(data: bytes) -> RenderedText:
    message = Message(data)
    part = next(p for p in message.leaves if p.media_type == "text/plain")
    return render(message.raw(part), part, WIDTH)


def _quote(tally: Tally, name: str, wanted: str, shown: RenderedText) -> None:
    tally.messages += 1
    quoted = {at for start, end in shown.quotes for at in range(start, end)}
    lines = ("".join(span.text for span in line) for line in shown.lines)
    own = " ".join(line for at, line in enumerate(lines) if at not in quoted)
    tally.same(f"{name}: answer", wanted.split(), own.split())


def _signature(tally: Tally, name: str, text: str, wanted: str) -> None:
    tally.messages += 1
    shown = render(_MARK.sub("", text).encode(), PLAIN, WIDTH)
    signed = [
        span.text
        for line in shown.lines
        for span in line
        if span.style is Style.SIGNATURE
    ]
    wanted = _MARK.sub("", wanted)
    tally.same(f"{name}: signature", wanted.split(), " ".join(signed).split())


EXPLAINED: Reasons = {
    "The line that says who is quoted stays in view": (
        "android: answer",
        "apple_mail: answer",
        "gmail: answer",
        "gmail.html: answer",
        "iphone: answer",
        "mail_ru.html: answer",
        "sparrow: answer",
        "thunderbird: answer",
        "thunderbird.html: answer",
        "yandex_ru.html: answer",
    ),
    "A signature is what stands below its line, and is not guessed (RFC 3676)": (
        "P/johndoeexamplecom_body: signature",
        "stripped/jeff_body: signature",
        "stripped/johndoeexamplecom_body: signature",
        "stripped/long_body: signature",
        "stripped/short_url_body: signature",
        "stripped/sparse_body: signature",
    ),
}
