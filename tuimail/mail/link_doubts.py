"""What speaks against a link: where it leads and what it says, put side by side.

A host is read as browsers read it: they forgive missing slashes and take backslashes,
escapes, wide letters and odd numbers for what they stand for. Nothing is looked up.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

from tuimail.mail.domains import aligned, private
from tuimail.mail.headers import mixed_script

HOST_MAX = 1000
"""Characters of a URL's host and user that are looked at."""
PORTS = frozenset(["", "80", "443", "8080", "8443"])
REDIRECTS_MAX = 2
"""Addresses within an address that go without a warning."""
_NESTED_MAX, _UNQUOTED_MAX = 20, 4
_URL = re.compile(r"(https?):([/\\]*)([^/\\?#]{0,4000})", re.I)
_USUAL = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,9}[a-z]{2,24}")
_VALID = re.compile(r"[a-z0-9_.-]{1,255}")
_INNER = re.compile(r"https?:[/\\]{1,4}([^/\\?#&\s\"'<>]{1,300})", re.I)
_ENDS = re.compile("[\u3002\uff0e\uff61]")
_NUMERIC = re.compile(r"0x[0-9a-f]{0,20}|\d{1,20}")
_TEXT_HOST = re.compile(
    r"(?:https?:/{1,2})?((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})(?=[/:?#\s]|$)"
)
"""A text that begins as a host does."""
_TEXT_NAMED = re.compile(r"https?://((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})(?![\w-])")
_FILES = frozenset(
    "bat css csv doc docx exe gif htm html jpeg jpg js json mp3 mp4 pdf php png ppt"
    " pptx txt xls xlsx xml".split()
)
"""Ends of file names, which are no hosts: report.pdf, Node.js."""
_ADDRESS = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0]"
)


class Host(NamedTuple):
    """Where a URL leads, as a browser would read it."""

    name: str
    """In ASCII, lower case; `''` when there is none."""
    letters: str = ""
    """As it is written, when that is not ASCII or stands for something else."""
    user: bool = False
    """Something stands before an @."""
    port: str = ""
    address: bool = False
    tidy: bool = True
    """It is written as hosts are."""


def doubt(target: str, text: str) -> str:
    """Why a link may not lead where it seems to; `''` when it may be right."""
    if target[:7].lower() == "mailto:":
        return _doubt_address(target[7:].partition("?")[0], text)
    host = host_of(target)
    if not host.name:
        return "The address of this link is malformed."
    inner = nested(target)
    said = [*_lies(host, text, inner), *_odd_host(host), *_odd_way(target, inner)]
    return " ".join(said[:2])


def unseen(target: str) -> str:
    """What is to be said of a target that holds what cannot be seen."""
    if target.isascii() and target.isprintable():
        return ""
    if _UNSEEN.search(target[:20_000].strip()):
        return "Its address holds characters that cannot be seen."
    return ""


def host_of(target: str) -> Host:
    """The host of an http or https URL."""
    found = _URL.match(target)
    if found is None:
        return Host("")
    place = found[3][-HOST_MAX:]
    tidy = found[2] == "//" and target[found.end() : found.end() + 1] != "\\"
    if tidy and _USUAL.fullmatch(place) and "xn--" not in place:
        return Host(place)
    _, at, rest = place.rpartition("@")
    name, port = _port(rest)
    plain = unquote(name) if "%" in name else name
    plain = _ENDS.sub(".", plain).strip(".").lower()
    ascii_name = _ascii(plain)
    address = _address(ascii_name)
    if not address and not _VALID.fullmatch(ascii_name):
        return Host("")
    return Host(
        address or ascii_name,
        _letters(plain, ascii_name, address),
        bool(at),
        port,
        bool(address),
        tidy and "%" not in name,
    )


def nested(target: str) -> list[str]:
    """Hosts of the URLs within a URL, the outermost first."""
    rest = target[8:8000]
    if "http" not in rest.lower():
        return []
    for _ in range(_UNQUOTED_MAX):
        if "%" not in rest:
            break
        rest = unquote(rest)
    return [found[1].lower() for found in _INNER.finditer(rest)][:_NESTED_MAX]


def _lies(host: Host, text: str, inner: list[str]) -> list[str]:
    """Whether the text names another site."""
    low = text.lower()
    if "." not in low:
        return []
    shown = _TEXT_HOST.match(low)
    if shown and not low.startswith(("http", "www.")):
        end = shown[1].rpartition(".")[2]
        shown = None if end in _FILES else shown
    shown = shown or _TEXT_NAMED.search(low)
    if shown is None or _one_site(_ascii(shown[1]), host.name):
        return []
    said = f"The text says {shown[1]}, but it leads to {host.name}"
    return [f"{said}, which may pass on to {inner[-1]}." if inner else f"{said}."]


def _one_site(shown: str, host: str) -> bool:
    return aligned(shown.removeprefix("www."), host.removeprefix("www."))


def _odd_host(host: Host) -> list[str]:
    said = []
    if host.user:
        said.append(f"What stands before @ is no host; it leads to {host.name}.")
    if host.address:
        how = f", written as {host.letters}" if host.letters else ""
        said.append(f"It leads to a bare address: {host.name}{how}.")
    elif host.letters:
        how = "mixes alphabets" if mixed_script(host.name) else "is not in ASCII"
        said.append(f"Its host {how}: {host.letters} is {host.name}.")
    elif private(host.name):
        said.append(f"It leads into your own network: {host.name}.")
    if not host.tidy:
        said.append(f"It is written to be misread; it leads to {host.name}.")
    if host.port not in PORTS:
        said.append(f"It uses a port that is not usual: {host.port}.")
    return said


def _odd_way(target: str, inner: list[str]) -> list[str]:
    if len(inner) <= REDIRECTS_MAX:
        return []
    return [f"It goes by {len(inner)} other addresses, at last to {inner[-1]}."]


def _port(place: str) -> tuple[str, str]:
    """Host and port of what stands behind the @."""
    if place.startswith("["):
        name, _, port = place.partition("]")
        return name + "]", port.removeprefix(":").lstrip("0")
    name, _, port = place.partition(":")
    return name, port.lstrip("0")


def _ascii(name: str) -> str:
    """A host in the form the DNS has; `''` for what cannot be one."""
    if name.isascii():
        return name.rstrip(".")
    labels = []
    for label in unicodedata.normalize("NFKC", name[:255]).lower().split("."):
        if label.isascii():
            labels.append(label)
            continue
        try:
            labels.append("xn--" + label.encode("punycode").decode("ascii"))
        except UnicodeError:
            return ""
    return ".".join(labels).rstrip(".")


def _letters(plain: str, ascii_name: str, address: str) -> str:
    """How the host reads where that is not what it is."""
    if address:
        return "" if address.strip("[]") == plain.strip("[]") else plain
    if plain != ascii_name:
        return plain
    if "xn--" not in plain:
        return ""
    return ".".join(map(_decoded, plain.split(".")[:20]))


def _decoded(label: str) -> str:
    if not label.startswith("xn--") or len(label) > 63:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _address(name: str) -> str:
    """The bare address a host stands for, in its usual spelling; `''` for a name."""
    if name.startswith("["):
        try:
            return f"[{ipaddress.ip_address(name.strip('[]').partition('%')[0])}]"
        except ValueError:
            return ""
    parts = name.split(".")
    if not 0 < len(parts) <= 4 or not all(map(_NUMERIC.fullmatch, parts)):
        return ""
    numbers = [_number(part) for part in parts]
    last = numbers.pop()
    if any(number > 255 for number in numbers) or last >= 256 ** (4 - len(numbers)):
        return ""
    for at, number in enumerate(numbers):
        last += number << 8 * (3 - at)
    return str(ipaddress.IPv4Address(last))


def _number(part: str) -> int:
    """A number as C writes it: hexadecimal, octal or decimal."""
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    if part.startswith("0") and all(digit in "01234567" for digit in part):
        return int(part, 8)
    return int(part)


def _doubt_address(address: str, text: str) -> str:
    shown = _ADDRESS.fullmatch(text.strip().removeprefix("mailto:"))
    if shown and shown[0].lower() != unquote(address).lower():
        return f"The text says {shown[0]}, but it writes to {address}."
    return ""
