"""The header: whose desk this is, what may happen on it, and the few figures that must never be out of sight."""

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from desk.terminal.figures import age, bar, count, money, percent, span
from desk.terminal.lines import Cell, Span, cell, fit, length, strip
from desk.terminal.palette import PLAIN, Palette
from desk.terminal.picture import Picture

LEVELS = ("TRADING", "NO NEW RISK", "REDUCE ONLY", "CANCEL ALL", "FLATTEN")
CAP_BAR = 10
EMPTYING = 3
"""From this kill level on every order comes out, and it is proven."""
SKEW_MS = 1_000
"""Clocks further apart than this are told of: ages are measured on the engine's."""
FEW = 2
"""Not more errors left than this are."""


class HeaderBar(Widget):
    """Two lines, and a third one whenever something is not as it should be."""

    def __init__(self) -> None:
        super().__init__(id="header")
        self.palette: Palette = PLAIN
        self.frozen_ns = 0
        self._cells: tuple[Cell, ...] = ()

    def draw(self, picture: Picture) -> None:
        """Make the lines of what is known."""
        cells = [self._first(picture), self._second(picture), *self._banners(picture)]
        if tuple(cells) != self._cells:
            if len(cells) != len(self._cells):
                self.styles.height = len(cells)
            self._cells = tuple(cells)
            self.refresh()

    def shown(self) -> list[str]:
        """The lines as text."""
        return ["".join(text for text, _ in pieces).rstrip() for pieces in self._cells]

    def render_line(self, y: int) -> Strip:
        """One line as the terminal draws it."""
        pieces = self._cells[y] if y < len(self._cells) else ()
        return strip(pieces, self.size.width, self.palette.paper)

    def _first(self, picture: Picture) -> Cell:
        palette, header = self.palette, picture.rows.header
        if header is None:
            return ((" crossbook ", palette.brand), (" waiting for the engine", palette.faint))
        level = LEVELS[header.kill_level]
        words = f" STOPPING · L{header.kill_level} {level} " if header.stopping else f" L{header.kill_level} {level} "
        left: Cell = (
            (" crossbook ", palette.brand),
            (f" {header.mode.upper()} ", self._mode(header.mode)),
            (words, palette.caution if header.stopping and header.kill_level == 0 else self._level(header.kill_level)),
            (f"  {header.run.rpartition('/')[2]}", palette.faint),
        )
        heard = cell("  ● live", palette.good)
        if picture.is_old:
            heard = cell(f"  ○ {age(picture.quiet_ms)} old", palette.bad)
        seconds = picture.now_ms // 1000 % 86_400
        clock = f"  {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d} UTC "
        up = f"up {age(picture.age_ms(header.started_ms))}"
        right: Cell = (*heard, (clock, palette.strong))
        for more in (self._skew(picture), cell(up, palette.faint)):  # what there is room for
            right = (*more, *right) if length(more) + length(right) <= self.size.width // 2 else right
        return (*fit(left, self.size.width - length(right), fill=palette.paper), *right)

    def _skew(self, picture: Picture) -> Cell:
        """How far the engine's clock is from this machine's, where that matters."""
        if abs(picture.skew_ms) < SKEW_MS:
            return ()
        way = "ahead" if picture.skew_ms > 0 else "behind"
        return cell(f"  {age(abs(picture.skew_ms))} {way} of here", self.palette.warn)

    def _second(self, picture: Picture) -> Cell:
        palette, header = self.palette, picture.rows.header
        if header is None:
            return ()
        venues = picture.rows.venues
        proven = sum(venue.proven and not venue.why_not for venue in venues)
        errors_left = min((venue.errors_left for venue in venues), default=0)
        unknown, broken = header.orders_unknown, header.breaks_open
        risk = f" at risk {money(header.unknown_risk_micros)}" if unknown else ""
        used_ppm = header.worst_loss_micros * 1_000_000 // max(1, header.cap_micros)
        full, rest = bar(used_ppm, CAP_BAR)
        full_style = palette.bad if used_ppm > 900_000 else palette.warn if used_ppm > 700_000 else palette.bar
        groups: list[Cell] = [
            self._figure("venues", f"{proven}/{len(venues)}", palette.good if proven == len(venues) else palette.bad),
            self._figure("open", str(header.orders_open), palette.strong),
            self._figure("UNKNOWN", f"{unknown}{risk}", palette.alarm if unknown else palette.faint),
            self._figure("breaks", str(broken), palette.alarm if broken else palette.faint),
            (
                *self._figure("worst", money(header.worst_loss_micros), palette.strong),
                (" ", palette.paper),
                (full, full_style),
                (rest, palette.bar_rest),
                (f" {percent(used_ppm, places=0)}% of {money(header.cap_micros)}", palette.faint),
            ),
            self._figure(
                "net",
                f"{money(header.net_micros, signed=True)} {header.base}",
                palette.good if header.net_micros > 0 else palette.bad if header.net_micros < 0 else palette.strong,
            ),
            self._figure("reaction", f"{span(header.latency_p50_us)}/{span(header.latency_p99_us)}", palette.strong),
            self._figure("facts/s", count(header.facts_per_s), palette.strong),
        ]
        few = errors_left <= FEW
        groups.insert(
            3 if few else 6, self._figure("errors left", str(errors_left), palette.alarm if few else palette.faint)
        )
        pieces: list[Span] = [(" ", palette.paper)]
        for number, group in enumerate(groups):
            if sum(length((piece,)) for piece in pieces) + length(group) + 3 > self.size.width:
                break
            pieces.extend((*cell("   ", palette.paper), *group) if number else group)
        return tuple(pieces)

    def _banners(self, picture: Picture) -> list[Cell]:
        """What must be seen: the connection is gone, the kill level is up, the view stands still."""
        palette, header, link = self.palette, picture.rows.header, picture.link
        found: list[Cell] = []
        if not link.up and (link.ever_up or link.why):
            lost = age(max(0, picture.now_ns - link.down_ns) // 1_000_000)
            again = age(max(0, link.again_ns - picture.now_ns) // 1_000_000)
            text = f" CONNECTION LOST {lost} ago: every figure below is old. Dialling again in {again}. {link.why}"
            if not link.ever_up:
                text = f" NO CONNECTION: {link.why}. Dialling again in {again}."
            found.append(self._across(text, palette.alarm))
        elif picture.is_old and header is not None:
            text = f" NOTHING HEARD for {age(picture.quiet_ms)}: every figure below is old."
            found.append(self._across(text, palette.alarm))
        if header is not None and header.kill_level:
            who = f" by {header.kill_who}" if header.kill_who else ""
            why = f": {header.kill_why}" if header.kill_why else ""
            ago = f", {age(picture.age_ms(header.kill_ms))} ago" if header.kill_ms else ""
            proven = ""
            if header.kill_level >= EMPTYING:
                proven = f" Proven empty at {len(header.kill_proven)}/{len(picture.rows.venues)} venues."
            text = (
                f" KILL LEVEL {header.kill_level} {LEVELS[header.kill_level]}{who}{why}{ago}.{proven} R takes it back."
            )
            found.append(self._across(text, self._level(header.kill_level)))
        if self.frozen_ns:
            stood = age(max(0, picture.now_ns - self.frozen_ns) // 1_000_000)
            text = f" VIEW FROZEN for {stood}: trading goes on behind it. Space lets it run again."
            found.append(self._across(text, palette.caution))
        return found

    def _across(self, text: str, style: Style) -> Cell:
        return fit(cell(text, style), self.size.width)

    def _figure(self, name: str, value: str, style: Style) -> Cell:
        return ((f"{name} ", self.palette.faint), (value, style))

    def _mode(self, mode: str) -> Style:
        palette = self.palette
        return {"live": palette.live, "paper": palette.paper_mode}.get(mode, palette.demo)

    def _level(self, level: int) -> Style:
        palette = self.palette
        return (palette.calm, palette.caution, palette.reduce, palette.stopped, palette.flatten)[level]
