"""Files that stand in a text in codes of their own and are not decoded here.

yEnc (yenc.org, revision 1.3) and BinHex 4.0 (RFC 1741 §2): the lines of such a file are
left out and told of, with its name and size; the source has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tuimail.mail.sanitize import safe_text

_YENC = re.compile(
    r"=ybegin (?:part=\d{1,6} (?:total=\d{1,6} )?)?line=\d{1,4} size=(\d{1,15})"
    r" name=(.{1,200})"
)
_BINHEX = "(This file must be converted with BinHex"
TOLD_MAX = 20
"""Files that are named; of more only the lines are left out."""


def without_files(lines: Iterator[str], notes: list[str]) -> Iterator[str]:
    """The other lines of a text; what was left out is added to `notes`."""
    told = 0
    for line in lines:
        yenc = _YENC.match(line)
        if yenc is not None:
            words = f"yEnc: {safe_text(yenc[2].strip(), 80)}, {int(yenc[1]):,} octets"
            _skip(lines, "=yend")
        elif line.startswith(_BINHEX):
            words = "BinHex"
            _skip_binhex(lines)
        else:
            yield line
            continue
        told += 1
        if told <= TOLD_MAX:
            notes.append(
                f"A file stands in this text that is not decoded here ({words});"
                " ctrl+r shows it as it came."
            )


def _skip(lines: Iterator[str], end: str) -> None:
    for line in lines:
        if line.startswith(end):
            return


def _skip_binhex(lines: Iterator[str]) -> None:
    """From the first colon to the one that ends a line."""
    begun = False
    for line in lines:
        text = line.strip()
        begun = begun or text.startswith(":")
        if begun and text.endswith(":") and text != ":":
            return
