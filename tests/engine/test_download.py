"""Fetching ahead: as much as planned, once, and on over a lost line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mail, mails, with_attachment
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Proxy
from tuimail.engine.download import Download
from tuimail.engine.events import Event, Failed, Finished, Planned, Progress
from tuimail.engine.jobs import Ticket
from tuimail.engine.planning import plan
from tuimail.engine.views import Plan, Scope
from tuimail.errors import Unreachable
from tuimail.mail.types import Flag, Section
from tuimail.paths import Paths, under
from tuimail.store.store import Store


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return under(tmp_path)


@pytest.fixture
def desk(dovecot: Dovecot, user: str, paths: Paths) -> Iterator[Desk]:
    dovecot.seed(user, [*mails(20), with_attachment(50_000)])
    made = Desk(paths, user, dovecot.imap).synced()
    yield made
    made.service.close()
    store = Store(paths.state, paths.cache, paths.data)
    assert store.fsck() == []
    store.close()


def planned(desk: Desk, scope: Scope | None = None) -> Plan:
    return desk.service.downloads.plan(scope or Scope(desk.inbox))


def readable(desk: Desk) -> int:
    return sum(header.readable for header in desk.service.page(desk.inbox))


def test_a_plan_counts_texts_by_what_the_server_said(desk: Desk) -> None:
    made = planned(desk)
    assert (made.messages, made.known, made.readable) == (21, 21, 0)
    assert 21 * 8 < made.octets < 21 * 100


def test_a_plan_with_attachments_counts_them(desk: Desk) -> None:
    made = planned(desk, Scope(desk.inbox, attachments=True))
    assert made.messages == 21
    assert made.octets > 50_000


def test_a_plan_leaves_out_what_is_here(desk: Desk) -> None:
    desk.text()
    made = planned(desk)
    assert (made.messages, made.readable) == (20, 1)


def test_a_plan_of_some_messages_is_of_these(desk: Desk) -> None:
    rows = desk.service.page(desk.inbox)[:3]
    made = planned(desk, Scope(messages=tuple(row.id for row in rows)))
    assert {item.message for item in made.items} == {row.id for row in rows}


def test_a_plan_of_days_leaves_out_what_is_older(desk: Desk) -> None:
    in_ten_days = desk.service.page(desk.inbox)[0].arrival + 10 * 86_400
    store = desk.service.store
    old = plan(store, Scope(account="work", days=5), "plain", in_ten_days)
    new = plan(store, Scope(account="work", days=15), "plain", in_ten_days)
    assert (old.messages, new.messages) == (0, 21)


def test_a_plan_can_be_had_without_a_wait(desk: Desk) -> None:
    ticket = desk.service.downloads.want_plan(Scope(desk.inbox))
    told = desk.event(Planned)
    assert isinstance(told, Planned)
    assert (told.ticket, told.plan) == (ticket, planned(desk))


def test_who_leaves_takes_the_inbox_and_what_is_flagged_elsewhere(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(2))
    dovecot.seed(user, [mail(8), mail(9)], "Lists")
    desk = Desk(paths, user, dovecot.imap).synced()
    assert desk.service.wait_synced("work", None, 20) is None
    (lists,) = desk.service.store.mailboxes.named("work", ["Lists"])
    assert desk.service.wait_synced("work", lists, 20) is None
    row = desk.service.page(lists)[0]
    desk.service.gestures.set_flags([row.id], add=Flag.FLAGGED)
    made = planned(desk, Scope(account="work", leaving=True))
    desk.service.close()
    assert made.messages == 3
    assert row.id in {item.message for item in made.items}


def test_a_big_text_comes_after_the_small_ones_for_who_leaves(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, [mail(1), mail(2, body="a long line\n" * 30_000)])
    desk = Desk(paths, user, dovecot.imap).synced()
    sizes = [i.octets for i in planned(desk, Scope(account="work", leaving=True)).items]
    desk.service.close()
    assert sizes == sorted(sizes)


def test_all_texts_are_here_after_a_download(desk: Desk) -> None:
    desk.service.download(planned(desk))
    told = desk.event(Finished)
    assert isinstance(told, Finished)
    assert told.words == "21 of 21 messages can be read here."
    assert readable(desk) == 21
    assert planned(desk) == Plan((), 21, 21)


def test_attachments_are_here_after_a_download_with_them(desk: Desk) -> None:
    desk.service.download(planned(desk, Scope(desk.inbox, attachments=True)))
    desk.event(Finished)
    row = next(r for r in desk.service.page(desk.inbox) if r.attachment)
    assert desk.service.store.parts.sections(row.content) == {"1", "2"}


def test_progress_says_what_could_be_read_now(desk: Desk) -> None:
    desk.service.download(planned(desk))
    desk.event(Finished)
    labels = [e.label for e in desk.heard if isinstance(e, Progress)]
    assert labels[-1] == "if you unplug now: 21 of 21 readable"


def test_a_message_that_went_meanwhile_is_counted_and_the_rest_comes(
    desk: Desk, dovecot: Dovecot, user: str
) -> None:
    made = planned(desk)
    cur = dovecot.root / "home" / user / "Maildir"
    next(
        file for file in cur.glob("*/*") if file.parent.name in ("cur", "new")
    ).unlink()
    desk.service.download(made)
    desk.event(Finished)
    assert readable(desk) >= 20


def test_a_cancelled_download_ends_and_keeps_what_came(desk: Desk) -> None:
    ticket = desk.service.download(planned(desk))
    desk.service.cancel(ticket)
    desk.until(
        lambda: any(isinstance(e, (Failed, Finished)) for e in desk.heard),
    )
    left = planned(desk)
    assert left.messages + left.readable == 21


def test_a_download_goes_on_over_a_lost_line(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    dovecot.seed(user, mails(40))
    with Proxy(dovecot.imap) as proxy:
        desk = Desk(paths, user, proxy.port).synced()
        cuts: list[int] = []

        def cut_once(event: Event) -> None:
            if isinstance(event, Progress) and not cuts:
                cuts.append(readable(desk))
                proxy.cut()

        desk.service.subscribe(cut_once)
        desk.service.download(planned(desk))
        desk.event(Finished)
        assert cuts[0] < readable(desk) == 40
        desk.service.close()


def test_a_download_waits_while_one_works_offline(desk: Desk) -> None:
    desk.service.pause("work", True)
    desk.service.download(planned(desk))
    desk.service.pause("work", False)
    desk.event(Finished)
    assert readable(desk) == 21


def test_a_link_that_fails_again_and_again_ends_it_with_a_sentence(desk: Desk) -> None:
    """The account stands as online, yet no part ever comes."""
    ended: list[str] = []
    downloads = desk.service.downloads
    item = planned(desk).items[0]
    downloads._submit = lambda account, job: job.failed(Unreachable("No route."))
    one = Download(
        downloads, Plan((item,), 1), Ticket(), lambda d, why: ended.append(why)
    )
    one.go_on()
    assert ended == ["No route."]


def test_a_message_without_any_text_counts_as_readable_by_its_header(
    dovecot: Dovecot, user: str, paths: Paths
) -> None:
    picture = mail(1, Content_Type="image/png", body="iVBORw0KGgo=\n")
    dovecot.seed(user, [picture])
    desk = Desk(paths, user, dovecot.imap).synced()
    made = planned(desk)
    assert [item.section for item in made.items] == [Section("HEADER")]
    desk.service.download(made)
    desk.event(Finished)
    assert readable(desk) == 1
    desk.service.close()
