"""`[[rule]]`: what is done by itself with new mail, and how it is checked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from tuimail import config_check as check
from tuimail.config_check import Checker, Kind, Place, shown
from tuimail.errors import QueryError

MARKS = ("read", "unread", "flagged", "answered")
PLACES = ("move", "archive", "delete", "junk")
"""What puts a message elsewhere; a rule does one of them."""
LABEL = r"[A-Za-z0-9$._-]{1,60}"


class Rule(NamedTuple):
    """One rule; what is empty or false it does not do."""

    name: str
    query: str
    account: str = ""
    """The account it is for; empty for all."""
    folder: str = "INBOX"
    """The folder whose new mail it looks at."""
    mark: tuple[str, ...] = ()
    label: str = ""
    move: str = ""
    """Name of a folder of the same account."""
    archive: bool = False
    delete: bool = False
    """To the trash; never for good."""
    junk: bool = False
    snooze: str = ""
    """A time as it is typed: `1d`, `17:30`."""
    stop: bool = False
    """No further rule for what this one matches."""


def _marks(value: object) -> object:
    if not isinstance(value, list) or not value or set(map(str, value)) - set(MARKS):
        raise check.Unfit
    return tuple(value)


RULE: dict[str, Kind] = {
    "name": check.text("a name"),
    "query": check.text('a search like "from:ann subject:report"'),
    "account": check.text("the name of an account"),
    "folder": check.text("the name of a folder"),
    "mark": Kind(f"a list of {', '.join(MARKS)}", _marks),
    "label": check.text("a label of letters, digits, $ . _ -", LABEL),
    "move": check.text("the name of a folder"),
    "archive": check.yes_no(),
    "delete": check.yes_no(),
    "junk": check.yes_no(),
    "snooze": check.text("a time like 1d, 2w or 17:30"),
    "stop": check.yes_no(),
}
"""Every key of `[[rule]]`."""


def rules(raw: object, checker: Checker, accounts: Collection[str]) -> tuple[Rule, ...]:
    """The rules in their order; what is wrong is reported."""
    if not isinstance(raw, list):
        checker.report(("rule",), "rule: write [[rule]], in double brackets")
        return ()
    made: list[Rule] = []
    for index, table in enumerate(raw):
        place: Place = ("rule", index)
        found = _rule(table, place, checker, accounts)
        if found is None:
            continue
        if found.name.casefold() in {rule.name.casefold() for rule in made}:
            words = f"rule {shown(found.name)}: name: another rule has it"
            checker.report((*place, "name"), words)
        made.append(found)
    return tuple(made)


def _rule(
    raw: Any, place: Place, checker: Checker, accounts: Collection[str]
) -> Rule | None:
    what = f"rule {int(place[1]) + 1}"
    if isinstance(raw, dict) and isinstance(raw.get("name"), str):
        what = f"rule {shown(raw['name'])}"
    values = checker.table(raw, place, RULE, what)
    if not isinstance(raw, dict):
        return None
    for key in ("name", "query"):
        if key not in raw:
            checker.report(place, f"{what}: {key} is missing")
    if not any(raw.get(key) for key in (*PLACES, "mark", "label", "snooze")):
        words = f"{what}: it does nothing; add one of {', '.join(PLACES)}"
        checker.report(place, f"{words}, mark, label, snooze")
    _check_values(values, place, checker, what, accounts)
    if "name" not in values or "query" not in values:
        return None
    return Rule(**values)


def _check_values(
    values: dict[str, Any],
    place: Place,
    checker: Checker,
    what: str,
    accounts: Collection[str],
) -> None:
    # Late: few have rules, and everybody waits for the configuration.
    from tuimail.mail.later import later
    from tuimail.mail.query import parse

    try:
        parse(values.get("query", ""), date.today())
    except QueryError as error:
        checker.report((*place, "query"), f"{what}: query: {error}")
    ways = [key for key in PLACES if values.get(key)]
    if len(ways) > 1:
        words = f"{what}: {' and '.join(ways)} are both set; keep one"
        checker.report((*place, ways[1]), words)
    account = values.get("account")
    if account is not None and account not in accounts:
        words = f"{what}: account: there is no account {shown(account)}"
        checker.report((*place, "account"), words)
    snooze = values.get("snooze")
    if snooze is not None and later(snooze, datetime.now()) is None:
        words = f"{what}: snooze: found {shown(snooze)}, expected 1d, 2w or 17:30"
        checker.report((*place, "snooze"), words)
