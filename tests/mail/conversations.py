"""Mails for the tests of conversations, made of letters."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import strategies as st

from tuimail.mail.threads import Item, Placed, item

DAY = 86400


def mail(
    number: int,
    message_id: str,
    *references: str,
    subject: str = "",
    day: float | None = None,
    answers: str = "",
) -> Item:
    """A mail; without a day it is as young as its number says."""
    when = int((number if day is None else day) * DAY)
    ids = [f"<{each}@x>" for each in references]
    own = f"<{message_id}@x>" if message_id else ""
    above = f"<{answers}@x>" if answers else ""
    return item("a", number, own, above, ids, subject, when)


def drawn(places: Iterable[Placed]) -> list[str]:
    """A conversation as people write it: `2 3?`, a place for each depth."""
    return ["." * p.depth + f"{p.number}{'?' if p.missing else ''}" for p in places]


LETTERS = st.sampled_from("abcdefgh")
SUBJECTS = st.sampled_from(["", "x", "Re: x", "AW: [l] x", "y", "Re: y", "Fwd: x"])
MAILS = st.lists(
    st.tuples(
        st.sampled_from(["", *"abcdefgh"]),
        st.lists(LETTERS, max_size=4),
        SUBJECTS,
        st.integers(0, 40),
    ),
    max_size=14,
).map(
    lambda made: [
        mail(number, own, *refs, subject=subject, day=day)
        for number, (own, refs, subject, day) in enumerate(made, 1)
    ]
)
"""Hostile little mailboxes: circles, doubles, ids of their own among the references."""


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Item], list[list[Item]]]:
    """Mails, and the same in any order and in batches."""
    mails = draw(MAILS)
    order = draw(st.permutations(mails))
    cuts = sorted(draw(st.lists(st.integers(0, len(mails)), max_size=4)))
    edges = [0, *cuts, len(mails)]
    return mails, [order[a:b] for a, b in pairwise(edges)]
