"""Try an account step by step and say in words how each step went."""

from __future__ import annotations

from collections.abc import Callable

from tuimail.config import ImapAccount
from tuimail.errors import AccountError
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText
from tuimail.net.auth import Password
from tuimail.net.imap import ImapSession
from tuimail.net.session import Endpoint

WANTED = {
    "QRESYNC": "resynchronises a folder in one round trip",
    "CONDSTORE": "tells only what changed",
    "IDLE": "pushes new mail",
    "MOVE": "moves in one step",
    "LIST-STATUS": "gives all counts in one round trip",
    "SPECIAL-USE": "says what folders are for",
    "ESEARCH": "answers searches briefly",
}


def endpoint_of(account: ImapAccount) -> Endpoint:
    """Where an account's server is, without its secret."""
    return Endpoint(
        account.host,
        account.port,
        account.security,
        account.user,
        account.fingerprint,
        account.insecure,
        account.ca_file,
        account.send_id,
    )


def check_account(account: ImapAccount, say: Callable[[SafeText], None]) -> bool:
    """Connect and report every step; whether all went well."""

    def step(name: str, words: str) -> None:
        say(safe_text(f"  ok   {name}: {words}"))

    session = ImapSession(endpoint_of(account), Password(account), on_step=step)
    try:
        session.connect()
        has = sorted(session.capabilities & WANTED.keys())
        lacks = sorted(WANTED.keys() - session.capabilities)
        say(safe_text(f"  ok   capabilities: {', '.join(has) or 'the bare minimum'}"))
        for name in lacks:
            say(safe_text(f"       without {name}: it {WANTED[name]}"))
        boxes = session.list_mailboxes(with_status=False)
        roles = sorted(box.role.value for box in boxes if box.role)
        say(safe_text(f"  ok   folders: {len(boxes)}, with {', '.join(roles)}"))
        session.logout()
    except AccountError as error:
        say(safe_text(f"  FAIL {error}"))
        return False
    finally:
        session.close()
    return True
