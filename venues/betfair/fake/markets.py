"""Every market as the feed shows it: ladders, traded volume and definition, each stamped with its last change."""

from typing import Any

from domain.fees import NetWinFee
from domain.ids import SelectionId
from domain.markets import MarketStatus, Result
from domain.odds import CLASSIC
from domain.orders import Side
from venues.betfair.fake.forms import VERSION_BASE, iso, short
from venues.betfair.fake.options import MarketDetails, RunnerDetails, runner_of
from venues.betfair.fake.stamps import Stamped
from venues.sim.exchange import Exchange
from venues.sim.images import levels
from venues.sim.notices import LevelChanged, Traded

LEVELS_MAX = 10
"""How many levels the ladders that count levels may have."""

EMPTY_LEVEL = (0, 0)


def runner_key(selection: SelectionId) -> dict[str, Any]:
    """How the streams name a runner: a handicap of nothing is left out. Source: a recorded market."""
    runner, handicap = runner_of(selection)
    return {"id": runner} | ({"hc": short(handicap)} if handicap else {})


class RunnerState:
    """One runner. `to_back` is money that can be backed; `traded` counts both sides of every match."""

    def __init__(self, details: RunnerDetails) -> None:
        self.id = details.id
        self.handicap = details.handicap
        self.key = runner_key(details.selection)
        self.name = details.name
        self.to_back = Stamped(0)
        self.to_lay = Stamped(0)
        self.best_back = Stamped(EMPTY_LEVEL)
        self.best_lay = Stamped(EMPTY_LEVEL)
        self.traded = Stamped(0)
        self.traded_micros = 0
        self.last_price = 0
        self.removed_ms = 0

    @property
    def stamp(self) -> int:
        """The last batch that changed anything here."""
        return max(self.to_back.stamp, self.to_lay.stamp, self.traded.stamp)

    def level(self, notice: LevelChanged, stamp: int) -> None:
        """What rests at one price now."""
        ladder = self.to_back if notice.side is Side.LAY else self.to_lay
        ladder.put(notice.price, notice.size_micros, stamp)

    def trade(self, notice: Traded, stamp: int) -> None:
        """One match, counted for the backer and for the layer. Source: measured on recorded markets."""
        self.traded.put(notice.price, self.traded.get(notice.price) + 2 * notice.size_micros, stamp)
        self.traded_micros += 2 * notice.size_micros
        self.last_price = notice.price

    def wipe_trades(self, stamp: int) -> None:
        """At settlement the feed takes all traded volume back. Source: recorded markets; it is no negative volume."""
        self.traded.clear(stamp)
        self.traded_micros = 0

    def rank(self, stamp: int) -> None:
        """Bring the ladders that count levels from 0 up to date with those keyed by price."""
        for ladder, ranks, best_is_high in (
            (self.to_back, self.best_back, True),
            (self.to_lay, self.best_lay, False),
        ):
            if ladder.stamp == stamp:
                ranked = sorted(ladder.since(0), reverse=best_is_high)
                for level in range(LEVELS_MAX):
                    ranks.put(level, ranked[level] if level < len(ranked) else EMPTY_LEVEL, stamp)


class MarketState:
    """One market: its runners, and the exchange's version behind every definition it has had. `starting` are the odds
    of its starting prices, in hundredths, once it is `reconciled`.
    """

    def __init__(self, exchange: Exchange, details: MarketDetails, *, stamp: int) -> None:
        self.details = details
        self.sim = exchange.floor.markets[details.id]
        self.runners = {runner.selection: RunnerState(runner) for runner in details.runners}
        assert self.runners.keys() == self.sim.selections.keys(), f"{details.id} lists other runners than it trades"
        self.born = self.defined = stamp
        self.settled_ms = 0
        self.traded_ms = 0
        self.reconciled = False
        self.starting: dict[SelectionId, int] = {}
        self._options = exchange.options
        self._versions = [self.sim.version]
        for selection, runner in self.runners.items():
            self._look(exchange, selection, runner)

    def _look(self, exchange: Exchange, selection: SelectionId, runner: RunnerState) -> None:
        """Take over what rested and traded before the feed began."""
        for resting in Side:
            for price, size in levels(exchange, self.details.id, selection, resting=resting):
                runner.level(LevelChanged(self.details.id, selection, resting, price, size), self.born)
        for price, size in self.sim.selections[selection].traded_micros.items():
            runner.trade(Traded(self.details.id, selection, 0, price, size, Side.BACK), self.born)
        runner.last_price = self.sim.selections[selection].last_price
        runner.rank(self.born)

    @property
    def stamp(self) -> int:
        """The last batch that changed anything here."""
        return max(self.defined, *(runner.stamp for runner in self.runners.values()))

    @property
    def status(self) -> MarketStatus:
        """The published status: a market that nobody may bet on any more is suspended until it is settled."""
        if self.sim.status is not MarketStatus.CLOSED:
            return self.sim.status
        judged = all(selection.result is not None for selection in self.sim.selections.values())
        return MarketStatus.CLOSED if judged else MarketStatus.SUSPENDED

    @property
    def version(self) -> int:
        """The published version: it rises with each definition."""
        return VERSION_BASE + len(self._versions) - 1

    def version_named(self, published: int) -> int:
        """The exchange's own version that was in force when this one was published."""
        return self._versions[min(max(published - VERSION_BASE, 0), len(self._versions) - 1)]

    @property
    def traded_micros(self) -> int:
        """Everything traded, backs and lays together."""
        return sum(runner.traded_micros for runner in self.runners.values())

    @property
    def delay_seconds(self) -> int:
        """The in-play delay as the venue publishes it."""
        return -(-self._options.delay_ms // 1_000) if self.sim.in_play else 0

    def turned(self, stamp: int, now_ms: int) -> None:
        """A new definition is out."""
        self.defined = stamp
        self._versions.append(self.sim.version)
        for selection, runner in self.runners.items():
            if self.sim.selections[selection].removed and not runner.removed_ms:
                runner.removed_ms = now_ms
        if self.status is MarketStatus.CLOSED:
            self.settled_ms = now_ms
            for runner in self.runners.values():
                runner.wipe_trades(stamp)

    def runner_status(self, selection: SelectionId) -> str:
        """In the race, out of it, or judged."""
        runner = self.sim.selections[selection]
        if runner.removed or runner.result is Result.VOID:
            return "REMOVED"
        if runner.result is None:
            return "ACTIVE"
        return "WINNER" if runner.result is Result.WON else "LOSER"

    @property
    def active_runners(self) -> int:
        return sum(self.runner_status(selection) == "ACTIVE" for selection in self.runners)

    @property
    def base_rate(self) -> float:
        """The share of a market's net winnings that the venue takes, in per cent."""
        fee = self._options.terms.fee
        assert isinstance(fee, NetWinFee), "this venue takes a share of what a market won"
        return fee.rate_ppm / 10_000

    @property
    def price_ladder(self) -> str:
        return "CLASSIC" if self._options.terms.bands == CLASSIC.bands else "FINEST"

    def definition(self) -> dict[str, Any]:
        """The market definition; it is always sent whole."""
        details, starts = self.details, iso(self.details.starts_ms)
        definition: dict[str, Any] = {
            "bspMarket": details.bsp,
            "turnInPlayEnabled": details.turns_in_play,
            "persistenceEnabled": True,
            "marketBaseRate": short(self.base_rate),
            "eventId": details.event_id,
            "eventTypeId": details.event_type_id,
            "numberOfWinners": number_of_winners(self),
            "bettingType": details.betting_type,
            "marketType": details.market_type,
            "marketTime": starts,
            "suspendTime": starts,
            "bspReconciled": self.reconciled,
            "complete": True,
            "inPlay": self.sim.in_play,
            "crossMatching": False,
            "runnersVoidable": False,
            "numberOfActiveRunners": self.active_runners,
            "betDelay": self.delay_seconds,
            "status": self.status.name,
            "runners": [self._runner(selection, priority) for priority, selection in enumerate(self.runners, 1)],
            "regulators": ["MR_INT"],
            "countryCode": details.country,
            "discountAllowed": True,
            "timezone": "GMT",
            "openDate": starts,
            "version": self.version,
            "priceLadderDefinition": {"type": self.price_ladder},
        }
        if details.venue:
            definition["venue"] = details.venue
        if self.status is MarketStatus.CLOSED:
            definition["settledTime"] = iso(self.settled_ms)
        return definition

    def _runner(self, selection: SelectionId, priority: int) -> dict[str, Any]:
        runner = self.runners[selection]
        definition: dict[str, Any] = {"status": self.runner_status(selection), "sortPriority": priority}
        if runner.removed_ms:
            factor = self.sim.selections[selection].factor_ppm
            definition |= {"adjustmentFactor": factor / 10_000, "removalDate": iso(runner.removed_ms)}
        if selection in self.starting:
            definition["bsp"] = short(self.starting[selection] / 100)
        return definition | runner.key


def number_of_winners(state: MarketState) -> int:
    """As published: none where runners are the sides of lines. Source: a recorded market."""
    return 0 if state.details.has_lines else state.sim.spec.winners[1]
