"""Moments to come, as people write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
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


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where clocks are turned on 2026-03-29 and 2026-10-25."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def seconds(words: str, now: datetime) -> float:
    then = later(words, now)
    assert then is not None
    return then.timestamp() - now.timestamp()


@pytest.mark.usefixtures("berlin")
def test_hours_pass_as_long_as_they_are_when_clocks_are_turned() -> None:
    assert seconds("3h", datetime(2026, 3, 29, 1, 30)) == 3 * 3600
    assert seconds("3h", datetime(2026, 10, 25, 1, 30)) == 3 * 3600


@pytest.mark.usefixtures("berlin")
def test_in_the_hour_that_comes_twice_half_an_hour_is_to_come() -> None:
    for fold in (0, 1):
        at = datetime(2026, 10, 25, 2, 20, fold=fold)
        assert seconds("30min", at) == 1800
        assert seconds("50min", at) == 3000
        assert dict(choices(at))["Later today"].timestamp() == at.timestamp() + 10800


@pytest.mark.usefixtures("berlin")
def test_mornings_are_mornings_when_clocks_are_turned() -> None:
    for day in (datetime(2026, 3, 28, 20), datetime(2026, 10, 24, 20)):
        then = later("1d", day)
        assert then is not None
        assert datetime.fromtimestamp(then.timestamp()).hour == 8
    # A time that no clock shows is one that comes.
    assert seconds("2:30", datetime(2026, 3, 29, 1)) > 0


def test_late_in_the_evening_three_hours_on_is_not_today() -> None:
    names = [name for name, _ in choices(datetime(2026, 11, 28, 20, 59))]
    assert names == ["Later today", "Tomorrow", "Monday", "In a week"]
    at = datetime(2026, 11, 28, 21, 10)
    assert choices(at)[0] == ("In three hours", datetime(2026, 11, 29, 0, 10))
