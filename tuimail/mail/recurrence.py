"""How often something happens, in words (RFC 5545 §3.3.10); no dates are worked out."""

from __future__ import annotations

import re

from tuimail.mail.contentlines import Component
from tuimail.mail.header_pane import DAYS, MONTHS
from tuimail.mail.moments import Zones, rule_of

_UNITS = {
    "DAILY": "day",
    "WEEKLY": "week",
    "MONTHLY": "month",
    "YEARLY": "year",
    "HOURLY": "hour",
    "MINUTELY": "minute",
    "SECONDLY": "second",
}
_UNSAID = ("BYHOUR", "BYMINUTE", "BYSECOND", "BYYEARDAY", "BYWEEKNO")
_DAY = re.compile(r"([+-]?\d{0,2})(MO|TU|WE|TH|FR|SA|SU)")
_NAMES = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), DAYS, strict=True))
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)")


def recurrence(event: Component, zones: Zones) -> str:
    """`every 2 weeks on Mon until 3 Mar 2027, except 2 dates`; `''` for once."""
    rules = [each.value for each in event.all("RRULE")[:5]]
    words = " and ".join(filter(None, map(rule_words, rules)))
    extra = sum(len(line.value.split(",")) for line in event.all("RDATE")[:100])
    if extra:
        dates = "one more date" if extra == 1 else f"{extra} more dates"
        words = f"{words}, and {dates}" if words else f"on {dates}"
    left = sum(len(line.value.split(",")) for line in event.all("EXDATE")[:1000])
    if words and left:
        words += ", except one date" if left == 1 else f", except {left} dates"
    if event.get("RECURRENCE-ID") is not None:
        at = zones.moment(event.get("RECURRENCE-ID"))
        when = f" of {_date(f'{at.at:%Y%m%d}')}" if at is not None else ""
        words = f"this is the one{when} of a series"
        line = event.get("RECURRENCE-ID")
        if line is not None and line.param("RANGE").upper() == "THISANDFUTURE":
            words += ", and all that follow it"
    return words


def rule_words(value: str) -> str:
    """One rule in words; `''` when it says nothing."""
    rule = rule_of(value)
    unit = _UNITS.get(rule.get("FREQ", ""))
    if unit is None:
        return ""
    interval = _number(rule.get("INTERVAL", "")) or 1
    words = f"every {unit}" if interval == 1 else f"every {interval} {unit}s"
    words += _on(rule)
    if _says_more(rule):
        words += ", with conditions that are not shown"
    count = _number(rule.get("COUNT", ""))
    until = _date(rule.get("UNTIL", ""))
    if until:
        words += f" until {until}"
    elif count:
        words += ", once" if count == 1 else f", {count:,} times"
    return words


def _says_more(rule: dict[str, str]) -> bool:
    """Whether the words leave something out: the dates would then be too many."""
    if any(rule.get(name) for name in _UNSAID):
        return True
    days = _DAY.findall(rule.get("BYDAY", ""))
    numbered = any(number for number, _ in days)
    position = rule.get("BYSETPOS", "")
    return bool(position) and (not days or numbered or not _number(position))


def _on(rule: dict[str, str]) -> str:
    words = []
    days = _DAY.findall(rule.get("BYDAY", "")[:200])[:10]
    at = rule.get("BYSETPOS", "")
    if days and all(not number for number, _ in days):
        position = _ordinal(_number(at)) if at else ""
        names = [_NAMES[day] for _, day in days]
        words.append(f"on {position}{_and(names)}")
    elif days:
        names = [f"{_ordinal(_number(number))}{_NAMES[day]}" for number, day in days]
        words.append(f"on the {_and(names)}")
    numbers = [n for n in map(_number, rule.get("BYMONTHDAY", "").split(",")[:31]) if n]
    if numbers:
        said = ["the last day" if n == -1 else f"day {n}" for n in numbers]
        words.append(f"on {_and(said)}")
    months = [n for n in map(_number, rule.get("BYMONTH", "").split(",")[:12]) if n]
    named = [MONTHS[n - 1] for n in months if 1 <= n <= 12]
    if named:
        words.append(f"in {_and(named)}")
    return "".join(f" {each}" for each in words)


def _ordinal(number: int) -> str:
    if not number:
        return ""
    return f"{_ORDINALS.get(number, f'{number}.')} "


def _number(text: str) -> int:
    text = text.strip()
    digits = text.lstrip("+-")
    if not digits.isdigit() or not digits.isascii() or len(digits) > 9:
        return 0
    return -int(digits) if text.startswith("-") else int(digits)


def _date(text: str) -> str:
    found = _STAMP.match(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        return ""
    return f"{int(found[3])} {MONTHS[int(found[2]) - 1]} {int(found[1])}"


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
