"""Themes: TOML files to colours and styles. A bad one is reported and skipped."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rich.errors import StyleSyntaxError
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme

COLORS = (
    "primary secondary accent warning error success foreground background surface panel"
).split()
STYLES: dict[str, str] = {
    "text": "",
    "unread": "bold",
    "dim": "dim",
    "flagged": "bold {warning}",
    "answered": "{secondary}",
    "pending": "{warning}",
    "failed": "bold {error}",
    "selected": "reverse",
    "selected-blurred": "underline",
    "marked": "bold {accent}",
    "attachment": "{secondary}",
    "title": "bold {foreground} on {panel}",
    "status": "{foreground} on {panel}",
    "key": "bold {accent} on {panel}",
    "online": "{success} on {panel}",
    "trouble": "bold {error} on {panel}",
    "rule": "dim",
    "folder": "",
    "role": "{primary}",
    "field": "bold {primary}",
    "value": "",
    "subject": "bold",
    "badge": "bold {error}",
    "quote1": "{secondary}",
    "quote2": "{primary}",
    "quote3": "{success}",
    "quote4": "{warning}",
    "signature": "dim",
    "heading": "bold {primary}",
    "strong": "bold",
    "emphasis": "italic",
    "code": "{secondary}",
    "link": "underline {accent}",
    "note": "italic {warning}",
    "seal": "bold {secondary}",
    "alarm": "bold {error}",
    "added": "{success}",
    "removed": "{error}",
    "hit": "reverse bold",
}
"""Every style of the screen and what it is when a theme does not say."""


@dataclass(frozen=True, slots=True)
class Look:
    """A theme: colours for Textual's widgets, styles for our own."""

    name: str
    dark: bool
    ansi: bool
    colors: Mapping[str, str]
    mail: Mapping[str, str]
    styles: Mapping[str, Style] = field(repr=False, default_factory=dict)

    def __getitem__(self, style: str) -> Style:
        return self.styles[style]


class Loaded(NamedTuple):
    """What was found: usable themes by name, and what is wrong with the others."""

    looks: dict[str, Look]
    problems: tuple[str, ...]


def shipped_themes() -> Path:
    """Where the themes are that came with the program."""
    installed = Path(__file__).parent.parent / "themes"
    return installed if installed.is_dir() else installed.parent.parent / "themes"


def load_themes(folders: Iterable[Path]) -> Loaded:
    """Read every `*.toml`; later folders override names of earlier ones."""
    looks: dict[str, Look] = {}
    problems: list[str] = []
    for folder in folders:
        for file in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            found = _problems_of(file, looks)
            if isinstance(found, Look):
                looks[found.name] = found
            else:
                problems += found
    return Loaded(looks, tuple(problems))


def load_shipped(name: str, own: Path) -> Look | None:
    """One theme that came with the program, without a look at the others.

    None when there is none of that name, or when themes in `own` could change it.
    """
    file = shipped_themes() / f"{name}.toml"
    if name != Path(name).name or not file.is_file() or any(own.glob("*.toml")):
        return None
    found = _problems_of(file, {})
    return found if isinstance(found, Look) else None


def _problems_of(file: Path, known: Mapping[str, Look]) -> Look | list[str]:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return [f"{file}: {error}. The theme is skipped."]
    look, problems = read_theme(raw, known, file.stem)
    return look if not problems else [f"{file}: {each}" for each in problems]


def read_theme(
    raw: Mapping[str, object], known: Mapping[str, Look], stem: str
) -> tuple[Look, list[str]]:
    """A theme from its table, and every problem with it."""
    problems = [
        f"unknown key {key!r}; allowed are name, dark, ansi, inherits, colors, mail"
        for key in raw
        if key not in ("name", "dark", "ansi", "inherits", "colors", "mail")
    ]
    base = known.get(str(raw.get("inherits", "")))
    if "inherits" in raw and base is None:
        problems.append(f"inherits {raw['inherits']!r}, which is no known theme")
    colors = {**(base.colors if base else {}), **_texts(raw, "colors", problems)}
    mail = {**(base.mail if base else {}), **_texts(raw, "mail", problems)}
    problems += _color_problems(colors)
    styles, style_problems = _styles(colors, mail)
    look = Look(
        str(raw.get("name", stem)),
        bool(raw.get("dark", base.dark if base else True)),
        bool(raw.get("ansi", base.ansi if base else False)),
        colors,
        mail,
        styles,
    )
    return look, problems + style_problems


def _texts(raw: Mapping[str, object], key: str, problems: list[str]) -> dict[str, str]:
    table = raw.get(key, {})
    if not isinstance(table, dict):
        problems.append(f"[{key}] must be a table")
        return {}
    allowed = COLORS if key == "colors" else STYLES
    for name, value in table.items():
        if name not in allowed:
            problems.append(f"[{key}] has no {name!r}; allowed: {', '.join(allowed)}")
        elif not isinstance(value, str):
            problems.append(f"[{key}] {name}: found {value!r}, expected a text")
    return {name: str(value) for name, value in table.items() if name in allowed}


def _color_problems(colors: Mapping[str, str]) -> list[str]:
    problems = [f"[colors] {name} is missing" for name in COLORS if name not in colors]
    for name, value in colors.items():
        try:
            Color.parse(value)
        except ColorParseError:
            problems.append(f"[colors] {name}: {value!r} is no colour, try '#8899aa'")
    return problems


def _styles(
    colors: Mapping[str, str], mail: Mapping[str, str]
) -> tuple[dict[str, Style], list[str]]:
    names = {name: _rich_color(colors.get(name, "")) for name in COLORS}
    base = Style.parse(f"{names['foreground']} on {names['background']}")
    styles: dict[str, Style] = {}
    problems = []
    for name, default in STYLES.items():
        words = mail.get(name, default)
        try:
            styles[name] = base + Style.parse(words.format(**names))
        except (StyleSyntaxError, KeyError, ValueError, IndexError):
            problems.append(f"[mail] {name}: {words!r} is no style, try 'bold #8899aa'")
            styles[name] = base
    return styles, problems


def _rich_color(value: str) -> str:
    """Textual's name of a colour as Rich writes it."""
    if value.startswith("ansi_"):
        return value.removeprefix("ansi_")
    try:
        return Color.parse(value).hex6
    except ColorParseError:
        return "default"


def textual_theme(look: Look) -> Theme:
    """The theme for Textual's own widgets (inputs, dialogs)."""
    variables = {}
    if look.ansi:
        inside = (
            ("ansi_black", "ansi_white") if look.dark else ("ansi_white", "ansi_black")
        )
        variables = {
            "ansi-background": inside[0],
            "ansi-foreground": inside[1],
            "border-blurred": "ansi_bright_black",
            "block-cursor-foreground": inside[0],
            "block-cursor-background": inside[1],
            "input-cursor-background": inside[1],
            "input-cursor-foreground": inside[0],
            "input-selection-background": "ansi_blue",
            "input-selection-foreground": "ansi_white",
            "screen-selection-background": "ansi_blue",
            "screen-selection-foreground": "ansi_white",
        }
    return Theme(
        name=look.name,
        dark=look.dark,
        ansi=look.ansi,
        variables=variables,
        **{name: look.colors[name] for name in COLORS},  # type: ignore[arg-type]
    )


def fitting(
    environ: Mapping[str, str], background_dark: Callable[[], bool | None]
) -> str:
    """The theme for this terminal when nobody has named one.

    By NO_COLOR (https://no-color.org), the number of colours of the terminal, and
    whether its background is dark (None: not known); only then that is asked.
    """
    if environ.get("NO_COLOR"):
        return "mono"
    dark = background_dark() is not False
    term, depth = environ.get("TERM", ""), environ.get("COLORTERM", "")
    if not depth and "256color" not in term and "kitty" not in term:
        return "ansi" if dark else "ansi-light"
    return "tuimail-dark" if dark else "tuimail-light"
