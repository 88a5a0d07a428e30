"""Rights of RFC 4314 as decisions and in words."""

from __future__ import annotations

import pytest

from tuimail.mail.rights import LETTERS, Act, allows, chosen, describe, forbidden, parse


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("lrs", "lrs"),
        ("srl", "lrs"),
        ("lrswipcda", "lrswipkxtea"),
        ("lrswipkxteacd", LETTERS),
        # c and d are repeated for old clients: they give nothing more.
        ("lrskc", "lrsk"),
        ("lrstd", "lrst"),
        ("LR s\x1b[09", "lrs"),
        ("", ""),
    ],
)
def test_letters_old_and_new(given: str, meant: str) -> None:
    assert parse(given) == meant


@pytest.mark.parametrize(
    ("act", "needs"),
    [
        (Act.READ, "r"),
        (Act.SEEN, "s"),
        (Act.FLAG, "w"),
        (Act.DELETE, "te"),
        (Act.INSERT, "i"),
        (Act.CREATE, "k"),
        (Act.REMOVE, "x"),
        (Act.GRANT, "a"),
    ],
)
def test_an_act_takes_all_its_rights_and_no_other(act: Act, needs: str) -> None:
    others = "".join(letter for letter in LETTERS if letter not in needs)
    assert allows(needs, act)
    assert not allows(others, act)
    for letter in needs:
        assert not allows(LETTERS.replace(letter, ""), act)


def test_rights_nobody_asked_for_forbid_nothing() -> None:
    assert all(allows(None, act) and not forbidden(None, act) for act in Act)
    assert not any(allows("", act) for act in Act)


def test_a_reason_is_one_sentence_that_names_what_is_missing() -> None:
    said = forbidden("lrse", Act.DELETE)
    assert said == "you may not delete messages here (right t missing)"
    assert "(rights te missing)" in forbidden("lrs", Act.DELETE)


@pytest.mark.parametrize(
    ("rights", "words"),
    [
        ("lrs", "reader: see it, read, keep what is read"),
        (LETTERS, "all: everything"),
        ("l", "only see that it is there"),
        ("", "nothing"),
        ("lrk", "see it, read, make folders below it"),
    ],
)
def test_rights_in_words(rights: str, words: str) -> None:
    assert describe(rights) == words


@pytest.mark.parametrize(
    ("typed", "rights"),
    [
        ("reader", "lrs"),
        (" Writ ", "lrswipte"),
        ("all", LETTERS),
        ("lrw", "lrw"),
        ("none", ""),
        ("lrz", None),
        ("", None),
        ("read it", None),
    ],
)
def test_rights_as_people_type_them(typed: str, rights: str | None) -> None:
    assert chosen(typed) == rights
