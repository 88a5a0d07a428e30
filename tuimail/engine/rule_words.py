"""Rules in plain words, for the screen and the command line."""

from __future__ import annotations

from collections.abc import Iterable

from tuimail.config import Rule
from tuimail.engine.present import messages_words
from tuimail.engine.views import Match
from tuimail.mail.sanitize import safe_text
from tuimail.mail.types import SafeText


def does(rule: Rule) -> SafeText:
    """What a rule does, e.g. `mark as read, move to Lists/python`."""
    said = [f"mark as {mark}" for mark in rule.mark]
    said += [f"label {rule.label}"] * bool(rule.label)
    said += [f"move to {rule.move}"] * bool(rule.move)
    said += ["archive"] * rule.archive + ["delete"] * rule.delete
    said += ["file as junk"] * rule.junk
    said += [f"snooze {rule.snooze}"] * bool(rule.snooze)
    return safe_text(", ".join(said), 200)


def standing(match: Match) -> SafeText:
    """How many messages it fits now, or that it is held."""
    if match.new:
        return SafeText(f"{len(match.messages):,} new held")
    if match.problem:
        return SafeText(f"held, {messages_words(len(match.messages))}")
    return SafeText(messages_words(len(match.messages)))


def would_take(match: Match) -> SafeText:
    """How many messages it is about, once it is held no more."""
    return SafeText(f"It would take {messages_words(len(match.messages))}.")


def about(match: Match, subjects: Iterable[str]) -> SafeText:
    """What it would do, to what, and what it cannot see."""
    said = f"{match.rule.query}: {does(match.rule)}."
    if match.problem:
        said += f" Held: {match.problem} {would_take(match)}"
    elif match.new:
        said += " Held: so many came at once that they wait for your word."
        said += f" {would_take(match)}"
    first = ", ".join(f'"{subject}"' for subject in subjects)
    said += f" First: {first}." if first else ""
    if match.blind:
        said += f" The texts of {messages_words(match.blind)} are not here, so their"
        said += " words do not fit."
    return safe_text(said, 600)
