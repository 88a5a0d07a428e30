"""What a file is, whatever its name and its sender say."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.cost import cost
from tuimail.mail.kind_table import KINDS, TEXT, UNKNOWN
from tuimail.mail.kinds import (
    HEAD_OCTETS,
    described,
    doubt,
    extension,
    fitting,
    media_type,
    readable,
    runs,
    sniff,
)
from tuimail.mail.sanitize import is_safe

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
EXE = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"


def zipped(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        if first is not None:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, b"x" * 10)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (PDF, "pdf"),
        (b"\n\njunk before " + PDF, "pdf"),
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "jpeg"),
        (b"GIF89a\1\0", "gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
        (b"\0\0\0\x18ftypheic", "heic"),
        (b"\0\0\0\x18ftypisom", "mp4"),
        (b"BM\x36\0\0\0\0\0\0\0", "bmp"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
        (b"Rar!\x1a\x07\1\0", "rar"),
        (b"PK\5\6" + bytes(18), "zip"),
        (zipped("notes.txt"), "zip"),
        (zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "docx"),
        (zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), "xlsx"),
        (zipped("[Content_Types].xml", "ppt/presentation.xml"), "pptx"),
        (zipped("[Content_Types].xml", "visio/document.xml"), "ooxml"),
        (zipped("[Content_Types].xml", "word/vbaProject.bin"), "macros"),
        (zipped("META-INF/MANIFEST.MF", "A.class"), "java"),
        (zipped("word/diary.txt"), "zip"),
        (
            zipped(first=("mimetype", b"application/vnd.oasis.opendocument.text")),
            "odt",
        ),
        (zipped(first=("mimetype", b"application/epub+zip")), "epub"),
        (b"\x7fELF\2\1\1\0", "elf"),
        (EXE, "pe"),
        (EXE + PDF, "pe"),
        (b"MZ is a code of Mozambique", "text"),
        (b"<html>" + PDF, "html"),
        (b"\xcf\xfa\xed\xfe\7\0\0\1", "macho"),
        (b"#!/bin/sh\nrm -rf x\n", "script"),
        (b"@echo off\r\ndel x\r\n", "script"),
        (b"[Desktop Entry]\nExec=x\n", "link"),
        (b"L\0\0\0\x01\x14\x02\0\0\0", "link"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8), "ole"),
        (b"{\\rtf1\\ansi", "rtf"),
        (b"  <!DOCTYPE html>\n<html>", "html"),
        (b"\xef\xbb\xbf<HTML><body>", "html"),
        (b"<!-- nothing --><script>1</script>", "html"),
        ("\ufeff<html>".encode("utf-16-le"), "html"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "html"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'>", "svg"),
        (b"<svg:svg xmlns:svg='x'>", "svg"),
        (b"<?xml version='1.0'?><feed/>", "xml"),
        (b"Dear Ana,\n\nthe words.\n", "text"),
        ("grüß dich\n".encode("latin-1"), "text"),
        ("\ufeffwords".encode("utf-16-le"), "text"),
        (b"1 < 2 <html>", "text"),
        (b"", "unknown"),
        (b"\0\1\2\3", "unknown"),
    ],
)
def test_a_file_is_known_by_its_first_octets(data: bytes, name: str) -> None:
    assert sniff(data) is KINDS[name]


@given(st.binary(max_size=200))
def test_only_the_head_of_a_file_counts(data: bytes) -> None:
    head = data.ljust(HEAD_OCTETS, b"x")
    assert sniff(head) is sniff(head + EXE)


@pytest.mark.parametrize(
    "head",
    [b"<" * 4096, b"<?xml " + b"<svg:" * 900, b"@echo " + b" " * 4000, b"PK\3\4" * 999],
)
def test_no_head_takes_long(head: bytes) -> None:
    assert cost(lambda: sniff(head)) < 0.01


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("a.PDF", "pdf"),
        ("a.pdf" + " " * 200 + ".exe", "exe"),
        ("a.pdf.exe. . ", "exe"),
        ("invoice\u202efdp.exe", "exe"),
        ("../../x.tar.gz", "gz"),
        (".bashrc", ""),
        ("no extension", ""),
        ("", ""),
        ("a.b c", ""),
        ("x" * 5000 + ".js", "js"),
    ],
)
def test_the_extension_that_counts(name: str, last: str) -> None:
    assert extension(name) == last


@pytest.mark.parametrize(
    ("name", "declared", "data"),
    [
        ("a.pdf", "application/pdf", PDF),
        ("A.PDF", "application/octet-stream", PDF),
        ("a.py", "text/plain", b"print()\n"),
        ("notes", "text/plain", b"words\n"),
        ("a.csv", "text/csv", b"a,b\n"),
        ("a.csv", "application/vnd.ms-excel", b"a,b\n"),
        ("a.docx", "application/msword", zipped("[Content_Types].xml")),
        ("a.docx", "application/zip", zipped("[Content_Types].xml", "word/a.xml")),
        ("a.odt", "application/zip", zipped("content.xml")),
        ("a.jpg", "image/jpg", b"\xff\xd8\xff\xe0"),
        ("signature.asc", "application/pgp-signature", b"-----BEGIN PGP\n"),
        ("", "image/png", PNG),
        ("data.bin", "application/octet-stream", b"\0\1"),
        ("a.ics", "text/calendar", b"BEGIN:VCALENDAR\n"),
        ("x.xml", "application/xml", b"<?xml version='1.0'?><a/>"),
        ("x.xml", "text/plain", b"<a/>"),
    ],
)
def test_what_is_as_it_says_is_not_doubted(
    name: str, declared: str, data: bytes
) -> None:
    assert doubt(name, declared) == ""
    assert doubt(name, declared, sniff(data)) == ""
    assert not runs(name, declared, sniff(data))


@pytest.mark.parametrize(
    ("name", "declared", "data", "words"),
    [
        ("a.pdf", "application/pdf", PNG, "ends in .pdf, but it is a PNG picture."),
        ("a.pdf", "application/pdf", EXE, "ends in .pdf, but it is a Windows program."),
        ("", "application/pdf", EXE, "as application/pdf, but it is a Windows program"),
        ("", "image/png", PDF, "as image/png, but it is a PDF document."),
        ("a.pdf", "", b"words", "ends in .pdf, but it is plain text."),
        ("a.xls", "", b"<html>", "ends in .xls, but it is a web page."),
        ("a.pdf", "image/png", None, "in .pdf, but it is declared as image/png."),
        ("a.pdf" + " " * 50 + ".exe", "", None, "pretends to be .pdf, but .exe is"),
        ("a.pdf.js", "", None, "pretends to be .pdf, but .js is a script"),
        ("setup.exe", "", None, "a Windows program (.exe): it runs when"),
        ("a.desktop", "", None, "it runs when it is opened"),
        ("a.jar", "", None, "a Java program (.jar)"),
        ("page.html", "text/html", None, "a web page (.html); opened, it may run"),
        ("a.svg", "image/svg+xml", None, "(.svg); opened, it may run scripts"),
        ("a.docm", "", None, "an Office document with macros (.docm)."),
        ("a.docx", "", zipped("word/vbaProject.bin"), "an Office document with macros"),
        ("a.doc", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "which may hold macros"),
        ("a.iso", "", None, "a disk image"),
        ("a.pdf", "text/html", None, "declared as text/html"),
    ],
)
def test_what_does_not_fit_or_may_run_is_told_in_one_sentence(
    name: str, declared: str, data: bytes | None, words: str
) -> None:
    said = doubt(name, declared, None if data is None else sniff(data))
    assert words in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("name", "declared", "data"),
    [
        ("a.exe", "", None),
        ("a.exe", "text/plain", b"words"),
        ("a.html", "", b"words"),
        ("a.svg", "", None),
        ("a.jar", "application/zip", zipped("x")),
        ("a.docm", "", None),
        ("a", "application/x-msdownload", None),
        ("a", "text/html", b"<p>words"),
        ("a.png", "image/png", EXE),
        ("a.png", "image/png", b"#!/bin/sh"),
        ("a.desktop .", "", None),
    ],
)
def test_what_may_run_is_known_by_any_of_the_three(
    name: str, declared: str, data: bytes | None
) -> None:
    assert runs(name, declared, None if data is None else sniff(data))


@given(st.text(max_size=60), st.text(max_size=30), st.sampled_from(list(KINDS)))
def test_whatever_is_claimed_the_words_are_safe(
    name: str, declared: str, kind: str
) -> None:
    for sniffed in (None, KINDS[kind]):
        assert is_safe(doubt(name, declared, sniffed))
    made = fitting(name, declared, KINDS[kind])
    assert made
    assert is_safe(made)
    assert "/" not in made
    assert made[0] not in ".-~"


@pytest.mark.parametrize(
    ("name", "declared", "kind", "made"),
    [
        ("scan", "application/pdf", "pdf", "scan.pdf"),
        ("photo.jpg", "image/jpeg", "png", "photo.png"),
        ("photo.JPG", "image/jpeg", "jpeg", "photo.JPG"),
        ("v1.2", "application/pdf", "pdf", "v1.2.pdf"),
        ("main.py", "text/plain", "text", "main.py"),
        ("letter.doc", "application/msword", "ole", "letter.doc"),
        ("letter", "application/msword", "ole", "letter.doc"),
        ("plan.vsdx", "", "ooxml", "plan.vsdx"),
        ("../x", "", "unknown", "x"),
        ("", "image/png", "png", "attachment.png"),
    ],
)
def test_a_file_is_opened_under_an_extension_that_fits(
    name: str, declared: str, kind: str, made: str
) -> None:
    assert fitting(name, declared, KINDS[kind]) == made


@pytest.mark.parametrize(
    ("name", "declared", "kind", "type_"),
    [
        ("a.pdf", "application/octet-stream", PDF, "application/pdf"),
        ("a.jpg", "image/jpeg", PNG, "image/png"),
        ("a.csv", "text/csv", b"a,b", "text/csv"),
        ("a.foo", "application/x-foo", b"\0", "application/x-foo"),
        ("a.foo", "application/octet-stream", b"\0", "application/octet-stream"),
        ("a.txt", "application/octet-stream", b"a", "text/plain"),
    ],
)
def test_a_program_is_chosen_by_the_content_first(
    name: str, declared: str, kind: bytes, type_: str
) -> None:
    assert media_type(name, declared, sniff(kind)) == type_


@pytest.mark.parametrize(
    ("name", "declared", "true"),
    [
        ("", "text/plain", True),
        ("a.patch", "text/x-patch", True),
        ("a.json", "application/json", True),
        ("a.svg", "image/svg+xml", True),
        ("a.py", "application/octet-stream", True),
        ("", "message/rfc822", True),
        ("sh.sh", "application/x-sh", True),
        ("a.pdf", "application/pdf", False),
        ("a.pdf", "text/plain", False),
        ("a.png", "application/octet-stream", False),
        ("a.rtf", "text/rtf", False),
        ("a", "application/octet-stream", False),
    ],
)
def test_what_can_be_read_as_text(name: str, declared: str, true: bool) -> None:
    assert readable(name, declared) is true


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("application/pdf", "PDF document"),
        ("text/plain", "text"),
        ("image/svg+xml", "SVG drawing"),
        ("application/msword", "old Office file"),
        ("application/octet-stream", "octet-stream"),
        ("application/x-some-very-long-word", "x-some-very-lon\u2026"),
        ("", "unknown"),
    ],
)
def test_a_type_is_said_in_a_word_or_two(declared: str, words: str) -> None:
    assert described(declared) == words


def test_what_is_unknown_is_no_kind_of_text() -> None:
    assert UNKNOWN is not TEXT
    assert not UNKNOWN.runs
