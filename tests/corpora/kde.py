"""KDE's PIM add-ons: messages with the page of HTML that KMail shows of each."""

from __future__ import annotations

import re
from pathlib import Path

from tests.corpora.ours import Message
from tests.corpora.tally import Reasons, Tally
from tuimail.mail.body import render
from tuimail.mail.reading import blocks

NAME = "kde"
TITLE = "KDE (words that KMail shows)"
WIDTH = 200
_NO_WORDS = re.compile(r"(?s)<style.*?</style>|<[^>]*>|&\w+;")


def compare(corpora: Path) -> Tally:
    """Whether they show what we show of a message, in order, and we what they show."""
    tally = Tally(NAME)
    for page in sorted((corpora / "kde-kdepim-addons").rglob("*.mbox.html")):
        tally.messages += 1
        theirs = _words(_NO_WORDS.sub(" ", page.read_text("utf-8")))
        ours = _words(_shown(page.with_suffix("").read_bytes()))
        name = page.name.removesuffix(".mbox.html")
        tally.holds(f"{name}: ours", _within(ours, theirs), theirs, ours)
        tally.holds(f"{name}: theirs", _within(theirs, ours), theirs, ours)
    return tally


def _shown(data: bytes) -> str:
    message = Message(data)
    said = []
    for block in blocks(message.tree):
        shown = render(message.raw(block.part), block.part, WIDTH)
        said += ["".join(span.text for span in line) for line in shown.lines]
    return "\n".join(said)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _within(some: list[str], all_: list[str]) -> bool:
    """Whether all words of one are in the other, in the same order."""
    left = iter(all_)
    return all(word in left for word in some)


EXPLAINED: Reasons = {
    "What is drawn of a file (a ticket, a card, a key, a box) is with the file": (
        "attached-vcard: theirs",
        "boarding-pass-pkpass: theirs",
        "message-with-two-openpgp-key: theirs",
        "tnef-one-file: theirs",
        "tnef-two-files: theirs",
    ),
    "What stands about a signature is put there by the engine": (
        "message-with-openpgp-key: theirs",
    ),
    "A request to publish a key is a file, and its words are shown": (
        "wks-confirmation-request-decrypted: theirs",
        "wks-confirmation-request-multipart-decrypted: ours",
        "wks-confirmation-request-multipart-decrypted: theirs",
        "wks-confirmation-response-decrypted: theirs",
    ),
}
