"""Small days as journals: a desk that bets at two venues, is settled, corrected and left open, over midnight too."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from domain.ids import SelectionId, VenueMarketId
from domain.markets import Result
from domain.marks import FillMark, FillsMarked
from domain.messages import DigestTaken, Journalled, MarketSettled, OrderFilled, RunEnded
from domain.money import MICROS
from domain.orders import Evidence
from engine.replay import is_digest_due, rebuild
from engine.reports.told import Told
from tests.builders import facts, fill, place
from tests.engine.runs import ONE, OPENING, TWO, Live, decision

TOLD = Told(legal_entity="House Ltd", owner="the owner", controller="the desk", customer_type="house")
NOON_NS = 1_700_049_600 * 1_000_000_000
"""12:00 UTC of 2023-11-15."""
TODAY = "2023-11-15"

MATCH = VenueMarketId("match")


def settled(
    profit: int, *, venue: str = "one", result: Result = Result.WON, statement: str = "s1", commission: int = 100_000
) -> MarketSettled:
    """A statement of one venue's market, micros."""
    market, selection = (MATCH, "home") if venue == "one" else (VenueMarketId("m2"), "yes")
    results = {SelectionId(selection): result}
    return MarketSettled(ONE if venue == "one" else TWO, market, statement, profit, commission, results)


def bought(ref: str, text: str, size: str, *, at: str, on: str = "one/match/home", fee: str = "0") -> list[Journalled]:
    """An order that is placed, taken and matched in one piece."""
    match = fill(f"f-{ref}", size, price=at, fee=fee)
    filled = OrderFilled(place(text, ref=ref).ref, match, Evidence.PUSH)
    return [place(text, on=on, ref=ref), facts(f"accept v-{ref}", ref=ref)[0], filled]


def marked(seq: int, ref: str, *middles: int | None) -> FillsMarked:
    """Where the market stood behind a match, in 1e-9."""
    return FillsMarked((FillMark(seq, place("BACK 1 @ 2.00", ref=ref).ref, middles),))


class Day:
    """Writes a journal at times of one's own choice."""

    def __init__(self, folder: Path, *, digest_every: int = 50) -> None:
        self.folder = folder
        self.live = Live(folder, digest_every=digest_every)
        self.at_ns = NOON_NS

    @classmethod
    def behind(cls, folder: Path) -> "Day":
        """Goes on in a run that was written."""
        day = cls(folder)
        day.live.state = rebuild(folder)[0]
        day.at_ns += 3_600_000_000_000
        return day

    def said(self, *bodies: Journalled, after_s: int = 1) -> "Day":
        """Records, each so long behind the one before."""
        for body in bodies:
            self.at_ns += after_s * 1_000_000_000
            self._keep(body)
            if is_digest_due(self.live.state, body):
                self._keep(DigestTaken(self.live.state.records, self.live.state.digest()))
        return self

    def closed(self) -> Path:
        """The run's folder, with nobody writing there any more."""
        self.live.journal.close()
        return self.folder

    def _keep(self, body: Journalled) -> None:
        monotonic_ns = self.at_ns - NOON_NS
        body = replace(body, digest_every=self.live.started.digest_every) if body is OPENING[0] else body
        self.live.state.apply(body, monotonic_ns)
        self.live.journal.append(body, wall_ns=self.at_ns, monotonic_ns=monotonic_ns)


def usual(folder: Path) -> Path:
    """A day with a bet that wins after the market moved against it, and one that is sold for a fee and stays open."""
    day = Day(folder).said(*OPENING, decision())
    day.said(*bought("t-1", "BACK 5 @ 2.00", "4", at="2.00"))
    seq = day.live.state.records
    day.said(*bought("t-2", "LAY 30 @ 0.50c", "30", at="0.50c", on="two/m2/yes", fee="0.53"))
    day.said(marked(seq, "t-1", 490_000_000, 470_000_000, None, 480_000_000))
    day.said(settled(4 * MICROS), after_s=60)
    return day.said(RunEnded("asked to")).closed()


def kinds(bodies: Sequence[Journalled]) -> list[str]:
    """What records are."""
    return [type(body).__name__ for body in bodies]


def day_number(name: str = TODAY) -> int:
    """A UTC day, counted from 1970."""
    return (dt.date.fromisoformat(name) - dt.date(1970, 1, 1)).days
