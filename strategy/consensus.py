"""The built-in fair value: what the venues' own books say together, used where no model speaks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from domain.ids import InstrumentId, VenueName
from domain.markets import Market
from domain.messages import FairValueReceived
from domain.odds import claim_ratio
from domain.orders import Order, Side
from domain.portfolio import InstrumentView
from strategy.devig import METHODS
from strategy.fair_value import PROB_MIN, ClaimPrices, ConsensusRules, VenuePrices, consensus, microprice_of_book

REMOVED = "selection_removed"
"""Why an outcome that cannot win any more is not traded on."""

OUTSIDER_MAX = 0.05
"""A claim that costs no more than this may have a price though nobody bids for it."""

MODEL = "consensus"
"""The name under which the built-in value is told."""

QUANTITY_MAX = 10**9
HALF_LIVES_MAX = 1_000
"""An opinion older than this would weigh nothing at all, and a consensus of such opinions is none."""


class ConsensusSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the built-in value is made: see `strategy.fair_value.ConsensusRules`; `ttl_ms` is how long it may be used.

    `var_logit` is the least variance of one venue's opinion, however tight its book. A book that may be traded on is
    proven alive by its feed, however long its prices have stood: past `age_max_s` it grows no older. For `silent_s`
    after a feed told of a turn of the event nobody asks the venues: their books may not have heard of it. ValueError
    for settings that no consensus can be made with.
    """

    enabled: bool = True
    method: str = "power"
    half_life_s: float = 30.0
    age_max_s: float = 10.0
    correlation: float = 0.5
    var_logit: float = 0.0004
    ttl_ms: int = 2000
    silent_s: float = 10.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method = {self.method!r} takes no margin out: choose one of {', '.join(METHODS)}")
        for name in ("half_life_s", "age_max_s", "var_logit"):
            if not 0 < getattr(self, name) <= QUANTITY_MAX:
                raise ValueError(f"{name} must be above 0 and at most {QUANTITY_MAX}, not {getattr(self, name)}")
        if self.age_max_s > HALF_LIVES_MAX * self.half_life_s:
            raise ValueError(f"age_max_s = {self.age_max_s} must be at most {HALF_LIVES_MAX} times half_life_s")
        if not 0 <= self.correlation <= 1:
            raise ValueError(f"correlation is a share and must lie in [0, 1], not {self.correlation}")
        if not 1 <= self.ttl_ms <= QUANTITY_MAX:
            raise ValueError(f"ttl_ms must be at least 1 and at most {QUANTITY_MAX}, not {self.ttl_ms}")
        if not 0 <= self.silent_s < float("inf"):
            raise ValueError(f"silent_s must be 0 or more, not {self.silent_s}")


def consensus_value(
    market: Market,
    listings: Sequence[InstrumentView],
    ours: Iterable[Order],
    settings: ConsensusSettings,
    *,
    state: str,
    now_ns: int,
) -> FairValueReceived | None:
    """What the venues' tradable books say of a market, `ours` taken out of them; None when none can be heard.

    An outcome that a venue has removed cannot win any more: it keeps the least probability that is told.
    """
    shown = _shown(ours, listings)
    removed = {_outcome(view) for view in listings if view.why_not == REMOVED}
    running = [outcome for outcome in range(len(market.outcomes)) if outcome not in removed]
    if len(running) <= market.winners:  # nothing is left to be decided
        return None
    venues = [
        VenuePrices(venue, outcomes, age_s=min(age_s, settings.age_max_s), var_logit=settings.var_logit)
        for venue, outcomes, age_s in _by_venue(running, listings, shown, now_ns)
    ]
    rules = ConsensusRules(
        method=settings.method,
        half_life_s=settings.half_life_s,
        age_max_s=settings.age_max_s,
        correlation=settings.correlation,
    )
    pooled = consensus(venues, rules, winners=market.winners).pooled
    if pooled is None:
        return None
    return FairValueReceived(
        market=market.id,
        model=MODEL,
        version=settings.method,
        sequence=now_ns,
        probabilities=_spread(pooled.probs, running, outcomes=len(market.outcomes), winners=market.winners),
        variance_logit=pooled.var_logit,
        ttl_ms=settings.ttl_ms,
        state=state,
    )


def _spread(probs: Sequence[float], running: Sequence[int], *, outcomes: int, winners: int) -> tuple[float, ...]:
    """Probabilities of the running outcomes among all, the others at the least that may be told."""
    found = [PROB_MIN] * outcomes
    rest = 1.0 - PROB_MIN * (outcomes - len(running)) / winners
    for outcome, p in zip(running, probs, strict=True):
        found[outcome] = p * rest
    return tuple(found)


Shown = dict[tuple[InstrumentId, Side], dict[int, int]]
"""Our own resting size by instrument, side of ours, and tick."""


def _shown(ours: Iterable[Order], listings: Sequence[InstrumentView]) -> Shown:
    ladders = {view.instrument.id: view.book.ladder for view in listings}
    shown: Shown = {}
    for order in ours:
        ladder = ladders.get(order.instrument)
        tick = None if ladder is None else ladder.tick(order.price)
        if tick is not None:
            levels = shown.setdefault((order.instrument, order.side), {})
            levels[tick] = levels.get(tick, 0) + order.exposed_micros
    return shown


def _by_venue(
    running: Sequence[int], listings: Sequence[InstrumentView], shown: Shown, now_ns: int
) -> Iterator[tuple[VenueName, tuple[ClaimPrices | None, ...], float]]:
    """Each venue that lists every running outcome and may be traded on: its prices, and the oldest's age in seconds."""
    views: defaultdict[VenueName, list[InstrumentView]] = defaultdict(list)
    for view in listings:
        if view.tradable:
            views[view.instrument.listing.venue].append(view)
    for venue, of_venue in views.items():
        ordered = sorted((view for view in of_venue if _outcome(view) in running), key=_outcome)
        if [_outcome(view) for view in ordered] != list(running):
            continue
        prices = tuple(_prices(view, shown) for view in ordered)
        yield venue, prices, (now_ns - min(view.book.proven_ns for view in ordered)) / 1e9


def _prices(view: InstrumentView, shown: Shown) -> ClaimPrices | None:
    """A book's prices without our orders.

    An outsider that is offered and wanted by nobody is worth half its price; so is the hope against a favourite that
    is wanted and offered by nobody.
    """
    ours_to_back = shown.get((view.instrument.id, Side.LAY), {})
    ours_to_lay = shown.get((view.instrument.id, Side.BACK), {})
    found = microprice_of_book(view.book, ours_to_back=ours_to_back, ours_to_lay=ours_to_lay)
    book = view.book
    if found is None and book.best_back >= 0 and not ours_to_back:
        cost, claims = claim_ratio(book.ladder.kind, book.ladder.prices[book.best_back])
        ask = cost / claims
        return ClaimPrices(ask / 2, ask, 0.75 * ask, 0.75 * ask) if ask <= OUTSIDER_MAX else None
    if found is None and book.best_lay >= 0 and not ours_to_lay:
        cost, claims = claim_ratio(book.ladder.kind, book.ladder.prices[book.best_lay])
        against = 1 - cost / claims
        middle = 1 - 0.75 * against
        return ClaimPrices(1 - against, 1 - against / 2, middle, middle) if against <= OUTSIDER_MAX else None
    return found


def _outcome(view: InstrumentView) -> int:
    return view.instrument.listing.outcome
