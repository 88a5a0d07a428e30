"""What is said of what a page has and is not shown."""

from __future__ import annotations

from tuimail.mail.types import SafeText


def notes_on(
    hidden: int, trackers: int, refused: int, cut: bool
) -> tuple[SafeText, ...]:
    """One sentence each: characters, images, links, and the end of a long text."""
    said = []
    if hidden:
        said.append(_counted(hidden, "hidden character", "not shown"))
    if trackers:
        said.append(_counted(trackers, "tracking image", "not fetched"))
    if refused:
        said.append(_refused(refused))
    if cut:
        said.append("The text is too long; its end is not shown.")
    return tuple(map(SafeText, said))


def _counted(count: int, what: str, done: str) -> str:
    verb = "is" if count == 1 else "are"
    return f"{count} {what}{'' if count == 1 else 's'} {verb} {done}."


def _refused(count: int) -> str:
    if count == 1:
        return "1 link of a kind that is never opened was left out."
    return f"{count} links of kinds that are never opened were left out."
