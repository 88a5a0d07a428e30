"""A name that a sender gives is never a path, an option or a hidden file."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimail.mail.sanitize import NAME_OCTETS, safe_filename, safe_text

tricky = st.text(
    st.one_of(st.sampled_from("./\\~- \x00\n:\u202e\u0301aé.CON"), st.characters()),
    max_size=300,
)


@given(tricky)
def test_a_name_is_one_harmless_file_in_its_folder(name: str) -> None:
    made = safe_filename(name, fallback="part-1")
    assert made
    assert made[0] not in ".-~ "
    assert made[-1] not in ". "
    assert not set(made) & set('/\\:<>"|?*')
    assert made.isprintable()
    assert len(made.encode()) <= NAME_OCTETS
    assert made == unicodedata.normalize("NFC", made)
    assert safe_text(made) == made


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("../../../../home/u/.bashrc", "bashrc"),
        ("..\\..\\x.exe", "x.exe"),
        ("../../etc/passwd", "passwd"),
        ("../x", "x"),
        ("../a\nb", "a b"),
        ("inv\u202efdp.exe", "invfdp.exe"),
        ("-rf", "rf"),
        ("~root", "root"),
        ("a\x00.txt", "a.txt"),
        ("a\x1b[2J.txt", "a[2J.txt"),
        ("a.pdf                .exe", "a.pdf .exe"),
        ("a.pdf\u3000\u2003\u00a0.exe", "a.pdf .exe"),
        ("C:\\x\\a.txt", "a.txt"),
        ("a.txt:stream", "a.txt_stream"),
        ("cafe\u0301.pdf", "caf\u00e9.pdf"),
        ("report.pdf", "report.pdf"),
        ("Über uns.pdf", "Über uns.pdf"),
    ],
)
def test_a_name_is_made_safe(name: str, made: str) -> None:
    assert safe_filename(name, fallback="part-1") == made


@pytest.mark.parametrize(
    "name", ["", ".", "..", " ", "...", "a/", "-", "\u200b", "~ ."]
)
def test_a_name_of_nothing_gets_ours(name: str) -> None:
    assert safe_filename(name, fallback="part-1") == "part-1"


@pytest.mark.parametrize("name", ["CON", "con.txt", "Lpt1.pdf", "aux .c", "COM1"])
def test_names_of_devices_are_changed(name: str) -> None:
    assert safe_filename(name, fallback="x") == "_" + name


def test_a_long_name_keeps_its_extension() -> None:
    made = safe_filename("é" * 5000 + ".pdf", fallback="x")
    assert made.endswith("é.pdf")
    assert len(made.encode()) <= NAME_OCTETS


def test_an_extension_behind_much_padding_still_shows() -> None:
    assert safe_filename("a.pdf" + " " * 30_000 + ".exe", fallback="x") == "exe"
