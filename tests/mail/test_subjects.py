"""Base subjects, by RFC 5256 §2.1 and as programs in many languages write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.subjects import base_subject


@pytest.mark.parametrize(
    "subject",
    [
        "Hello",
        "Re: Hello",
        "RE:Hello",
        "re : hello",
        "Re: Re: AW: Hello",
        "Re[2]: Hello",
        "Re^2: Hello",
        "Re (3): Hello",
        "[list] Re: Hello",
        "Re: [list] Hello",
        "Re: [list] [other] Re: Hello (fwd)",
        "[fwd: Re: Hello]",
        "Fwd: Hello (FWD) (fwd)",
        "Hello\t ",
        "SV: VS: Antw: Vá: Odp: Ynt: Hello",
        "回复：Hello",
        "答复: 回复: Hello",
        "转发: Hello",
        "ΑΠ: Hello",
        "WG: Hello",
    ],
)
def test_what_programs_add_is_left_out(subject: str) -> None:
    assert base_subject(subject)[0] == "hello"


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("Re: x", True),
        ("[list] AW: x", True),
        ("[fwd: Re: x]", True),
        ("答复: x", True),
        ("x", False),
        ("Fwd: x", False),
        ("WG: x", False),
        ("[list] x", False),
        ("x (fwd)", False),
    ],
)
def test_a_reply_is_told_from_a_forwarded_mail(subject: str, reply: bool) -> None:
    assert base_subject(subject) == ("x", reply)


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Reservation: x", "reservation: x"),
        ("[only a blob]", "[only a blob]"),
        ("Re: [a] [b]", "[b]"),
        ("Note: Re: x", "note: re: x"),
        ("", ""),
        ("Re:", ""),
        ("Re: Fwd: ", ""),
        ("[unclosed Re: x", "[unclosed re: x"),
    ],
)
def test_what_people_wrote_stays(subject: str, base: str) -> None:
    assert base_subject(subject)[0] == base


@given(st.text(st.sampled_from("re:[]fwd() ^1AW：é\t"), max_size=60))
def test_a_base_subject_is_its_own_base_subject(subject: str) -> None:
    base, _ = base_subject(subject)
    assert base_subject(base) == (base, False)


@given(st.text(st.sampled_from("re:[]fwd() ^1AW：é\tΣİ"), max_size=40))
def test_an_answer_has_the_base_subject_of_what_it_answers(subject: str) -> None:
    assert base_subject(f"Re: {subject}") == (base_subject(subject)[0], True)
    assert base_subject(f"RE: re: {subject}") == (base_subject(subject)[0], True)


@pytest.mark.parametrize("piece", ["re:", "[", "[a]", "[fwd:", "re ", "]", "(fwd)"])
def test_hostile_subjects_take_no_time(piece: str) -> None:
    begun = time.process_time()
    base_subject(piece * 100_000)
    assert time.process_time() - begun < 0.5
