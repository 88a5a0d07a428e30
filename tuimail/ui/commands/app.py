"""The program itself: help, palette, command line, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimail.ui.commands.registry import command

if TYPE_CHECKING:
    from tuimail.ui.desk import Desk


@command("app.help", "Help", "?", "f1")
def help_(desk: Desk, count: int) -> None:
    """Every command that works here, with its keys; type to search."""
    desk.show_help()


@command("app.palette", "Commands", "ctrl+p")
def palette(desk: Desk, count: int) -> None:
    """Find a command or a folder by any letters of its name."""
    desk.show_palette()


@command("app.command", "Command line", ":")
def command_line(desk: Desk, count: int) -> None:
    """Type the name of a command; Tab completes it; `2:` is for two messages."""
    desk.ask_command(count)


@command("app.log", "Log", "g L")
def log(desk: Desk, count: int) -> None:
    """What happened lately, with details of errors."""
    desk.show_log()


@command("app.redraw", "Redraw", "ctrl+l")
def redraw(desk: Desk, count: int) -> None:
    """Draw the whole screen again."""
    desk.redraw()


@command("app.quit", "Quit", "Q", "ctrl+q")
def quit_(desk: Desk, count: int) -> None:
    """Leave. What is not on the server yet is kept and sent the next time."""
    desk.leave()
