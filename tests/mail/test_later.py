"""Moments to come, as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest

from tuimail.mail.later import choices, later

NOW = datetime(2026, 11, 25, 15, 30)


@pytest.mark.parametrize(
    ("words", "then"),
    [
        ("30min", datetime(2026, 11, 25, 16)),
        ("3h", datetime(2026, 11, 25, 18, 30)),
        ("3d", datetime(2026, 11, 28, 8)),
        (" 2W ", datetime(2026, 12, 9, 8)),
        ("17:30", datetime(2026, 11, 25, 17, 30)),
        ("9:00", datetime(2026, 11, 26, 9)),
        ("2026-12-24", datetime(2026, 12, 24, 8)),
        ("2026-12-24 18:15", datetime(2026, 12, 24, 18, 15)),
    ],
)
def test_what_is_typed_is_a_moment(words: str, then: datetime) -> None:
    assert later(words, NOW) == then


@pytest.mark.parametrize(
    "words",
    ["", "soon", "25:00", "2026-11-24", "2026-13-01", "9999y", "9999-12-31", "0d", "3"],
)
def test_what_is_no_moment_to_come_is_none(words: str) -> None:
    assert later(words, NOW) is None


def test_what_is_past_is_not_offered() -> None:
    late = datetime(2026, 11, 30, 20)
    assert [name for name, _ in choices(NOW)][1] == "This evening"
    assert "This evening" not in [name for name, _ in choices(late)]
    assert dict(choices(late))["Monday"] == datetime(2026, 12, 7, 8)
