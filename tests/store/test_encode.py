"""The envelope's JSON, put together by hand, is what the `json` module writes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.store.build import fill, uids_shown
from tuimail.mail.types import Address, Envelope
from tuimail.store.encode import (
    dump_envelope,
    load_envelope,
    load_ids,
    moment,
    text,
)
from tuimail.store.store import Store

TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
PEOPLE = st.lists(st.builds(Address, TEXT, TEXT, st.booleans()), max_size=3).map(tuple)
ENVELOPES = st.builds(
    Envelope,
    TEXT,
    PEOPLE,
    PEOPLE,
    PEOPLE,
    PEOPLE,
    PEOPLE,
    st.none() | st.integers(-(2**70), 2**70),
    st.integers(-900, 900),
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=3).map(tuple),
    TEXT,
)


def by_the_module(envelope: Envelope) -> str:
    people = [
        [(who.name, who.addr, int(who.suspect)) for who in field]
        for field in envelope[1:6]
    ]
    date = None if envelope.date is None else moment(envelope.date)
    values = [envelope.subject, *people, date, *envelope[7:]]
    fields = dict(zip("sfnrtcdzipql", values, strict=True))
    kept = {key: value for key, value in fields.items() if value or value == 0}
    return text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")))


@given(ENVELOPES)
def test_the_json_by_hand_is_that_of_the_module(envelope: Envelope) -> None:
    assert dump_envelope(envelope) == by_the_module(envelope)


@given(ENVELOPES)
def test_the_ids_alone_are_those_of_the_whole_envelope(envelope: Envelope) -> None:
    stored = dump_envelope(envelope)
    whole = load_envelope(stored)
    own, above, named = load_ids(stored)
    assert (own, above) == (whole.message_id, whole.in_reply_to)
    assert tuple(named) == whole.references


def test_an_envelope_comes_back_from_its_json() -> None:
    envelope = Envelope(
        'a "quoted" \\ line\n\x7f\u2028\u00e9',
        (Address("\u00c9", "e@example.org", True), Address("", "f@example.org")),
        date=-7,
        references=("<a@b>", '<"c"@d>'),
    )
    assert load_envelope(dump_envelope(envelope)) == envelope


def test_rows_over_a_whole_number_of_statements_keep_their_order(store: Store) -> None:
    ids = fill(store, range(1, 48))
    assert uids_shown(store) == list(range(47, 0, -1))
    found = [store.messages.content(ids[uid]) for uid in (1, 20, 21, 47)]
    assert [each and each.envelope.message_id for each in found] == [
        f"<{uid}@example.org>" for uid in (1, 20, 21, 47)
    ]
