"""The app: themes, keys, engine events, and a clean end whatever happens."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import events
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.message import Message
from textual.screen import Screen

from tuimail.engine.events import (
    Announced,
    Event,
    Failed,
    Finished,
    Foreground,
    Held,
    KeepingOn,
    Level,
    ListKnown,
    Notice,
    Piped,
    Planned,
    Progress,
    Saved,
    Shared,
    Tried,
    Weighed,
)
from tuimail.mail.sanitize import safe_text
from tuimail.ui import keymap as keys
from tuimail.ui import notices
from tuimail.ui.bridge import Bridge
from tuimail.ui.commands import registry
from tuimail.ui.format import SIGNS
from tuimail.ui.painter import PaintedApp
from tuimail.ui.pictures import ASKING
from tuimail.ui.screens.main import MainScreen
from tuimail.ui.terminal import Graphics, ask_graphics
from tuimail.ui.theme import (
    Look,
    fitting,
    load_shipped,
    load_themes,
    shipped_themes,
    textual_theme,
)

if TYPE_CHECKING:
    from tuimail.config import Config
    from tuimail.engine.service import MailService
    from tuimail.paths import Paths

SAY_S = 5.0
TOAST_S = 0.1
"""Seconds in which a toast is surely on the screen."""
START_S = 0.03
"""Seconds for the first frame to reach the terminal, before anything else begins."""
KEY_WAIT_S = 0.5
"""Seconds a key waits at most for the one before it."""
KEY_LOOK_S = 0.001
RECENT = 12
BUG = 70
SIGNALLED = 128
"""Exit status of a program ended by a signal: this and the signal's number."""
CRASHED = (
    "tuimail stopped by a fault of its own. Nothing is lost: what you did is kept"
    " and sent the next time. Where it happened stands in {}"
)
PLUMBING = frozenset(
    "app.palette app.command app.help view.up view.down view.back".split()
)
"""Commands that nobody wants to find again in the palette."""


class Loaded(Message):
    """The rest of the program has been loaded."""


class TuimailApp(PaintedApp[int]):
    """The program on the screen."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "tuimail"
    CSS = """
    Toast { background: $panel; color: $foreground; padding: 0 1; margin: 0;
        width: auto; max-width: 90%; border: none; }
    ToastRack { align-horizontal: right; margin-bottom: 2; scrollbar-size: 0 0; }
    """

    def __init__(
        self,
        service: MailService,
        config: Config,
        paths: Paths,
        *,
        problems: Sequence[str] = (),
        background_dark: Callable[[], bool | None] = lambda: None,
        graphics: Graphics | None = None,
    ) -> None:
        self._dressed: bool | None = None
        """Whether anything is styled yet; None when the theme is not even known."""
        with _without_no_color():
            super().__init__()
        self.service = service
        self.config = config
        self.log_file: Path = paths.log / "tuimail.log"
        self._state_file = paths.state / "theme"
        self.animation_level = "none"
        self._own_themes = paths.config / "themes"
        self.problems = list(problems)
        self.look = self._first_look(background_dark)
        self.register_theme(textual_theme(self.look))
        self.theme = self.look.name
        self._dressed = False
        self.stylesheet.set_variables(self.get_css_variables())
        self.signs = SIGNS[config.view.glyphs]
        self.keymap = self._build_keymap()
        self.history: list[str] = []
        """Lines typed at `:`, the newest last."""
        self.recent: list[str] = []
        """Ids of commands, the one run last first."""
        self._typed: deque[events.Key] = deque()
        """Keys that wait, or are just sent on their way."""
        self._typed_at = 0.0
        """Monotonic: since when the first of them waits."""
        self._key_in: Screen[Any] | None = None
        """The screen that a key is on its way to, and has not acted on it yet."""
        self.graphics = graphics
        """What the terminal says of pictures; None before it was asked."""
        self._title = ""
        """What the terminal's title was set with; empty when it was not."""
        self.activity = ""
        """What the user waits for, for the status line."""
        self.kept: dict[str, str] = {}
        """By account: what is being brought here, for the status line."""
        self._expected: dict[int, str] = {}
        self._asking: set[str] = set()
        self._calm_at = 0.0
        self.bridge = Bridge(self)
        self.main = MainScreen(service)
        """The main screen, whatever lies on it."""

    @cached_property
    def looks(self) -> dict[str, Look]:
        """All themes by name; read when somebody chooses one."""
        loaded = load_themes([shipped_themes(), self._own_themes])
        self.problems += loaded.problems
        for look in loaded.looks.values():
            self.register_theme(textual_theme(look))
        return loaded.looks

    def get_css_variables(self) -> dict[str, str]:
        """The colours of the theme; none before it is known."""
        return {} if self._dressed is None else super().get_css_variables()

    def refresh_css(self, animate: bool = True) -> None:
        """Style everything anew, save for the first theme: it was there before all."""
        if self._dressed:
            super().refresh_css(animate)
        self._dressed = True

    def get_default_screen(self) -> Screen[None]:
        """The main screen."""
        return self.main

    def on_load(self) -> None:
        """Before the terminal is taken over: see that it is always given back."""
        self._heed_signals()

    def on_ready(self) -> None:
        """The first frame is made: tell what is wrong, and begin when it is out."""
        for problem in self.problems:
            self.say(problem, trouble=True)
        for sentence in self.service.notices:
            self.say(sentence, trouble=True)
        self.service.subscribe(self.bridge)
        if self.config.notify.active(os.environ):
            self.service.announce()
        self.set_timer(START_S, self._begin)

    def _begin(self) -> None:
        """The first frame is on the screen: load the rest of the program."""
        self.service.load(self._loaded)

    def _loaded(self) -> None:
        """On the loading thread: the dialogs as well, that no key waits for them."""
        from tuimail.ui import attached, choosing  # noqa: F401

        self.post_message(Loaded())

    def on_loaded(self) -> None:
        """All is here: now the network may begin."""
        # What there is by now stays, so the collector need never look at it again.
        gc.freeze()
        gc.enable()
        self.service.start()
        main = self.main
        main.folders.virtual = True
        main.folders.reload()
        self.service.seeker.count()
        if main.list.mailbox is not None and main.list.mailbox > 0:
            self.service.open_mailbox(main.list.mailbox)
            main.desk.lens.recall()

    async def on_event(self, event: events.Event) -> None:
        """A key goes on its way when the one before has been acted on.

        Keys come in bursts over a slow link: those behind the one that opens a dialog
        are meant for the dialog, and must not be commands on mail; those behind the
        one that ends it are.
        """
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if len(self._typed) == 1:
            self._typed_at = self._loop_time()
            await self._pass_keys()

    async def _pass_keys(self) -> None:
        """Send keys on their way; this queue goes on while one of them must wait."""
        while self._typed:
            if (
                not self._takes_keys()
                and self._loop_time() < self._typed_at + KEY_WAIT_S
            ):
                await asyncio.sleep(KEY_LOOK_S)
                self.call_later(self._pass_keys)
                return
            front = self._key_in = self.screen
            self._typed_at = self._loop_time()
            key = self._typed[0]
            await super().on_event(key)
            self._typed.popleft()
            if not key.is_forwarded:
                # It was for the app itself.
                self.key_done(front)
            elif front is not self.main:
                way = list((front.focused or front).ancestors_with_self)
                self._pass_by([*way, *way], front)

    def _takes_keys(self) -> bool:
        """Whether what is in front is ready for a key."""
        front = self.screen
        if front is self._key_in:
            return False
        ready = front.focused is not None or not front.focus_chain
        return front is self.main or (front.is_mounted and ready)

    def _pass_by(self, way: list[DOMNode], front: Screen[Any]) -> None:
        """Go the way of a key through a dialog, twice, as what it caused does."""
        if not way or not way[0].call_later(self._pass_by, way[1:], front):
            self.key_done(front)

    def key_done(self, front: Screen[Any]) -> None:
        """This screen has acted on the key it was given."""
        if self._key_in is front:
            self._key_in = None

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()

    def on_unmount(self) -> None:
        """The end: give the terminal its own title back."""
        self.part()
        self.main.desk.reader.gallery.clear()
        if self._title:
            self.tell(notices.GIVE_TITLE_BACK)

    # -- what others use ------------------------------------------------------

    def entitle(self, folder: str, unread: int | None) -> None:
        """Say in the terminal's title where one is."""
        if not notices.titled(self.config.view.title, os.environ):
            return
        title = notices.title(folder, unread)
        if title != self._title:
            self.tell(title if self._title else notices.KEEP_TITLE + title)
            self._title = title

    def say(self, words: str, *, trouble: bool = False, alone: bool = False) -> None:
        """A toast; its words are shown as they are and never parsed.

        `alone` takes away earlier ones, unless there was trouble a moment ago.
        """
        if trouble:
            self._calm_at = time.monotonic() + 2 * SAY_S
        elif alone:
            self.hush()
        self.notify(
            safe_text(words, 500),
            severity="error" if trouble else "information",
            timeout=2 * SAY_S if trouble else SAY_S,
            markup=False,
        )

    def hush(self) -> None:
        """Take toasts away, unless there was trouble a moment ago."""
        if time.monotonic() > self._calm_at:
            self.clear_notifications()
            # A toast that is only just being made is overlooked by that.
            self.set_timer(TOAST_S, self._refresh_notifications)

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

    def remember(self, command: str) -> None:
        """A command was run: the palette shows it first."""
        if command not in PLUMBING:
            rest = [each for each in self.recent if each != command]
            self.recent = [command, *rest[: RECENT - 1]]

    def expect(self, ticket: int, what: str = "") -> None:
        """The user waits for this: say how it ends, and `what` until then."""
        self._expected[ticket] = what
        self._tell_activity()

    def cancel_expected(self) -> bool:
        """The user does not want to wait; False when nothing was under way."""
        told = {ticket: what for ticket, what in self._expected.items() if what}
        for ticket in told:
            self.service.cancel(ticket)
            del self._expected[ticket]
        if told:
            self.say(f"Cancelled: {', '.join(told.values())}.")
            self._tell_activity()
        return bool(told)

    def ask_password(self, account: str) -> None:
        """Ask for an account's password, once at a time."""
        if account in self._asking:
            return
        self._asking.add(account)

        def answered(password: str | None) -> None:
            self._asking.discard(account)
            if password:
                self.service.answer_password(account, password)

        from tuimail.ui.screens.dialogs import Question

        question = f"Password of {account} (kept in memory only; Esc: stay offline)"
        self.main.ask(Question(question, secret=True), answered)

    # -- engine events --------------------------------------------------------

    def on_knock(self) -> None:
        """Take the engine's news, or a moment later when there was some just now."""
        if wait := self.bridge.wait_s():
            self.set_timer(wait, self._take_news)
        else:
            self._take_news()

    def _take_news(self) -> None:
        if not self.main.is_attached or not self.main.is_running:
            return
        for event in self.bridge.take():
            self._dispatch(event)
        self.main.refresh_bars()
        if self.screen is not self.main:
            from tuimail.ui.screens.dialogs import Living

            if isinstance(self.screen, Living):
                with suppress(NoMatches):
                    self.screen.reread()

    def _dispatch(self, event: Event) -> None:
        if len(self.screen_stack) > 1:
            self._tell_dialogs(event)
        match event:
            case Announced():
                self.tell(notices.notice(self.config.notify, event))
            case Notice(level=level, text=text):
                self.say(text, trouble=level is not Level.INFO)
            case Saved(ticket=ticket, path=path, doubt=doubt):
                self._ended(ticket)
                self.say(f"Saved to {path}. {doubt}".removesuffix(" "))
            case Held() | Foreground() | Piped():
                if self._ended(event.ticket):
                    self._opened(event)
            case Failed(ticket=ticket, reason=reason):
                if self._ended(ticket):
                    self.say(reason, trouble=True)
                else:
                    self.main.desk.lens.on_failed(event)
            case Finished(ticket=ticket, words=words):
                if self._ended(ticket):
                    self.say(words)
            case ListKnown(ticket=ticket):
                if self._ended(ticket):
                    from tuimail.ui import listmail

                    listmail.ask_to_leave(self.main.desk, event)
            case Weighed(account=account):
                self.main.desk.weighed[account] = event
            case Shared(ticket=ticket):
                if self._ended(ticket):
                    from tuimail.ui import sharing

                    sharing.shared(self.main.desk, event)
            case Tried(ticket=ticket):
                if self._ended(ticket):
                    from tuimail.ui import ruling

                    ruling.tried(self.main.desk, event)
            case Planned(ticket=ticket):
                self._planned(event)
            case KeepingOn(account=account, words=words):
                self.kept[account] = words
                self.main.refresh_bars()
            case Progress(ticket=ticket) if ticket in self._expected:
                self._tell_activity(event)
            case _:
                self.main.on_engine_event(event)

    def _tell_dialogs(self, event: Event) -> None:
        from tuimail.ui.screens.dialogs import Living

        for screen in self.screen_stack:
            if isinstance(screen, Living) and screen.is_mounted:
                # One that is just being closed has lost its widgets.
                with suppress(NoMatches):
                    screen.hear(event)

    def _opened(self, event: Held | Foreground | Piped) -> None:
        """What became of a wish to open something needs the user, or the terminal."""
        from tuimail.ui import opening

        match event:
            case Held():
                opening.held(self.main.desk, event)
            case Foreground():
                opening.foreground(self.main.desk, event)
            case Piped():
                opening.piped(self.main.desk, event)

    def _planned(self, event: Planned) -> None:
        what = self._expected.get(event.ticket)
        if self._ended(event.ticket):
            from tuimail.ui import keeping

            keeping.planned(self.main.desk, event, ask=what != keeping.PREPARING)

    def _ended(self, ticket: int) -> bool:
        """A ticket has ended; False when the user did not wait for it."""
        known = self._expected.pop(ticket, None) is not None
        self._tell_activity()
        return known

    def _tell_activity(self, progress: Progress | None = None) -> None:
        what = next((each for each in self._expected.values() if each), "")
        if progress is not None and progress.total:
            named = self._expected[progress.ticket] or progress.label
            done = 100 * progress.done // progress.total
            what = f"{named} {done} %"
            if progress.told:
                what += f", {progress.label}"
        self.activity = f"{what}, Esc cancels" if what else ""
        self.main.refresh_bars()

    # -- inside ---------------------------------------------------------------

    def _first_look(self, background_dark: Callable[[], bool | None]) -> Look:
        """The theme named in the configuration, kept from last time, or fitting."""
        set_ = self.config.view.theme
        wanted = self._kept_theme() if set_ == "auto" else set_
        look = self._find_look(wanted) if wanted else None
        if look is None and set_ != "auto":
            self.problems.append(f"There is no theme {wanted!r}; T shows all.")
        if look is None:
            look = self._find_look(fitting(os.environ, background_dark))
        assert look is not None, "the themes for every terminal come with the program"
        return look

    def _find_look(self, name: str) -> Look | None:
        return load_shipped(name, self._own_themes) or self.looks.get(name)

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

    def _heed_signals(self) -> None:
        """End in order when the terminal goes away or somebody asks for it."""
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(number, self._end_by_signal, number)

    def _end_by_signal(self, number: int) -> None:
        self.exit(SIGNALLED + number, return_code=SIGNALLED + number)

    def _fatal_error(self) -> None:
        """A bug: say one sentence, and where in the code to look.

        Locals and the error's own words may hold mail, so neither is written down.
        """
        error = self._exception
        frames = traceback.format_tb(error.__traceback__) if error else []
        name = type(error).__name__ if error else "an error"
        logging.getLogger(__name__).error("%s in\n%s", name, "".join(frames))
        self._exit_renderables[:] = [Text(CRASHED.format(self.log_file))]
        self._close_messages_no_wait()


@contextmanager
def _without_no_color() -> Iterator[None]:
    """Textual's greyscale for NO_COLOR paints backgrounds; our theme `mono` does not.

    It also takes the variable away from programs started later: they keep it.
    """
    kept = os.environ.pop("NO_COLOR", None)
    try:
        yield
    finally:
        if kept is not None:
            os.environ["NO_COLOR"] = kept


def run(
    service: MailService,
    config: Config,
    paths: Paths,
    *,
    problems: Sequence[str] = (),
    background_dark: Callable[[], bool | None] = lambda: None,
    demo: bool = False,
) -> int:
    """Run the program on this terminal; gives the exit status."""
    # Threads parse mail while keys are waited for: hand over every half millisecond.
    sys.setswitchinterval(0.0005)
    gc.disable()
    asked = ask_graphics(os.environ) if config.view.pictures in ASKING else None
    app = TuimailApp(
        *(service, config, paths),
        problems=problems,
        background_dark=background_dark,
        graphics=asked,
    )
    result = app.run(mouse=config.view.mouse)
    if app._exception is not None:
        return BUG
    return app.return_code or result or 0


def screenshot(
    service: MailService,
    config: Config,
    paths: Paths,
    file: Path,
    size: tuple[int, int] = (120, 36),
    keys_typed: Sequence[str] = (),
) -> None:
    """Run without a terminal until the mail is there, and draw the screen as SVG."""
    if config.view.theme == "auto":
        config = config._replace(view=config.view._replace(theme="tuimail-dark"))
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
