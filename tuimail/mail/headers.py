"""Header blocks to envelopes; never raises, whatever stands in them."""

from __future__ import annotations

import re
import unicodedata

from tuimail.mail.addresses import name_lies, parse_addresses
from tuimail.mail.dates import parse_date
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import Address, Envelope, SafeText
from tuimail.mail.words import FIELD_MAX, decode_words, parse_params, unfold

__all__ = [
    "decode_words",
    "header_fields",
    "parse_addresses",
    "parse_date",
    "parse_envelope",
    "parse_params",
    "sender_badges",
    "sender_display",
]

BLOCK_MAX = 1024 * 1024
FIELDS_MAX = 2000
REFERENCES_MAX = 500
_FIELD = re.compile(
    rb"^([!-9;-~]{1,200})[ \t]*:((?:[^\r\n]*)(?:\r?\n[ \t][^\r\n]*)*)", re.M
)
_ID = re.compile(rb"<[^<>\s]{1,990}>")
_ENVELOPE = frozenset(
    b"date subject from sender reply-to to cc message-id in-reply-to references"
    b" list-id".split()
)


def raw_fields(block: bytes) -> list[tuple[bytes, bytes]]:
    """Name and raw value of every field, in order, at most 2,000 of 1 MiB."""
    block = block[:BLOCK_MAX]
    if b"\n" not in block and b"\r" in block:
        block = block.replace(b"\r", b"\r\n")
    return _FIELD.findall(block)[:FIELDS_MAX]


def header_fields(raw: bytes) -> list[tuple[str, str]]:
    """Name and decoded value of every field, in order; not safe to show yet."""
    return [
        (name.decode("ascii", "replace"), decode_words(value))
        for name, value in raw_fields(raw)
    ]


def parse_envelope(raw: bytes) -> Envelope:
    """What a list row and a thread need of a header block.

    The first of a repeated field counts, but for From: all of them are kept, since
    servers and readers disagree which one is shown (RFC 5322 allows one).
    """
    fields: dict[bytes, bytes] = {}
    senders: tuple[Address, ...] = ()
    for name, value in raw_fields(raw):
        key = name.lower()
        if key == b"from":
            senders += parse_addresses(value)
        if key in _ENVELOPE:
            fields.setdefault(key, value)
    date = parse_date(unfold(fields.get(b"date", b"")))
    return Envelope(
        subject=decode_words(fields.get(b"subject", b"")),
        from_=senders,
        sender=_addresses(fields, b"sender"),
        reply_to=_addresses(fields, b"reply-to"),
        to=_addresses(fields, b"to"),
        cc=_addresses(fields, b"cc"),
        date=date[0] if date else None,
        offset_min=date[1] if date else 0,
        message_id=_first_id(fields.get(b"message-id", b"")),
        in_reply_to=_first_id(fields.get(b"in-reply-to", b"")),
        references=_ids(fields.get(b"references", b"")),
        list_id=decode_words(fields.get(b"list-id", b"")),
    )


def _addresses(fields: dict[bytes, bytes], name: bytes) -> tuple[Address, ...]:
    value = fields.get(name)
    return parse_addresses(value) if value else ()


def _ids(raw: bytes) -> tuple[str, ...]:
    if not raw:
        return ()
    found = _ID.findall(raw[:FIELD_MAX])[-REFERENCES_MAX:]
    return tuple(each.decode("utf-8", "replace") for each in found)


def _first_id(raw: bytes) -> str:
    """The first Message-ID; what has no brackets is taken as it stands."""
    found = _ID.search(raw[:FIELD_MAX])
    if found is not None:
        return found[0].decode("utf-8", "replace")
    bare = raw[:1000].strip()
    return f"<{bare.decode('utf-8', 'replace')}>" if bare and b" " not in bare else ""


# -- who is it really? -------------------------------------------------------


def sender_display(envelope: Envelope) -> tuple[SafeText, SafeText, bool]:
    """Name to show in a row, the real address, and whether something is odd.

    A name that shows another address is not shown first: the address is.
    """
    if not envelope.from_:
        return SafeText("(nobody)"), SafeText(""), True
    first = envelope.from_[0]
    addr = safe_text(first.addr, 320)
    odd = first.suspect or len(envelope.from_) > 1 or mixed_script(_domain(first))
    if not first.name or name_lies(first.name, first.addr):
        name = safe_text(f"{first.addr} ({first.name})" if first.name else first.addr)
        return name if first.addr else safe_text(first.name), addr, odd
    return safe_text(first.name, 200), addr, odd


def sender_badges(envelope: Envelope) -> tuple[SafeText, ...]:
    """What should make one doubt who sent this, one sentence each."""
    badges: list[str] = []
    if not envelope.from_:
        badges.append("This mail does not say who sent it.")
    if len(envelope.from_) > 1:
        badges.append(f"This mail names {len(envelope.from_)} senders.")
    for address in envelope.from_[:3]:
        badges += _doubts(address)
    domain = _domain(envelope.from_[0]) if envelope.from_ else ""
    for reply in envelope.reply_to[:1]:
        if domain and _domain(reply) and not _related(_domain(reply), domain):
            badges.append(f"Replies go to another domain: {reply.addr}.")
    for sender in envelope.sender[:1]:
        if domain and _domain(sender) and not _related(_domain(sender), domain):
            badges.append(f"It was sent by {sender.addr} on behalf of the sender.")
    return tuple(safe_text(each, 400) for each in badges)


def _doubts(address: Address) -> list[str]:
    if address.addr and name_lies(address.name, address.addr):
        return [f"The name shows {address.name}, but the mail is from {address.addr}."]
    doubts = []
    if address.suspect:
        doubts.append("The sender's address is not written as it should be.")
    if mixed_script(_domain(address)):
        doubts.append(f"The domain mixes letters of several scripts: {address.addr}.")
    elif "xn--" in address.addr.lower():
        doubts.append(f"The domain is not written in Latin letters: {address.addr}.")
    return doubts


def _domain(address: Address) -> str:
    return address.addr.rpartition("@")[2].lower()


def _related(a: str, b: str) -> bool:
    """Same domain, or one below the other, or both below the same two labels."""
    if a == b or a.endswith("." + b) or b.endswith("." + a):
        return True
    tail = a.split(".")[-2:]
    return tail == b.split(".")[-2:] and len(tail[0]) > 3


def mixed_script(domain: str) -> bool:
    """Whether a domain has Latin letters beside Cyrillic, Greek or others."""
    if domain.isascii():
        return False
    return any(len(_scripts(label)) > 1 for label in domain.split("."))


def _scripts(label: str) -> set[str]:
    names = (unicodedata.name(c, "") for c in label[:100] if c.isalpha())
    return {name.split(" ")[0] for name in names} - {""}
