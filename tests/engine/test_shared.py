"""Two people with one folder; what one may do in it; how much room is left."""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.test_service import Desk
from tests.mails import mails
from tests.net.test_rights import scripted
from tests.servers.dovecot import PASSWORD, TINY_KIB, Dovecot
from tests.servers.scripted import CAPABILITIES
from tuimail.engine.events import Event, Finished, Shared, Weighed
from tuimail.engine.permits import Permissions
from tuimail.mail.rights import LETTERS, parse
from tuimail.mail.types import SHARED, Flag, Mailbox, MailboxId
from tuimail.paths import under
from tuimail.store.store import Store
from tuimail.store.values import Listed, Room

Make = Callable[[str], Desk]


@pytest.fixture
def make(dovecot: Dovecot, tmp_path: Path) -> Iterator[Make]:
    made: list[Desk] = []

    def one(user: str) -> Desk:
        desk = Desk(under(tmp_path / user), user, dovecot.imap)
        made.append(desk)
        return desk.synced()

    yield one
    for each in made:
        each.service.close()


def box(desk: Desk, name: str) -> Mailbox | None:
    found = (b for b in desk.service.mailboxes("work") if b.name == name and not b.gone)
    return next(found, None)


def opened(desk: Desk, name: str) -> MailboxId:
    """A folder by its name, on screen and brought up to date."""
    assert desk.service.wait_synced("work", None, 30) is None
    found = box(desk, name)
    assert found is not None
    desk.service.open_mailbox(found.id)
    assert desk.service.wait_synced("work", found.id, 30) is None
    return found.id


def test_what_one_does_the_other_sees(dovecot: Dovecot, user: str, make: Make) -> None:
    other = dovecot.fresh_user()
    dovecot.seed(user, mails(5), "Team")
    dovecot.share(user, "Team", other, "lrswite")
    mine, his = make(user), make(other)
    here, there = opened(mine, "Team"), opened(his, f"shared/{user}/Team")
    rows = [row.id for row in his.service.page(there)]
    his.service.gestures.set_flags(rows[:1], add=Flag.FLAGGED)
    mine.until(lambda: any(r.flags & Flag.FLAGGED for r in mine.service.page(here)))
    his.service.gestures.remove(rows[1:2], 0)
    mine.until(lambda: len(mine.service.page(here)) == 4)


def test_a_folder_that_is_shared_appears_without_a_restart(
    dovecot: Dovecot, user: str, make: Make
) -> None:
    other = dovecot.fresh_user()
    his = make(other)
    assert his.service.wait_synced("work", None, 30) is None
    name = f"shared/{user}/Team"
    assert box(his, name) is None
    dovecot.share(user, "Team", other, "lrs")
    his.service.reconnect("work")
    his.until(lambda: (b := box(his, name)) is not None and b.rights == "lrs")
    found = box(his, name)
    assert found is not None
    assert found.owner == user


def test_rights_follow_what_is_granted(dovecot: Dovecot, user: str, make: Make) -> None:
    other = dovecot.fresh_user()
    dovecot.share(user, "Team", other, "lr")
    dovecot.publish(f"News-{user}", "anyone lr")
    mine, his = make(user), make(other)
    there = opened(his, f"shared/{user}/Team")
    his.until(lambda: his.service.mailbox(there).rights == "lr")  # type: ignore[union-attr]
    news = box(his, f"Public/News-{user}")
    assert news is not None
    assert (news.owner, news.rights) == (SHARED, "lr")
    here = opened(mine, "Team")
    mine.until(lambda: mine.service.mailbox(here).rights == LETTERS)  # type: ignore[union-attr]
    mine.service.give_rights(here, other, "lrswi")
    mine.event(Finished)
    mine.service.look_at_sharing(here)
    shared = mine.event(Shared)
    assert isinstance(shared, Shared)
    assert {who: parse(r) for who, r in shared.people}[other] == "lrswi"
    his.service.reconnect("work")
    his.until(lambda: his.service.mailbox(there).rights == "lrswi")  # type: ignore[union-attr]
    mine.service.give_rights(here, other, "")
    mine.until(lambda: sum(isinstance(e, Finished) for e in mine.heard) == 2)
    with imaplib.IMAP4("127.0.0.1", dovecot.imap) as client:
        client.login(other, PASSWORD)
        assert client.select(f"shared/{user}/Team")[0] == "NO"


def test_room_is_known_after_the_first_contact(dovecot: Dovecot, make: Make) -> None:
    user = dovecot.tiny_user()
    dovecot.seed(user, [b"From: ann@x\r\n\r\n" + b"y" * 46_000])
    desk = make(user)
    desk.until(lambda: bool(desk.service.account("work").rooms))
    room = desk.service.account("work").rooms[0]
    assert (room.resource, room.most, room.percent) == ("STORAGE", TINY_KIB, 90)
    desk.service.weigh("work")
    found = desk.event(Weighed)
    assert isinstance(found, Weighed)
    assert [(w.name, w.messages) for w in found.folders] == [("INBOX", 1)]
    assert [w.name for w in found.senders] == ["ann@x"]


def test_room_of_a_folder_of_nobody_is_told_under_its_own_name(
    dovecot: Dovecot, user: str, make: Make
) -> None:
    dovecot.publish(f"News-{user}", "anyone lr")
    desk = make(user)
    desk.until(lambda: bool(desk.service.account("work").rooms))
    assert desk.service.account("work").shared_rooms == ()
    opened(desk, f"Public/News-{user}")
    desk.until(lambda: bool(desk.service.account("work").shared_rooms))
    view = desk.service.account("work")
    assert [(room.root, room.resource) for room in view.shared_rooms] == [
        ("Public room", "STORAGE")
    ]
    assert {room.root for room in view.rooms} == {"User quota"}


def test_room_of_another_user_is_not_told_by_dovecot_and_that_is_no_trouble(
    dovecot: Dovecot, user: str, make: Make
) -> None:
    other = dovecot.fresh_user()
    dovecot.share(user, "Team", other, "lrs")
    desk = make(other)
    there = opened(desk, f"shared/{user}/Team")
    desk.until(lambda: bool(desk.service.account("work").rooms))
    # Once more, so that what the first time queued behind it has been done.
    assert desk.service.wait_synced("work", there, 30) is None
    view = desk.service.account("work")
    assert (view.shared_rooms, view.unknown) == ((), "")


ROOT = b"* QUOTAROOT x %s\r\n* QUOTA %s (STORAGE 95 100)\r\n{tag} OK\r\n"


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (ROOT % (b'"Ann\'s"', b'"Ann\'s"'), ["Ann's"]),
        (ROOT % (b'""', b'""'), ["shared/ann"]),
        (ROOT % (b"mine", b"mine"), []),
        (b"{tag} NO not yours\r\n", []),
        (b"* QUOTA a (((\r\n{tag} OK\r\n", []),
    ],
)
def test_room_of_others_is_asked_for_once_a_session(
    tmp_path: Path, said: bytes, named: list[str]
) -> None:
    paths = under(tmp_path)
    paths.ensure()
    store = Store(paths.state, paths.cache, paths.data)
    inbox = store.mailboxes.inbox("work")
    names = [Listed(b"INBOX", "INBOX"), Listed(b"s", "shared/ann", "/", owner="ann")]
    store.mailboxes.put_listing("work", names)
    (there,) = [each.id for each in store.mailboxes.all("work") if each.owner]
    store.rooms.put("work", [Room("mine", "STORAGE", 1, 2)])
    heard: list[Event] = []
    known = Permissions(store, "work", heard.append)
    for asked in (1, 2):
        with scripted({"GETQUOTAROOT": said}) as (server, session):
            for _ in range(3):
                known.measure_others(session, inbox)
                known.measure_others(session, there)
            lines = [line for line in server.lines if b"GETQUOTAROOT" in line]
            assert [line.split()[2].strip(b'"') for line in lines] == [b"s"]
        assert [room.root for room in known.of_others] == named
        assert len(heard) == bool(named), asked
    assert [room.root for room in store.rooms.get("work")] == ["mine"]
    store.close()


def test_where_there_is_no_quota_nobody_is_asked_for_room(tmp_path: Path) -> None:
    paths = under(tmp_path)
    paths.ensure()
    store = Store(paths.state, paths.cache, paths.data)
    names = [Listed(b"s", "shared/ann", "/", owner="ann")]
    store.mailboxes.put_listing("work", names)
    (there,) = [each.id for each in store.mailboxes.all("work") if each.owner]
    known = Permissions(store, "work", lambda event: None)
    with scripted({}, CAPABILITIES) as (server, session):
        known.measure_others(session, there)
        assert not [line for line in server.lines if b"GETQUOTAROOT" in line]
    store.close()


class Odd:
    """A session of a server that talks nonsense about rights and room."""

    capabilities = frozenset({"ACL", "QUOTA"})
    asked = 0
    selected = None

    @property
    def permits(self) -> Odd:
        return self

    def mine(self, wire_name: bytes) -> str:
        return self._nonsense()

    def room(self, wire_name: bytes) -> str:
        return self._nonsense()

    def _nonsense(self) -> str:
        from tuimail.errors import ServerFault

        self.asked += 1
        raise ServerFault("The server tells it in a way that cannot be read.")


def test_nonsense_is_asked_for_once_and_forbids_nothing(tmp_path: Path) -> None:
    paths = under(tmp_path)
    paths.ensure()
    store = Store(paths.state, paths.cache, paths.data)
    heard: list[Event] = []
    now = [0.0]
    known = Permissions(store, "work", heard.append, lambda: now[0])
    odd = Odd()
    inbox = store.mailboxes.inbox("work")
    for _ in range(3):
        now[0] += 100_000
        known.look(odd, inbox)  # type: ignore[arg-type]
        known.measure(odd)  # type: ignore[arg-type]
    assert odd.asked == 2
    found = store.mailboxes.get(inbox)
    assert found is not None
    assert found.rights is None
    assert "cannot be read" in known.trouble
    store.close()


def test_settings_of_a_folder_are_kept_one_by_one(tmp_path: Path) -> None:
    paths = under(tmp_path)
    paths.ensure()
    store = Store(paths.state, paths.cache, paths.data)
    inbox, boxes = store.mailboxes.inbox("work"), store.mailboxes
    boxes.set_setting(inbox, "sort", "-date")
    boxes.set_setting(inbox, "threads", "on")
    boxes.set_setting(inbox, "threads", None)
    assert boxes.setting(inbox, "sort") == "-date"
    assert boxes.setting(inbox, "threads") is None
    assert boxes.hide(inbox, True)
    assert not boxes.hide(inbox, True)
    assert boxes.get(inbox).hidden  # type: ignore[union-attr]
    store.close()
