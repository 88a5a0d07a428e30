"""`tuimail rules`: says what would be done; does it only when it is told to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mails import mails
from tests.ui.screen import fill
from tuimail import status
from tuimail.config import Config, ImapAccount, Rule
from tuimail.engine.service import MailService
from tuimail.headless_rules import rules
from tuimail.mail.types import SafeText
from tuimail.paths import under

OWN = (Rule("three", "subject:3", mark=("flagged",)), Rule("no", "x", move="Gone"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[MailService]:
    paths = under(tmp_path)
    paths.ensure()
    account = ImapAccount("work", "bob@example.org", "127.0.0.1", "bob")
    made = MailService(Config(accounts=(account,), rules=OWN), paths)
    fill(made.store, mails(5))
    yield made
    made.close()


def run(
    service: MailService, apply: str | None = None, as_json: bool = False
) -> tuple[list[SafeText | int], list[str]]:
    said: list[str] = []
    lines = rules(service, ["work"], as_json=as_json, apply=apply, say=said.append)
    return list(lines), said


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    service: MailService,
) -> None:
    (first, second, code), _ = run(service)
    assert str(first).startswith("work: three: 1 message ")
    assert '"message 3"' in str(first)
    assert str(second).startswith("work: no: held, 0 messages ")
    assert code == status.OK
    assert service.store.queue.history("work") == []


def test_it_is_one_document_as_json(service: MailService) -> None:
    (document, _), _ = run(service, as_json=True)
    first = json.loads(str(document))[0]
    assert (first["rule"], first["messages"], first["done"]) == ("three", 1, 0)


def test_a_rule_is_applied_by_its_name(service: MailService) -> None:
    (line, code), _ = run(service, "three")
    assert (line, code) == ("work: three: 1 message, 1 done", status.OK)
    assert len(service.store.queue.history("work")) == 1


def test_a_rule_that_is_held_or_unknown_fails(service: MailService) -> None:
    lines, said = run(service, "no")
    assert lines[-1] == status.FAILED
    assert "there is no folder Gone" in said[0]
    lines, said = run(service, "other")
    assert lines == [status.FAILED]
