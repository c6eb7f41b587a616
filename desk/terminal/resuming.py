"""The way back: which stop is taken back, and why. A stop is set in a hurry and lifted with a reason."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from desk.terminal.dialogues import LEVEL_MEANINGS, Dialogue, as_text
from desk.terminal.lines import Cell
from desk.terminal.palette import Palette
from desk.terminal.picture import Picture
from desk.views import Header, StrategyRow


class WayBack(NamedTuple):
    """One stop that can be taken back: what is sent for it, and how it is told."""

    path: str
    body: dict[str, object]
    name: str
    says: str


def ways_back(picture: Picture) -> list[WayBack]:
    """Everything at once first, then each lower kill level, the nearest first, then each strategy that rests.

    A strategy by itself cannot go on while everyone rests: then only everything can.
    """
    header, paused = picture.rows.header, [one for one in picture.rows.strategies if one.paused]
    level = header.kill_level if header else 0
    found = [
        WayBack(
            "/v1/halt",
            {"level": to, "lower": True},
            f"level {to}",
            LEVEL_MEANINGS[to] if to else "trading, pauses stay",
        )
        for to in range(level - 1, -1, -1)
    ]
    together = len({(one.paused_by, one.paused_why) for one in paused}) == 1 and len(paused) > 1
    found += [] if together else [_of(one) for one in paused]
    if not found and not paused:
        return []
    return [WayBack("/v1/resume", {"strategy": ""}, "everything", "level 0, and every strategy goes on"), *found]


def _of(one: StrategyRow) -> WayBack:
    return WayBack(
        "/v1/resume", {"strategy": one.id}, one.id, f"goes on; it rests by {one.paused_by}: {one.paused_why}"
    )


class Resume(Dialogue):
    """Chooses what goes on; a reason must be typed. Answers "NUMBER WHY" of the ways back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "way(-1)", show=False, priority=True),
        Binding("down", "way(1)", show=False, priority=True),
    ]

    def __init__(
        self, palette: Palette, header: Header | None, ways: Sequence[WayBack], *, who: str, chosen: int = 0
    ) -> None:
        super().__init__(palette, "Resume")
        self._header = header
        self._ways = ways
        self._who = who
        self.chosen = chosen

    def compose(self) -> ComposeResult:
        with self.box():
            yield Static(id="ways")
            yield Input(placeholder="why it may go on, for the journal", id="why", select_on_focus=False)
            yield Static(id="refusal")

    def on_mount(self) -> None:
        self._show()
        self.query_one("#why").focus()

    def action_way(self, by: int) -> None:
        """Choose the next way back or the one before."""
        self.chosen = max(0, min(len(self._ways) - 1, self.chosen + by))
        self._show()

    def _show(self) -> None:
        palette = self.palette
        lines: list[Cell] = [*self._stands(), ()]
        width = max(len(way.name) for way in self._ways)
        for number, way in enumerate(self._ways):
            at = number == self.chosen
            lines.append(
                (
                    ("▸ " if at else "  ", palette.key),
                    (f"{way.name:<{width}}", palette.key if at else palette.strong),
                    (f"  {way.says}", palette.paper if at else palette.faint),
                )
            )
        lines += [
            (),
            (
                ("↑ ↓", palette.key),
                (" choose; type why, and ", palette.paper),
                ("Enter", palette.key),
                (f" lifts it as {self._who}, ", palette.paper),
                ("Esc", palette.key),
                (" leaves.", palette.paper),
            ),
        ]
        self.query_one("#ways", Static).update(as_text(lines))

    def _stands(self) -> list[Cell]:
        """What is in force, and what is not at rest yet: both matter before anything goes on."""
        palette, header = self.palette, self._header
        if header is None or not header.kill_level:
            return [(("No kill level is set; what rests was paused.", palette.paper),)]
        said = f"Kill level {header.kill_level}, {header.kill_name}, by {header.kill_who}: {header.kill_why}."
        unknown = f", {header.orders_unknown} of them UNKNOWN" if header.orders_unknown else ""
        open_said = f"{header.orders_open} orders are open{unknown}; {header.breaks_open} breaks stand."
        calm = not (header.orders_unknown or header.breaks_open)
        return [((said, palette.strong),), ((open_said, palette.paper if calm else palette.bad),)]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        why = event.value.strip()
        if not why:
            refusal = "nothing was done: a stop is lifted with a reason, type one"
            self.query_one("#refusal", Static).update(as_text([((refusal, self.palette.bad),)]))
            return
        self.dismiss(f"{self.chosen} {why}")
