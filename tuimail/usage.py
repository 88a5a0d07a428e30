"""What may stand on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tuimail import __version__

STATUSES = (
    "exit status: 0 well, 1 not found or failed, 2 wrong usage or configuration,"
    " 69 server not reached, 70 a bug, 75 only a part came in time,"
    " 77 login refused or server not trusted"
)


def parser() -> argparse.ArgumentParser:
    """The parser; the command's name is in `run`."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="configuration to use",
    )
    made = argparse.ArgumentParser(
        prog="tuimail",
        description="A mail reader for the terminal. Without a command: the screen.",
        epilog=STATUSES,
        parents=[common],
    )
    made.add_argument("--version", action="version", version=__version__)
    made.set_defaults(run="screen")
    commands = made.add_subparsers(title="commands", metavar="")
    _add_demo(commands)
    for name, words in (
        ("folders", "list the folders"),
        ("list", "list the messages of a folder"),
        ("show", "print a message"),
    ):
        command = commands.add_parser(name, help=words, parents=[common])
        _add_mail_arguments(command, name)
    for name, words in (
        ("sync", "send what is pending and fetch what is new"),
        ("queue", "show what is pending, and why"),
        ("verify", "compare what is here with the server, changing nothing"),
        ("fsck", "check the local store"),
        ("rules", "say what the rules would do with the mail that is here, or do it"),
    ):
        errand = commands.add_parser(name, help=words, parents=[common])
        _add_errand_arguments(errand, name)
    _add_counts(commands, common)
    _add_files(commands, common)
    check = commands.add_parser(
        "config", help="show or check the configuration", parents=[common]
    )
    check.add_argument(
        "what",
        nargs="?",
        choices=["show", "check"],
        default="show",
        help="check: connect to every account and report each step",
    )
    check.set_defaults(run="config")
    keys = commands.add_parser("keys", help="print all commands with their keys")
    keys.set_defaults(run="keys")
    themes = commands.add_parser("themes", help="list the themes", parents=[common])
    themes.set_defaults(run="themes")
    return made


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser(
        "demo", help="look around in a sample mailbox; nothing of yours is touched"
    )
    demo.add_argument("--screenshot", type=Path, metavar="FILE.svg")
    demo.add_argument("--size", type=_size, default=(120, 36), metavar="WxH")
    demo.add_argument("--keys", default="", help="keys typed before the picture")
    demo.add_argument("--list", action="store_true", help="print the inbox and end")
    demo.add_argument("--json", action="store_true", help="with --list")
    demo.set_defaults(run="demo")


def _add_mail_arguments(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument("--account", help="name of the account; default the first")
    command.add_argument("--json", action="store_true", help="one JSON document")
    command.add_argument("--offline", action="store_true", help="ask no server")
    if name == "list":
        command.add_argument("--folder", default="INBOX", help="default INBOX")
        command.add_argument("--limit", type=int, default=50, help="default 50")
    if name == "show":
        command.add_argument("message", type=int, help="id, as `tuimail list` gives it")
        command.add_argument("--width", type=int, default=80, help="default 80")
        command.add_argument("--source", action="store_true", help="as it came")
    command.set_defaults(run="mail", command=name)


def _add_errand_arguments(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument("--account", metavar="NAME", help="this account only")
    if name in ("sync", "queue", "rules"):
        command.add_argument("--json", action="store_true", help="print JSON")
    if name == "sync":
        command.add_argument(
            "--dry-run", action="store_true", help="only say what would be sent"
        )
    if name == "rules":
        way = command.add_mutually_exclusive_group()
        way.add_argument("--dry-run", action="store_true", help="the default")
        way.add_argument("--apply", metavar="NAME", help="do what this rule says")
    if name == "fsck":
        command.add_argument(
            "--rebuild", action="store_true", help="read mail that lies here anew"
        )
    command.set_defaults(run="errand", command=name)


def _add_counts(commands: Any, common: argparse.ArgumentParser) -> None:
    who = commands.add_parser(
        "senders", help="who wrote what is listed of a folder", parents=[common]
    )
    who.add_argument("--folder", default="INBOX", help="default INBOX")
    who.add_argument("--lists", action="store_true", help="mailing lists instead")
    who.add_argument("--limit", type=int, default=50, help="default 50")
    figures = commands.add_parser(
        "statistics", help="figures of the mail that is listed here", parents=[common]
    )
    figures.add_argument("--width", type=int, default=80, help="default 80")
    figures.add_argument("--ascii", action="store_true", help="no block characters")
    for command, name, default in (
        (who, "senders", "the first account"),
        (figures, "statistics", "all accounts"),
    ):
        command.add_argument("--account", metavar="NAME", help=f"default {default}")
        command.add_argument("--json", action="store_true", help="print JSON")
        command.set_defaults(run="errand", command=name)


def _add_files(commands: Any, common: argparse.ArgumentParser) -> None:
    bring = commands.add_parser(
        "import", help="take messages from files into a folder", parents=[common]
    )
    bring.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help="an mbox, a Maildir, a message (.eml), or a folder of such messages",
    )
    bring.add_argument(
        "--folders",
        action="store_true",
        help="put folders of a Maildir below the folder, not all into it",
    )
    bring.add_argument(
        "--again",
        action="store_true",
        help="take messages once more that were taken into the folder before",
    )
    write = commands.add_parser(
        "export", help="write the messages of a folder to files", parents=[common]
    )
    write.add_argument(
        "--to",
        type=Path,
        metavar="PATH",
        required=True,
        help="a file (mbox) or a folder that does not exist yet",
    )
    write.add_argument(
        "--format",
        choices=["mbox", "maildir", "eml"],
        default="mbox",
        help="default mbox",
    )
    for command, name in ((bring, "import"), (write, "export")):
        command.add_argument(
            "--account", metavar="NAME", help="default the first account"
        )
        command.add_argument("--folder", metavar="NAME", required=True)
        command.set_defaults(run="errand", command=name)


def _size(words: str) -> tuple[int, int]:
    width, _, height = words.partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(words) < 9):
        raise argparse.ArgumentTypeError("write it like 120x36")
    return max(20, int(width)), max(5, int(height))


# -- the screen ----------------------------------------------------------------
