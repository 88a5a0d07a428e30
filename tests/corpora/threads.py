"""Who answered whom, as we, notmuch and Dovecot say of the same mails.

A mail is named by its place among the mails; of several with one Message-ID only the
first is compared, as notmuch knows no other.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers.dovecot import PASSWORD, Dovecot
from tuimail.config import Security
from tuimail.mail.headers import parse_envelope
from tuimail.mail.threads import Conversations, item
from tuimail.mail.types import Envelope
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint


class Forest(NamedTuple):
    """Conversations of mails."""

    together: frozenset[frozenset[int]]
    parents: dict[int, int | None]


def distinct(mails: Iterable[bytes]) -> list[tuple[bytes, Envelope]]:
    """Those with a Message-ID and a date, each id once."""
    found: dict[str, tuple[bytes, Envelope]] = {}
    for raw in mails:
        envelope = parse_envelope(raw)
        if envelope.message_id and envelope.date is not None:
            found.setdefault(envelope.message_id, (raw, envelope))
    return list(found.values())


def without_subjects(
    mails: Sequence[tuple[bytes, Envelope]],
) -> list[tuple[bytes, Envelope]]:
    """The same mails with a subject of its own each: only what they name counts."""
    changed = []
    for number, (raw, envelope) in enumerate(mails, 1):
        subject = f"subject {number} of its own"
        head = re.sub(rb"(?im)^subject[ \t]*:.*\n(?:[ \t].*\n)*", b"", _head(raw))
        body = raw[len(_head(raw)) :]
        mended = f"Subject: {subject}\n".encode() + head + body
        changed.append((mended, envelope._replace(subject=subject)))
    return changed


def _head(raw: bytes) -> bytes:
    end = re.search(rb"\r?\n\r?\n", raw)
    return raw[: end.start() + 1] if end else raw


def ours(mails: Sequence[tuple[bytes, Envelope]]) -> Forest:
    """What `mail.threads` makes of them."""
    made = Conversations()
    made.add(
        [
            item(
                "a",
                number,
                each.message_id,
                each.in_reply_to,
                each.references,
                each.subject,
                each.date or 0,
            )
            for number, (_, each) in enumerate(mails, 1)
        ]
    )
    threads = made.threads()
    return Forest(
        frozenset(frozenset(p.number for p in places) for places in threads),
        {p.number: p.parent for places in threads for p in places},
    )


def notmuch(mails: Sequence[tuple[bytes, Envelope]], folder: Path) -> Forest:
    """What notmuch makes of them; needs an empty folder."""
    box = folder / "mail"
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True)
    for number, (raw, _) in enumerate(mails, 1):
        (box / "cur" / f"{number}.x:2,").write_bytes(raw)
    config = folder / "config"
    config.write_text(
        f"[database]\npath={box}\n[user]\nname=a\nprimary_email=a@example.org\n"
    )

    def run(*words: str) -> bytes:
        env = {**os.environ, "NOTMUCH_CONFIG": str(config), "HOME": str(folder)}
        done = subprocess.run(
            ["notmuch", *words], env=env, capture_output=True, check=True
        )
        return done.stdout

    run("new", "--quiet")
    shown = run("show", "--format=json", "--body=false", "--entire-thread=true", "*")
    together: set[frozenset[int]] = set()
    parents: dict[int, int | None] = {}
    for thread in json.loads(shown):
        members: set[int] = set()
        waiting: list[tuple[Any, int | None]] = [(each, None) for each in thread]
        while waiting:
            (message, answers), parent = waiting.pop()
            number = parent
            if message is not None:
                number = int(Path(message["filename"][0]).name.split(".")[0])
                members.add(number)
                parents[number] = parent
            waiting += [(each, number) for each in answers]
        together.add(frozenset(members))
    return Forest(frozenset(together), parents)


def dovecot(
    mails: Sequence[tuple[bytes, Envelope]], server: Dovecot, user: str
) -> Forest:
    """What Dovecot answers to THREAD REFERENCES."""
    server.seed(user, [raw for raw, _ in mails])
    endpoint = Endpoint("127.0.0.1", server.imap, Security.NONE, user)
    session = ImapSession(endpoint, lambda: PASSWORD)
    session.connect()
    session.select(b"INBOX")
    found = session.thread()
    session.close()
    assert found is not None
    together: dict[int, set[int]] = {}
    for each in found:
        together.setdefault(each.thread, set()).add(each.uid)
    return Forest(
        frozenset(map(frozenset, together.values())),
        {each.uid: each.parent for each in found},
    )


def differences(
    mails: Sequence[tuple[bytes, Envelope]], mine: Forest, other: Forest
) -> tuple[list[str], list[str]]:
    """Mails that are in other company, and mails with another parent; by their ids."""
    company, parents = [], []
    of_mine = {number: group for group in mine.together for number in group}
    of_other = {number: group for group in other.together for number in group}
    for number, (_, envelope) in enumerate(mails, 1):
        if of_mine[number] != of_other[number]:
            company.append(envelope.message_id)
        elif mine.parents[number] != other.parents[number]:
            parents.append(envelope.message_id)
    return company, parents
