"""What fuzzing begins with."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail.vectors import DATES, FORGED, PAGES, SENDERS, vectors

LONGEST = 1_500
"""Octets of an example; what is made of them is at most twice as long. A decoder's time
grows with its input, so short inputs try more branches in the same time."""
_EVENT = b"""BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:X
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1
SUMMARY;LANGUAGE=en:Lunch\\, at \\n noon
DTSTART;TZID=X:20261124T120000
DURATION:PT1H30M
RRULE:FREQ=WEEKLY;BYDAY=MO,TU;UNTIL=20271224T000000Z;INTERVAL=2
EXDATE;VALUE=DATE:20261201
ORGANIZER;CN=Ann:mailto:ann@example.org
ATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@example.org
END:VEVENT
END:VCALENDAR
"""
_CARD = b"""BEGIN:VCARD
VERSION:2.1
N;CHARSET=utf-8;ENCODING=QUOTED-PRINTABLE:L=C3=A9e;Ann;;;
TEL;TYPE=cell,voice:+49 1
ADR;WORK:;;Street 1;Town;;12345;Land
PHOTO;ENCODING=b:AAAA
URL:https://a.example/
END:VCARD
"""
_REPORT = b"""Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; bo@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <bo@example.org>... User unknown
Feedback-Type: abuse
"""
_PGP = b"""x
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

- -- text
-----BEGIN PGP SIGNATURE-----

iQ==
-----END PGP SIGNATURE-----
"""
_IMAP = (
    b'12 FETCH (UID 7 FLAGS (\\Seen $x) INTERNALDATE "24-Nov-2026 10:00:00 +0100"'
    b' RFC822.SIZE 10 MODSEQ (7) BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "x") NIL'
    b' NIL "7BIT" 3 1)("TEXT" "HTML" NIL NIL NIL "BASE64" 3 1) "MIXED"))',
    b"ESEARCH (TAG 1) UID ALL 1:3,7 COUNT 4",
    b'LIST (\\HasNoChildren) "/" "a b"',
    b"STATUS x (MESSAGES 1 UIDNEXT 2)",
    b"VANISHED (EARLIER) 1:3",
)
_OWN: dict[str, tuple[bytes, ...]] = {
    "addresses": SENDERS,
    "words": (*DATES, *SENDERS, b"text/plain; name*0*=utf-8''%41; name*1=b"),
    "charsets": (b"utf-8\ncaf\xc3\xa9", b"base64\neA==", b"utf-7\n+AGE-"),
    "html": tuple(page[:LONGEST].encode("utf-8", "replace") for page in PAGES.values()),
    "calendar": (_EVENT,),
    "vcard": (_CARD,),
    "reports": (_REPORT,),
    "sealed": (_PGP,),
    "boxes": (b"begin 644 x.txt\n#86)C\n`\nend\n",),
    "links": (b"https://a@b.example:1/%2e?q=\xc3\xa9#x", b"http://xn--80ak6aa92e.com"),
    "mbox": (b"From a@b Mon Nov 23 10:00:00 2026\nSubject: x\n\n>From y\n\n" * 3,),
    "imap": _IMAP,
    "fields": tuple(b"Authentication-Results: " + each for each in FORGED),
}


def seeds(target: str) -> Iterator[bytes]:
    """Examples of what a target reads."""
    if target in _OWN:
        yield from (each[:LONGEST] for each in _OWN[target])
    else:
        yield from (data for _, data in vectors() if len(data) <= LONGEST)
