"""Leaving a list, and whom to believe, through the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.engine.test_texts import read
from tests.mails import mail
from tests.servers.dovecot import Dovecot
from tuimail.engine.events import Event, Failed, Finished, ListKnown
from tuimail.engine.views import MessageView
from tuimail.errors import Unreachable
from tuimail.mail.lists import Mailto
from tuimail.mail.types import Flag, Role
from tuimail.paths import under

CHECKED = "mx.example.net; dkim=pass header.d=example.org; dmarc=pass header.from={}"
SIGNED = (
    "v=1; a=rsa-sha256; d=example.org; s=k; bh=x; b=y;"
    " h=from:list-unsubscribe:list-unsubscribe-post"
)
LIST = {
    "List_Id": "Cats <cats.example.org>",
    "List_Unsubscribe": "<https://lists.example.org/leave?7>, <mailto:x@example.org>",
    "List_Unsubscribe_Post": "List-Unsubscribe=One-Click",
    "DKIM_Signature": SIGNED,
}


@pytest.fixture
def desk(dovecot: Dovecot, user: str, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(under(tmp_path), user, dovecot.imap)
    yield made
    made.service.close()


def view(desk: Desk) -> MessageView:
    shown = desk.service.message(desk.service.page(desk.inbox)[0].id)
    assert shown is not None
    return shown


def opened(desk: Desk, dovecot: Dovecot, user: str, **fields: str) -> MessageView:
    dovecot.seed(user, [mail(1, **fields)])
    read(desk.synced())
    return view(desk)


def by(desk: Desk, ticket: int, kind: type[Event]) -> Event:
    def found() -> list[Event]:
        return [e for e in desk.heard if getattr(e, "ticket", 0) == ticket]

    desk.until(lambda: bool(found()))
    assert isinstance(found()[0], kind), found()
    return found()[0]


def test_nothing_is_said_of_a_sender_by_a_server_that_is_not_believed(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    said = CHECKED.format("example.org")
    shown = opened(desk, dovecot, user, Authentication_Results=said)
    assert "Checked" not in dict(shown.fields)
    assert shown.badges == ()
    assert shown.checked_by == "mx.example.net"


def test_a_server_that_is_believed_is_quoted(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    said = CHECKED.format("example.org")
    opened(desk, dovecot, user, Authentication_Results=said)
    desk.service.trust_server("work", "mx.example.net")
    assert "example.org" in dict(view(desk).fields)["Checked"]
    desk.service.trust_server("work", "mx.other.net")
    assert "Checked" not in dict(view(desk).fields)


def test_a_failed_check_is_a_warning(desk: Desk, dovecot: Dovecot, user: str) -> None:
    said = "mx.example.net; dmarc=fail header.from=example.org"
    opened(desk, dovecot, user, Authentication_Results=said)
    desk.service.trust_server("work", "mx.example.net")
    (badge,) = view(desk).badges
    assert "DMARC" in badge


@pytest.mark.parametrize("believed", [True, False])
def test_whether_somebody_vouches_for_the_way_out_is_known(
    desk: Desk, dovecot: Dovecot, user: str, believed: bool
) -> None:
    said = CHECKED.format("example.org")
    opened(desk, dovecot, user, Authentication_Results=said, **LIST)
    desk.service.trust_server("work", "mx.example.net" if believed else "")
    message = desk.service.page(desk.inbox)[0].id
    event = by(desk, desk.service.look_at_list(message), ListKnown)
    assert isinstance(event, ListKnown)
    assert event.list.one_click
    assert event.list.host == "lists.example.org"
    assert event.vouched is believed


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (200, Finished, "has taken the request to leave Cats"),
        (404, Failed, "refused to take you off the list (status 404)"),
        (None, Failed, "no answer"),
    ],
)
def test_the_end_of_leaving_is_told(
    desk: Desk,
    dovecot: Dovecot,
    user: str,
    status: int | None,
    kind: type[Event],
    words: str,
) -> None:
    shown = opened(desk, dovecot, user, **LIST)
    asked: list[str] = []

    def post(url: str) -> int:
        asked.append(url)
        if status is None:
            raise Unreachable("no answer")
        return status

    desk.service._running.lists._post = post
    assert shown.list is not None
    event = by(desk, desk.service.leave_list(shown.list), kind)
    assert isinstance(event, (Finished, Failed))
    said = event.words if isinstance(event, Finished) else event.reason
    assert words in said
    assert asked == ["https://lists.example.org/leave?7"]


def test_a_letter_that_leaves_a_list_is_a_draft_on_the_server_and_nowhere_else(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    opened(desk, dovecot, user, **LIST)
    folder = desk.service.draft("work", Mailto("x@example.org", "leave", "please\n"))
    drafts = next(b for b in desk.service.mailboxes("work") if b.role is Role.DRAFTS)
    assert folder == drafts.name
    desk.until(lambda: not desk.service.decisions.live("work"))
    (header,) = desk.service.page(drafts.id)
    assert (header.subject, header.flags) == ("leave", Flag.DRAFT | Flag.SEEN)
