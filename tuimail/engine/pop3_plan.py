"""What a listing of a maildrop means, and what may be removed: decisions without I/O.

A message that a listing lacks is not gone for that: servers answer empty or short while
they are in trouble. Nothing is removed by an id that could mean another message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from tuimail.config import OnServer, Pop3Account
from tuimail.mail.dates import parse_date
from tuimail.mail.headers import raw_fields
from tuimail.net.pop3_values import Flaw, Listing
from tuimail.store.maildrop import PopItem, PopState, Removal, fresh

DAY_S = 86_400
ELAPSED_MAX_S = 7 * DAY_S
"""Time that passes at most between two listings, whatever the clock says."""
FORGET_S = 30 * DAY_S
ABSENT = 2
"""Listings in a row that must lack a message until it counts as gone."""
ABSENT_MASS = 3
"""The same when a listing lacks very many."""
MASS = 20
GUARD = 100
"""Removals by a rule alone that are asked about once."""
SIZE_TOLERANCE = 0.02
_MARKS = (b"message-id", b"date", b"from", b"received")
_HERE = (PopState.STORED, PopState.PURGED)
Id = tuple[str, int]


@dataclass(slots=True)
class Reading:
    """What a listing changed."""

    items: dict[Id, PopItem]
    """Everything that is known now."""
    numbers: dict[Id, int] = field(default_factory=dict)
    """Message numbers, the highest first: they mean something in this session only."""
    doubtful: set[Id] = field(default_factory=set)
    """Their ids may mean other messages: they are never removed."""
    new: list[PopItem] = field(default_factory=list)
    changed: list[PopItem] = field(default_factory=list)
    """Known ones of which the listing says something new."""
    forgotten: list[Id] = field(default_factory=list)
    unnamed: int = 0
    """Messages without a usable id; they are left alone."""
    lost: int = 0
    """Known messages that the listing lacks."""

    def newest(self, *states: PopState) -> list[PopItem]:
        """What is listed and in one of the states, the highest number first."""
        return [i for id in self.numbers if (i := self.items[id]).state in states]

    def take(self, items: Iterable[PopItem]) -> None:
        """How messages stand now."""
        self.items.update((item.id, item) for item in items)


def read(
    known: Mapping[Id, PopItem], listing: Listing, now: int, previous: int
) -> Reading:
    """What is known after a listing; `previous` is the time of the last one, or 0."""
    elapsed = max(0, min(now - previous, ELAPSED_MAX_S)) if previous else 0
    reading = Reading(dict(known))
    often: Counter[str] = Counter()
    for entry in listing.entries:
        if not entry.uidl:
            reading.unnamed += 1
            continue
        id = entry.uidl, often[entry.uidl]
        often[entry.uidl] += 1
        if entry.flaw is Flaw.DUPLICATE:
            reading.doubtful.add(id)
        reading.numbers[id] = entry.number
        item = known.get(id)
        if item is None:
            reading.new.append(fresh(*id, entry.size or 0, now))
            continue
        size = item.size if entry.size is None else entry.size
        if _another(item, size):
            # Nothing of it is taken over, so that it is doubtful the next time, too.
            reading.doubtful.add(id)
            continue
        here = item.state in _HERE
        if here or item.absent or size != item.size:
            # It ages from when it came here, however long ago the last listing is.
            more = min(elapsed, max(0, now - item.stored_at)) if here else 0
            aged = item.age_s + more
            reading.changed.append(
                item._replace(size=size, last_listed=now, absent=0, age_s=aged)
            )
    newest = sorted(reading.numbers.items(), key=lambda each: -each[1])
    reading.numbers = dict(newest)
    reading.take([*reading.new, *reading.changed])
    if listing.sound:
        _absent(known, reading, now)
    return reading


def _another(item: PopItem, size: int) -> bool:
    """Whether a server may have given the id of one message to another.

    It must not (RFC 1939 §7), and what we would remove by it nobody has seen.
    """
    if item.state is PopState.GONE and item.absent:
        return True
    known = item.state is not PopState.LISTED
    return known and abs(size - item.size) > SIZE_TOLERANCE * max(size, item.size)


def _absent(known: Mapping[Id, PopItem], reading: Reading, now: int) -> None:
    """What the listing lacks: a message, or the server its wits."""
    lost = [item for id, item in known.items() if id not in reading.numbers]
    alive = [item for item in lost if item.state is not PopState.GONE]
    reading.lost = len(alive)
    mass = len(alive) > MASS and 2 * len(alive) > len(known)
    limit = ABSENT_MASS if mass else ABSENT
    for item in lost:
        item = item._replace(absent=item.absent + 1)
        here = item.state in (*_HERE, PopState.GONE)
        old = now - item.last_listed > FORGET_S
        if item.absent >= limit and (old or not here):
            reading.forgotten.append(item.id)
            del reading.items[item.id]
        elif item.absent <= ABSENT_MASS:
            # Beyond it says nothing more, and there may be very many.
            reading.changed.append(item)
            reading.take([item])


def fingerprint(header: bytes) -> bytes:
    """Tells a message when its id has changed; of the header as TOP gives it."""
    return marks(header, 0)[0]


def arrival(header: bytes, otherwise: int) -> int:
    """When it came to the server: by the last Received, else by Date; not later."""
    return marks(header, otherwise)[1]


def marks(header: bytes, now: int) -> tuple[bytes, int]:
    """The fingerprint, and when it came to the server."""
    fields = [(name.lower(), value) for name, value in raw_fields(header)]
    told = [(name, value) for name, value in fields if name in _MARKS]
    return _fingerprint(told, header), _arrival(told, now)


def _fingerprint(told: list[tuple[bytes, bytes]], header: bytes) -> bytes:
    marks = [name + b":" + b" ".join(value.split()) for name, value in told]
    return blake2b(b"\n".join(marks) or header, digest_size=16).digest()


def _arrival(told: list[tuple[bytes, bytes]], otherwise: int) -> int:
    found: dict[bytes, int] = {}
    for key, value in told:
        if key in (b"received", b"date") and key not in found:
            date = parse_date(value.rpartition(b";")[2])
            if date is not None:
                found[key] = date[0]
    moment = found.get(b"received", found.get(b"date", otherwise))
    return max(0, min(moment, otherwise))


def missing(reading: Reading) -> dict[bytes, PopItem]:
    """Messages that the listing lacks, by their fingerprint."""
    return {
        item.fingerprint: item
        for id, item in reading.items.items()
        if id not in reading.numbers and item.fingerprint is not None
    }


def same(missed: dict[bytes, PopItem], new: PopItem) -> PopItem | None:
    """The message that the server now lists under a new id; each is given once."""
    old = missed.get(new.fingerprint or b"")
    if old is None or abs(old.size - new.size) > SIZE_TOLERANCE * new.size:
        return None
    return missed.pop(new.fingerprint or b"")


def due(reading: Reading, account: Pop3Account) -> list[PopItem]:
    """What is to be removed from the server now, as `removal` says how certainly."""
    found = []
    for id in reading.numbers:
        item = reading.items[id]
        if id in reading.doubtful:
            continue
        if item.state is PopState.GONE or item.removal is Removal.ANYWAY:
            found.append(item._replace(removal=Removal.ANYWAY))
        elif item.removal is Removal.SAFE and item.state is PopState.STORED:
            found.append(item)
        elif item.state in _HERE and _rule(item, account):
            purged = item.state is PopState.PURGED
            removal = Removal.ANYWAY if purged else Removal.SAFE
            found.append(item._replace(removal=removal))
    return found


def _rule(item: PopItem, account: Pop3Account) -> bool:
    """Whether what is here is to go from the server by itself."""
    days = account.delete_after_days
    old = bool(days) and item.age_s >= days * DAY_S
    unwanted = item.state is PopState.PURGED and account.delete_when_deleted
    kept = account.keep_flagged and "F" in item.letters
    if account.on_server is OnServer.DELETE or unwanted:
        return True
    return old and not kept


def mass(items: Iterable[PopItem], before: Reading) -> int:
    """How many would go by a rule alone, when that is so many that one should ask."""
    count = sum(before.items[item.id].removal is Removal.NO for item in items)
    many = count > GUARD or (count > MASS and 2 * count > len(before.numbers))
    return count if many else 0
