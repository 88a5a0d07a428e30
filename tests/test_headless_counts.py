"""`tuimail senders` and `tuimail statistics`: what they print, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.test_cli import Tuimail, account, environ, tuimail
from tests.ui.screen import fill
from tests.ui.test_senders import letters
from tuimail import status
from tuimail.paths import default
from tuimail.store.store import Store

__all__ = ["account", "environ", "tuimail"]


@pytest.fixture
def known_from() -> int:
    return 1


@pytest.fixture(autouse=True)
def _mail(
    environ: dict[str, str], account: Callable[..., None], known_from: int
) -> None:
    account(1)
    paths = default(environ)
    paths.ensure()
    store = Store(paths.state, paths.cache, paths.data)
    fill(store, letters(), known_from)
    store.close()


def test_senders_are_listed_most_first_with_their_addresses(tuimail: Tuimail) -> None:
    code, out, err = tuimail("senders")
    assert (code, err) == (0, "")
    first, second, third = out.splitlines()
    assert first.split()[:2] == ["30", "30"]
    assert first.endswith("Ann Lee                   ann@x.org")
    assert second.endswith("  ann@x.org.evil.example")
    assert third.endswith("  bob@y.org")


def test_senders_as_json(tuimail: Tuimail) -> None:
    code, out, _ = tuimail("senders", "--json", "--limit", "1")
    (ann,) = json.loads(out)
    assert code == 0
    assert (ann["key"], ann["name"], ann["messages"]) == ("ann@x.org", "Ann Lee", 30)
    assert ann["unread"] == 30


def test_lists_instead_of_senders(tuimail: Tuimail) -> None:
    code, out, _ = tuimail("senders", "--lists")
    assert code == 0
    assert out.split() == ["2", "2", out.split()[2], "Python", "dev.python.org"]


def test_an_unknown_folder_is_told(tuimail: Tuimail) -> None:
    code, out, err = tuimail("senders", "--folder", "Nowhere")
    assert (code, out) == (status.FAILED, "")
    assert "There is no folder Nowhere" in err


@pytest.mark.parametrize("known_from", [26])
def test_what_is_not_here_is_told(tuimail: Tuimail) -> None:
    code, _, err = tuimail("senders")
    assert code == 0
    assert err == "Of the 10 headers that are here (35 on the server).\n"


def test_statistics_are_the_page_of_the_screen(tuimail: Tuimail) -> None:
    code, out, err = tuimail("statistics", "--ascii")
    assert (code, err) == (0, "")
    assert "35 messages received" in out
    assert "Mail per day" in out
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80


def test_statistics_as_json(tuimail: Tuimail) -> None:
    code, out, _ = tuimail("statistics", "--json", "--account", "work")
    figures = json.loads(out)
    assert code == 0
    assert figures["messages"] == 35
    assert sum(figures["hours"]) == sum(figures["weekdays"]) == 35
    assert figures["senders"][0]["name"] == "ann@x.org"
    assert figures["folders"][0]["name"] == "INBOX"
