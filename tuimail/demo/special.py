"""Messages that a plain letter cannot be: invitations, reports, signatures, patches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from tuimail.demo.compose import header, multipart, text_part
from tuimail.demo.letters import Letter

Build = Callable[[Letter, datetime, datetime, Sequence[str]], bytes]

_BOUNCE = """\
This is the mail system at host mx.example.org.

I am sorry to tell you that your message could not be delivered to one
recipient. It is below.

<felix@angstrom.exmaple>: Host or domain name not found.
"""
_STATUS = """\
Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; felix@angstrom.exmaple
Action: failed
Status: 5.1.2
Diagnostic-Code: x-unix; host angstrom.exmaple not found
"""
_PATCH = """\
A character is not a cell. Measure what the terminal will use.

Signed-off-by: Radek Dudek <radek@dudek.example>
---
 labels.py | 6 +++---
 1 file changed, 3 insertions(+), 3 deletions(-)

diff --git a/labels.py b/labels.py
index 91be774..3f9c02a 100644
--- a/labels.py
+++ b/labels.py
@@ -12,9 +12,9 @@ def fits(text: str, box: Box) -> bool:
     \"\"\"Whether a label fits its box.\"\"\"
-    width = len(text)
-    if width > box.width:
-        return False
+    width = cells(text)
+    if width > box.cells:
+        return False
     return box.lines >= 1
--
2.39.5
"""
_SIGNATURE = """\
-----BEGIN PGP SIGNATURE-----

iHUEABYKAB0WIQTfdGVzdC1zaWduYXR1cmUtb25seUBleGFtcGxlLmludmFsaWQF
AmcAAAAACgkQdGVzdHRlc3R0ZXN0AQDkb25vdHZlcmlmeXRoaXNpdGlzYXNhbXBs
=demo
-----END PGP SIGNATURE-----
"""
_CHAPTER = (
    "The river has four names here, and the people on the bridge use none of them. "
    "They say: the water. The water is high, the water is brown, the water came to "
    "the third step in the year when the bakery moved."
)


def _invite(
    letter: Letter, moment: datetime, now: datetime, thread: Sequence[str]
) -> bytes:
    start = (moment + timedelta(days=3)).replace(hour=10, minute=0)
    calendar = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//linia14//calendar//EN\n"
        "METHOD:REQUEST\nBEGIN:VEVENT\nUID:review-8@linia14.example\n"
        f"DTSTAMP:{moment:%Y%m%dT%H%M%S}\nDTSTART:{start:%Y%m%dT%H%M%S}\n"
        f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%S}\n"
        "SUMMARY:Map review\\, draft 8\nLOCATION:Room with the window\n"
        "ORGANIZER;CN=Grażyna Kot:mailto:g.kot@linia14.example\n"
        "ATTENDEE;RSVP=TRUE:mailto:ana@example.org\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    kind = "text/calendar; charset=utf-8; method=REQUEST"
    parts = [_plain(letter.body), text_part(calendar, kind)]
    return header(letter, moment, now, thread) + multipart("alternative", parts)


def _bounce(
    letter: Letter, moment: datetime, now: datetime, thread: Sequence[str]
) -> bytes:
    returned = (
        "From: Ana Moreira <ana@example.org>\n"
        "To: Felix <felix@angstrom.exmaple>\n"
        "Subject: Re: Night train\nMessage-ID: <night-train@example.org>\n\n"
        "There is one, with one change.\n"
    )
    parts = [
        _plain(_BOUNCE),
        text_part(_STATUS, "message/delivery-status"),
        text_part(returned, "message/rfc822"),
    ]
    kind = "report; report-type=delivery-status"
    return header(letter, moment, now, thread) + multipart(kind, parts)


def _signed(
    letter: Letter, moment: datetime, now: datetime, thread: Sequence[str]
) -> bytes:
    kind = 'signed; micalg=pgp-sha256; protocol="application/pgp-signature"'
    signature = text_part(_SIGNATURE, 'application/pgp-signature; name="signature.asc"')
    parts = [_plain(letter.body), signature]
    return header(letter, moment, now, thread) + multipart(kind, parts)


def _patch(
    letter: Letter, moment: datetime, now: datetime, thread: Sequence[str]
) -> bytes:
    return header(letter, moment, now, thread) + _plain(_PATCH)


def _long(
    letter: Letter, moment: datetime, now: datetime, thread: Sequence[str]
) -> bytes:
    chapters = (
        f"Chapter {number}\n\n" + "\n\n".join([_CHAPTER] * 14) + "\n\n"
        for number in range(1, 141)
    )
    text = "Read it when you have an evening. Or three.\n\nZofia\n\n\n"
    return header(letter, moment, now, thread) + _plain(text + "".join(chapters))


def _plain(text: str) -> bytes:
    return text_part(text, "text/plain; charset=utf-8")


BUILDS: dict[str, Build] = {
    "invite": _invite,
    "bounce": _bounce,
    "signed": _signed,
    "patch": _patch,
    "long": _long,
}
"""Names of the field `Build`."""
