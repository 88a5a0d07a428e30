"""Folders keep their identity, whatever a server lists."""

from __future__ import annotations

from tests.store.build import ACCOUNT, FLAGGED, NONE, SEEN, fill, inbox, uids_shown
from tuimail.mail.types import Role
from tuimail.store.store import Store
from tuimail.store.values import Listed


def listed(name: str, **more: object) -> Listed:
    return Listed(name.encode(), name, "/", **more)  # type: ignore[arg-type]


def test_ids_stay_when_the_server_lists_in_another_order(store: Store) -> None:
    first = store.mailboxes.put_listing(ACCOUNT, [listed("INBOX"), listed("a")])
    again = store.mailboxes.put_listing(
        ACCOUNT, [listed("b"), listed("a"), listed("INBOX")]
    )
    assert (again[b"INBOX"], again[b"a"]) == (first[b"INBOX"], first[b"a"])


def test_inbox_is_one_folder_in_any_spelling(store: Store) -> None:
    made = inbox(store)
    ids = store.mailboxes.put_listing(ACCOUNT, [listed("Inbox")])
    assert ids[b"Inbox"] == made
    assert store.mailboxes.wire_name(made) == b"INBOX"


def test_a_vanished_folder_keeps_its_rows_and_comes_back(store: Store) -> None:
    ids = store.mailboxes.put_listing(ACCOUNT, [listed("INBOX"), listed("a")])
    fill(store, [1, 2], ids[b"a"])
    store.mailboxes.put_listing(ACCOUNT, [listed("INBOX")])
    gone = store.mailboxes.get(ids[b"a"])
    assert gone is not None
    assert gone.gone
    assert uids_shown(store, ids[b"a"]) == [2, 1]
    assert store.mailboxes.put_listing(ACCOUNT, [listed("a")])[b"a"] == ids[b"a"]
    back = store.mailboxes.get(ids[b"a"])
    assert back is not None
    assert not back.gone


def test_a_role_is_given_once(store: Store) -> None:
    store.mailboxes.put_listing(
        ACCOUNT, [listed("Sent", role=Role.SENT), listed("Sent 2", role=Role.SENT)]
    )
    roles = {box.name: box.role for box in store.mailboxes.all(ACCOUNT)}
    assert roles == {"Sent": Role.SENT, "Sent 2": None}


def test_a_role_can_move_to_another_folder(store: Store) -> None:
    store.mailboxes.put_listing(
        ACCOUNT, [listed("a", role=Role.SENT), listed("b", role=Role.TRASH)]
    )
    ids = store.mailboxes.put_listing(
        ACCOUNT, [listed("a", role=Role.TRASH), listed("b", role=Role.SENT)]
    )
    assert store.mailboxes.by_role(ACCOUNT, Role.SENT) == ids[b"b"]


def test_the_order_is_inbox_then_roles_then_names(store: Store) -> None:
    store.mailboxes.put_listing(
        ACCOUNT,
        [
            listed("zebra"),
            listed("Bin", role=Role.TRASH),
            listed("Alpha"),
            listed("INBOX"),
            listed("Mine", role=Role.DRAFTS),
        ],
    )
    names = [box.name for box in store.mailboxes.all(ACCOUNT)]
    assert names == ["INBOX", "Mine", "Bin", "Alpha", "zebra"]


def test_a_hostile_name_is_safe_to_show_and_exact_to_send(store: Store) -> None:
    wire = b"a\x1b[2Jb\xff"
    ids = store.mailboxes.put_listing(ACCOUNT, [Listed(wire, "a\x1b[2Jb\udcff", "/")])
    box = store.mailboxes.get(ids[wire])
    assert box is not None
    assert "\x1b" not in box.name
    assert store.mailboxes.wire_name(ids[wire]) == wire


def test_accounts_do_not_share_folders(store: Store) -> None:
    mine = store.mailboxes.put_listing("home", [listed("INBOX"), listed("a")])
    yours = store.mailboxes.put_listing("work", [listed("INBOX"), listed("a")])
    assert not set(mine.values()) & set(yours.values())
    assert len(store.mailboxes.all("work")) == 2


def test_an_unknown_account_has_no_folders(store: Store) -> None:
    assert store.mailboxes.all("nobody") == []
    assert store.mailboxes.by_wire_name("nobody", b"INBOX") is None


def test_counts_are_the_servers_and_not_of_rows(store: Store) -> None:
    fill(store, [1, 2, 3], exists=500, unseen=40)
    box = store.mailboxes.get(inbox(store))
    assert box is not None
    assert (box.total, box.unread) == (500, 40)


def test_unread_follows_a_gesture_at_once(store: Store) -> None:
    ids = fill(store, [1, 2, 3], exists=500, unseen=40)
    store.operations.queue_flags([ids[1], ids[2]], SEEN, NONE)
    box = store.mailboxes.get(inbox(store))
    assert box is not None
    assert box.unread == 38


def test_unread_stays_when_the_server_confirms(store: Store) -> None:
    ids = fill(store, [1, 2, 3], exists=500, unseen=40)
    store.operations.queue_flags([ids[1], ids[2]], SEEN, FLAGGED)
    for job in store.operations.claim_flags(ACCOUNT):
        store.operations.confirm_flags(job, {})
    box = store.mailboxes.get(inbox(store))
    assert box is not None
    assert box.unread == 38


def test_new_counts_are_told_from_old_ones(store: Store) -> None:
    box = inbox(store)
    assert store.mailboxes.put_counts(box, 5, 1)
    assert not store.mailboxes.put_counts(box, 5, 1)
    assert not store.mailboxes.put_counts(box, None, 1)
    assert store.mailboxes.put_unseen(box, 2)


def test_absurd_counts_are_bounded(store: Store) -> None:
    box = inbox(store)
    store.mailboxes.put_counts(box, 2**80, -5)
    found = store.mailboxes.get(box)
    assert found is not None
    assert (found.total, found.unread) == (2**63 - 1, 0)
