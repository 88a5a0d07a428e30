"""What triage does, over a Maildir and a maildrop: conversations, senders, habits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.locally import ACCOUNT, WAIT_S, Local, drop, files
from tests.mails import mail
from tests.servers.dovecot import Dovecot
from tuimail.engine.events import Announced, Counted, Decided, Found
from tuimail.engine.rows import FoundRows
from tuimail.engine.views import Senders, Shape
from tuimail.mail.types import Flag, MailboxId, SafeText

LIST = "Python Dev <python-dev.python.org>"


def letters() -> list[bytes]:
    """Ann began what Bob answered; Ann wrote three by the list, Cyd one by herself."""
    return [
        mail(1, Subject="trams", From="Ann <ann@example.org>"),
        mail(
            *(2,),
            Subject="Re: trams",
            From="Bob <bob@example.net>",
            In_Reply_To="<m1@example.org>",
        ),
        *(
            mail(n, From="Ann <ann@example.org>", List_Id=LIST, Subject=f"news {n}")
            for n in (3, 4, 5)
        ),
        mail(6, From="Cyd <cyd@example.org>", Subject="alone"),
    ]


@pytest.fixture(params=["maildir", "pop3"])
def desk(
    request: pytest.FixtureRequest, dovecot: Dovecot, user: str, tmp_path: Path
) -> Iterator[Local]:
    if request.param == "maildir":
        made = files(tmp_path, first=letters())
    else:
        made = drop(dovecot, user, tmp_path, first=letters())
    made.start()
    made.until(lambda: made.service.store.words.behind() == 0)
    made.until(lambda: len(thread(made, "trams")) == 2)
    yield made
    made.close()


def thread(desk: Local, subject: str) -> list[str]:
    found = desk.service.thread_messages(desk.row(subject).id)
    headers = [desk.service.header(each) for each in found]
    return [str(each.subject) for each in headers if each is not None]


def answer(desk: Local, mailbox: MailboxId, shape: Shape) -> FoundRows:
    ticket = desk.service.find(mailbox, shape)

    def found() -> list[FoundRows]:
        heard = [e for e in desk.heard if isinstance(e, Found)]
        told = [e.rows for e in heard if e.ticket == ticket and not e.more]
        return [rows for rows in told if isinstance(rows, FoundRows)]

    desk.until(lambda: bool(found()))
    return found()[-1]


def subjects(rows: FoundRows) -> list[str]:
    return [str(row.subject) for row in rows.page(limit=100)]


def test_a_conversation_is_archived_as_a_whole_and_comes_back(desk: Local) -> None:
    assert thread(desk, "Re: trams") == ["trams", "Re: trams"]
    rows = answer(desk, desk.inbox, Shape(threads=True))
    assert rows.branch(desk.row("Re: trams").id) is not None
    ids = desk.service.thread_messages(desk.row("trams").id, desk.inbox)
    assert desk.service.gestures.archive(ids) == 2
    desk.until(desk.settled)
    assert desk.subjects("Archive") == ["Re: trams", "trams"]
    assert desk.service.gestures.undo() is not None
    desk.until(desk.settled)
    assert len(desk.subjects()) == 6


def test_what_comes_of_a_muted_conversation_is_read_and_not_told(desk: Local) -> None:
    assert desk.service.threads.mute([desk.row("trams").id])
    desk.service.announce()
    before = len(desk.rows())
    desk.deliver(
        mail(20, Subject="Re: trams", In_Reply_To="<m2@example.org>"),
        mail(21, Subject="other"),
    )
    desk.service.reconnect(ACCOUNT)
    desk.until(lambda: len(desk.rows()) == before + 2)
    told = desk.event(Announced)
    assert isinstance(told, Announced)
    assert (told.messages, told.subject) == (1, "other")
    quiet = [row for row in desk.rows() if row.subject == "Re: trams"]
    desk.until(lambda: any(map(read, (desk.service.header(r.id) for r in quiet))))


def read(header: object) -> bool:
    return bool(getattr(header, "seen", False))


def test_all_of_a_sender_and_of_a_list_is_decided_about_at_once(desk: Local) -> None:
    counting, gestures = desk.service.counting, desk.service.gestures
    asked = Senders(desk.inbox)
    groups, last = counting.groups(asked)
    assert (groups[0].key, groups[0].messages) == ("ann@example.org", 4)
    counting.decide(asked, ["ann@example.org"], last, gestures.archive)
    desk.event(Decided)
    assert sorted(desk.subjects("Archive")) == ["news 3", "news 4", "news 5", "trams"]
    desk.until(desk.settled)
    desk.heard.clear()
    counting.undo()
    desk.event(Decided)
    desk.until(desk.settled)
    groups, last = counting.groups(Senders(desk.inbox, "list"))
    assert [(str(g.address), g.messages) for g in groups] == [
        ("python-dev.python.org", 3)
    ]


def test_where_mail_was_filed_is_suggested(desk: Local) -> None:
    for subject in ("news 3", "news 4"):
        desk.service.gestures.move([desk.row(subject).id], desk.folder("Lists"))
    desk.until(desk.settled)
    third = desk.row("news 5").id
    assert desk.service.suggest([third]) == [desk.folder("Lists")]
    assert desk.service.gestures.file({third: desk.folder("Lists")}) == 1
    desk.until(desk.settled)
    assert len(desk.subjects("Lists")) == 3


def test_a_saved_search_counts_and_a_narrowed_list_is_marked(desk: Local) -> None:
    saved = desk.service.seeker.save("ann", "from:ann is:unread")
    desk.service.seeker.count()
    desk.event(Counted)
    box = desk.service.mailbox(saved)
    assert box is not None
    assert (box.total, box.unread) == (4, 4)
    assert len(subjects(answer(desk, saved, Shape()))) == 4
    narrowed = answer(desk, desk.inbox, Shape(SafeText("subject:news")))
    assert sorted(subjects(narrowed)) == ["news 3", "news 4", "news 5"]
    desk.service.gestures.set_flags(list(narrowed.ids()), add=Flag.SEEN)
    desk.until(desk.settled)
    assert len(subjects(answer(desk, saved, Shape()))) == 1


def test_figures_are_of_all_that_lies_there(desk: Local) -> None:
    figures = desk.service.counting.figures()
    assert (figures.messages, figures.unread) == (6, 6)
    assert figures.senders[0].name == "ann@example.org"
    assert figures.lists[0].name == "python-dev.python.org"


def test_sorted_by_size_and_by_sender_nobody_is_asked(desk: Local) -> None:
    rows = answer(desk, desk.inbox, Shape(sort="sender"))
    assert rows.page(limit=9)[0].sender == "Ann"
    assert rows.covered == ""
    assert len(answer(desk, desk.inbox, Shape(sort="size"))) == 6


def test_all_of_it_is_done_without_a_link_too(desk: Local) -> None:
    desk.service.pause(ACCOUNT, True)
    desk.service.gestures.archive([desk.row("alone").id])
    desk.service.gestures.set_flags([desk.row("news 3").id], add=Flag.FLAGGED)
    assert desk.subjects("Archive") == ["alone"]
    desk.again()
    desk.until(desk.settled)
    assert desk.subjects("Archive") == ["alone"]
    assert desk.row("news 3").flags & Flag.FLAGGED
    assert desk.service.wait_synced(ACCOUNT, None, WAIT_S) is None
    assert len(desk.subjects()) == 5
