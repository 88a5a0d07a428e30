"""What is sent to the terminal beside the screen."""

from __future__ import annotations

import pytest

from tuimail.config import NotifySettings
from tuimail.engine.events import Announced
from tuimail.mail.types import SafeText
from tuimail.ui import notices


def news(words: str) -> Announced:
    safe = SafeText("x")
    return Announced(safe, safe, safe, safe, 1, SafeText(words))


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        (NotifySettings(), ""),
        (NotifySettings(bell=True), "\x07"),
        (NotifySettings(desktop="osc9"), "\x1b]9;tuimail: Bob: 4, 5\x1b\\"),
        (NotifySettings(desktop="osc777"), "\x1b]777;notify;tuimail;Bob: 4, 5\x1b\\"),
    ],
    ids=["nothing", "bell", "osc9", "osc777"],
)
def test_a_notice_is_one_sequence(settings: NotifySettings, sent: str) -> None:
    assert notices.notice(settings, news("Bob: 4; 5")) == sent


def test_no_word_of_a_mail_ends_a_sequence() -> None:
    sent = notices.notice(NotifySettings(desktop="osc9"), news("a\x1b\\\x07\x9c\nb"))
    assert sent.count("\x1b") == 2
    assert not set("\x07\x9c\n") & set(sent)


def test_over_ssh_nothing_is_told_unless_wished() -> None:
    ssh = {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}
    assert NotifySettings(bell=True).active({})
    assert not NotifySettings(bell=True).active(ssh)
    assert NotifySettings(bell=True, over_ssh=True).active(ssh)
    assert not NotifySettings(over_ssh=True).active({})


def test_the_title_names_folder_and_unread_messages() -> None:
    assert notices.title("INBOX", 37) == "\x1b]2;tuimail: INBOX (37)\x1b\\"
    assert notices.title("Würste", 0) == "\x1b]2;tuimail: Würste\x1b\\"


def test_terminals_without_a_title_are_sent_none() -> None:
    assert notices.titled(True, {"TERM": "xterm"})
    assert not notices.titled(True, {"TERM": "linux"})
    assert not notices.titled(False, {"TERM": "xterm"})
