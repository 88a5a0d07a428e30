"""Python's own parser: types of the parts in their order, and their octets.

Many sets come without expectations that can be read. This parser is another hand's
reading of the same mail, and its maintainers know where it is wrong; so do we now.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message as Theirs
from pathlib import Path

from tests.corpora.ours import Message
from tests.corpora.sweep import messages
from tests.corpora.tally import Reasons, Tally
from tuimail.mail.headers import raw_fields
from tuimail.mail.mime import Node

NAME = "python"
TITLE = "twenty sets, as Python's parser reads them (parts, bodies)"
FOLDERS = (
    "cyrus-cassandane",
    "enmime",
    "eml_parser",
    "flanker",
    "geary",
    "jsmime",
    "k9",
    "kde-kdepim-addons",
    "kde-mimetreeparser",
    "kmime",
    "mailparse-rs",
    "mu",
    "nodemailer-mailparser",
    "notmuch",
    "perl-email-mime",
    "php-mime-mail-parser",
    "postal-mime",
    "spamscope-mail-parser",
    "sup",
    "talon",
)
_MAIL = {b"subject", b"date", b"to", b"received", b"message-id", b"content-type"}
Leaf = tuple[str, bytes | None]


def compare(corpora: Path) -> Tally:
    """Every message of all folders."""
    tally = Tally(NAME)
    for folder in FOLDERS:
        for name, data in messages(corpora / folder):
            fields = {field.lower() for field, _ in raw_fields(data)}
            if b"from" in fields and not fields.isdisjoint(_MAIL):
                tally.messages += 1
                _one(tally, f"{folder}/{name}", data)
    return tally


def _one(tally: Tally, name: str, data: bytes) -> None:
    message = Message(data)
    theirs = list(_theirs(message_from_bytes(data)))
    ours = list(_ours(message, message.node, ""))
    kinds = [kind for kind, _ in theirs], [kind for kind, _ in ours]
    if not tally.same(f"{name}: parts", *kinds):
        return
    for at, ((kind, wanted), (_, got)) in enumerate(zip(theirs, ours, strict=True), 1):
        if wanted is not None:
            pair = _alike(wanted, kind), _alike(got or b"", kind)
            tally.same(f"{name}: body {at}", *pair)


def _theirs(message: Theirs) -> Iterator[Leaf]:
    kind = message.get_content_type()
    children = message.get_payload()
    if kind == "message/rfc822" and isinstance(children, list):
        yield kind, None
        yield from _theirs(children[0])
    elif isinstance(children, list) and kind.startswith("message/"):
        # They read reports as messages, one for each group of fields.
        yield kind, None
    elif isinstance(children, list):
        for child in children:
            yield from _theirs(child)
    else:
        octets = message.get_payload(decode=True)
        yield kind, octets if isinstance(octets, bytes) else b""


def _ours(message: Message, node: Node, section: str) -> Iterator[Leaf]:
    if node.children:
        for at, child in enumerate(node.children, 1):
            yield from _ours(message, child, f"{section}.{at}" if section else str(at))
    elif node.message is not None:
        yield "message/rfc822", None
        inner = section or "1"
        inner = inner if node.message.children else f"{inner}.1"
        yield from _ours(message, node.message, inner)
    else:
        kind = (node.type + b"/" + node.subtype).decode("latin-1").lower()
        parts = (p for p in message.leaves if p.section == (section or "1"))
        part = next(parts, None)
        yield kind, None if part is None else message.octets(part)


def _alike(octets: bytes, kind: str) -> bytes:
    if kind.startswith("text/"):
        return octets.replace(b"\r\n", b"\n").strip(b"\n")
    return octets.rstrip(b"\r\n")


EXPLAINED: Reasons = {
    "A text that is labelled base64 and is none is shown with its lines": (
        "enmime/testdata/mail/mime-bad-content-transfer-encoding.raw: body 1",
    ),
    "A multipart without a boundary, or without a part, is shown as the text it is": (
        "enmime/testdata/mail/header-only.raw: parts",
        "enmime/testdata/mail/multipart-wo-boundary.raw: parts",
        "flanker/messages/false-multipart.eml: parts",
        "flanker/messages/mailformed-headers.eml: parts",
        "spamscope-mail-parser/mails/mail_malformed_1: parts",
        "spamscope-mail-parser/mails/mail_malformed_3: parts",
    ),
    "A line without a colon does not end the header for us, as for Dovecot": (
        "enmime/testdata/low-quality/bad-header-wrap.raw: body 2",
        "enmime/testdata/mail/qp-utf8-header-no-break.raw: parts",
        "kmime/data/big-allocation.mbox: parts",
        "kmime/data/bug519599.mbox: body 1",
        "kmime/data/clusterfuzz-testcase-minimized-kmime_fuzzer-5255984894509056#0:"
        " body 1",
        "kmime/data/headers-with-nullbytes.mbox: body 1",
        "php-mime-mail-parser/mails/issue84: body 1",
        "sup/fixtures/bad-content-transfer-encoding-1.eml: body 2",
    ),
    "A type with words behind it is that type": (
        "enmime/testdata/mail/mime-bad-content-type.raw: parts",
        "enmime/testdata/mail/mime-blank-media-name.raw: parts",
    ),
    "Base64 that is broken is decoded as far as it goes, not shown as it is": (
        "flanker/messages/enclosed-broken-body.eml: body 3",
        "kmime/data/x-pkcs7.mbox#0: body 1",
        "php-mime-mail-parser/mails/m0018: body 2",
    ),
    "No more than 1,000 parts are read": (
        "flanker/messages/enclosed-endless.eml: parts",
    ),
    "Messages within messages are opened to a depth of 32": (
        "mailparse-rs/tests/files/nested.eml: parts",
    ),
    "An encoded message is a file that is decoded when it is opened": (
        "php-mime-mail-parser/mails/issue274.eml: parts",
    ),
    "A uuencoded file is a box that is opened by itself": (
        "spamscope-mail-parser/mails/mail_test_15: body 3",
    ),
}
