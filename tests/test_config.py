"""The configuration: what may be written, and what is said about the rest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.config import Config, Mode, Security, find, is_loopback, load
from tuimail.config_check import find_lines
from tuimail.config_show import effective
from tuimail.errors import ConfigError
from tuimail.paths import under

ACCOUNT = """\
[[account]]
type = "imap"
name = "work"
address = "ana@example.org"
host = "imap.example.org"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def problems(file: Path, text: str) -> list[str]:
    """What is said about a configuration, without the file's name."""
    file.write_text(text)
    file.chmod(0o644)
    with pytest.raises(ConfigError) as raised:
        load(file, {})
    assert str(raised.value) == "\n".join(raised.value.problems)
    return [words.replace(f"{file}:", "") for words in raised.value.problems]


def loaded(file: Path, text: str) -> Config:
    file.write_text(text)
    file.chmod(0o600)
    return load(file, {})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('port = "abc"', 'port: found "abc", expected a number from 1 to 65535'),
        ("port = 0", "port: found 0, expected a number from 1 to 65535"),
        ("port = true", "port: found true, expected a number from 1 to 65535"),
        (
            'security = "yes"',
            'security: found "yes", expected "tls", "starttls" or "none"',
        ),
        ("insecure = 1", "insecure: found 1, expected true or false"),
        ('secuirty = "tls"', 'unknown key "secuirty"; did you mean security?'),
        ("password = 7", "password: found a number, expected a text"),
        ("folders = [1]", "folders: found [1], expected a list of folder names"),
        (
            "poll_seconds = 1",
            "poll_seconds: found 1, expected a number from 30 to 86400",
        ),
        ("user = 2020-01-01", "user: found a date, expected a text"),
        ('user = "a\\u001bb"', 'user: found "a\\u001bb", expected a text'),
        (
            'mode = "on"',
            'mode: found "on", expected "online", "disconnected" or "offline"',
        ),
    ],
)
def test_a_wrong_value_is_told_with_line_and_what_is_allowed(
    file: Path, line: str, said: str
) -> None:
    found = problems(file, f"{ACCOUNT}{line}\n")
    assert len(found) == 1
    assert found[0].startswith(f'6: account "work": {said}')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[veiw]\n", '1: configuration: unknown key "veiw"; did you mean view?'),
        ("\n[view]\nprefer = 3\n", '3: view: prefer: found 3, expected "plain" or'),
        ("view = 3\n", "1: view: found 3, expected a table"),
        ("[account]\nname = 'x'\n", "1: account: write [[account]], in double"),
        ("account = [3]\n", "1: account 1: found 3, expected a table"),
        ("[[account]]\ntype = 'pop3'\n", "1: account 1: name is missing"),
        ('[keys]\n"list.down" = 3\n', "2: keys: list.down: found 3, expected a key"),
        ("[keys]\nlist.down = []\n", "2: keys: list.down: found [], expected a key"),
        ("keys = 1\n", "1: keys: found 1, expected a table"),
        ("a = = 1\n", "1: this is not TOML: "),
        ("[view]\nmouse = maybe\n", "2: this is not TOML: "),
    ],
)
def test_a_mistake_anywhere_is_told_with_its_line(
    file: Path, text: str, said: str
) -> None:
    assert problems(file, text)[0].startswith(said)


def test_all_problems_are_told_at_once_in_the_order_of_the_file(file: Path) -> None:
    text = f'{ACCOUNT}port = 0\n[[account]]\nname = "x"\n[view]\nmouse = 1\n'
    lines = [words.split(":")[0] for words in problems(file, text)]
    assert lines == ["6", "7", "7", "10"]


def test_what_is_missing_is_named(file: Path) -> None:
    said = problems(file, "[[account]]\nname = 'x'\n")
    assert said == [
        '1: account "x": address is missing',
        '1: account "x": host is missing',
    ]


def test_two_accounts_cannot_share_a_name(file: Path) -> None:
    said = problems(file, ACCOUNT + ACCOUNT.replace("work", "Work"))
    assert said == ['8: account "Work": name: another account has it']


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "x" * 41, "a\\u0007"])
def test_a_name_must_be_fit_for_a_screen_and_a_folder(file: Path, name: str) -> None:
    said = problems(file, ACCOUNT.replace("work", name))
    assert "expected a short name" in said[0]


def test_a_password_is_never_repeated(file: Path) -> None:
    text = ACCOUNT + 'password = ["hunter2"]\npassword_command = "echo hunter2"\n'
    assert "hunter2" not in "".join(problems(file, text))


def test_a_password_in_a_file_that_others_can_read_is_refused(file: Path) -> None:
    said = problems(file, ACCOUNT + 'password = "x"\n')
    assert said[0].startswith('6: account "work": password: others may read this file')


def test_a_password_in_a_private_file_is_taken(file: Path) -> None:
    config = loaded(file, ACCOUNT + 'password = "hunter2"\n')
    assert config.accounts[0].password == "hunter2"
    assert "hunter2" not in repr(config)


def test_two_ways_to_one_password_are_a_mistake(file: Path) -> None:
    said = problems(file, ACCOUNT + 'keyring = true\npassword_file = "/x"\n')
    assert said[0].endswith("password_file and keyring are both set; keep one")


def test_no_protection_needs_consent(file: Path) -> None:
    said = problems(file, ACCOUNT + 'security = "none"\n')
    assert "would send the password and all mail in clear text" in said[0]
    config = loaded(file, ACCOUNT + 'security = "none"\ninsecure = true\n')
    assert config.accounts[0].security is Security.NONE


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_no_protection_is_needed_on_this_machine(file: Path, host: str) -> None:
    text = ACCOUNT.replace("imap.example.org", host) + 'security = "none"\n'
    assert loaded(file, text).accounts[0].host == host


@pytest.mark.parametrize(
    "host", ["localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "2130706433"]
)
def test_a_host_that_only_looks_like_this_machine_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_a_pin_cannot_be_checked_without_tls(file: Path) -> None:
    text = ACCOUNT + 'security = "none"\ninsecure = true\nfingerprint = "'
    assert "cannot be checked" in problems(file, text + "ab" * 32 + '"\n')[0]


def test_the_least_is_enough(file: Path) -> None:
    account = loaded(file, ACCOUNT).accounts[0]
    assert (account.user, account.port) == ("ana@example.org", 993)
    assert (account.security, account.mode) == (Security.TLS, Mode.DISCONNECTED)


def test_starttls_has_its_own_port(file: Path) -> None:
    assert loaded(file, ACCOUNT + 'security = "starttls"\n').accounts[0].port == 143
    text = ACCOUNT + 'security = "starttls"\nport = 1143\n'
    assert loaded(file, text).accounts[0].port == 1143


def test_keys_may_be_written_in_every_way_toml_has(file: Path) -> None:
    config = loaded(
        file,
        '[keys]\n"a.b" = "x"\nc.d = ["y", "g z"]\n"e.f" = "none"\n[keys.g]\nh = "q"\n',
    )
    assert dict(config.keys) == {
        "a.b": ("x",),
        "c.d": ("y", "g z"),
        "e.f": (),
        "g.h": ("q",),
    }
    assert dict(config.key_lines) == {"a.b": 2, "c.d": 3, "e.f": 4, "g.h": 6}


def test_a_file_that_was_named_must_exist(file: Path) -> None:
    for path, environ in ((file, {}), (None, {"TUIMAIL_CONFIG": str(file)})):
        with pytest.raises(ConfigError, match="there is no such file"):
            load(path, environ)


def test_without_a_file_everything_is_as_built_in(tmp_path: Path) -> None:
    assert load(None, {"TUIMAIL_HOME": str(tmp_path)}) == Config()


def test_the_option_wins_over_the_environment_and_that_over_the_place() -> None:
    environ = {"TUIMAIL_CONFIG": "/b", "TUIMAIL_HOME": "/c"}
    assert find(Path("/a"), environ) == Path("/a")
    assert find(None, environ) == Path("/b")
    assert find(None, {"TUIMAIL_HOME": "/c"}) == Path("/c/config/config.toml")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"# one\n# \xff\n", ":2: this is not UTF-8"),
        (b"#" * 1_000_001, "larger than a configuration can be"),
        (b"a = " + b"[" * 5000, ":1: this is not TOML"),
    ],
)
def test_what_is_no_configuration_is_told_in_a_sentence(
    file: Path, data: bytes, said: str
) -> None:
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=re.escape(said)):
        load(file, {})


def test_a_byte_order_mark_does_no_harm(file: Path) -> None:
    assert loaded(file, "\ufeff" + ACCOUNT).accounts[0].name == "work"


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, {})


def test_a_key_in_a_long_text_is_not_taken_for_one() -> None:
    lines = find_lines('a = """\nport = 1\n[x]\n"""\nport = 2\n')
    assert lines == {("a",): 1, ("port",): 5}


@given(st.text(alphabet=" \n=.[]\"'#abc1\\", max_size=200))
def test_finding_lines_takes_any_text(source: str) -> None:
    count = len(source.splitlines())
    assert all(1 <= line <= count for line in find_lines(source).values())


def test_what_is_in_force_is_shown_without_secrets(file: Path, tmp_path: Path) -> None:
    config = loaded(file, ACCOUNT + 'password = "hunter2"\n[keys]\n"a.b" = "none"\n')
    shown = "\n".join(effective(config, under(tmp_path)))
    assert "hunter2" not in shown
    assert f"# from {file}" in shown
    again = shown.replace('"(set, not shown)"', '"x"')
    assert loaded(tmp_path / "again.toml", again).accounts[0].host == "imap.example.org"


def test_programs_for_files_and_links_are_lists_of_words(file: Path) -> None:
    made = loaded(
        file,
        '[open]\n"image/*" = ["feh", "{}"]\nbrowser = ["lynx"]\nterminal = ["vd"]\n',
    ).open
    assert made.programs == (("image/*", ("feh", "{}")),)
    assert (made.browser, made.terminal) == (("lynx",), ("vd",))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"image/*" = "feh {}"', '"feh {}", expected a list of words like'),
        ('"image/*" = []', "found [], expected a list of words"),
        ('"image/a b" = ["x"]', '"image/a b" is no media type'),
        ('brower = ["x"]', 'unknown key "brower"; did you mean browser?'),
        ("browser = 1", "browser: found 1, expected a list of words"),
    ],
)
def test_a_mistake_about_programs_is_told_with_its_line(
    file: Path, line: str, said: str
) -> None:
    (words,) = problems(file, f"[open]\n{line}\n")
    assert words.startswith("2: open: ")
    assert said in words


def test_programs_are_shown_as_they_are_written(file: Path, tmp_path: Path) -> None:
    config = loaded(file, '[open]\n"image/*" = ["feh"]\nbrowser = ["w3m"]\n')
    shown = "\n".join(effective(config, under(tmp_path)))
    assert loaded(file, shown).open == config.open


@pytest.mark.parametrize(
    "columns",
    ['["from", "date"]', '["subject", "sise"]', '["subject", "subject"]', "1"],
)
def test_columns_that_cannot_be_are_told_with_all_there_are(
    file: Path, columns: str
) -> None:
    (said,) = problems(file, f"[view]\ncolumns = {columns}\n")
    assert said.startswith("2: view: columns: found ")
    assert "expected a list with subject and any of flags, from, to, subject," in said


def test_columns_are_taken_in_their_order(file: Path) -> None:
    made = loaded(file, '[view]\ncolumns = ["date", "subject", "from"]\n')
    assert made.view.columns == ("date", "subject", "from")
