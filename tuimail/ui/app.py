"""The app: themes, keys, engine events, and a clean end whatever happens."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.screen import Screen

from tuimail.engine.events import Event, Failed, Level, Notice, Progress, Saved
from tuimail.mail.sanitize import safe_text
from tuimail.ui import keymap as keys
from tuimail.ui.bridge import Bridge, Knock
from tuimail.ui.commands import registry
from tuimail.ui.format import SIGNS
from tuimail.ui.painter import PaintedApp
from tuimail.ui.screens.dialogs import Question
from tuimail.ui.screens.main import MainScreen
from tuimail.ui.theme import (
    Look,
    choose,
    load_themes,
    shipped_themes,
    textual_theme,
)

if TYPE_CHECKING:
    from tuimail.config import Config
    from tuimail.engine.service import MailService
    from tuimail.paths import Paths

SAY_S = 5.0


class TuimailApp(PaintedApp[int]):
    """The program on the screen."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "tuimail"
    CSS = """
    Toast { background: $panel; color: $foreground; padding: 0 1; margin: 0;
        width: auto; max-width: 90%; border: none; }
    ToastRack { align-horizontal: right; margin-bottom: 2; }
    """

    def __init__(
        self,
        service: MailService,
        config: Config,
        paths: Paths,
        *,
        problems: Sequence[str] = (),
        background_dark: bool | None = None,
    ) -> None:
        super().__init__()
        self.service = service
        self.config = config
        self.log_file: Path = paths.log / "tuimail.log"
        self._state_file = paths.state / "theme"
        self.animation_level = "none"
        loaded = load_themes([shipped_themes(), paths.config / "themes"])
        self.looks = loaded.looks
        self.problems = [*problems, *loaded.problems]
        for look in self.looks.values():
            self.register_theme(textual_theme(look))
        wanted = config.view.theme
        if wanted == "auto":
            wanted = self._kept_theme() or wanted
        elif wanted not in self.looks:
            self.problems.append(f"There is no theme {wanted!r}; T shows all.")
        name = choose(wanted, self.looks, os.environ, background_dark)
        self.look: Look = self.looks[name]
        self.theme = name
        self.signs = SIGNS[config.view.glyphs]
        self.keymap = self._build_keymap()
        self._expected: set[int] = set()
        self._asking: set[str] = set()
        self.bridge = Bridge(self)

    def get_default_screen(self) -> Screen[None]:
        """The main screen."""
        return MainScreen(self.service)

    def on_ready(self) -> None:
        """The first frame is on the screen: now the network may begin."""
        gc.enable()
        for problem in self.problems:
            self.say(problem, trouble=True)
        for sentence in self.service.notices:
            self.say(sentence, trouble=True)
        self.service.subscribe(self.bridge)
        self.service.start()
        main = self.main
        if main.list.mailbox is not None:
            self.service.open_mailbox(main.list.mailbox)

    @property
    def main(self) -> MainScreen:
        """The main screen, whatever lies on it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    # -- what others use ------------------------------------------------------

    def say(self, words: str, *, trouble: bool = False) -> None:
        """A toast; its words are shown as they are and never parsed."""
        self.notify(
            safe_text(words, 500),
            severity="error" if trouble else "information",
            timeout=2 * SAY_S if trouble else SAY_S,
            markup=False,
        )

    def wear(self, name: str) -> None:
        """Change the theme."""
        self.look = self.looks[name]
        self.theme = name
        main = self.main
        main.view.relayout()
        for widget in main.query("LineWidget"):
            widget.refresh()

    def keep_theme(self, name: str) -> None:
        """Wear this theme the next time as well, where the configuration is `auto`."""
        try:
            self._state_file.write_text(name, encoding="utf-8")
        except OSError as error:
            self.say(f"The theme could not be kept: {error.strerror}.", trouble=True)

    def expect(self, ticket: int) -> None:
        """The user waits for this: say how it ends."""
        self._expected.add(ticket)

    def ask_password(self, account: str) -> None:
        """Ask for an account's password, once at a time."""
        if account in self._asking:
            return
        self._asking.add(account)

        def answered(password: str | None) -> None:
            self._asking.discard(account)
            if password:
                self.service.answer_password(account, password)

        question = f"Password of {account} (kept in memory only; Esc: stay offline)"
        self.main.ask(Question(question, secret=True), answered)

    # -- engine events --------------------------------------------------------

    def on_knock(self, message: Knock) -> None:
        """Take the engine's news."""
        for event in self.bridge.take():
            self._dispatch(event)

    def _dispatch(self, event: Event) -> None:
        match event:
            case Notice(level=level, text=text):
                self.say(text, trouble=level is not Level.INFO)
            case Saved(ticket=ticket, path=path):
                self._expected.discard(ticket)
                self.say(f"Saved to {path}")
            case Failed(ticket=ticket, reason=reason):
                if ticket in self._expected:
                    self._expected.discard(ticket)
                    self.say(reason, trouble=True)
            case Progress(ticket=ticket, done=done, total=total, label=label) if (
                ticket in self._expected
            ):
                self.sub_title = f"{label} {100 * done // max(1, total)} %"
            case _:
                self.main.on_engine_event(event)

    # -- inside ---------------------------------------------------------------

    def _kept_theme(self) -> str:
        try:
            return self._state_file.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def _build_keymap(self) -> keys.Keymap:
        built = keys.build(
            registry.load(),
            self.config.keys,
            dict(self.config.key_lines),
            str(self.config.path or "config"),
        )
        self.problems += built.problems
        return built

    def _fatal_error(self) -> None:
        """A bug: say one sentence. Locals hold mail, so they are never printed."""
        self._exit_renderables.clear()
        self._close_messages_no_wait()


def run(
    service: MailService,
    config: Config,
    paths: Paths,
    *,
    problems: Sequence[str] = (),
    background_dark: bool | None = None,
    demo: bool = False,
) -> int:
    """Run the program on this terminal; gives the exit status."""
    # Threads parse mail while keys are waited for: hand over every millisecond.
    sys.setswitchinterval(0.001)
    gc.disable()
    no_color = os.environ.get("NO_COLOR")
    app = TuimailApp(
        service, config, paths, problems=problems, background_dark=background_dark
    )
    signal.signal(signal.SIGHUP, lambda *_: app.call_later(app.exit, 0))
    result = app.run(mouse=config.view.mouse)
    if no_color is not None:
        os.environ["NO_COLOR"] = no_color
    return app.return_code if app.return_code else result or 0


def screenshot(
    service: MailService,
    config: Config,
    paths: Paths,
    file: Path,
    size: tuple[int, int] = (120, 36),
    keys_typed: Sequence[str] = (),
) -> None:
    """Run without a terminal until the mail is there, and draw the screen as SVG."""
    import asyncio

    app = TuimailApp(service, config, paths)

    async def draw() -> None:
        async with app.run_test(size=size) as pilot:
            await _settled(app, pilot)
            for key in keys_typed:
                await pilot.press(key)
                await pilot.pause(0.3)
            await _settled(app, pilot)
            file.write_text(app.export_screenshot(title="tuimail"), encoding="utf-8")

    asyncio.run(draw())


async def _settled(app: TuimailApp, pilot: object) -> None:
    """Wait until the list is there and no text is on its way, at most ten seconds."""
    from textual.pilot import Pilot

    assert isinstance(pilot, Pilot)
    for _ in range(100):
        await pilot.pause(0.1)
        listing = app.main.list.listing
        if (
            listing is not None
            and listing.synced_at
            and not app.main.desk.reader.waiting
        ):
            break
    await pilot.pause(0.4)
