"""Invitations as cards: what, when, where, who; and calendars nobody meant well."""

from __future__ import annotations

from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.cost import grows_linearly
from tuimail.mail.calendar import render_calendar
from tuimail.mail.moments import duration, zone_named
from tuimail.mail.recurrence import rule_words
from tuimail.mail.sanitize import is_safe
from tuimail.mail.types import RenderedText
from tuimail.mail.wrap import line_cells

RULES = """BEGIN:VTIMEZONE
TZID:Somewhere
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*lines: str, method: str = "REQUEST", kind: str = "VEVENT") -> str:
    event = "".join(f"{line}\n" for line in lines)
    return (
        f"BEGIN:VCALENDAR\nMETHOD:{method}\n{RULES}BEGIN:{kind}\n{event}END:{kind}\n"
        "END:VCALENDAR\n"
    ).replace("\n", "\r\n")


def shown(text: RenderedText) -> list[str]:
    return ["".join(span.text for span in line) for line in text.lines]


def card(*lines: str, zone: tzinfo = UTC, **more: str) -> list[str]:
    return shown(render_calendar(calendar(*lines, **more), 100, 1, zone))


def field(rows: list[str], name: str) -> str:
    return next((row[10:] for row in rows if row.startswith(f"{name:<10}")), "")


def test_a_card_says_what_when_where_and_who() -> None:
    rows = card(
        "SUMMARY:Quarterly review\\, with lunch",
        "DTSTART;TZID=Europe/Berlin:20270705T140000",
        "DTEND;TZID=Europe/Berlin:20270705T153000",
        "LOCATION:Room 4\\nHouse 2",
        "ORGANIZER;CN=Ann Lee:mailto:ann@example.org",
        'ATTENDEE;PARTSTAT=ACCEPTED;CN="Bo, B":mailto:bo@example.org',
        "ATTENDEE;ROLE=OPT-PARTICIPANT:MAILTO:cy@example.net",
        "DESCRIPTION:First line\\nsecond",
    )
    assert rows == [
        "Invitation",
        "Quarterly review, with lunch",
        "When      Mon 5 Jul 2027 14:00 to 15:30 +0200 (Europe/Berlin)",
        "          Mon 5 Jul 2027 12:00 to 13:30 +0000, your time",
        "Where     Room 4, House 2",
        "From      Ann Lee <ann@example.org>",
        "Who       Bo, B <bo@example.org> (accepted)",
        "          cy@example.net (optional)",
        "",
        "First line",
        "second",
    ]


@pytest.mark.parametrize(
    ("lines", "when"),
    [
        (("DTSTART:20270705T120000Z",), "Mon 5 Jul 2027 12:00 +0000"),
        (("DTSTART:20270705T120000",), "Mon 5 Jul 2027 12:00 (wherever you are)"),
        (("DTSTART;VALUE=DATE:20270705",), "Mon 5 Jul 2027, all day"),
        (
            ("DTSTART;VALUE=DATE:20270705", "DTEND;VALUE=DATE:20270706"),
            "Mon 5 Jul 2027, all day",
        ),
        (
            ("DTSTART;VALUE=DATE:20270705", "DTEND;VALUE=DATE:20270708"),
            "Mon 5 Jul 2027 to Wed 7 Jul 2027, all day",
        ),
        (
            ("DTSTART:20270705T230000Z", "DURATION:PT2H30M"),
            "Mon 5 Jul 2027 23:00 to Tue 6 Jul 2027 01:30 +0000",
        ),
        (
            ("DTSTART;TZID=Somewhere:20270705T120000",),
            "Mon 5 Jul 2027 12:00 +0200 (Somewhere)",
        ),
        (
            ("DTSTART;TZID=Somewhere:20271205T120000",),
            "Sun 5 Dec 2027 12:00 +0100 (Somewhere)",
        ),
        (
            ("DTSTART;TZID=Nowhere:20271205T120000",),
            "Sun 5 Dec 2027 12:00 (Nowhere)",
        ),
        (
            ('DTSTART;TZID="Tokyo Standard Time":20271205T120000',),
            "Sun 5 Dec 2027 12:00 +0900 (Tokyo Standard Time)",
        ),
        (
            (
                "DTSTART;TZID=Europe/Berlin:20270705T100000",
                "DTEND;TZID=America/New_York:20270705T120000",
            ),
            "Mon 5 Jul 2027 10:00 to Mon 5 Jul 2027 12:00 -0400 (America/New_York)",
        ),
        (
            (
                "DTSTART;TZID=Europe/Berlin:20270705T100000",
                "DTEND;TZID=America/New_York:20270705T100000",
            ),
            "Mon 5 Jul 2027 10:00 to Mon 5 Jul 2027 10:00 -0400 (America/New_York)",
        ),
        (("SUMMARY:x",), "(no time is given)"),
        (("DTSTART:99991399T999999Z",), "(no time is given)"),
        (
            # An hour is lost in that night: three hours are three, a day is a day.
            ("DTSTART;TZID=Europe/Warsaw:20270328T003000", "DURATION:PT3H"),
            "Sun 28 Mar 2027 00:30 to Sun 28 Mar 2027 04:30 +0200",
        ),
        (
            ("DTSTART;TZID=Somewhere:20270328T003000", "DURATION:PT3H"),
            "Sun 28 Mar 2027 00:30 to Sun 28 Mar 2027 04:30 +0200",
        ),
        (
            ("DTSTART;TZID=Europe/Warsaw:20270327T120000", "DURATION:P1D"),
            "Sat 27 Mar 2027 12:00 to Sun 28 Mar 2027 12:00",
        ),
        (
            ("DTSTART;TZID=Europe/Warsaw:20270327T120000", "DURATION:P1DT1H"),
            "Sat 27 Mar 2027 12:00 to Sun 28 Mar 2027 13:00",
        ),
        (("DTSTART:99991231T235959Z", "DURATION:P9W"), "Fri 31 Dec 9999 23:59 +0000"),
    ],
)
def test_when_is(lines: tuple[str, ...], when: str) -> None:
    assert field(card(*lines), "When").startswith(when)


@pytest.mark.parametrize(
    ("method", "lines", "asks"),
    [
        ("REQUEST", (), "Invitation"),
        ("REQUEST", ("SEQUENCE:2",), "Invitation, changed"),
        ("REQUEST", ("SEQUENCE:²",), "Invitation"),
        ("CANCEL", (), "Cancelled"),
        ("PUBLISH", ("STATUS:CANCELLED",), "Cancelled"),
        ("COUNTER", (), "Another time is proposed"),
        (
            "REPLY",
            ("ATTENDEE;CN=Ann;PARTSTAT=DECLINED:mailto:a@b", "COMMENT:ill"),
            "Ann declines: ill",
        ),
        ("REPLY", ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.c",), "a@b.c accepts"),
        ("REPLY", (), "Somebody answers"),
        ("", (), "An event"),
    ],
)
def test_what_is_asked(method: str, lines: tuple[str, ...], asks: str) -> None:
    assert card(*lines, method=method)[0] == asks


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "every 2 weeks on Mon and Wed"),
        ("FREQ=WEEKLY;UNTIL=20270303T000000Z", "every week until 3 Mar 2027"),
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=5", "every month on the second Tue, 5 times"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Fri"),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", "every month on last Fri"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,-1", "every month on day 15 and the last day"),
        ("FREQ=YEARLY;BYMONTH=3,10", "every year in Mar and Oct"),
        ("FREQ=SECONDLY;COUNT=1000000000", "every second"),
        ("FREQ=DAILY;INTERVAL=x;COUNT=1", "every day, once"),
        ("FREQ=DAILY;BYHOUR=9", "every day, with conditions that are not shown"),
        (
            "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=1,-1",
            "every month on Fri, with conditions that are not shown",
        ),
        (
            "FREQ=MONTHLY;BYSETPOS=1;COUNT=2",
            "every month, with conditions that are not shown, 2 times",
        ),
        ("FREQ=NEVER", ""),
        ("", ""),
    ],
)
def test_how_often_in_words(rule: str, words: str) -> None:
    assert rule_words(rule) == words


def test_exceptions_of_a_series_are_counted() -> None:
    rows = card(
        "DTSTART:20270705T120000Z", "RRULE:FREQ=DAILY", "EXDATE:20270706,20270707"
    )
    assert field(rows, "Repeats") == "every day, except 2 dates"


def test_one_date_of_a_series_is_told() -> None:
    rows = card("DTSTART:20270705T130000Z", "RECURRENCE-ID:20270705T120000Z")
    assert field(rows, "Repeats") == "this is the one of 5 Jul 2027 of a series"


def test_a_change_of_all_that_follow_is_told() -> None:
    change = "RECURRENCE-ID;RANGE=THISANDFUTURE:20270705T120000Z"
    rows = card("DTSTART:20270705T130000Z", change)
    assert field(rows, "Repeats").endswith("of a series, and all that follow it")


def test_a_long_name_hides_no_address() -> None:
    rows = card(f"ORGANIZER;CN={'Boss ' * 700}:mailto:mallory@example.net")
    assert any("<mallory@example.net>" in row for row in rows)


def test_a_zone_whose_rule_has_odd_digits_is_read() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=²;BYDAY=1SU\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE\r\n"
    )
    event = "BEGIN:VEVENT\r\nDTSTART;TZID=Odd:20270705T120000\r\nEND:VEVENT\r\n"
    text = f"BEGIN:VCALENDAR\r\n{zone}{event}END:VCALENDAR\r\n"
    assert render_calendar(text, 80).lines


def test_links_can_be_opened_and_others_cannot() -> None:
    text = render_calendar(
        calendar(
            "X-GOOGLE-CONFERENCE:https://meet.example/abc",
            "URL:javascript:alert(1)",
            "DESCRIPTION:see https://example.org/plan.",
        ),
        80,
        5,
    )
    assert [(k.number, k.target) for k in text.links] == [
        (5, "https://meet.example/abc"),
        (6, "https://example.org/plan"),
    ]


def test_many_people_are_counted() -> None:
    rows = card(*[f"ATTENDEE:mailto:p{n}@example.org" for n in range(50)])
    assert any("and 30 more" in row for row in rows)


def test_rubbish_is_shown_as_it_came() -> None:
    text = render_calendar("hello\x1b[2J\nworld", 80)
    assert shown(text)[1] == "world"
    assert text.notes


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "Europe", "", ".", "A" * 999, "posix/../x"],
)
def test_a_zone_is_no_path(name: str) -> None:
    assert zone_named(name) is None


def test_a_zone_behind_a_path_of_tables_is_found() -> None:
    assert zone_named("freeassociation.sourceforge.net/Europe/Berlin") == ZoneInfo(
        "Europe/Berlin"
    )


@pytest.mark.parametrize("value", ["P", "PT", "", "P1X", "1D"])
def test_what_is_no_length_of_time(value: str) -> None:
    assert duration(value) is None


NAMES = ["BEGIN", "END", "DTSTART", "DTEND", "RRULE", "ATTENDEE", "SUMMARY", "TZID"]
VALUES = st.one_of(
    st.sampled_from(
        ["VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "99991231T235959Z", "00000000"]
    ),
    st.text(max_size=30),
)
LINES = st.lists(st.builds("{}{}:{}".format, st.sampled_from(NAMES), VALUES, VALUES))


@given(st.one_of(st.text(), LINES.map("\n".join), LINES.map(lambda ls: calendar(*ls))))
def test_anything_gives_safe_lines_that_fit(text: str) -> None:
    made = render_calendar(text, 40, 1, UTC)
    assert all(line_cells(line) <= 40 for line in made.lines)
    assert all(is_safe(span.text) for line in made.lines for span in line)


@pytest.mark.parametrize(
    "piece",
    ["BEGIN:VCALENDAR\n", "BEGIN:VEVENT\n", "A;B=C", "\n ", "ATTENDEE:x\n", "\\", "a,"],
)
def test_the_cost_grows_with_the_length(piece: str) -> None:
    def cost(count: int) -> None:
        render_calendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:" + piece * count, 80)

    assert grows_linearly(cost, 40_000)


def test_every_foreign_calendar_gives_a_card(corpora: Path) -> None:
    seen = 0
    for path in sorted(corpora.rglob("*")):
        if path.is_file() and path.stat().st_size < 1_000_000:
            data = path.read_bytes()
            at = data.find(b"BEGIN:VCALENDAR")
            if at >= 0:
                seen += 1
                render_calendar(data[at:].decode("utf-8", "replace"), 80)
    assert seen >= 3
