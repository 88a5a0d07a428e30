"""What a server says is taken over whole, and never touches what the user wants."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.build import (
    ACCOUNT,
    FLAGGED,
    NONE,
    SEEN,
    fill,
    inbox,
    row,
    uids_shown,
)
from tuimail.errors import StoreError
from tuimail.mail.types import (
    UID,
    Address,
    Envelope,
    Flag,
    FlagSet,
    ModSeq,
    Section,
    UIDValidity,
)
from tuimail.mail.uidset import UIDSet
from tuimail.store.store import Store
from tuimail.store.sync import Batch
from tuimail.store.values import Listed


def test_rows_come_back_as_they_went_in(store: Store) -> None:
    envelope = Envelope(
        subject="Grüße",
        from_=(Address("Ann Lee", "ann@example.org"),),
        sender=(Address("", "list@example.org"),),
        reply_to=(Address("R", "r@example.org", True),),
        to=(Address("Bob", "bob@example.org"), Address("", "x@example.org")),
        cc=(Address("C", "c@example.org"),),
        date=0,
        offset_min=-330,
        message_id="<a@b>",
        in_reply_to="<c@d>",
        references=("<e@f>", "<c@d>"),
        list_id="l.example.org",
    )
    flags = FlagSet(Flag.SEEN | Flag.FLAGGED, frozenset({"$work", "later"}))
    one = row(7, envelope=envelope, flags=flags, structure=b"()", attach=True)
    added = store.sync.apply(inbox(store), Batch(rows=[one])).added
    header = store.messages.header(added[0])
    content = store.messages.content(added[0])
    assert header is not None
    assert content is not None
    assert (header.uid, header.flags, header.keywords) == (
        7,
        flags.bits,
        flags.keywords,
    )
    assert (header.subject, header.sender) == ("Grüße", "Ann Lee")
    assert (header.date, header.arrival, header.attachment) == (0, 1007, True)
    assert (content.envelope, content.structure) == (envelope, b"()")


def test_a_row_told_twice_is_one_row(store: Store) -> None:
    fill(store, [1, 2, 3])
    applied = store.sync.apply(inbox(store), Batch(rows=[row(2), row(3)]))
    assert not applied
    assert uids_shown(store) == [3, 2, 1]


def test_the_last_of_two_rows_with_one_uid_counts(store: Store) -> None:
    rows = [row(1), row(1, flags=SEEN)]
    added = store.sync.apply(inbox(store), Batch(rows=rows)).added
    assert [h.seen for h in store.messages.headers(added)] == [True]


def test_only_what_differs_counts_as_changed(store: Store) -> None:
    ids = fill(store, [1, 2])
    flags = [(UID(1), SEEN, ModSeq(50)), (UID(2), NONE, ModSeq(50))]
    assert store.sync.apply(inbox(store), Batch(flags=flags)).changed == (ids[1],)


def test_flags_of_unknown_messages_are_ignored(store: Store) -> None:
    fill(store, [1])
    flags = [(UID(99), SEEN, None), (UID(2**40), SEEN, None)]
    assert not store.sync.apply(inbox(store), Batch(flags=flags))


def test_vanished_rows_go_with_their_content(store: Store) -> None:
    ids = fill(store, range(1, 8))
    header = store.messages.header(ids[3])
    assert header is not None
    store.parts.put(header.content, Section("1"), b"text")
    gone = UIDSet([(2, 4), (90, 4_000_000_000)])
    applied = store.sync.apply(inbox(store), Batch(vanished=gone))
    assert applied.removed == (ids[2], ids[3], ids[4])
    assert uids_shown(store) == [7, 6, 5, 1]
    assert store.parts.get(header.content, Section("1")) is None


def test_copies_share_their_content_until_the_last_one_goes(store: Store) -> None:
    other = store.mailboxes.put_listing(ACCOUNT, [Listed(b"a", "a")])[b"a"]
    here = fill(store, [5])
    there = store.sync.apply(other, Batch(rows=[row(5)])).added
    one, two = store.messages.header(here[5]), store.messages.header(there[0])
    assert one is not None
    assert two is not None
    assert one.content == two.content
    store.parts.put(one.content, Section("1"), b"text")
    store.sync.apply(inbox(store), Batch(vanished=UIDSet.of([5])))
    assert store.parts.get(one.content, Section("1")) == b"text"


def test_a_forged_message_id_does_not_share_content(store: Store) -> None:
    """Whoever claims another's Message-ID must not put his text in its place."""
    forged = row(1, message_id="<real@example.org>")
    real = row(2, message_id="<real@example.org>", size=501)
    later = row(3, message_id="<real@example.org>")
    added = store.sync.apply(inbox(store), Batch(rows=[forged, real, later])).added
    assert len({h.content for h in store.messages.headers(added)}) == 3


def test_messages_without_an_id_never_share_content(store: Store) -> None:
    rows = [row(1, message_id="", arrival=5), row(2, message_id="", arrival=5)]
    added = store.sync.apply(inbox(store), Batch(rows=rows)).added
    assert len({h.content for h in store.messages.headers(added)}) == 2


def test_a_content_id_is_never_used_twice(store: Store) -> None:
    ids = fill(store, [1])
    first = store.messages.header(ids[1])
    store.sync.apply(inbox(store), Batch(vanished=UIDSet.of([1])))
    again = store.messages.header(fill(store, [1])[1])
    assert first is not None
    assert again is not None
    assert again.content > first.content
    assert again.id > first.id


def test_a_row_that_could_not_be_read_is_completed_later(store: Store) -> None:
    bad = row(1, envelope=Envelope(), structure=None, hdr_hash=b"", problem="cut off")
    added = store.sync.apply(inbox(store), Batch(rows=[bad])).added
    applied = store.sync.apply(inbox(store), Batch(rows=[row(1)]))
    assert applied.changed == added
    header = store.messages.header(added[0])
    content = store.messages.content(added[0])
    assert header is not None
    assert content is not None
    assert (header.subject, content.problem) == ("subject 1", "")


def test_surrogates_and_nul_do_not_stop_a_batch(store: Store) -> None:
    bad = "a\udcff\0b"
    envelope = Envelope(
        subject=bad, from_=(Address(bad, bad),), message_id=bad, references=(bad,)
    )
    flags = FlagSet(Flag.SEEN, frozenset({"k\udcff w"}))
    rows = [row(1, envelope=envelope, flags=flags, problem=bad), row(2)]
    assert len(store.sync.apply(inbox(store), Batch(rows=rows)).added) == 2
    assert len(store.messages.page(inbox(store))) == 2


def test_numbers_no_server_may_send_are_refused_or_bounded(store: Store) -> None:
    rows = [
        row(0),
        row(-1),
        row(2**32),
        row(2**70),
        row(5, size=2**70, arrival=2**70, modseq=ModSeq(2**70)),
    ]
    batch = Batch(rows=rows, uidnext=2**70, modseq=2**70, exists=2**70, unseen=-1)
    applied = store.sync.apply(inbox(store), batch)
    assert (len(applied.added), applied.refused) == (1, 4)
    assert store.sync.state(inbox(store)).uidnext == 2**32


def test_spans_are_merged(store: Store) -> None:
    box = inbox(store)
    for span in ([(10, 20)], [(30, 40)], [(21, 29), (50, 60)]):
        store.sync.apply(box, Batch(span=UIDSet(span)))
    assert store.sync.state(box).spans.ranges == ((10, 40), (50, 60))


def test_the_state_is_what_was_applied(store: Store) -> None:
    box = inbox(store)
    validity = UIDValidity(77)
    store.sync.apply(
        box,
        Batch(
            uidvalidity=validity,
            uidnext=9,
            modseq=12,
            exists=3,
            unseen=1,
            synced=True,
        ),
    )
    state = store.sync.state(box)
    assert (state.uidvalidity, state.uidnext, state.modseq) == (77, 9, 12)
    assert (state.messages, state.unseen) == (3, 1)
    assert state.synced_at
    assert store.messages.known(box).synced_at == state.synced_at


def test_what_a_batch_does_not_say_stays(store: Store) -> None:
    box = inbox(store)
    store.sync.apply(box, Batch(uidnext=9, modseq=12, exists=3, unseen=1))
    before = store.sync.state(box)
    store.sync.apply(box, Batch())
    assert store.sync.state(box) == before


def test_a_server_without_modseq_makes_it_unknown(store: Store) -> None:
    box = inbox(store)
    store.sync.apply(box, Batch(modseq=12))
    store.sync.apply(box, Batch(modseq=0))
    assert store.sync.state(box).modseq is None


@pytest.mark.parametrize("batch", [Batch(gen=99), Batch(uidvalidity=UIDValidity(2))])
def test_a_batch_of_another_numbering_changes_nothing(
    store: Store, batch: Batch
) -> None:
    box = inbox(store)
    fill(store, [1], uidvalidity=UIDValidity(1))
    before = store.sync.state(box)
    with pytest.raises(StoreError, match="renumbered"):
        store.sync.apply(
            box, Batch(rows=[row(2)], gen=batch.gen, uidvalidity=batch.uidvalidity)
        )
    assert store.sync.state(box) == before
    assert uids_shown(store) == [1]


def test_unsolicited_news_move_the_counts(store: Store) -> None:
    box = inbox(store)
    fill(store, [1, 2, 3], exists=100, unseen=50)
    store.sync.apply(box, Batch(flags=[(UID(1), SEEN, None)]))
    store.sync.apply(box, Batch(vanished=UIDSet.of([2])))
    state = store.sync.state(box)
    assert (state.messages, state.unseen) == (99, 48)


def test_a_catching_up_leaves_the_servers_count(store: Store) -> None:
    """STATUS counted the change already that the catching up brings."""
    box = inbox(store)
    fill(store, [1, 2, 3], exists=100, unseen=50)
    store.sync.apply(box, Batch(flags=[(UID(1), SEEN, None)], exists=100))
    assert store.sync.state(box).unseen == 50


def test_renumbering_keeps_rows_and_gives_them_their_new_uids(store: Store) -> None:
    box = inbox(store)
    ids = fill(store, [1, 2, 3], uidvalidity=UIDValidity(1))
    store.sync.new_generation(box, UIDValidity(2))
    assert len(store.messages.page(box)) == 3
    place = store.messages.place(ids[2])
    assert place is not None
    assert place.uid is None
    moved = [
        row(uid + 10, message_id=f"<{uid}@example.org>", arrival=1000 + uid)
        for uid in (2, 3)
    ]
    batch = Batch(
        rows=moved, span=UIDSet([(1, 20)]), uidnext=21, uidvalidity=UIDValidity(2)
    )
    applied = store.sync.apply(box, batch)
    assert (applied.added, applied.removed) == ((), (ids[1],))
    assert uids_shown(store) == [13, 12]
    assert [h.id for h in store.messages.page(box)] == [ids[3], ids[2]]


def test_gaps_are_what_no_span_covers(store: Store) -> None:
    box = inbox(store)
    ids = fill(store, range(80, 91), uidnext=101, exists=60)
    fill(store, range(40, 51))
    gaps = store.messages.gaps(box)
    assert [(gap.lo, gap.hi) for gap in gaps] == [(91, 100), (51, 79), (1, 39)]
    assert gaps[0].after is None
    assert gaps[1].after is not None
    assert gaps[1].after.id == ids[80]
    assert {gap.size for gap in gaps} == {None}


def test_a_single_gap_knows_its_size(store: Store) -> None:
    fill(store, range(91, 101), uidnext=101, exists=60)
    assert [gap.size for gap in store.messages.gaps(inbox(store))] == [50]


def test_a_gap_found_empty_disappears(store: Store) -> None:
    box = inbox(store)
    fill(store, range(91, 101), uidnext=101, exists=10)
    store.sync.apply(box, Batch(span=UIDSet([(1, 90)])))
    assert store.messages.gaps(box) == ()


def test_an_empty_mailbox_has_no_gap(store: Store) -> None:
    store.sync.apply(inbox(store), Batch(uidnext=500, exists=0))
    assert store.messages.gaps(inbox(store)) == ()


def test_a_mailbox_never_opened_is_one_gap(store: Store) -> None:
    gaps = store.messages.gaps(inbox(store))
    assert [(gap.lo, gap.size) for gap in gaps] == [(1, None)]


uid_sets = st.sets(st.integers(1, 30), max_size=12)
steps = st.lists(
    st.tuples(uid_sets, uid_sets, st.dictionaries(st.integers(1, 30), st.booleans())),
    max_size=6,
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps)
def test_the_store_is_what_a_dictionary_would_be(
    store: Store, changes: list[tuple[set[int], set[int], dict[int, bool]]]
) -> None:
    box = inbox(store)
    store.sync.apply(box, Batch(vanished=UIDSet([(1, 100)])))
    model: dict[int, bool] = {}
    for rows, vanished, flags in changes:
        reports = [(UID(u), SEEN if on else NONE, None) for u, on in flags.items()]
        store.sync.apply(
            box,
            Batch(
                rows=[row(uid) for uid in rows],
                vanished=UIDSet.of(vanished),
                flags=reports,
            ),
        )
        model = {uid: seen for uid, seen in model.items() if uid not in vanished}
        model.update(dict.fromkeys(rows, False))
        model.update({uid: on for uid, on in flags.items() if uid in model})
        shown = {h.uid: h.seen for h in store.messages.page(box, limit=100)}
        assert shown == model
        assert set(store.sync.known_uids(box)) == set(model)
    assert store.messages.known(box).rows == len(model)
    assert store.fsck() == []


def test_pending_flags_survive_what_the_server_says(store: Store) -> None:
    ids = fill(store, [1])
    store.operations.queue_flags([ids[1]], FLAGGED, NONE)
    store.sync.apply(inbox(store), Batch(flags=[(UID(1), SEEN, ModSeq(9))]))
    header = store.messages.header(ids[1])
    assert header is not None
    assert header.flags == Flag.SEEN | Flag.FLAGGED


def test_messages_are_found_by_their_uids(store: Store) -> None:
    box = inbox(store)
    added = store.sync.apply(box, Batch(rows=[row(uid) for uid in range(1, 9)])).added
    many = UIDSet([(2, 3), (5, 5), (7, 2**32 - 1)])
    assert set(store.sync.messages(box, many)) == {
        added[n - 1] for n in (2, 3, 5, 7, 8)
    }
    assert store.sync.messages(box, UIDSet()) == []
    # Of an older numbering they say nothing.
    store.sync.new_generation(box, UIDValidity(9))
    assert store.sync.messages(box, many) == []


def test_a_set_of_many_pieces_is_not_looked_for_row_by_row(store: Store) -> None:
    box = inbox(store)
    store.sync.apply(box, Batch(rows=[row(uid) for uid in range(1, 3001)]))
    odd = UIDSet.of(range(1, 3001, 2))
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection = store.sync._state.connection()
    connection.set_progress_handler(count, 1000)
    assert len(store.sync.messages(box, odd)) == 1500
    connection.set_progress_handler(None, 0)
    assert steps < 200
