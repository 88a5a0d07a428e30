"""The kinds of files there are, with the names and types they go by. Data only."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of file."""

    words: str
    """With its article: `a PDF document`."""
    media_type: str
    extensions: tuple[str, ...]
    """The first is given to a file that has none."""
    group: str = ""
    """Kinds of one group are often taken for one another, without bad intent."""
    runs: bool = False
    """It runs, or may run something, when it is opened."""


_APP = "application/"
_OFFICE = _APP + "vnd.openxmlformats-officedocument."
_ODF = _APP + "vnd.oasis.opendocument."
KINDS: dict[str, Kind] = {
    "pdf": Kind("a PDF document", _APP + "pdf", ("pdf",), "document"),
    "ps": Kind("a PostScript document", _APP + "postscript", ("ps", "eps")),
    "png": Kind("a PNG picture", "image/png", ("png", "apng"), "picture"),
    "jpeg": Kind(
        "a JPEG picture", "image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), "picture"
    ),
    "gif": Kind("a GIF picture", "image/gif", ("gif",), "picture"),
    "webp": Kind("a WebP picture", "image/webp", ("webp",), "picture"),
    "tiff": Kind("a TIFF picture", "image/tiff", ("tif", "tiff"), "picture"),
    "bmp": Kind("a BMP picture", "image/bmp", ("bmp", "dib"), "picture"),
    "heic": Kind("a HEIF picture", "image/heic", ("heic", "heif", "avif"), "picture"),
    "zip": Kind("a ZIP archive", _APP + "zip", ("zip",), "archive"),
    "gzip": Kind("a gzip file", _APP + "gzip", ("gz", "tgz"), "archive"),
    "bzip2": Kind("a bzip2 file", _APP + "x-bzip2", ("bz2", "tbz"), "archive"),
    "xz": Kind("an xz file", _APP + "x-xz", ("xz", "txz"), "archive"),
    "zstd": Kind("a Zstandard file", _APP + "zstd", ("zst",), "archive"),
    "7z": Kind("a 7z archive", _APP + "x-7z-compressed", ("7z",), "archive"),
    "rar": Kind("a RAR archive", _APP + "vnd.rar", ("rar",), "archive"),
    "tar": Kind("a tar archive", _APP + "x-tar", ("tar",), "archive"),
    "docx": Kind(
        "a Word document",
        _OFFICE + "wordprocessingml.document",
        ("docx", "dotx"),
        "document",
    ),
    "xlsx": Kind(
        "an Excel sheet", _OFFICE + "spreadsheetml.sheet", ("xlsx", "xltx"), "document"
    ),
    "pptx": Kind(
        "a PowerPoint presentation",
        _OFFICE + "presentationml.presentation",
        ("pptx", "potx", "ppsx"),
        "document",
    ),
    "ooxml": Kind(
        "an Office document",
        _APP + "octet-stream",
        ("docx", "xlsx", "pptx", "dotx", "xltx", "potx", "ppsx", "vsdx", "xps"),
        "document",
    ),
    "macros": Kind(
        "an Office document with macros",
        _APP + "vnd.ms-office",
        (
            *("docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm"),
            *("ppam", "ppsm", "sldm", "xll", "wll", "ppa", "xla"),
        ),
        "document",
        runs=True,
    ),
    "odt": Kind("a text document", _ODF + "text", ("odt", "ott"), "document"),
    "ods": Kind("a spreadsheet", _ODF + "spreadsheet", ("ods", "ots"), "document"),
    "odp": Kind("a presentation", _ODF + "presentation", ("odp", "otp"), "document"),
    "odg": Kind("a drawing", _ODF + "graphics", ("odg", "otg"), "document"),
    "epub": Kind("an EPUB book", _APP + "epub+zip", ("epub",), "document"),
    "ole": Kind(
        "an old Office file, which may hold macros",
        _APP + "x-ole-storage",
        ("doc", "xls", "ppt", "dot", "xlt", "pot", "pps", "vsd", "mpp", "pub", "msg"),
        "document",
    ),
    "rtf": Kind("an RTF document", "text/rtf", ("rtf",), "document"),
    "mp3": Kind("an MP3 recording", "audio/mpeg", ("mp3",), "sound"),
    "ogg": Kind("an Ogg recording", "audio/ogg", ("ogg", "oga", "opus"), "sound"),
    "flac": Kind("a FLAC recording", "audio/flac", ("flac",), "sound"),
    "wav": Kind("a WAV recording", "audio/wav", ("wav",), "sound"),
    "mp4": Kind(
        "an MP4 recording", "video/mp4", ("mp4", "m4a", "m4v", "mov", "3gp"), "sound"
    ),
    "matroska": Kind("a Matroska film", "video/x-matroska", ("mkv", "webm"), "sound"),
    "xml": Kind("an XML file", "text/xml", ("xml", "xsd", "xsl", "rss"), "text"),
    "html": Kind(
        "a web page",
        "text/html",
        ("html", "htm", "xhtml", "xht", "shtml", "mht", "mhtml"),
        "page",
        runs=True,
    ),
    "svg": Kind(
        "an SVG drawing, which may hold scripts",
        "image/svg+xml",
        ("svg", "svgz"),
        "page",
        runs=True,
    ),
    "pe": Kind(
        "a Windows program",
        _APP + "vnd.microsoft.portable-executable",
        (
            *("exe", "com", "scr", "pif", "dll", "cpl", "msi", "msp", "sys", "ocx"),
            *("appx", "msix", "gadget", "application", "appref-ms"),
        ),
        "program",
        runs=True,
    ),
    "elf": Kind(
        "a program",
        _APP + "x-executable",
        ("run", "appimage", "deb", "rpm", "flatpakref", "snap"),
        "program",
        runs=True,
    ),
    "macho": Kind(
        "a program",
        _APP + "x-mach-binary",
        ("app", "dmg", "pkg", "command", "workflow", "mpkg"),
        "program",
        runs=True,
    ),
    "java": Kind(
        "a Java program",
        _APP + "java-archive",
        ("jar", "jnlp", "class", "apk", "war"),
        "program",
        runs=True,
    ),
    "script": Kind(
        "a script",
        _APP + "x-shellscript",
        (
            *("sh", "bash", "zsh", "fish", "csh", "ksh", "bat", "cmd", "vbs", "vbe"),
            *("js", "jse", "mjs", "wsf", "wsh", "wsc", "sct", "ps1", "psm1", "psc1"),
            *("hta", "reg", "inf", "ahk", "scpt", "applescript", "osascript"),
        ),
        "program",
        runs=True,
    ),
    "link": Kind(
        "a shortcut that starts something",
        _APP + "x-ms-shortcut",
        (
            *("lnk", "desktop", "url", "webloc", "website", "library-ms", "scf"),
            *("search-ms", "settingcontent-ms", "theme", "service", "rdp", "one"),
        ),
        "program",
        runs=True,
    ),
    "disk": Kind(
        "a disk image",
        _APP + "x-iso9660-image",
        ("iso", "img", "vhd", "vhdx", "udf", "chm", "hlp"),
        "program",
        runs=True,
    ),
    "text": Kind("plain text", "text/plain", ("txt",), "text"),
    "unknown": Kind("unknown", _APP + "octet-stream", ("bin",)),
}
TEXT, UNKNOWN = KINDS["text"], KINDS["unknown"]
TEXTS = frozenset(
    "txt text md markdown rst log csv tsv json jsonl yaml yml toml ini cfg conf diff"
    " patch asc sig pem crt srt vtt tex bib c h cc cpp hpp cs java kt go rs py pyi rb"
    " pl pm php lua sql r jl hs ml scala swift ts tsx css scss less make cmake mk"
    " dockerfile vim el lisp clj ex exs erl nim zig adoc org po pot eml ics vcf sh"
    " bash zsh fish bat cmd ps1 vbs js mjs xml xsd xsl rss html htm xhtml svg reg inf"
    " desktop service url".split()
)
"""Extensions of what can be read as text, here, without running anything."""
TEXT_TYPES = frozenset(
    _APP + each
    for each in (
        *("json", "ld+json", "xml", "xhtml+xml", "javascript", "x-javascript", "sql"),
        *("yaml", "x-yaml", "toml", "x-sh", "x-shellscript", "x-patch", "x-diff"),
        *("pgp-signature", "pgp-keys", "ics", "x-tex", "x-python", "x-perl", "csv"),
    )
)
VAGUE = frozenset(
    (
        *("", "application/octet-stream", "application/binary", "text/plain"),
        *("application/x-download", "application/force-download"),
        *("application/download", "application/unknown", "binary/octet-stream"),
    )
)
"""Types that senders write when they do not know."""
_ALIASES = {
    "image/jpg": "jpeg",
    "image/pjpeg": "jpeg",
    "image/x-png": "png",
    "image/x-ms-bmp": "bmp",
    "image/heif": "heic",
    "image/avif": "heic",
    "application/x-pdf": "pdf",
    "application/x-zip-compressed": "zip",
    "application/x-zip": "zip",
    "application/x-gzip": "gzip",
    "application/x-rar-compressed": "rar",
    "application/x-rar": "rar",
    "application/xml": "xml",
    "application/rtf": "rtf",
    "application/msword": "ole",
    "application/vnd.ms-excel": "ole",
    "application/vnd.ms-powerpoint": "ole",
    "application/vnd.ms-outlook": "ole",
    "application/xhtml+xml": "html",
    "multipart/related": "html",
    "application/x-msdownload": "pe",
    "application/x-msdos-program": "pe",
    "application/x-dosexec": "pe",
    "application/x-msi": "pe",
    "application/x-elf": "elf",
    "application/x-sharedlib": "elf",
    "application/x-java-archive": "java",
    "application/x-java-jnlp-file": "java",
    "application/vnd.android.package-archive": "java",
    "application/x-sh": "script",
    "application/x-csh": "script",
    "application/x-bat": "script",
    "application/hta": "script",
    "application/javascript": "script",
    "application/x-javascript": "script",
    "text/javascript": "script",
    "text/x-shellscript": "script",
    "text/vbscript": "script",
    "application/x-desktop": "link",
    "application/x-mswinurl": "link",
    "application/x-apple-diskimage": "macho",
    "application/vnd.ms-word.document.macroenabled.12": "macros",
    "application/vnd.ms-excel.sheet.macroenabled.12": "macros",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "macros",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": "macros",
    "video/quicktime": "mp4",
    "audio/mp4": "mp4",
    "audio/x-m4a": "mp4",
    "video/webm": "matroska",
    "audio/x-wav": "wav",
    "audio/mp3": "mp3",
}
BY_TYPE = {kind.media_type: kind for kind in KINDS.values()} | {
    alias: KINDS[name] for alias, name in _ALIASES.items()
}
BY_EXTENSION = {
    extension: kind
    for name, kind in KINDS.items()
    if name not in ("unknown", "ooxml")
    for extension in kind.extensions
} | dict.fromkeys("csv tsv log md json ics vcf eml".split(), TEXT)
BY_EXTENSION.update(dict.fromkeys(("vsdx", "xps"), KINDS["ooxml"]))
