"""Mail made to do harm: every kind of it that is known, one message each.

What it would do: move or colour the terminal, be read as markup of a widget, pass for
somebody else, hide, or take more time or memory than there is. `vectors()` gives them
all; sizes are those at which other programs broke.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

CRLF = b"\r\n"

CONTROLS = {
    "clipboard": "\x1b]52;c;cHduZWQ=\x1b\\",
    "clear": "\x1b[2J\x07\r\nX: y",
    "eight-bit": "\x9b31mX\x9d0;PWN\x9c",
    "link": "\x1b]8;;http://x.example\x07y\x1b]8;;\x07",
    "sixel": "\x1bPq#0;2;0;0;0\x1b\\",
    "kitty": "\x1b_Ga=T,f=24;AAAA\x1b\\",
    "answerback": "\x1b[6n\x05",
    "title-report": "\x1b]0;rm -rf\x07\x1b[21t",
    "return": "good\r" + " " * 60 + "bad",
    "backspace": "a\b\b\bb\x7f",
    "bidi": "invoice\u202efdp.exe",
    "isolates": "\u2066\u2067\u2068x\u2069\u200f\u061c",
    "marks": "e" + "\u0301" * 200,
    "blanks": "boss@corp.example" + "\u2800" * 40,
    "tags": "x\U000e0041\U000e0042\u200b\u2060\ufeff",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "nul": "a\0b",
    "surrogate": "\ud83d x \udc9b",
    "astral": "\U0010ffff\ufffe\U000f0000",
}
"""What must not reach a terminal."""

MARKUP = (
    "[/b] plan",
    "[",
    "[]",
    "[IMPORTANT]",
    "[@click=app.quit]x[/]",
    "[link=https://evil]x[/link]",
    "\\[",
    "[red",
    '{"a":[true,false]}',
    "$text",
    "%s %n {0}",
    "`id` $(id) ${IFS}",
)
"""What widgets, formats and shells would read as theirs."""

SENDERS = (
    b"=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?==?utf-8?Q?=00?="
    b"=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?=@mailsploit.example",
    b"boss@corp.example <evil@x.example>",
    b"boss@corp.example" + b" " * 300 + b"<evil@x.example>",
    b'"boss@corp.example" <evil@x.example>',
    b"=?utf-8?q?evil=40x=2Eexample=22_=3Cboss=40corp=2Eexample=3E?= <evil@x.example>",
    b"=?utf-8?q?boss=40corp=2Eexample=3C=0A=0A?= <evil@x.example>",
    b"alice@example.org(<bob@evil.example>",
    b"alice@example.org@<bob@evil.example>",
    "\u0430dmin@ex\u0430mple.org".encode(),
    b"admin@xn--80ak6aa92e.com",
    b"boss@corp.example, evil@x.example",
    b"Group: a@x.example, b@y.example;",
    b"undisclosed-recipients:;",
    b"",
    b"<>",
    b"(((((",
    b'"',
    b"=?utf-8?q?a=0D=0ABcc:_evil=40x?= <evil@x.example>",
)
"""From fields that want to pass for somebody else, or for nobody."""

HIDING = (
    "display:none",
    "visibility:hidden",
    "font-size:0",
    "font-size:1px",
    "color:#fff;background:#fff",
    "opacity:0",
    "max-height:0;overflow:hidden",
    "position:absolute;left:-9999px",
    "text-indent:-9999px",
    "mso-hide:all;display:none",
    "clip-path:inset(100%)",
    "transform:scale(0)",
)
"""Styles that hide words from a person."""

PAGES = {
    "open anchors": "<a " * 10_000,
    "open comments": "<!--" * 50_000,
    "marked section": "<![ " * 1_000,
    "deep divs": "<div>" * 20_000 + "x",
    "deep quotes": "<blockquote>" * 20_000 + "x",
    "deep tables": "<table><tr><td>" * 5_000 + "x",
    "deep lists": "<ul><li>" * 10_000 + "x",
    "wide table": "<table><tr>" + "<td>x" * 50_000 + "</table>",
    "entities": "&#27;]0;x&#7;&#x9b;2J&#0;&#xd800;&#x110000;&#8238;x" * 500,
    "attributes": "<p " + "a=b " * 50_000 + ">x",
    "long word": "x" * 1_000_000,
    "options": "<select>" + "<option>x" * 60_000,
    "groups of options": "<table>" + "<optgroup>x" * 60_000,
    "soft hyphens": "\u00ad<wbr>x" * 100_000,
    "spans of cells": "<table>"
    + "<tr><td colspan=65534 rowspan=65534 width=99999999%>x" * 300,
    "selectors": "<style>" + ("div" + " div" * 60 + "{display:none}") * 2_000,
    "remote": '<img src="http://t.example/p.gif"><link rel="dns-prefetch"'
    ' href="//t.example"><base href="http://t.example/"><iframe src=x></iframe>',
    "script": "<script>alert(1)</script><style>*{x:url(http://t.example)}</style>"
    '<svg onload=alert(1)><form action="http://t.example"><input name=a></form>',
    "meta refresh": '<meta http-equiv=refresh content="0;url=http://t.example">x',
    "links": "".join(
        f'<a href="{target}">https://bank.example/</a>'
        for target in (
            "https://paypal.com@evil.example/",
            "https://1.2.3.4:8080/",
            "https://xn--80ak6aa92e.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "smb://x.example/y",
            "-oProxyCommand=id",
            "https://x.example/\x1b]52;c;x\x07",
            "https://x.example/\u202egpj.exe",
            "//x.example",
            "https://" + "a." * 20_000 + "example/",
        )
    ),
    **{f"hidden by {style}": f'<p style="{style}">x</p>y' for style in HIDING},
}
"""HTML that breaks parsers, hides, or wants the network."""

NAMES = (
    "../../.ssh/authorized_keys",
    "..",
    ".bashrc",
    "/etc/passwd",
    "C:\\Windows\\x.exe",
    "a/b",
    "CON",
    "nul.txt",
    "-rf",
    "invoice.pdf" + " " * 200 + ".exe",
    "invoice\u202efdp.exe",
    "x" * 5_000,
    "\u00e9" * 300,
    "x\0y\nz",
    "$(id)`id`;|&",
    "%2e%2e%2fx",
    "~root",
    " ",
)
"""Names of files that lead elsewhere."""

CHARSETS = (
    "x-unknown",
    "",
    "utf-8\\0",
    "idna",
    "undefined",
    "punycode",
    "hex",
    "zlib",
    "unicode_escape",
    "utf-7",
    "utf-16",
    "utf-32",
    "utf-8*en",
    "windows-874",
    "iso-8859-8-i",
    "cp-850",
    "8bit",
    "x" * 5_000,
    "../../x",
)
"""Labels of charsets that raise, run something, or mean something else."""

ENCODINGS = (
    b"BASE64 ",
    b"base64; x",
    b'"quoted-printable"',
    b"base64\0",
    b"x-uuencode",
    b"x-yenc",
    b"binhex",
    b"gzip",
    b"",
)
"""Labels of transfer encodings, sloppy or unknown."""

DATES = (
    b"",
    b"Mon, 32 Foo 99999 25:61:61 +9999",
    b"Fri, 31 Dec 9999 23:59:60 -1200",
    b"Thu, 01 Jan 0001 00:00:00 +2400",
    b"1 Jan " + b"9" * 5_000,
    b"2026-11-24T10:00:00Z",
    b"(" * 5_000,
)
"""Dates that overflow, or are none."""

FORGED = (
    b"mx.example.net; dmarc=pass header.from=corp.example",
    b"(mx.example.net) evil.example; dmarc=pass",
    b'mx.example.net; spf=fail smtp.mailfrom="x dmarc=pass"',
    b"mx.example.net/2; dkim=pass",
    b"mx.example.net;" + b" dkim=pass" * 20_000,
    b"(" * 10_000,
)
"""Authentication-Results that a sender wrote himself."""


def message(*fields: tuple[bytes, bytes], body: bytes = b"x") -> bytes:
    """A message of these fields, and a sender where none is given."""
    given = {name.lower() for name, _ in fields}
    usual = [(b"From", b"ann@example.org"), (b"Subject", b"s")]
    lines = [f for f in usual if f[0].lower() not in given]
    head = b"".join(name + b": " + value + CRLF for name, value in [*lines, *fields])
    return head + CRLF + body


def vectors() -> Iterator[tuple[str, bytes]]:
    """All of them: what it is, and the message."""
    yield from _texts()
    yield from _fields()
    yield from _pages()
    yield from _labels()
    yield from _structures()
    yield from _long_fields()


def _word(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogatepass")
    return b"=?utf-8?b?" + b64encode(octets) + b"?="


def _texts() -> Iterator[tuple[str, bytes]]:
    hostile = {**CONTROLS, **{f"markup {each}": each for each in MARKUP}}
    for name, text in hostile.items():
        raw = text.encode("utf-8", "surrogatepass")
        line = raw.replace(b"\r", b"").replace(b"\n", b"")
        word = _word(text)
        yield (
            f"{name} in every field",
            message(
                (b"From", word + b" <evil@x.example>"),
                (b"To", word + b" <" + line + b"@y.example>"),
                (b"Subject", word),
                (b"Date", line),
                (b"List-Id", word + b" <" + line + b">"),
                (b"Reply-To", line),
                (b"Message-ID", b"<" + line + b">"),
                (b"X-" + line.replace(b":", b""), line),
                (b"Content-Type", b'text/plain; name="' + line + b'"'),
                (b"Content-Description", word),
                body=raw,
            ),
        )
        yield f"{name} raw", message((b"Subject", line), (b"From", line), body=raw)
        page = f"<title>{text}</title><p title='{text}'>{text}<a href='{text}'>{text}"
        html = page.encode("utf-8", "surrogatepass")
        yield f"{name} in HTML", message((b"Content-Type", b"text/html"), body=html)


def _fields() -> Iterator[tuple[str, bytes]]:
    for at, sender in enumerate(SENDERS):
        yield f"sender {at}", message((b"From", sender))
    twice = (b"From", b"a@x.example"), (b"From", b"b@y.example")
    yield "two senders", message(*twice, (b"Sender", b"c@z.example"))
    for at, date in enumerate(DATES):
        yield f"date {at}", message((b"Date", date))
    for at, said in enumerate(FORGED):
        yield f"forged {at}", message((b"Authentication-Results", said))


def _pages() -> Iterator[tuple[str, bytes]]:
    html = b"Content-Type", b"text/html; charset=utf-8"
    for name, page in PAGES.items():
        yield name, message(html, body=page.encode("utf-8", "replace"))


def _labels() -> Iterator[tuple[str, bytes]]:
    octets = b"caf\xe9 \xff\xfe +AGEALg- \\u0041 \x1b$B$3\x1b(B"
    for charset in CHARSETS:
        kind = b"text/plain; charset=" + charset.encode()
        yield f"charset {charset[:20]}", message((b"Content-Type", kind), body=octets)
        word = b"=?" + charset.encode() + b"?q?=41=FF?="
        yield f"word of {charset[:20]}", message((b"Subject", word))
    for encoding in ENCODINGS:
        coded = (b"Content-Transfer-Encoding", encoding)
        yield f"encoding {encoding!r}", message(coded, body=b64encode(octets) + b"=3D")
    for name in NAMES:
        plain = name.replace("\n", "").encode()
        kind = (b"Content-Type", b'application/x; name="' + plain + b'"')
        said = b"attachment; filename*=utf-8''" + name.encode().hex("%").encode()
        yield f"file {name[:20]!r}", message(kind, (b"Content-Disposition", said))


def _multipart(boundary: bytes, body: bytes) -> bytes:
    kind = b'multipart/mixed; boundary="' + boundary + b'"'
    return message((b"Content-Type", kind), body=body)


def _structures() -> Iterator[tuple[str, bytes]]:
    part = b"--b\r\n\r\nx\r\n"
    for depth in (50, 300, 1_000):
        opened = b"".join(
            b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n"
            % (level, level + 1)
            for level in range(depth)
        )
        yield f"multipart within multipart, {depth}", _multipart(b"b0", opened)
        nested = b"Content-Type: message/rfc822\r\n\r\n" * depth
        yield f"message within message, {depth}", nested + b"Subject: x\r\n\r\nx"
    same = b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 5_000
    yield "one boundary, nested", _multipart(b"b", same)
    for count in (10_000, 100_000):
        yield f"{count} parts", _multipart(b"b", part * count)
    yield "a boundary of a megabyte", _multipart(b"b" * 1_000_000, b"--b\r\n\r\nx")
    yield "no boundary", message((b"Content-Type", b"multipart/mixed"), body=part)
    yield "an empty boundary", _multipart(b"", b"--\r\n\r\nx\r\n----\r\n")
    yield "a preamble of line ends", _multipart(b"b", CRLF * 500_000 + part)
    for name, kind in (("signed", b"signed"), ("encrypted", b"encrypted")):
        whole = b"multipart/" + kind + b"; boundary=b"
        yield f"{name}, hollow", message((b"Content-Type", whole), body=part * 5)


def _long_fields() -> Iterator[tuple[str, bytes]]:
    yield "100,000 fields", b"X: y\r\n" * 100_000 + b"\r\nx"
    yield "a field name of a megabyte", b"X" * 1_000_000 + b": y\r\n\r\nx"
    yield "no field at all", b"x" * 1_000_000
    yield "a fold of a megabyte", message((b"Subject", b"a\r\n " * 250_000))
    for name, value in {
        "a subject of a megabyte": b"x" * 1_000_000,
        "a megabyte of words": b"x " * 500_000,
        "400 kB of encoded words": b"=?utf-8?q?a?= " * 28_000,
        "words not closed": b"=?..?=x" * 6_000,
        "a megabyte of raw 8-bit": b"\xe9" * 1_000_000,
    }.items():
        yield name, message((b"Subject", value))
    for name, value in {
        "100,000 recipients": b"a@b.example, " * 100_000,
        "groups in groups": b"g:" * 5_000 + b";" * 5_000,
        "comments in comments": b"(" * 5_000 + b")" * 5_000,
        "dots": b"a." * 50_000 + b"@x",
        "quotes": b'"' * 100_001,
        "angles": b"<" * 50_000,
    }.items():
        yield name, message((b"To", value), (b"From", value))
    for name, value in {
        "semicolons": b"text/plain" + b";" * 100_000,
        "16,000 parameters": b"text/plain" + b"; a=b" * 16_000,
        "16,000 pieces": b"".join(b"; name*%d=x" % at for at in range(16_000)),
        "a number of 5,000 digits": b"x/y; name*" + b"9" * 5_000 + b"=x",
        "slashes": b"/" * 50_000,
    }.items():
        said = value if name != "16,000 pieces" else b"x/y" + value
        yield name, message((b"Content-Type", said), (b"Content-Disposition", said))
    yield "100,000 references", message((b"References", b"<a@b> " * 100_000))
    yield "an odd Message-ID", message((b"Message-ID", b"<[x]@y>"))
    for name, body in {
        "ten megabytes in a line": b"x" * 10_000_000,
        "quotes of many levels": (b">" * 5_000 + b" x\r\n") * 50,
        "addresses": b"http://" * 100_000,
        "uuencode": b"begin 644 x\r\n" * 20_000,
        "patches": b"diff --git a b\r\n@@ -1 +1 @@\r\n" * 20_000,
        "flowed": b"> x \r\n>> y \r\n" * 50_000,
    }.items():
        kind = b"text/plain; format=flowed" if name == "flowed" else b"text/plain"
        yield name, message((b"Content-Type", kind), body=body)
