"""Foreign values made fit for a column: numbers in range, texts SQLite can take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from json.encoder import encode_basestring as _quoted

from tuimail.mail.types import Address, Envelope

MAX_UID = 2**32 - 1
MAX_INT = 2**63 - 1
_MAX_TIME = 2**40
"""The year 36812: far enough, and a date that can still be computed with."""


def clamp(value: int, low: int, high: int) -> int:
    """The nearest value in the range."""
    return low if value < low else min(value, high)


def moment(value: int) -> int:
    """Seconds since the epoch, in a range that can be computed with."""
    if -_MAX_TIME <= value <= _MAX_TIME:
        return value
    return clamp(value, -_MAX_TIME, _MAX_TIME)


def count(value: int | None) -> int | None:
    """A number of messages or octets; None stays None."""
    return None if value is None else clamp(value, 0, MAX_INT)


def text(value: str) -> str:
    """Without lone surrogates, which have no UTF-8, and NUL, where SQLite stops."""
    if value.isascii():
        return value.replace("\0", "\ufffd") if "\0" in value else value
    return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def identity(
    envelope: Envelope, size: int, arrival: int, digest: bytes
) -> bytes | None:
    """What two copies of one message have in common; None: it is never shared.

    A sender can forge any header, so the arrival belongs to it: a message may not take
    the place of another one that claims the same Message-ID.
    """
    if not envelope.message_id or not digest:
        return None
    seed = f"{size} {envelope.message_id}".encode("utf-8", "replace")
    # The arrival comes first: messages of one time lie on the same pages of the index.
    place = (moment(arrival) + 2**47).to_bytes(6, "big")
    from hashlib import blake2b

    return place + blake2b(seed + b"\0" + digest, digest_size=14).digest()


def dump_envelope(envelope: Envelope) -> str:
    """The envelope as JSON, without what is empty.

    Put together by hand: every message passes here, and `json` is slow to begin.
    """
    subject, from_, sender, reply_to, to, cc, date, zone = envelope[:8]
    message_id, in_reply_to, references, list_id = envelope[8:]
    fields = [
        subject and f'"s":{_quoted(subject)}',
        from_ and f'"f":{_people_json(from_)}',
        sender and f'"n":{_people_json(sender)}',
        reply_to and f'"r":{_people_json(reply_to)}',
        to and f'"t":{_people_json(to)}',
        cc and f'"c":{_people_json(cc)}',
        "" if date is None else f'"d":{moment(date)}',
        f'"z":{zone}',
        message_id and f'"i":{_quoted(message_id)}',
        in_reply_to and f'"p":{_quoted(in_reply_to)}',
        references and f'"q":[{",".join(map(_quoted, references))}]',
        list_id and f'"l":{_quoted(list_id)}',
    ]
    return text("{" + ",".join([field for field in fields if field]) + "}")


def load_envelope(stored: str) -> Envelope:
    """The envelope that `dump_envelope` made JSON of."""
    get = json.loads(stored).get
    return Envelope(
        subject=get("s", ""),
        from_=_people(get("f", ())),
        sender=_people(get("n", ())),
        reply_to=_people(get("r", ())),
        to=_people(get("t", ())),
        cc=_people(get("c", ())),
        date=get("d"),
        offset_min=get("z", 0),
        message_id=get("i", ""),
        in_reply_to=get("p", ""),
        references=tuple(get("q", ())),
        list_id=get("l", ""),
    )


def load_ids(stored: str) -> tuple[str, str, Sequence[str]]:
    """Message-ID, In-Reply-To and References of an envelope that was dumped."""
    # They stand behind the zone, which is always there; no string of the JSON can hold
    # this mark, for its quotation marks would be escaped.
    tail = stored[stored.index('"z":') :]
    if "\\" in tail:
        get = json.loads("{" + tail).get
        return get("i", ""), get("p", ""), get("q", ())
    own = above = ""
    _, found, rest = tail.partition('"i":"')
    if found:
        own, _, rest = rest.partition('"')
    else:
        rest = tail
    _, found, after = rest.partition('"p":"')
    if found:
        above, _, rest = after.partition('"')
    _, found, named = rest.partition('"q":["')
    return own, above, named[: named.index('"]')].split('","') if found else ()


def _people_json(people: tuple[Address, ...]) -> str:
    texts = [
        f"[{_quoted(name)},{_quoted(addr)},{1 if suspect else 0}]"
        for name, addr, suspect in people
    ]
    return f"[{','.join(texts)}]"


def _people(stored: list[tuple[str, str, int]]) -> tuple[Address, ...]:
    return tuple(Address(name, addr, bool(suspect)) for name, addr, suspect in stored)
