"""`tuimail rules`: what the rules would do with the mail that is here, or doing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator

from tuimail import status
from tuimail.engine.rule_words import about, does, standing
from tuimail.engine.service import MailService
from tuimail.engine.views import Match
from tuimail.errors import TuimailError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText

SUBJECTS = 5


def rules(
    service: MailService,
    accounts: Collection[str],
    *,
    as_json: bool,
    apply: str | None,
    say: Callable[[str], None],
) -> Iterator[SafeText | int]:
    """A line for each rule, or JSON; with `apply` that rule is done. Asks no server.

    What was done is sent with the next `sync`, or by the screen. Last, the exit status.
    """
    matches = [m for m in service.rules.matches(apply or "") if m.account in accounts]
    if apply and not matches:
        say(f"There is no rule {apply} for this account.")
        yield status.FAILED
        return
    done = status.OK
    told = []
    if not apply:
        # Applied, a rule takes what is held along.
        matches += [m for m in service.rules.held() if m.account in accounts]
    for match in matches:
        count = 0
        if apply:
            try:
                count = service.rules.apply(match)
            except TuimailError as error:
                say(f"{match.account}: {error}")
                done = status.FAILED
        told.append(_fields(service, match, count))
        if not as_json:
            yield safe_text(_line(service, match, count if apply else None), 1000)
    if as_json:
        yield SafeText(json.dumps(told, ensure_ascii=True))
    yield done


def _line(service: MailService, match: Match, done: int | None) -> str:
    head = f"{match.account}: {match.rule.name}: {standing(match)}"
    if done is not None:
        return f"{head}, {done} done"
    return f"{head}  {about(match, _subjects(service, match))}"


def _subjects(service: MailService, match: Match) -> list[str]:
    rows = map(service.header, match.messages[:SUBJECTS])
    return [str(row.subject) for row in rows if row is not None]


def _fields(service: MailService, match: Match, done: int) -> dict[str, object]:
    return {
        "account": match.account,
        "rule": match.rule.name,
        "does": does(match.rule),
        "messages": len(match.messages),
        "subjects": _subjects(service, match),
        "texts_not_here": match.blind,
        "new_held": match.new,
        "held": match.problem,
        "done": done,
    }
