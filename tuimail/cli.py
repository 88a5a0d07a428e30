"""The command line: the screen, the demo, and mail without a screen.

Data goes to standard output, everything else to standard error, and nothing reaches
either but as `SafeText`. Exit statuses are those of `status`.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, cast

from tuimail import status
from tuimail.config import Config, MaildirAccount, find, load
from tuimail.errors import ConfigError, TuimailError
from tuimail.log import log_file, open_log, silence
from tuimail.mail.sanitize import safe_text
from tuimail.paths import Paths, default, under

if TYPE_CHECKING:
    import argparse

    from tuimail.engine.service import MailService
    from tuimail.headless import Desk
    from tuimail.mail.types import SafeText

LINE_MAX = 20_000
"""Characters of a line that is not of a mail; a path or a setting may be long."""
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
    silence()
    _make_tolerant(sys.stdout, sys.stderr)
    try:
        args = _parsed(argv)
    except SystemExit as leave:
        return int(leave.code or 0)
    try:
        done = _carry_out(args, environ)
    except BrokenPipeError:
        done = status.OK
    _deliver(sys.stdout, sys.stderr)
    return done


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    # The option may stand before a command or after it, so neither may reset it.
    args = cast("argparse.Namespace", SimpleNamespace(run="screen", config=None))
    # The plain start is spared the parser, which takes longer than the configuration.
    if not argv:
        return args
    from tuimail import usage

    return usage.parser().parse_args(argv, args)


def _carry_out(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    try:
        return int(_RUNS[args.run](args, environ))
    except ConfigError as error:
        _complain(*error.problems)
        return status.USAGE
    except TuimailError as error:
        _complain(str(error))
        return status.of(error)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        return status.INTERRUPTED
    except Exception:
        logging.getLogger(__name__).exception("the program failed")
        _complain(
            f"Something went wrong inside; details are in {log_file(default(environ))}."
        )
        return status.BUG


def _screen(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    config, paths = _prepare(args, environ)
    if not _has_accounts(config, args, environ) or not _is_terminal(environ):
        return status.USAGE
    return _on_screen(config, paths, environ)


def _on_screen(
    config: Config, paths: Paths, environ: Mapping[str, str], demo: bool = False
) -> int:
    # Textual draws on a grid of 60 frames a second, so a key that comes just after a
    # frame waits 17 ms. The painter sends none before the terminal took the last.
    os.environ.setdefault("TEXTUAL_FPS", "250")
    from tuimail.ui import app

    def dark() -> bool | None:
        from tuimail.ui import terminal

        return terminal.background_is_dark(environ)

    with _service(config, paths) as service:
        return app.run(service, config, paths, background_dark=dark, demo=demo)


def _demo(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    with_screen = args.screenshot is None and not args.list
    if with_screen and not _is_terminal(environ, "tuimail demo --list"):
        return status.USAGE
    from tuimail.demo.run import tidy

    home = Path(tempfile.mkdtemp(prefix="tuimail-demo-"))
    code = status.BUG
    try:
        code = _in_demo(args, environ, under(home))
        return code
    finally:
        tidy(under(home), home, keep_log=code == status.BUG)


def _in_demo(args: argparse.Namespace, environ: Mapping[str, str], paths: Paths) -> int:
    from tuimail.demo.run import start_demo

    paths.ensure()
    open_log(paths)
    config, stop = start_demo(paths)
    try:
        if args.list:
            with _service(config, paths) as service:
                service.start()
                desk = _desk(service, config.accounts[0].name, offline=False)
                return _finish(desk, desk.listing("INBOX", 50, args.json))
        if args.screenshot is None:
            return _on_screen(config, paths, environ, demo=True)
        _picture(config, paths, args)
        return status.OK
    finally:
        stop()


def _picture(config: Config, paths: Paths, args: argparse.Namespace) -> None:
    from tuimail.ui import app

    with _service(config, paths) as service:
        app.screenshot(
            service, config, paths, args.screenshot, args.size, args.keys.split()
        )


def _is_terminal(environ: Mapping[str, str], instead: str = "tuimail list") -> bool:
    dumb = environ.get("TERM", "") == "dumb"
    if sys.stdin.isatty() and sys.stdout.isatty() and not dumb:
        return True
    _complain(f"This needs a terminal; `{instead}` prints the inbox without one.")
    return False


# -- without a screen ------------------------------------------------------------


def _mail(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    config, paths = _prepare(args, environ)
    if not _has_accounts(config, args, environ):
        return status.USAGE
    names = [account.name for account in config.accounts]
    account = args.account or names[0]
    if account not in names:
        _complain(f"There is no account {account}; there is {', '.join(names)}.")
        return status.USAGE
    with _service(config, paths) as service:
        if not args.offline:
            service.start()
        desk = _desk(service, account, offline=args.offline)
        return _finish(desk, _asked(desk, args))


def _asked(desk: Desk, args: argparse.Namespace) -> Iterator[SafeText]:
    match args.command:
        case "folders":
            return desk.folders(args.json)
        case "list":
            return desk.listing(args.folder, args.limit, args.json)
        case _:
            width = max(20, min(args.width, 1000))
            return desk.message(
                args.message, width=width, source=args.source, as_json=args.json
            )


def _errand(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    config, paths = _prepare(args, environ)
    if not _has_accounts(config, args, environ):
        return status.USAGE
    names = [account.name for account in config.accounts]
    if args.account and args.account not in names:
        _complain(f"There is no account {args.account}; there is {', '.join(names)}.")
        return status.USAGE
    chosen = [args.account] if args.account else names
    done = status.OK
    with _service(config, paths) as service:
        for line in _errand_lines(service, chosen, args):
            if isinstance(line, int):
                done = line
            else:
                _put([line])
    return done


def _errand_lines(
    service: MailService, names: list[str], args: argparse.Namespace
) -> Iterator[SafeText | int]:
    from tuimail import errand, headless_counts, headless_files

    match args.command:
        case "senders" | "statistics" as name:
            return headless_counts.WORK[name](service, names, args, _complain)
        case "import" | "export" as name:
            work = headless_files.WORK[name]
            return work(service, names[0], args, say=_complain, show=_progress)
        case "sync" if args.dry_run:
            return errand.dry_run(service, names)
        case "sync":
            return errand.sync(service, names, as_json=args.json, say=_complain)
        case "queue":
            return errand.queue(service, names, as_json=args.json)
        case "rules":
            from tuimail import headless_rules

            return headless_rules.rules(
                service, names, as_json=args.json, apply=args.apply, say=_complain
            )
        case "verify":
            return errand.verify(service, names, say=_complain)
        case "fsck" if args.rebuild:
            return errand.rebuild(service, names, say=_complain)
        case _:
            return errand.fsck(service)


def _desk(service: MailService, account: str, *, offline: bool) -> Desk:
    from tuimail.headless import Desk

    return Desk(service, account, offline=offline, say=_complain, ask=_typed_password)


def _finish(desk: Desk, lines: Iterable[SafeText]) -> int:
    _put(lines)
    return desk.status


def _typed_password(account: str) -> str | None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from getpass import getpass

    try:
        return getpass(f"Password of {safe_text(account)}: ")
    except EOFError:
        return None


def _config(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    config, paths = _prepare(args, environ)
    if args.what == "show":
        from tuimail.config_show import effective

        _put(safe_text(line, LINE_MAX) for line in effective(config, paths))
        return status.OK
    if not _has_accounts(config, args, environ):
        return status.USAGE
    from tuimail.engine.check import check_account

    worst = status.OK
    for account in config.accounts:
        if isinstance(account, MaildirAccount):
            place = str(account.path)
        else:
            place = f"{account.host}, port {account.port}"
        _put([safe_text(f"{account.name}: {place}")])
        error = check_account(account, lambda line: _put([line]), _typed_password)
        worst = max(worst, status.of(error))
    return worst


def _keys(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from tuimail.ui.commands import registry

    _put(safe_text(line, LINE_MAX) for line in registry.table().split("\n"))
    return status.OK


def _themes(args: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from tuimail.ui.theme import load_themes, shipped_themes

    own = default(environ).config / "themes"
    loaded = load_themes([shipped_themes(), own])
    _complain(*loaded.problems)
    for name, look in sorted(loaded.looks.items()):
        _put([safe_text(f"{name:20} {'dark' if look.dark else 'light'}")])
    return status.OK


# -- what all of them use --------------------------------------------------------


def _prepare(
    args: argparse.Namespace, environ: Mapping[str, str]
) -> tuple[Config, Paths]:
    paths = default(environ)
    paths.ensure()
    open_log(paths)
    return load(args.config, environ), paths


def _has_accounts(
    config: Config, args: argparse.Namespace, environ: Mapping[str, str]
) -> bool:
    if not config.accounts:
        _complain(EXAMPLE.format(file=find(args.config, environ)))
    return bool(config.accounts)


@contextmanager
def _service(config: Config, paths: Paths) -> Iterator[MailService]:
    from tuimail.engine.service import MailService

    service = MailService(config, paths)
    try:
        yield service
    finally:
        service.close()


def _put(lines: Iterable[SafeText]) -> None:
    for line in lines:
        print(line)


def _complain(*lines: str) -> None:
    # A terminal that has gone away cannot be told, and must not hide the status.
    with suppress(OSError):
        for line in lines:
            for each in line.split("\n"):
                print(safe_text(each, LINE_MAX), file=sys.stderr)


def _progress(words: str) -> None:
    """One line that is overwritten by the next, for somebody who watches."""
    if sys.stderr.isatty():
        with suppress(OSError):
            sys.stderr.write(f"\r\x1b[K{safe_text(words, 79)}")
            sys.stderr.flush()


def _make_tolerant(*streams: object) -> None:
    """A character that the terminal's encoding lacks is replaced, not an error."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _deliver(*streams: IO[str]) -> None:
    """Write out what waits. Whoever read us may be gone, or the terminal may be:

    what Python would still write at exit goes nowhere then, and spoils no status.
    """
    for stream in streams:
        try:
            stream.flush()
        except OSError:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), stream.fileno())


_RUNS = {
    "config": _config,
    "demo": _demo,
    "errand": _errand,
    "keys": _keys,
    "mail": _mail,
    "screen": _screen,
    "themes": _themes,
}
