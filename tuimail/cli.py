"""The command line: the screen, the demo, and mail without a screen.

Data goes to standard output, everything else to standard error.

Exit status: 0 well · 1 not found or failed · 2 wrong usage or configuration · 69 server
not reached · 70 a bug · 77 login refused.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuimail import __version__
from tuimail.config import Config, find, load
from tuimail.errors import ConfigError, Refused, StoreError, TuimailError, Unreachable
from tuimail.log import open_log
from tuimail.mail.sanitize import safe_text
from tuimail.paths import Paths, default, under

if TYPE_CHECKING:
    from tuimail.engine.service import MailService
    from tuimail.mail.types import Header, Mailbox

OK, FAILED, USAGE, UNREACHABLE, BUG, REFUSED = 0, 1, 2, 69, 70, 77
WAIT_S = 60.0
EXAMPLE = """\
There is no account yet. Put this into {file}:

  [[account]]
  type = "imap"
  name = "me"
  address = "me@example.org"
  host = "imap.example.org"
  user = "me@example.org"
  password_command = ["pass", "show", "mail/me"]

Then run `tuimail config check`. `tuimail demo` shows the program at once."""


def run(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Carry out a command line; gives the exit status, never raises."""
    try:
        args = _parser().parse_args(argv)
    except SystemExit as leave:
        return int(leave.code or 0)
    try:
        return int(args.run(args, environ))
    except ConfigError as error:
        _complain(*error.problems)
        return USAGE
    except TuimailError as error:
        _complain(str(error))
        return _status(error)
    except BrokenPipeError:
        return OK
    except KeyboardInterrupt:
        return 130
    except Exception:
        logging.getLogger(__name__).exception("the program failed")
        _complain(
            f"Something went wrong inside; details are in {default(environ).log}."
        )
        return BUG


def _status(error: TuimailError | None) -> int:
    match error:
        case None:
            return OK
        case Refused():
            return REFUSED
        case Unreachable():
            return UNREACHABLE
        case StoreError():
            return USAGE
        case _:
            return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tuimail", description="A mail reader for the terminal."
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration")
    parser.set_defaults(run=_screen)
    commands = parser.add_subparsers(title="commands", metavar="")
    demo = commands.add_parser("demo", help="look around in a sample mailbox")
    demo.add_argument("--screenshot", type=Path, metavar="FILE.svg")
    demo.add_argument("--size", default="120x36", metavar="WxH")
    demo.add_argument("--keys", default="", help="keys typed before the picture")
    demo.set_defaults(run=_demo)
    for name, words, method in (
        ("folders", "list the folders", _folders),
        ("list", "list the messages of a folder", _list),
        ("show", "print a message", _show),
    ):
        _add_mail_command(commands, name, words, method)
    check = commands.add_parser("config", help="show or check the configuration")
    check.add_argument("what", nargs="?", choices=["show", "check"], default="show")
    check.set_defaults(run=_config)
    keys = commands.add_parser("keys", help="print all commands with their keys")
    keys.set_defaults(run=_keys)
    return parser


def _add_mail_command(
    commands: Any, name: str, words: str, method: Callable[..., int]
) -> None:
    command = commands.add_parser(name, help=words)
    command.add_argument("--account", help="name of the account; default the first")
    command.add_argument("--json", action="store_true", help="one JSON document")
    command.add_argument("--offline", action="store_true", help="only what is here")
    if name != "folders":
        command.add_argument("--folder", default="INBOX")
    if name == "list":
        command.add_argument("--limit", type=int, default=50)
    if name == "show":
        command.add_argument("message", type=int, help="id, as `tuimail list` gives it")
        command.add_argument("--width", type=int, default=80)
        command.add_argument("--source", action="store_true", help="as it came")
    command.set_defaults(run=method)


# -- the screen ----------------------------------------------------------------


def _screen(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    config, paths = _prepare(args, environ)
    if not config.accounts:
        _complain(EXAMPLE.format(file=find(args.config, environ)))
        return USAGE
    if not _is_terminal(environ):
        return USAGE
    return _on_screen(config, paths, environ)


def _on_screen(config: Config, paths: Paths, environ: Mapping[str, str]) -> int:
    from tuimail.engine.service import MailService
    from tuimail.ui import app, terminal

    service = MailService(config, paths)
    try:
        dark = terminal.background_is_dark(environ)
        return app.run(service, config, paths, background_dark=dark)
    finally:
        service.close()


def _demo(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from tuimail.demo.run import start_demo

    if args.screenshot is None and not _is_terminal(environ):
        return USAGE
    width, _, height = args.size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        _complain("--size is written like 120x36")
        return USAGE
    with tempfile.TemporaryDirectory(prefix="tuimail-demo-") as home:
        paths = under(Path(home))
        paths.ensure()
        open_log(paths)
        config, stop = start_demo(paths)
        try:
            if args.screenshot is None:
                return _on_screen(config, paths, environ)
            _picture(config, paths, args, (int(width), int(height)))
            return OK
        finally:
            stop()


def _picture(
    config: Config, paths: Paths, args: argparse.Namespace, size: tuple[int, int]
) -> None:
    from tuimail.engine.service import MailService
    from tuimail.ui import app

    service = MailService(config, paths)
    try:
        app.screenshot(service, config, paths, args.screenshot, size, args.keys.split())
    finally:
        service.close()


def _is_terminal(environ: Mapping[str, str]) -> bool:
    if sys.stdin.isatty() and sys.stdout.isatty() and environ.get("TERM") != "dumb":
        return True
    _complain("This needs a terminal; `tuimail list` prints the inbox without one.")
    return False


# -- without a screen ------------------------------------------------------------


def _prepare(
    args: argparse.Namespace, environ: Mapping[str, str]
) -> tuple[Config, Paths]:
    config = load(args.config, environ)
    paths = default(environ)
    paths.ensure()
    open_log(paths)
    return config, paths


def _with_service(
    args: argparse.Namespace,
    environ: Mapping[str, str],
    work: Callable[[MailService, str], int],
) -> int:
    from tuimail.engine.service import MailService

    config, paths = _prepare(args, environ)
    names = [account.name for account in config.accounts]
    if not names:
        _complain(EXAMPLE.format(file=find(args.config, environ)))
        return USAGE
    account = args.account or names[0]
    if account not in names:
        _complain(f"There is no account {account!r}; there are {', '.join(names)}.")
        return USAGE
    service = MailService(config, paths)
    try:
        if not args.offline:
            service.start()
            error = service.wait_synced(account, None, WAIT_S)
            if error is not None:
                _complain(f"{error} What follows is what is here.")
        return work(service, account) or _status(None if args.offline else error)
    except TimeoutError:
        _complain("The server did not answer in time.")
        return UNREACHABLE
    finally:
        service.close()


def _folders(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    def work(service: MailService, account: str) -> int:
        boxes = [box for box in service.mailboxes(account) if not box.gone]
        if args.json:
            _put(json.dumps([_folder_fields(box) for box in boxes]))
        else:
            for box in boxes:
                _put(f"{box.unread or 0:>6} {box.total or 0:>8}  {box.name}")
        return OK

    return _with_service(args, environ, work)


def _folder_fields(box: Mailbox) -> dict[str, object]:
    return {
        "name": box.name,
        "role": box.role.value if box.role else None,
        "total": box.total,
        "unread": box.unread,
        "subscribed": box.subscribed,
    }


def _list(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    def work(service: MailService, account: str) -> int:
        box = _folder(service, account, args)
        if box is None:
            return FAILED
        rows = service.page(box.id, limit=max(1, min(args.limit, 10_000)))
        if args.json:
            _put(json.dumps([_row_fields(row) for row in rows]))
        else:
            for row in rows:
                _put(_row_words(row))
        return OK

    return _with_service(args, environ, work)


def _folder(
    service: MailService, account: str, args: argparse.Namespace
) -> Mailbox | None:
    found = [b for b in service.mailboxes(account) if b.name == args.folder]
    if not found:
        _complain(f"There is no folder {args.folder!r}; `tuimail folders` lists them.")
        return None
    if not args.offline:
        error = service.wait_synced(account, found[0].id, WAIT_S)
        if error is not None:
            _complain(str(error))
    return found[0]


def _row_words(row: Header) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.date))
    unread = " " if row.seen else "N"
    return f"{row.id:>7} {unread} {day}  {row.sender[:24]:<24}  {row.subject}"


def _row_fields(row: Header) -> dict[str, object]:
    return {
        "id": row.id,
        "uid": row.uid,
        "date": row.date,
        "from": row.sender_addr,
        "name": row.sender,
        "subject": row.subject,
        "size": row.size,
        "seen": row.seen,
        "attachment": row.attachment,
        "readable_offline": row.readable,
    }


def _show(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    def work(service: MailService, account: str) -> int:
        from tuimail.mail.types import MessageId

        view = service.message(MessageId(args.message))
        if view is None:
            _complain(f"There is no message {args.message}; `tuimail list` lists them.")
            return FAILED
        text = service.wait_text(
            MessageId(args.message), width=args.width, source=args.source
        )
        lines = ["".join(span.text for span in line) for line in text.lines]
        if args.json:
            fields = dict(view.fields)
            _put(json.dumps({"header": fields, "text": "\n".join(lines)}))
            return OK
        if not args.source:
            for name, value in view.fields:
                _put(f"{name}: {value}")
            _put("")
        for line in lines:
            _put(line)
        return OK

    return _with_service(args, environ, work)


def _config(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    config, _ = _prepare(args, environ)
    _complain(f"from {config.path}" if config.path else "there is no file; defaults")
    if args.what == "show":
        for account in config.accounts:
            where = f"{account.user} at {account.host}:{account.port}"
            _put(f"{account.name}: {where}, {account.security.value}")
        _put(f"theme {config.view.theme}, text {config.view.text_width} cells wide")
        return OK
    from tuimail.engine.check import check_account

    good = True
    for account in config.accounts:
        _put(f"{account.name}: {account.host} port {account.port}")
        good = check_account(account, _put) and good
    return OK if good else UNREACHABLE


def _keys(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from tuimail.ui.commands import registry

    _put(registry.table())
    return OK


def _put(line: str) -> None:
    print(line)


def _complain(*lines: str) -> None:
    for line in lines:
        for each in line.split("\n"):
            print(safe_text(each), file=sys.stderr)
