"""What the dashboard knows: the rows told so far, how old they are, and what the person looking has asked for."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from desk.views import (
    SECTIONS,
    AlertRow,
    BreakRow,
    ExposureRow,
    Frame,
    Header,
    LadderOf,
    LadderRow,
    MarketsOf,
    OrderRow,
    OutcomeRow,
    PlanRow,
    PnlPoint,
    PnlRow,
    ReconRow,
    Row,
    StrategyRow,
    VenueRow,
    age_ms,
    order_key,
)
from domain.markets import MarketStatus

R = TypeVar("R", bound=Row)

DECIDED_MICROS = 995_000
"""An outcome that is worth so much leaves nothing to trade: its market makes room for others."""

QUIET_MS = 3_000
"""Nothing heard for this long means that nobody knows how things stand: figures are shown as old."""


class LinkState(msgspec.Struct, frozen=True):
    """How the connection to the engine stands. `down_ns` is when it was lost, `again_ns` when it is dialled again."""

    up: bool = False
    ever_up: bool = False
    down_ns: int = 0
    again_ns: int = 0
    why: str = ""


class Named:
    """Rows by section and id, and a few of them by their name."""

    def __init__(self) -> None:
        self.sections: dict[str, dict[str, Row]] = {section: {} for section in SECTIONS}

    def outcome(self, name: str) -> OutcomeRow | None:
        """An outcome by its row's id."""
        return next(iter(_of(OutcomeRow, {name: self.sections["markets"].get(name)})), None)

    def order(self, ref: str) -> OrderRow | None:
        """An order by our ref."""
        return next(iter(_of(OrderRow, {ref: self.sections["orders"].get(ref)})), None)

    def plan(self, name: str) -> PlanRow | None:
        """A plan by its row's id."""
        return next(iter(_of(PlanRow, {name: self.sections["plans"].get(name)})), None)


class Tables(Named):
    """Each section in the order in which people read it."""

    @property
    def header(self) -> Header | None:
        """The desk as a whole, None before it was told."""
        return next(iter(_of(Header, self.sections["header"])), None)

    @property
    def venues(self) -> list[VenueRow]:
        return _of(VenueRow, self.sections["venues"])

    @property
    def markets(self) -> list[tuple[OutcomeRow, ...]]:
        """Outcomes by market: the earliest event first, behind all others the markets that are as good as decided."""
        by_market: dict[str, list[OutcomeRow]] = {}
        for row in _of(OutcomeRow, self.sections["markets"]):
            by_market.setdefault(row.market, []).append(row)
        groups = [tuple(sorted(rows, key=lambda row: row.outcome)) for rows in by_market.values()]
        return sorted(groups, key=lambda rows: (_decided(rows), rows[0].starts_ms, rows[0].event, rows[0].market))

    @property
    def ladder(self) -> list[LadderRow]:
        """The longest odds first."""
        return sorted(_of(LadderRow, self.sections["ladder"]), key=lambda row: row.probability_micros)

    @property
    def orders(self) -> list[OrderRow]:
        """UNKNOWN first, then what may still be matched, then what has just ended."""
        return sorted(_of(OrderRow, self.sections["orders"]), key=order_key)

    @property
    def exposure(self) -> list[ExposureRow]:
        """The event that can cost most first."""
        return sorted(_of(ExposureRow, self.sections["exposure"]), key=lambda row: (-row.worst_loss_micros, row.id))

    @property
    def pnl(self) -> list[PnlRow]:
        """The total, then venues, strategies and events, of these the one that moved most money first."""
        rows = _of(PnlRow, self.sections["pnl"])
        return sorted(rows, key=lambda row: (_kind(row), -abs(row.net_micros) * row.id.startswith("event/"), row.id))

    @property
    def history(self) -> list[PnlPoint]:
        return sorted(_of(PnlPoint, self.sections["history"]), key=lambda row: row.at_ms)

    @property
    def strategies(self) -> list[StrategyRow]:
        return _of(StrategyRow, self.sections["strategies"])

    @property
    def plans(self) -> list[PlanRow]:
        """Those under way first, of these the one that is uneven longest."""
        rows = _of(PlanRow, self.sections["plans"])
        return sorted(rows, key=lambda row: (row.is_over, not row.naked_since_ms, row.naked_since_ms))

    @property
    def recon(self) -> list[ReconRow]:
        return _of(ReconRow, self.sections["recon"])

    @property
    def breaks(self) -> list[BreakRow]:
        """The gravest first, of these the most money."""
        rows = _of(BreakRow, self.sections["breaks"])
        return sorted(rows, key=lambda row: (-_gravity(row), -row.money_micros, row.found_ms, row.id))

    @property
    def alerts(self) -> list[AlertRow]:
        """The newest first."""
        return sorted(_of(AlertRow, self.sections["alerts"]), key=lambda row: (-row.at_ms, row.id))


SEVERITIES = ("low", "medium", "high", "critical")


def _gravity(row: BreakRow) -> int:
    known = row.severity.lower()
    return SEVERITIES.index(known) if known in SEVERITIES else len(SEVERITIES)


PNL_KINDS = ("total", "venue", "strategy", "event")


def _kind(row: PnlRow) -> int:
    kind = row.id.partition("/")[0]
    return PNL_KINDS.index(kind) if kind in PNL_KINDS else len(PNL_KINDS)


def _decided(rows: Sequence[OutcomeRow]) -> bool:
    return rows[0].status == MarketStatus.CLOSED or any(row.fair_micros >= DECIDED_MICROS for row in rows)


def _of(kind: type[R], rows: Mapping[str, Row | None]) -> list[R]:
    return [row for row in rows.values() if isinstance(row, kind)]


class Picture:
    """Rows by section, kept up to date from frames. Times are the engine's wall clock, carried on by our own."""

    def __init__(self) -> None:
        self.rows = Tables()
        self.ladder_of: LadderOf | None = None
        self.markets_of: MarketsOf | None = None
        self.markets_found = 0
        self.link = LinkState()
        self.filter = ""
        self.acknowledged: frozenset[str] = frozenset()
        self.now_ns = 0
        self.skew_ms = 0
        self.changes = 0
        self._wall_ms = 0
        self._heard_ns = 0

    def take(self, frame: Frame, now_ns: int) -> None:
        """Bring the rows up to date with a frame that arrived now."""
        if frame.snapshot:
            for rows in self.rows.sections.values():
                rows.clear()
        if frame.ladder_of is not None and frame.ladder_of != self.ladder_of:
            self.ladder_of = frame.ladder_of
            self.rows.sections["ladder"].clear()
        self.markets_of, self.markets_found = frame.markets_of, frame.markets_found
        for section, gone in frame.removed.items():
            for name in gone:
                self.rows.sections.get(section, {}).pop(name, None)
        for section in SECTIONS:
            for row in getattr(frame.rows, section):
                self.rows.sections[section][row.id] = row
        self._wall_ms, self._heard_ns, self.now_ns = frame.wall_ms, now_ns, now_ns
        self.changes += 1

    @property
    def now_ms(self) -> int:
        """The engine's clock at this moment, as far as we know; 0 before anything was heard."""
        return self._wall_ms + (self.now_ns - self._heard_ns) // 1_000_000 if self._heard_ns else 0

    @property
    def quiet_ms(self) -> int:
        """How long nothing was heard."""
        return (self.now_ns - self._heard_ns) // 1_000_000 if self._heard_ns else 0

    @property
    def is_old(self) -> bool:
        """Whether what is shown may no longer be so."""
        return not self.link.up or self.quiet_ms > QUIET_MS

    def age_ms(self, moment_ms: int) -> int:
        """How long ago a moment of the engine's clock was."""
        return age_ms(moment_ms, self.now_ms)

    def wants(self, *texts: str) -> bool:
        """Whether a line with these texts passes the filter: each word of it must be found."""
        words = self.filter.casefold().split()
        whole = " ".join(texts).casefold()
        return all(word in whole for word in words)
