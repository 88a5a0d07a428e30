"""Conversations as notmuch and Dovecot make them of the same mails; why we differ."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.corpora import threads
from tests.corpora.sweep import messages
from tests.corpora.threads import differences, distinct, ours, without_subjects
from tests.servers.dovecot import Dovecot
from tuimail.mail.types import Envelope

Mails = list[tuple[bytes, Envelope]]
FOLDERS = ("aerc", "notmuch", "spamassassin-t-data", "mu", "sup")
SENTENCE = "In-Reply-To is a sentence with an address before the Message-ID"
UNORDERED = "In-Reply-To and References contradict each other; we trust the former"
CIRCLE = "both answer each other; with us the older one is the first"
OF_DOVECOT = {
    "<20020822182322.64D053F25@milou.dyndns.org>": SENTENCE,
    "<1030048087.20291.TMDA@deepeddy.vircio.com>": SENTENCE,
    "<20020822211425.849EB3F27@milou.dyndns.org>": SENTENCE,
    "<1030053252.9051.TMDA@deepeddy.vircio.com>": SENTENCE,
    "<B00-root@example.org>": UNORDERED,
    "<B01-child@example.org>": UNORDERED,
    "<B01-grand-child@example.org>": UNORDERED,
    "<mid-loop-12@example.org>": CIRCLE,
    "<mid-loop-21@example.org>": CIRCLE,
}
"""What Dovecot says otherwise, and why."""
needs_notmuch = pytest.mark.skipif(
    shutil.which("notmuch") is None, reason="needs notmuch"
)


def foreign(corpora: Path, folder: str) -> Mails:
    return distinct(data for _, data in messages(corpora / folder))


def with_ids(mails: Mails) -> Mails:
    """Without mails that name a word which is no Message-ID (`<yes>`)."""
    return [
        (raw, each)
        for raw, each in mails
        if all("@" in name for name in (*each.references, each.in_reply_to) if name)
    ]


def drawn(rng: random.Random) -> Mails:
    """Mails of our own: conversations of which some mails are missing."""
    chains: list[list[str]] = []
    made: list[bytes] = []
    for number in range(200):
        above = rng.choice(chains) if chains and rng.random() < 0.8 else []
        own = f"<{number}@example.org>"
        chains.append([*above, own])
        if rng.random() < 0.2:
            continue
        head = f"Message-ID: {own}\nSubject: {number}\nFrom: a@example.org\n"
        minute = f"{number // 60:02}:{number % 60:02}"
        head += f"Date: Mon, 1 Jan 2024 {minute}:00 +0000\n"
        if above:
            head += f"References: {' '.join(above)}\nIn-Reply-To: {above[-1]}\n"
        made.append(f"{head}\ntext\n".encode())
    return distinct(made)


@needs_notmuch
@pytest.mark.parametrize("folder", FOLDERS)
def test_by_what_mails_name_notmuch_agrees(
    corpora: Path, tmp_path: Path, folder: str
) -> None:
    mails = without_subjects(with_ids(foreign(corpora, folder)))
    assert mails
    other = threads.notmuch(mails, tmp_path)
    assert differences(mails, ours(mails), other) == ([], [])


@pytest.mark.parametrize("folder", FOLDERS)
def test_by_what_mails_name_dovecot_agrees_but_for_known_mails(
    corpora: Path, dovecot: Dovecot, user: str, folder: str
) -> None:
    mails = without_subjects(with_ids(foreign(corpora, folder)))
    other = threads.dovecot(mails, dovecot, user)
    company, parents = differences(mails, ours(mails), other)
    known = {each.message_id for _, each in mails} & OF_DOVECOT.keys()
    assert {*company, *parents} == known


@needs_notmuch
@pytest.mark.parametrize("seed", range(3))
def test_mails_of_our_own_are_put_together_alike(
    tmp_path: Path, dovecot: Dovecot, user: str, seed: int
) -> None:
    mails = drawn(random.Random(seed))
    mine = ours(mails)
    other = threads.dovecot(mails, dovecot, user)
    assert differences(mails, mine, other) == ([], [])
    # Where several ancestors are missing, notmuch takes one that is farther away.
    company, parents = differences(mails, mine, threads.notmuch(mails, tmp_path))
    assert company == []
    assert len(parents) < 10


def test_what_names_no_id_does_not_join_series_of_patches(corpora: Path) -> None:
    # notmuch puts all mails that answer `<yes>` into one conversation.
    mails = without_subjects(foreign(corpora, "notmuch"))
    naming = [n for n, (_, each) in enumerate(mails, 1) if each.in_reply_to == "<yes>"]
    of = {number: group for group in ours(mails).together for number in group}
    assert len(naming) > 10
    assert len({of[number] for number in naming}) > 10


def test_a_subject_joins_only_replies_that_name_nothing(corpora: Path) -> None:
    mails = foreign(corpora, "aerc")
    apart, joined = ours(without_subjects(mails)), ours(mails)
    alone = {
        number
        for number, parent in joined.parents.items()
        if parent is not None and apart.parents[number] is None
    }
    assert len(apart.together) - len(joined.together) == len(alone) == 5
    for number in alone:
        envelope = mails[number - 1][1]
        assert not envelope.references
        assert not envelope.in_reply_to
        assert envelope.subject.lower().startswith("re:")
