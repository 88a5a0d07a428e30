"""Header blocks to envelopes; never raises, whatever stands in them."""

from __future__ import annotations

import re
from itertools import islice

from tuimail.mail.addresses import parse_addresses, parse_senders
from tuimail.mail.dates import parse_date
from tuimail.mail.senders import mixed_script, sender_badges, sender_display
from tuimail.mail.types import Address, Envelope
from tuimail.mail.words import FIELD_MAX, decode_words, parse_params

__all__ = [
    "decode_words",
    "header_fields",
    "mixed_script",
    "parse_addresses",
    "parse_date",
    "parse_envelope",
    "parse_params",
    "raw_fields",
    "sender_badges",
    "sender_display",
]

BLOCK_MAX = 1024 * 1024
FIELDS_MAX = 2000
REFERENCES_MAX = 500
FROM_FIELDS_MAX = 8
USUAL_MAX = 16_384
"""Octets of a block that is read in the quick way."""
_FIELD = re.compile(
    rb"^([!-9;-~]{1,200})[ \t]*+:([^\r\n]*+(?>(?:\r?\n[ \t][^\r\n]*+)*))", re.M
)
_ID = re.compile(r"<[^<>\s]{1,990}>")
_ADDRESS_FIELDS = frozenset(
    b"from sender reply-to to cc bcc resent-from resent-to return-path".split()
)
_USUAL_NAMES = {
    spelling: name.lower()
    for name in b"Date From Sender Reply-To To Cc Subject Message-ID In-Reply-To"
    b" References List-ID".split()
    for spelling in (name, name.title(), name.upper(), name.lower())
}


def raw_fields(block: bytes) -> list[tuple[bytes, bytes]]:
    """Name and raw value of every field, in order, at most 2,000 of 1 MiB.

    The block ends at its first empty line (RFC 5322 §2.1); a body behind it is no
    header, whatever it quotes.
    """
    block = _block(block)
    if len(block) < FIELD_MAX:
        return _FIELD.findall(block)[:FIELDS_MAX]
    return [(f[1], f[2]) for f in islice(_FIELD.finditer(block), FIELDS_MAX)]


def _block(raw: bytes) -> bytes:
    raw = raw[:BLOCK_MAX].lstrip(b"\r\n")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    elif b"\r\r\n" in raw:
        raw = raw.replace(b"\r\r\n", b"\r\n")
    for end in (raw.find(b"\n\r\n"), raw.find(b"\n\n")):
        if end >= 0:
            raw = raw[: end + 1]
    return raw


def header_fields(raw: bytes) -> list[tuple[str, str]]:
    """Name and decoded value of every field, in order; not safe to show yet."""
    return [(name.decode("ascii"), _value(name, raw)) for name, raw in raw_fields(raw)]


def _value(name: bytes, raw: bytes) -> str:
    if b"?=@" in raw and name.lower() in _ADDRESS_FIELDS:
        # Encoded words have no place in an address: decoded, they would show another.
        return " ".join(raw[:FIELD_MAX].decode("utf-8", "replace").split())
    return decode_words(raw)


def parse_envelope(raw: bytes) -> Envelope:
    """What a list row and a thread need of a header block.

    The first of a repeated field counts, but for From: all of them are kept, since
    servers and readers disagree which one is shown (RFC 5322 allows one).
    """
    fields = _usual_fields(raw)
    if fields is not None:
        sender = fields.get(b"from")
        return _envelope(fields, () if sender is None else parse_senders(sender))
    fields = {}
    senders: list[bytes] = []
    for name, value in raw_fields(raw):
        key = name.lower()
        if key == b"from":
            senders.append(value)
        fields.setdefault(key, value)
    return _envelope(fields, _senders(senders))


def _usual_fields(raw: bytes) -> dict[bytes, bytes] | None:
    """The fields of a block as servers send it that were asked for these fields.

    None for every other block: lines that end otherwise, fields that stand twice or
    have other names, anything behind the empty line.
    """
    lines = raw[:-4].split(b"\r\n")
    ends = len(lines) + 1
    if raw[-4:] != b"\r\n\r\n" or len(raw) > USUAL_MAX or ends > FIELDS_MAX:
        return None
    if raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        return None
    fields: dict[bytes, bytes] = {}
    key: bytes | None = None
    for line in lines:
        name, _, value = line.partition(b":")
        known = _USUAL_NAMES.get(name)
        if known is not None and known not in fields:
            key = known
            fields[key] = value
        elif key is not None and line[:1] in (b" ", b"\t"):
            fields[key] += b"\r\n" + line
        else:
            return None
    return fields


def _envelope(fields: dict[bytes, bytes], senders: tuple[Address, ...]) -> Envelope:
    get = fields.get
    date, zone = parse_date(get(b"date", b"")) or (None, 0)
    return Envelope(
        _text(get(b"subject")),
        senders,
        _addresses(get(b"sender")),
        _addresses(get(b"reply-to")),
        _addresses(get(b"to")),
        _addresses(get(b"cc")),
        date,
        zone,
        _first_id(get(b"message-id")),
        _answered_id(get(b"in-reply-to")),
        _ids(get(b"references")),
        _text(get(b"list-id")),
    )


def _text(value: bytes | None) -> str:
    return decode_words(value) if value else ""


def _senders(values: list[bytes]) -> tuple[Address, ...]:
    """All that stands in all From fields; several fields make all of them suspect."""
    if len(values) == 1:
        return parse_senders(values[0])
    found = [each for raw in values[:FROM_FIELDS_MAX] for each in parse_senders(raw)]
    unique = dict.fromkeys(found)
    if len(unique) < 2:
        return tuple(unique)
    return tuple(Address(each.name, each.addr, True) for each in unique)


def _addresses(value: bytes | None) -> tuple[Address, ...]:
    return parse_addresses(value) if value else ()


def _ids(raw: bytes | None) -> tuple[str, ...]:
    """Message-IDs in order; of too many the first, which began it, and the last."""
    if not raw:
        return ()
    found: list[str] = _ID.findall(raw[:FIELD_MAX].decode("utf-8", "replace"))
    if len(found) > REFERENCES_MAX:
        found = [found[0], *found[1 - REFERENCES_MAX :]]
    return tuple(found)


def _answered_id(raw: bytes | None) -> str:
    """The Message-ID of In-Reply-To.

    Old programs write a sentence: `Message from Ann <ann@x> of Monday <id@x>`.
    """
    if raw and not raw.lstrip().startswith(b"<"):
        return next(reversed(_ids(raw)), "") or _first_id(raw)
    return _first_id(raw)


def _first_id(raw: bytes | None) -> str:
    """The first Message-ID; what has no brackets is taken as it stands."""
    if not raw:
        return ""
    text = raw[:FIELD_MAX].decode("utf-8", "replace")
    found = _ID.search(text)
    if found is not None:
        return found[0]
    bare = text[:1000].strip()
    return f"<{bare}>" if bare and not re.search(r"[\s<>]", bare) else ""
