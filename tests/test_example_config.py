"""The example configuration says every key, and all of it is true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from tuimail.config import (
    NOTIFY,
    VIEW,
    ImapAccount,
    MaildirAccount,
    NotifySettings,
    Pop3Account,
    ViewSettings,
    load,
)
from tuimail.config_accounts import ACCOUNT, MAILDIR, POP3
from tuimail.config_open import OPEN, OpenSettings

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


def uncommented() -> str:
    """The example with every commented key in force."""
    return re.sub(r'(?m)^#(?=[a-z_]+ = |"[a-z.*/-]+" = )', "", EXAMPLE.read_text())


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_the_example_loads_as_it_is(tmp_path: Path) -> None:
    config = load(written(tmp_path, EXAMPLE.read_text()), {})
    (account,) = config.accounts
    assert isinstance(account, ImapAccount)
    assert account.host == "imap.example.org"


def test_every_key_of_the_example_loads(tmp_path: Path) -> None:
    text = uncommented()
    for other in ("password_file", "password", "keyring"):
        text = re.sub(rf"(?m)^{other} = .*$", "", text)
    load(written(tmp_path, text), {})


def test_the_account_of_files_in_the_example_loads(tmp_path: Path) -> None:
    block = re.search(r"(?m)^# \[\[account\]\]\n(?:# .*\n)+", EXAMPLE.read_text())
    assert block is not None
    config = load(written(tmp_path, block[0].replace("# ", "")), {})
    (account,) = config.accounts
    assert isinstance(account, MaildirAccount)
    assert set(MaildirAccount._fields) == set(MAILDIR) - {"type"}
    assert all(f"# {key} = " in block[0] for key in MAILDIR)


def test_the_maildrop_in_the_example_loads_and_names_its_defaults(
    tmp_path: Path,
) -> None:
    block = EXAMPLE.read_text().split('# type = "pop3"')[1].split("[view]")[0]
    lines = re.findall(r"(?m)^# ([a-z0-9_]+) = (.*)$", block)
    assert {key for key, _ in lines} == set(POP3) - {"type"}
    assert {f.name for f in fields(Pop3Account)} == set(POP3) - {"type"}
    examples = ("password_file", "password", "fingerprint", "ca_file", "path")
    examples += ("authserv",)
    text = "\n".join(f"{k} = {v}" for k, v in lines if k not in examples)
    config = load(written(tmp_path, f'[[account]]\ntype = "pop3"\n{text}'), {})
    (account,) = config.accounts
    plain = Pop3Account(*("drop", "ana@example.org", "pop.example.org"), "")
    for field in fields(Pop3Account):
        if field.name not in ("user", "password_command"):
            assert getattr(account, field.name) == getattr(plain, field.name)


def test_the_example_names_every_key() -> None:
    text = uncommented()
    for key in (*ACCOUNT, *VIEW, *NOTIFY, *OPEN):
        assert re.search(rf"(?m)^{key} = ", text), key


def test_every_setting_can_be_set() -> None:
    assert {f.name for f in fields(ImapAccount)} == set(ACCOUNT) - {"type"}
    assert set(ViewSettings._fields) == set(VIEW)
    assert set(NotifySettings._fields) == set(NOTIFY)
    assert set(OpenSettings._fields) == {"programs", *OPEN}


def test_what_the_example_calls_a_default_is_one(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            uncommented().split("[keys]")[0].split("[view]")[1].join(["[view]", ""]),
        ),
        {},
    )
    assert config.view.theme == ViewSettings().theme
    assert config.view.mark_read_seconds == ViewSettings().mark_read_seconds
    assert config.view.first_window == ViewSettings().first_window
