"""Foreign mail, where it is at hand (TUIMAIL_CORPORA names its folder)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tuimail.mail.headers import (
    header_fields,
    parse_date,
    parse_envelope,
    raw_fields,
    sender_badges,
    sender_display,
)

CORPORA = os.environ.get("TUIMAIL_CORPORA", "")
OTHER = {".html", ".md", ".json", ".xml", ".out", ".png", ".mjml", ".py", ".tokens"}
pytestmark = pytest.mark.skipif(
    not CORPORA, reason="foreign mail: set TUIMAIL_CORPORA to its folder"
)


@pytest.fixture(scope="module")
def messages() -> list[tuple[Path, bytes]]:
    return list(_messages(Path(CORPORA)))


def _messages(root: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix not in OTHER:
            with path.open("rb") as file:
                raw = file.read(1024 * 1024)
            if raw_fields(raw):
                yield path, raw


Messages = list[tuple[Path, bytes]]


def test_every_header_block_is_read(messages: Messages) -> None:
    assert messages, "no mail in TUIMAIL_CORPORA"
    for _, raw in messages:
        envelope = parse_envelope(raw)
        assert len(header_fields(raw)) == len(raw_fields(raw))
        assert all(badge.isprintable() for badge in sender_badges(envelope))


def test_every_message_names_its_sender_or_is_suspect(messages: Messages) -> None:
    silent = []
    for path, raw in messages:
        envelope = parse_envelope(raw)
        name, _, suspect = sender_display(envelope)
        assert name.isprintable()
        if not suspect and not any(each.addr for each in envelope.from_):
            silent.append(path)
    assert silent == []


def test_dates_that_the_standard_library_reads_are_read(messages: Messages) -> None:
    """Loosely: it errs itself on 12-hour clocks and old years."""
    known = agreed = 0
    for _, raw in messages:
        dates = [value for name, value in raw_fields(raw) if name.lower() == b"date"]
        try:
            theirs = parsedate_to_datetime(dates[0].decode("ascii")).timestamp()
        except (IndexError, ValueError, TypeError, OverflowError):
            continue
        known += 1
        ours = parse_date(dates[0])
        agreed += ours is not None and ours[0] == int(theirs)
    assert known
    assert agreed >= 0.98 * known
