"""Invitations and other calendar mail as a card (RFC 5545, RFC 5546).

Nothing in a calendar is acted upon: no alarm is set, no attachment fetched, no answer
sent. What is wanted is said in a sentence, then when, where and who.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from tuimail.mail.contentlines import Component, Property, components
from tuimail.mail.header_pane import DAYS, MONTHS
from tuimail.mail.links import FIND, Links, split_tail
from tuimail.mail.moments import Moment, Zones, duration
from tuimail.mail.recurrence import recurrence
from tuimail.mail.sanitize import safe_block, safe_text
from tuimail.mail.types import Line, RenderedText, SafeText, Span, Style
from tuimail.mail.wrap import wrap

EVENTS_MAX = 20
PEOPLE_MAX = 20
DESCRIPTION_MAX = 20_000
LABEL_CELLS = 10
NAME_MAX = 100
"""Characters of a name: the address behind it must not be pushed out of sight."""
_KINDS = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")
_ASKS = {
    "REQUEST": "Invitation",
    "PUBLISH": "An event to take note of",
    "CANCEL": "Cancelled",
    "ADD": "More dates for an event",
    "COUNTER": "Another time is proposed",
    "DECLINECOUNTER": "The proposed time was declined",
    "REFRESH": "Somebody asks for the event again",
}
_ANSWERS = {
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "maybe",
    "DELEGATED": "delegated",
    "NEEDS-ACTION": "no answer yet",
    "COMPLETED": "done",
    "IN-PROCESS": "at it",
}
_REPLIES = {
    "ACCEPTED": "accepts",
    "DECLINED": "declines",
    "TENTATIVE": "may come",
    "DELEGATED": "sends somebody else",
}
_NOTHING = SafeText("This calendar cannot be read; here it is as it came.")


def render_calendar(
    text: str, width: int, first_link: int = 1, zone: tzinfo | None = None
) -> RenderedText:
    """A calendar as a card for each event, at most 20; times also in `zone`.

    None for the zone of this machine.
    """
    calendars = [each for each in components(text) if each.name == "VCALENDAR"]
    card = _Card(width, first_link, zone)
    for calendar in calendars[:EVENTS_MAX]:
        card.add(calendar)
    if not card.lines:
        raw = safe_block(text[:DESCRIPTION_MAX]).split("\n")
        lines = [line for each in raw for line in wrap([Span(SafeText(each))], width)]
        return RenderedText(tuple(lines), notes=(_NOTHING,))
    notes = [SafeText(f"{card.left} more events are not shown.")] if card.left else []
    return RenderedText(tuple(card.lines), tuple(card.links.found), tuple(notes))


class _Card:
    def __init__(self, width: int, first_link: int, zone: tzinfo | None) -> None:
        self.lines: list[Line] = []
        self.links = Links(first_link)
        self.left = 0
        self._width = width
        self._zone = zone
        self._shown = 0

    def add(self, calendar: Component) -> None:
        zones = Zones(calendar)
        method = calendar.text("METHOD").upper()
        for event in calendar.parts:
            if event.name not in _KINDS:
                continue
            if self._shown == EVENTS_MAX:
                self.left += 1
                continue
            self._shown += 1
            if self.lines:
                self.lines.append(())
            self._event(event, zones, method)

    def _event(self, event: Component, zones: Zones, method: str) -> None:
        self._put([Span(safe_text(_asks(event, method), 400), Style.NOTE)])
        title = safe_text(event.text("SUMMARY") or "(no title)", 500)
        self._put([Span(title, Style.HEADING)])
        for at, words in enumerate(self._when(event, zones)):
            self._field("When" if not at else "", words)
        repeats = recurrence(event, zones)
        self._field("Repeats", repeats)
        self._field("Where", _one_line(event.text("LOCATION")))
        self._link_field("Join", _join(event))
        self._field("From", _person(event.get("ORGANIZER")))
        people = event.all("ATTENDEE")
        for at, each in enumerate(people[:PEOPLE_MAX]):
            self._field("Who" if not at else "", f"{_person(each)}{_answer(each)}")
        if len(people) > PEOPLE_MAX:
            self._field("", f"and {len(people) - PEOPLE_MAX} more")
        self._field("Status", _status(event))
        self._field("Files", _files(event))
        self._description(event.text("DESCRIPTION"))

    def _when(self, event: Component, zones: Zones) -> Iterator[str]:
        start = zones.moment(event.get("DTSTART"))
        end = zones.moment(event.get("DTEND") or event.get("DUE"))
        length = duration(event.text("DURATION")) if end is None else None
        if start is not None and length is not None:
            end = zones.later(start, length)
        if start is None:
            yield f"until {_moment(end)}" if end is not None else "(no time is given)"
            return
        yield _span(start, end)
        if start.known and not start.all_day:
            local = _in_zone(start, self._zone)
            if local is not None and local.at.utcoffset() != start.at.utcoffset():
                over = _in_zone(end, self._zone) if end is not None else None
                yield f"{_span(local._replace(zone=''), over)}, your time"

    def _field(self, name: str, words: str) -> None:
        if not words:
            return
        label = Span(SafeText(f"{name:<{LABEL_CELLS}}"), Style.NOTE)
        gap = Span(SafeText(" " * LABEL_CELLS))
        made = wrap([Span(safe_text(words, 2000))], self._width, (gap,))
        self.lines += [(label, *made[0][1:]), *made[1:]]

    def _link_field(self, name: str, url: str) -> None:
        number = self.links.add(url, "") if url else 0
        if number:
            label = Span(SafeText(f"{name:<{LABEL_CELLS}}"), Style.NOTE)
            gap = Span(SafeText(" " * LABEL_CELLS))
            shown = Span(safe_text(url, 2000), Style.LINK, number)
            made = wrap([shown], self._width, (gap,))
            self.lines += [(label, *made[0][1:]), *made[1:]]

    def _description(self, text: str) -> None:
        lines = safe_block(text[:DESCRIPTION_MAX].strip()).split("\n")
        if not any(line.strip() for line in lines):
            return
        self.lines.append(())
        for line in lines:
            self._put(list(self._linked(line)))

    def _linked(self, line: str) -> Iterator[Span]:
        at = 0
        for found in FIND.finditer(line):
            url, _ = split_tail(found[0])
            number = self.links.add(url, "")
            if number:
                yield Span(SafeText(line[at : found.start()]))
                yield Span(SafeText(url), Style.LINK, number)
                at = found.start() + len(url)
        yield Span(SafeText(line[at:]))

    def _put(self, spans: list[Span]) -> None:
        self.lines += wrap(spans, self._width)


# -- words ---------------------------------------------------------------------


def _asks(event: Component, method: str) -> str:
    """What the sender wants, in a few words."""
    if method == "REPLY":
        first = event.get("ATTENDEE")
        answer = first.param("PARTSTAT").upper() if first is not None else ""
        name = _name(first) if first is not None else "Somebody"
        said = f"{name} {_REPLIES.get(answer, 'answers')}"
        comment = _one_line(event.text("COMMENT"))
        return f"{said}: {comment}" if comment else said
    if event.text("STATUS").upper() == "CANCELLED":
        method = "CANCEL"
    sequence = event.text("SEQUENCE")
    if (
        method == "REQUEST"
        and sequence.isascii()
        and sequence.isdigit()
        and int(sequence[:9]) > 0
    ):
        return "Invitation, changed"
    words = {
        "VTODO": "A task",
        "VJOURNAL": "A note",
        "VFREEBUSY": "Free and busy times",
    }
    return _ASKS.get(method) or words.get(event.name, "An event")


def _span(start: Moment, end: Moment | None) -> str:
    """From when to when; the day is said once where it is the same."""
    if start.all_day:
        last = end.at - timedelta(days=1) if end is not None else start.at
        if last <= start.at:
            return f"{_day(start.at)}, all day"
        return f"{_day(start.at)} to {_day(last)}, all day"
    zone = _zone_words(start)
    if end is None or (end.at.replace(tzinfo=None), end.zone) == (
        start.at.replace(tzinfo=None),
        start.zone,
    ):
        return f"{_day(start.at)} {start.at:%H:%M}{zone}"
    if _same_zone(start, end) and end.at.date() == start.at.date() and not end.all_day:
        return f"{_day(start.at)} {start.at:%H:%M} to {end.at:%H:%M}{zone}"
    return f"{_day(start.at)} {start.at:%H:%M} to {_moment(end)}"


def _same_zone(one: Moment, other: Moment) -> bool:
    """Whether the zone of one can be said for both; flights cross them."""
    return (one.zone, one.at.utcoffset()) == (other.zone, other.at.utcoffset())


def _moment(at: Moment) -> str:
    if at.all_day:
        return _day(at.at)
    return f"{_day(at.at)} {at.at:%H:%M}{_zone_words(at)}"


def _day(at: datetime) -> str:
    return f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"


def _zone_words(at: Moment) -> str:
    if not at.known:
        return f" ({at.zone})" if at.zone else " (wherever you are)"
    minutes = round((at.at.utcoffset() or timedelta()).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    return f" {offset} ({at.zone})" if at.zone else f" {offset}"


def _in_zone(at: Moment, zone: tzinfo | None) -> Moment | None:
    try:
        return Moment(at.at.astimezone(zone), at.all_day)
    except (OverflowError, ValueError):
        return None


def _person(line: Property | None) -> str:
    """`Ann <ann@example.org>`, or the address alone."""
    if line is None:
        return ""
    address = _address(line)
    name = safe_text(_one_line(line.param("CN")), NAME_MAX)
    return f"{name} <{address}>" if name and name != address else address


def _name(line: Property) -> str:
    return _one_line(line.param("CN")) or _address(line) or "Somebody"


def _address(line: Property) -> str:
    value = line.value.strip()
    return _one_line(value[7:] if value[:7].lower() == "mailto:" else value)[:300]


def _answer(line: Property) -> str:
    said = _ANSWERS.get(line.param("PARTSTAT").upper(), "")
    role = line.param("ROLE").upper()
    words = [said, "optional" if role == "OPT-PARTICIPANT" else ""]
    told = ", ".join(filter(None, words))
    return f" ({told})" if told else ""


def _status(event: Component) -> str:
    status = event.text("STATUS").upper()
    return {"TENTATIVE": "not certain yet", "CANCELLED": "cancelled"}.get(status, "")


def _files(event: Component) -> str:
    count = len(event.all("ATTACH"))
    if not count:
        return ""
    return f"{count} attached in the calendar; they are never fetched"


def _join(event: Component) -> str:
    """Where a call takes place, as the makers of calendars write it."""
    for name in ("X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "URL"):
        value = event.text(name)
        if value.startswith("https://"):
            return value
    return ""


def _one_line(text: str) -> str:
    return ", ".join(filter(None, (line.strip() for line in text.split("\n")[:20])))
