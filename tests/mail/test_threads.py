"""Conversations: the same whatever the order of arrival, and bounded."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given

from tests.mail.conversations import DAY, MAILS, arrivals, drawn, mail
from tuimail.mail.threads import (
    REFERENCES_MOST,
    SUBJECT_MOST,
    Conversations,
    Item,
    arranged,
    item,
)


def threads(*mails: Item) -> list[list[str]]:
    made = Conversations()
    made.add(mails)
    return [drawn(each) for each in made.threads()]


def test_answers_stand_below_what_they_answer_by_their_date() -> None:
    assert threads(
        mail(1, "a"),
        mail(2, "b", "a", day=9),
        mail(3, "c", "a", "b"),
        mail(4, "d", "a"),
    ) == [["1", ".4", ".2", "..3"]]


def test_mails_that_name_nothing_in_common_are_apart() -> None:
    assert threads(mail(1, "a"), mail(2, "b"), mail(3, "", "c")) == [
        ["1"],
        ["2"],
        ["3?"],
    ]


def test_answers_to_a_missing_mail_are_one_conversation() -> None:
    found = threads(mail(1, "b", "a"), mail(2, "c", "a"), mail(3, "d", "a", "c"))
    assert found == [["1?", ".2?", "..3"]]


def test_a_missing_mail_between_is_passed_over_and_told() -> None:
    assert threads(mail(1, "a"), mail(2, "c", "a", "b")) == [["1", ".2?"]]


def test_what_others_say_places_a_mail_that_names_only_missing_ones() -> None:
    found = threads(
        mail(1, "a"), mail(2, "d", "b"), mail(3, "c", "a", "b"), mail(4, "e", "b", "c")
    )
    assert found == [["1", ".2?", ".3?", "..4"]]


def test_what_a_mail_says_of_itself_counts_more_than_what_others_say() -> None:
    # The third claims that the second answers the first.
    assert threads(mail(1, "a"), mail(2, "b"), mail(3, "c", "a", "b")) == [
        ["1", ".2", "..3"]
    ]
    parents = arranged([mail(1, "a"), mail(2, "b"), mail(3, "c", "a", "b")])
    assert [place.parent for place in parents] == [None, None, 2]


def test_the_oldest_of_a_circle_is_the_first() -> None:
    found = threads(mail(1, "a", "c"), mail(2, "b", "a"), mail(3, "c", "b"))
    assert found == [["1?", ".2", "..3"]]


def test_a_circle_may_have_others_below_it() -> None:
    mails = [mail(4, "a", "b"), mail(3, "b", "a"), mail(1, "c", "a"), mail(2, "d", "c")]
    assert threads(*mails) == [["3?", ".4", "..1", "...2"]]


def test_a_mail_that_names_itself_does_not_answer_itself() -> None:
    assert threads(mail(1, "a", "a")) == [["1"]]
    assert threads(mail(1, "a", "b", "a"), mail(2, "b")) == [["2", ".1"]]


def test_of_two_mails_with_one_id_the_older_has_the_answers() -> None:
    found = threads(mail(2, "a"), mail(1, "a"), mail(3, "b", "a"))
    assert found == [["1", ".3", ".2"]]
    again = threads(mail(1, "r"), mail(2, "a", "r"), mail(3, "a", "r"))
    assert again == [["1", ".2", ".3"]]


def test_in_reply_to_is_the_parent_wherever_references_have_it() -> None:
    found = threads(
        mail(1, "a"), mail(2, "b", "a"), mail(3, "c", "b", "a", answers="b")
    )
    assert found == [["1", ".2", "..3"]]


def test_in_reply_to_is_the_parent_when_references_lack_it() -> None:
    found = threads(mail(1, "a"), mail(2, "b", "a"), mail(3, "c", "a", answers="b"))
    assert found == [["1", ".2", "..3"]]
    alone = threads(mail(1, "a"), mail(2, "b", answers="a"))
    assert alone == [["1", ".2"]]


def test_a_mail_may_join_two_conversations_into_one() -> None:
    made = Conversations()
    made.add([mail(1, "a"), mail(2, "b")])
    assert len(made.threads()) == 2
    made.add([mail(3, "c", "a", "b")])
    assert [drawn(each) for each in made.threads()] == [["1", ".2", "..3"]]


# -- by subject ---------------------------------------------------------------


def test_a_reply_that_names_nothing_joins_the_mail_of_its_subject() -> None:
    found = threads(mail(1, "a", subject="Plan"), mail(5, "b", subject="AW: plan"))
    assert found == [["1", ".5"]]


def test_two_mails_of_one_subject_never_join() -> None:
    apart = [["1"], ["2"]]
    assert threads(mail(1, "a", subject="x"), mail(2, "b", subject="x")) == apart
    assert threads(mail(1, "a", subject="x"), mail(2, "b", subject="Fwd: x")) == apart


def test_a_reply_does_not_join_two_conversations() -> None:
    found = threads(
        mail(1, "a", subject="Weekly report"),
        mail(8, "b", subject="Weekly report"),
        mail(9, "c", subject="Re: Weekly report"),
        mail(10, "d", subject="Weekly report"),
    )
    assert found == [["1"], ["8", ".9"], ["10"]]


def test_a_reply_after_weeks_is_of_its_own() -> None:
    near = mail(1, "a", subject="x"), mail(15, "b", subject="Re: x")
    assert threads(*near) == [["1", ".15"]]
    far = mail(1, "a", subject="x"), mail(16, "b", subject="Re: x")
    assert threads(*far) == [["1"], ["16"]]


def test_a_reply_before_what_it_might_answer_is_of_its_own() -> None:
    early = mail(2, "b", subject="x"), mail(1, "a", subject="Re: x")
    assert threads(*early) == [["1"], ["2"]]


def test_a_reply_that_names_a_missing_mail_is_not_joined_by_subject() -> None:
    found = threads(mail(1, "a", subject="x"), mail(2, "b", "z", subject="Re: x"))
    assert found == [["1"], ["2?"]]


def test_a_subject_without_words_joins_nothing() -> None:
    assert threads(mail(1, "a", subject=""), mail(2, "b", subject="Re:")) == [
        ["1"],
        ["2"],
    ]


def test_a_subject_of_very_many_mails_says_nothing() -> None:
    def many(count: int) -> int:
        mails = [mail(n, str(n), subject="Re: x", day=1) for n in range(1, count + 1)]
        return len(threads(*mails))

    assert many(SUBJECT_MOST) == 1
    assert many(SUBJECT_MOST + 1) == SUBJECT_MOST + 1


def test_replies_stand_below_the_first_mail_of_their_subject() -> None:
    found = threads(
        mail(1, "a", subject="x"),
        mail(2, "b", "a", subject="Re: x"),
        mail(3, "c", subject="Re: x"),
        mail(4, "d", "c", subject="Re: x"),
    )
    assert found == [["1", ".2", ".3", "..4"]]


# -- some of a conversation ---------------------------------------------------


def test_what_is_not_shown_still_says_how_the_others_hang_together() -> None:
    mails = [mail(1, "a"), mail(2, "b", "a"), mail(3, "c", "b"), mail(4, "d", "c")]
    places = arranged(mails, {1, 3, 4})
    assert drawn(places) == ["1", ".3?", "..4"]
    assert [place.parent for place in places] == [None, 1, 3]


def test_branches_without_their_first_mail_stand_together() -> None:
    mails = [mail(1, "a"), mail(2, "b", "a"), mail(3, "c", "a"), mail(4, "d", "c")]
    assert drawn(arranged(mails, {2, 3, 4})) == ["2?", ".3?", "..4"]
    assert drawn(arranged(mails, set())) == []


# -- any order ----------------------------------------------------------------


@given(arrivals())
def test_the_order_of_arrival_changes_nothing(
    made: tuple[Sequence[Item], Sequence[Sequence[Item]]],
) -> None:
    mails, batches = made
    at_once, little_by_little = Conversations(), Conversations()
    at_once.add(mails)
    for batch in batches:
        little_by_little.add(batch)
    assert little_by_little.threads() == at_once.threads()


@given(MAILS)
def test_every_mail_stands_once_below_its_parent(mails: Sequence[Item]) -> None:
    made = Conversations()
    made.add(mails)
    seen: list[int] = []
    for places in made.threads():
        depths: dict[int | None, int] = {}
        for rank, place in enumerate(places):
            seen.append(place.number)
            if place.parent is None:
                assert place.depth == (1 if rank else 0)
            else:
                assert place.depth == depths[place.parent] + 1
            depths[place.number] = place.depth
    assert sorted(seen) == sorted(each.number for each in mails)


# -- hostile ------------------------------------------------------------------


def chain(count: int) -> list[Item]:
    return [mail(n, str(n), str(n - 1)) for n in range(1, count + 1)]


@pytest.mark.parametrize("turn", [1, -1], ids=["forwards", "backwards"])
def test_a_chain_of_100_000_is_one_conversation(turn: int) -> None:
    mails = chain(100_000)[::turn]
    begun = time.process_time()
    places = arranged(mails)
    assert time.process_time() - begun < 10
    assert max(place.depth for place in places) == 99_999


def test_a_circle_of_100_000_is_opened() -> None:
    mails = [*chain(100_000), mail(100_001, "0", "100000")]
    places = arranged(mails)
    assert places[0].number == 1
    assert places[-1].depth == 100_000


def test_very_many_references_are_bounded() -> None:
    names = [f"<{n}@x>" for n in range(500)]
    begun = time.process_time()
    mails = [item("a", n, f"<m{n}>", "", names, "", n) for n in range(1, 3001)]
    assert time.process_time() - begun < 10
    assert len(mails[0].references) == REFERENCES_MOST
    assert mails[0].references[0] == item("a", 1, names[0], "", (), "", 0).key
    made = Conversations()
    made.add(mails)
    assert len(made.threads()) == 1


def test_accounts_share_no_conversation() -> None:
    one = item("1", 1, "<a@x>", "", (), "x", DAY)
    other = item("2", 2, "<b@x>", "", ("<a@x>",), "Re: x", DAY)
    assert len(threads(one, other)) == 2


def test_a_word_that_is_no_id_joins_nothing() -> None:
    # What git sends when it was answered "yes" where it asked for a Message-ID.
    one = item("a", 1, "<a@x>", "<yes>", ("<yes>",), "x", 0)
    other = item("a", 2, "<b@x>", "<yes>", ("<yes>",), "y", 0)
    assert len(threads(one, other)) == 2
    long = "<0123456789012345678>"
    one = item("a", 1, long, "", (), "x", 0)
    other = item("a", 2, "<b@x>", "", (long,), "y", 0)
    assert len(threads(one, other)) == 1
