"""What a file is: by its content, by its name, and by what the sender says it is.

Three claims that may differ. The content is looked at by the first octets only, nothing
is unpacked; what runs when it is opened is known by any of the three.
"""

from __future__ import annotations

import re

from tuimail.mail.kind_table import (
    BY_EXTENSION,
    BY_TYPE,
    KINDS,
    TEXT,
    TEXT_TYPES,
    TEXTS,
    UNKNOWN,
    VAGUE,
    Kind,
)
from tuimail.mail.sanitize import safe_filename, safe_text
from tuimail.mail.structure import MESSAGES
from tuimail.mail.types import SafeText

HEAD_OCTETS = 4096
"""So much of a file is looked at."""
TYPE_MAX = 16
"""Characters of a type in a word or two."""

# -- by content ---------------------------------------------------------------

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"%!PS", "ps"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x7fELF", "elf"),
    (b"\xca\xfe\xba\xbe", "java"),
    (b"\xcf\xfa\xed\xfe", "macho"),
    (b"\xce\xfa\xed\xfe", "macho"),
    (b"\xfe\xed\xfa\xce", "macho"),
    (b"\xfe\xed\xfa\xcf", "macho"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"L\0\0\0\x01\x14\x02\0", "link"),
    (b"ITSF", "disk"),
    (b"!<arch>\ndebian", "elf"),
    (b"\xed\xab\xee\xdb", "elf"),
    (b"ID3", "mp3"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"#!", "script"),
    (b"[Desktop Entry]", "link"),
    (b"[InternetShortcut]", "link"),
)
_ODF_MIME = re.compile(
    rb"mimetypeapplication/(?:epub\+zip"
    rb"|vnd\.oasis\.opendocument\.(text|spreadsheet|presentation|graphics))"
)
_ODF_KINDS = {
    b"text": "odt",
    b"spreadsheet": "ods",
    b"presentation": "odp",
    b"graphics": "odg",
}
_PAGE = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|iframe|title|meta)[\s>]"
)
_SVG = re.compile(rb"<(?:\w{1,20}:)?svg[\s>]")
_BATCH = re.compile(rb"@?echo +off\b")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b\b")) + b"\x7f"
_BOMS = (b"\xff\xfe", b"\xfe\xff")


def sniff(data: bytes) -> Kind:
    """What a file is by its first 4 KiB; UNKNOWN when nothing tells, never raises."""
    head = data[:HEAD_OCTETS]
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return KINDS[name]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return KINDS[_zip(head)]
    return KINDS[_markup(head) or _container(head) or _text(head)]


def _zip(head: bytes) -> str:
    """What is in a ZIP archive, by the names of its first files."""
    found = _ODF_MIME.search(head, 0, 200)
    if found is not None:
        return _ODF_KINDS[found[1]] if found[1] else "epub"
    if b"vbaProject.bin" in head:
        return "macros"
    if b"META-INF/MANIFEST.MF" in head or b"AndroidManifest.xml" in head:
        return "java"
    for folder, name in ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx")):
        if folder in head and (b"[Content_Types].xml" in head or b"_rels/" in head):
            return name
    return "ooxml" if b"[Content_Types].xml" in head else "zip"


def _container(head: bytes) -> str:
    if head[:2] == b"MZ" and _text(head) != "text":
        return "pe"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "heic" if brand in (b"heic", b"heix", b"mif1", b"avif") else "mp4"
    if head[257:262] == b"ustar":
        return "tar"
    return "bmp" if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" else ""


def _markup(head: bytes) -> str:
    """Pages and drawings; browsers are lenient about what stands before a tag."""
    if head.startswith(_BOMS):
        head = head.replace(b"\0", b"")[2:]
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\t\n\f\r ").lower()
    if _BATCH.match(start):
        return "script"
    if not start.startswith(b"<"):
        return ""
    if _SVG.search(start):
        return "html" if _PAGE.search(start[:512]) else "svg"
    if _PAGE.search(start):
        return "html"
    return "xml" if start.startswith(b"<?xml") else ""


def _text(head: bytes) -> str:
    if head.startswith(_BOMS):
        return "text"
    return "unknown" if not head or head.translate(None, _CONTROLS) != head else "text"


# -- by name and by what is said ------------------------------------------------


def extension(name: str) -> str:
    """The extension that counts, lower case: `exe` of `a.pdf      .exe `; or `''`."""
    stem, dot, last = safe_filename(name, fallback="none").rpartition(".")
    last = last.strip().lower()
    return last if dot and stem and last and len(last) <= 20 and " " not in last else ""


def runs(name: str, declared: str, sniffed: Kind | None = None) -> bool:
    """Whether it may run something when it is opened; such files are only saved.

    Without `sniffed` its content is not known yet.
    """
    by_name = BY_EXTENSION.get(extension(name), UNKNOWN)
    if by_name.runs or (sniffed is not None and sniffed.runs):
        return True
    if sniffed is None or sniffed in (UNKNOWN, TEXT):
        return BY_TYPE.get(declared.lower(), UNKNOWN).runs
    return False


def readable(name: str, declared: str) -> bool:
    """Whether it can be read here as text: texts, source code, data, messages."""
    declared = declared.lower()
    if declared in MESSAGES or declared in TEXT_TYPES:
        return True
    if declared.endswith(("+xml", "+json")):
        return True
    said = extension(name)
    if declared.startswith("text/") and declared != "text/rtf":
        return said in TEXTS or BY_EXTENSION.get(said, TEXT).group in ("text", "page")
    return declared in VAGUE and said in TEXTS


def described(declared: str) -> SafeText:
    """A media type in a word or two: `PDF document`, or its second half."""
    kind = BY_TYPE.get(declared.lower(), UNKNOWN)
    if kind is UNKNOWN:
        return safe_text(declared.rpartition("/")[2] or "unknown", TYPE_MAX)
    return safe_text(kind.words.partition(" ")[2].partition(",")[0], TYPE_MAX)


def media_type(name: str, declared: str, sniffed: Kind) -> str:
    """The type by which a program is chosen: of the content, else what is claimed."""
    said = BY_EXTENSION.get(extension(name), UNKNOWN)
    if sniffed in (UNKNOWN, TEXT, KINDS["ole"], KINDS["ooxml"], KINDS["xml"]):
        if declared.lower() not in VAGUE:
            return declared.lower()
        known = said if said is not UNKNOWN else sniffed
        return known.media_type
    return sniffed.media_type


def fitting(name: str, declared: str, sniffed: Kind) -> str:
    """The name for a file to be opened, with an extension that fits its content."""
    safe = safe_filename(name, fallback="attachment")
    said = extension(safe)
    if sniffed in (UNKNOWN, TEXT, KINDS["ooxml"], KINDS["xml"], KINDS["ole"]):
        wanted = BY_TYPE.get(declared.lower(), sniffed).extensions
        if said or wanted == UNKNOWN.extensions:
            return safe
    else:
        wanted = sniffed.extensions
    if said in wanted:
        return safe
    stem = safe[: -len(said) - 1] if said in BY_EXTENSION else safe
    return f"{stem}.{wanted[0]}"


def doubt(name: str, declared: str, sniffed: Kind | None = None) -> SafeText:
    """One sentence about what does not fit, or is risky to open; `''` for nothing.

    Without `sniffed` its content is not known yet.
    """
    said = extension(name)
    by_name = BY_EXTENSION.get(said, UNKNOWN)
    if by_name.runs:
        return safe_text(_risk(name, said, by_name))
    if sniffed is not None and sniffed.runs:
        return safe_text(f"{_but(said, declared)} it is {sniffed.words}.")
    words = (
        _by_content(said, by_name, declared, sniffed)
        if sniffed is not None and sniffed is not UNKNOWN
        else _by_claims(said, by_name, declared)
    )
    return safe_text(words)


def _but(said: str, declared: str) -> str:
    if said:
        return f"Its name ends in .{said}, but"
    return f"It is declared as {declared}, but" if declared else "Beware:"


_LOOKS_LIKE = re.compile(r"\.(\w{2,5})[ ._-]{0,200}\.\w{1,20}$")


def _risk(name: str, said: str, kind: Kind) -> str:
    hidden = _LOOKS_LIKE.search(safe_filename(name, fallback="none"))
    pretended = hidden[1].lower() if hidden else ""
    if pretended in BY_EXTENSION and not BY_EXTENSION[pretended].runs:
        return f"Its name pretends to be .{pretended}, but .{said} is {kind.words}."
    if kind.group == "program":
        return f"It is {kind.words} (.{said}): it runs when it is opened."
    if kind.group == "page":
        return f"It is {kind.words} (.{said}); opened, it may run scripts or call home."
    return f"It is {kind.words} (.{said})."


def _by_content(said: str, by_name: Kind, declared: str, sniffed: Kind) -> str:
    by_type = BY_TYPE.get(declared.lower(), UNKNOWN)
    if by_name is not UNKNOWN:
        if not _fits(said, by_name, sniffed):
            return f"{_but(said, declared)} it is {sniffed.words}."
        declared = ""
    vague = declared.lower() in VAGUE or by_type is UNKNOWN
    if not vague and not _fits(by_type.extensions[0], by_type, sniffed):
        return f"It is declared as {declared}, but it is {sniffed.words}."
    return f"It is {sniffed.words}." if sniffed is KINDS["ole"] else ""


def _fits(said: str, claim: Kind, found: Kind) -> bool:
    if claim is found or said in found.extensions:
        return True
    if claim.group == "text" and found.group == "text":
        return True
    # A plain ZIP may be any of those that are made of one, seen too early to tell.
    zipped = ("docx", "xlsx", "pptx", "ooxml", "odt", "ods", "odp", "odg", "epub")
    return found is KINDS["zip"] and claim in [KINDS[each] for each in zipped]


_MADE_OF_ZIP = {"document", "archive"}


def _by_claims(said: str, by_name: Kind, declared: str) -> str:
    by_type = BY_TYPE.get(declared.lower(), UNKNOWN)
    if by_type.runs and by_name.group not in ("text", "program", "page"):
        return f"It is declared as {declared}: {by_type.words}."
    if declared.lower() in VAGUE or UNKNOWN in (by_name, by_type):
        return ""
    groups = {by_name.group, by_type.group}
    if len(groups) == 1 or groups == _MADE_OF_ZIP or said in ("csv", "tsv"):
        return ""
    return f"Its name ends in .{said}, but it is declared as {declared}."
