"""Every command: its name, when it may be given, what it does."""

from __future__ import annotations

import base64
import binascii
import inspect
from collections.abc import Awaitable, Callable

from tuimail.demo import capabilities
from tuimail.demo.commands_list import do_list, do_lsub, do_status
from tuimail.demo.commands_mailbox import (
    do_create,
    do_delete,
    do_rename,
    do_subscribe,
    do_unsubscribe,
)
from tuimail.demo.commands_message import (
    do_append,
    do_copy,
    do_expunge,
    do_fetch,
    do_move,
    do_search,
    do_store,
    do_uid_expunge,
)
from tuimail.demo.commands_select import (
    do_close,
    do_examine,
    do_select,
    do_unselect,
)
from tuimail.demo.grammar import Bad, No, Scanner
from tuimail.demo.session import Session

Command = Callable[[Session, Scanner], "str | Awaitable[str]"]


async def execute(session: Session, args: Scanner) -> str:
    """Run one command; gives the text of its OK, or raises Bad or No."""
    name = args.word()
    by_uid = name == "UID"
    if by_uid:
        args.space()
        name = "UID " + args.word()
    run = _ANY.get(name) or (_IN if session.user else _BEFORE).get(name)
    needed = capabilities.COMMANDS.get(name)
    if run is None or (needed and not session.can(needed)):
        known = name in _IN or name in _BEFORE
        raise Bad("Not now" if known else "Unknown command")
    done = run(session, args)
    text = await done if inspect.isawaitable(done) else done
    # Numbers must not change while a client counts in them (RFC 3501 §7.4.1).
    if not session.over:
        session.tell(expunges=by_uid or name not in ("FETCH", "STORE", "SEARCH"))
    return text


def do_capability(session: Session, args: Scanner) -> str:
    """CAPABILITY."""
    args.end()
    session.say(f"CAPABILITY {session.announced()}")
    return "Capability completed"


def do_noop(session: Session, args: Scanner) -> str:
    """NOOP and CHECK."""
    args.end()
    return "Done"


def do_logout(session: Session, args: Scanner) -> str:
    """LOGOUT."""
    args.end()
    session.say("BYE Until next time")
    session.over = True
    return "Logout completed"


def do_login(session: Session, args: Scanner) -> str:
    """LOGIN user password."""
    args.space()
    user = args.astring()
    args.space()
    password = args.astring()
    args.end()
    return _admit(session, user, password)


async def do_authenticate(session: Session, args: Scanner) -> str:
    """AUTHENTICATE PLAIN, with or without an initial response (RFC 4959)."""
    args.space()
    if args.word() != "PLAIN":
        raise No("Unsupported mechanism")
    if args.at_end():
        answer = await session.ask()
    elif session.can("SASL-IR"):
        args.space()
        answer = args.rest()
    else:
        raise Bad("Initial response is not supported")
    if answer == b"*":
        raise Bad("Authentication cancelled")
    try:
        _, user, password = base64.b64decode(answer, validate=True).split(b"\0")
    except (binascii.Error, ValueError) as error:
        raise Bad("Invalid response") from error
    return _admit(session, user, password)


def _admit(session: Session, user: bytes, password: bytes) -> str:
    if not session.host.admits(user, password):
        raise No("[AUTHENTICATIONFAILED] Wrong user name or password")
    session.user = True
    return f"[CAPABILITY {session.announced()}] Logged in"


def do_id(session: Session, args: Scanner) -> str:
    """ID (RFC 2971)."""
    args.space()
    if args.peek(b"("):
        args.listed(lambda: None if args.skip_word("NIL") else args.string())
    else:
        args.expect(b"NIL")
    args.end()
    session.say('ID ("name" "tuimail-demo")')
    return "ID completed"


def do_namespace(session: Session, args: Scanner) -> str:
    """NAMESPACE (RFC 2342)."""
    args.end()
    session.say(f'NAMESPACE (("" "{session.store.delimiter}")) NIL NIL')
    return "Namespace completed"


def do_enable(session: Session, args: Scanner) -> str:
    """ENABLE (RFC 5161)."""
    wanted = []
    while not args.at_end():
        args.space()
        wanted.append(args.word())
    if not wanted:
        raise Bad("Enable what?")
    known = [w for w in wanted if w in ("CONDSTORE", "QRESYNC") and session.can(w)]
    session.enabled.update(known)
    if "QRESYNC" in known:
        session.enabled.add("CONDSTORE")
    session.say(" ".join(["ENABLED", *known]))
    return "Enabled"


async def do_idle(session: Session, args: Scanner) -> str:
    """IDLE (RFC 2177): news are pushed until the client says DONE."""
    args.end()
    session.tell(expunges=True)
    session.idling = True
    try:
        answer = await session.ask(b"idling")
    finally:
        session.idling = False
    if answer.upper() != b"DONE":
        raise Bad("Expected DONE")
    return "Idle completed"


_ANY: dict[str, Command] = {
    "CAPABILITY": do_capability,
    "NOOP": do_noop,
    "LOGOUT": do_logout,
    "ID": do_id,
}
_BEFORE: dict[str, Command] = {"LOGIN": do_login, "AUTHENTICATE": do_authenticate}
_IN: dict[str, Command] = {
    "CHECK": do_noop,
    "NAMESPACE": do_namespace,
    "ENABLE": do_enable,
    "IDLE": do_idle,
    "LIST": do_list,
    "LSUB": do_lsub,
    "STATUS": do_status,
    "CREATE": do_create,
    "DELETE": do_delete,
    "RENAME": do_rename,
    "SUBSCRIBE": do_subscribe,
    "UNSUBSCRIBE": do_unsubscribe,
    "SELECT": do_select,
    "EXAMINE": do_examine,
    "CLOSE": do_close,
    "UNSELECT": do_unselect,
    "APPEND": do_append,
    "FETCH": do_fetch,
    "UID FETCH": lambda session, args: do_fetch(session, args, by_uid=True),
    "STORE": do_store,
    "UID STORE": lambda session, args: do_store(session, args, by_uid=True),
    "SEARCH": do_search,
    "UID SEARCH": lambda session, args: do_search(session, args, by_uid=True),
    "COPY": do_copy,
    "UID COPY": lambda session, args: do_copy(session, args, by_uid=True),
    "MOVE": do_move,
    "UID MOVE": lambda session, args: do_move(session, args, by_uid=True),
    "EXPUNGE": do_expunge,
    "UID EXPUNGE": do_uid_expunge,
}
