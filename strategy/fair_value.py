"""Fair values: a claim's prices in a book, opinions pooled in logit, the venues' consensus, and the gate before use."""

import enum
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from math import exp, fsum, log, sqrt
from typing import Final

import msgspec

from domain.book import Book
from domain.markets import Market
from domain.messages import FairValueReceived
from domain.odds import PriceKind, claim_ratio
from strategy.devig import MarginError, devig, shifted_odds

Number = Fraction | float
"""Fractions stay exact; floats are for the street."""

PRICES_KEPT: Final = 8_192
BOOKS_KEPT: Final = 1_024
"""So many answers about single books and about markets at one venue are kept: most of both stand for many looks."""

PROB_MIN: Final = 0.000001
PROB_MAX: Final = 0.999999
SUM_TOLERANCE: Final = 0.000001


# --- the gate: may this value be priced from? ---


class FairValueReason(enum.StrEnum):
    """Why a fair value is not used; each one pulls the quotes that lean on it."""

    FROM_THE_FUTURE = "from_the_future"
    EXPIRED = "expired"
    STATE_DIFFERS = "state_differs"
    OUTCOME_MISSING = "outcome_missing"
    SUM_NOT_WINNERS = "sum_not_winners"
    OUT_OF_BOUNDS = "out_of_bounds"
    VARIANCE_NEGATIVE = "variance_negative"
    SEQUENCE_WENT_BACK = "sequence_went_back"
    VERSION_NOT_APPROVED = "version_not_approved"


class GateRules(msgspec.Struct, frozen=True):
    """What a desk asks of fair values.

    `sigma_b`: how fast the logit of the truth wanders, per square root of a second. `k`: how many standard
    deviations of p a price must clear. `approved`: model versions that may price; empty approves all.
    """

    sigma_b: float
    k: float
    approved: frozenset[str] = frozenset()


class FairValueVerdict(msgspec.Struct, frozen=True):
    """The gate's answer; age and uncertainty are told even of a refused value.

    `sd_p[i]` is the standard deviation of outcome i's probability, `extra_edge[i]` = k·sd_p[i] the edge asked for it.
    """

    reasons: tuple[FairValueReason, ...]
    age_ms: int
    sd_p: tuple[float, ...]
    extra_edge: tuple[float, ...]

    @property
    def accepted(self) -> bool:
        """True when nothing speaks against the value."""
        return not self.reasons


def fv_gate(
    fair: FairValueReceived,
    rules: GateRules,
    *,
    received_ms: int,
    now_ms: int,
    state: str,
    market: Market | None = None,
    last_sequence: int | None = None,
) -> FairValueVerdict:
    """Whether a fair value may be priced from now, and how unsure it has become.

    Times are of one monotonic clock, in milliseconds; `state` is the event epoch now. With `market` the value
    must be complete: one probability per outcome, summing to the number of winners; without it the
    probabilities are single claims. Uncertainty grows with age: var = var₀ + σ_b²·age, sd_p = p(1−p)·√var.
    """
    age_ms = now_ms - received_ms
    sd_logit = sqrt(max(0.0, fair.variance_logit + rules.sigma_b**2 * age_ms / 1000))
    sd_p = tuple(p * (1 - p) * sd_logit for p in fair.probabilities)
    reasons = _unsound(fair, None if market is None else (len(market.outcomes), market.winners))
    if last_sequence is not None and fair.sequence < last_sequence:
        reasons = (*reasons, FairValueReason.SEQUENCE_WENT_BACK)
    if rules.approved and fair.version not in rules.approved:
        reasons = (*reasons, FairValueReason.VERSION_NOT_APPROVED)
    if not 0 <= age_ms <= fair.ttl_ms or fair.state != state:
        passing = {
            FairValueReason.FROM_THE_FUTURE: age_ms < 0,
            FairValueReason.EXPIRED: age_ms > fair.ttl_ms,
            FairValueReason.STATE_DIFFERS: fair.state != state,
        }
        reasons = (*(reason for reason, doubted in passing.items() if doubted), *reasons)
    return FairValueVerdict(reasons, age_ms, sd_p, tuple(rules.k * sd for sd in sd_p))


@lru_cache(maxsize=4096)
def _unsound(fair: FairValueReceived, complete: tuple[int, int] | None) -> tuple[FairValueReason, ...]:
    """What is wrong with a value whenever it is looked at; `complete` is how many outcomes and winners it must have."""
    outcomes, winners = (len(fair.probabilities), 0) if complete is None else complete
    doubts = {
        FairValueReason.OUTCOME_MISSING: len(fair.probabilities) != outcomes,
        FairValueReason.SUM_NOT_WINNERS: complete is not None and not _sums_to(fair.probabilities, winners),
        FairValueReason.OUT_OF_BOUNDS: not all(PROB_MIN <= p <= PROB_MAX for p in fair.probabilities),
        FairValueReason.VARIANCE_NEGATIVE: not fair.variance_logit >= 0,
    }
    return tuple(reason for reason, doubted in doubts.items() if doubted)


def _sums_to(probs: Sequence[float], winners: int) -> bool:
    return abs(fsum(probs) - winners) <= SUM_TOLERANCE


# --- one book ---


class ClaimPrices(msgspec.Struct, frozen=True):
    """One outcome's claim in one book: what it sells for (bid), costs (ask), and what lies between."""

    bid: Number
    ask: Number
    mid: Number
    microprice: Number


def microprice(*, back_odds: Number, back_stake: Number, lay_odds: Number, lay_stake: Number) -> ClaimPrices:
    """Prices of a claim from the best odds: what can be backed is its ask, what can be laid its bid.

    The microprice leans towards the thin side, (bid·n_ask + ask·n_bid)/(n_ask + n_bid), n = stake·odds in claims.
    ValueError for odds not above 1 or an empty side.
    """
    if not (back_odds > 1 and lay_odds > 1 and back_stake > 0 and lay_stake > 0):
        sides = f"{back_stake} @ {back_odds} and {lay_stake} @ {lay_odds}"
        raise ValueError(f"a microprice needs odds above 1 and stakes above 0, not {sides}")
    bid, ask = 1 / lay_odds, 1 / back_odds
    wanted, offered = lay_stake * lay_odds, back_stake * back_odds
    return ClaimPrices(bid, ask, (bid + ask) / 2, (bid * offered + ask * wanted) / (offered + wanted))


def microprice_of_book(
    book: Book, *, ours_to_back: Mapping[int, int], ours_to_lay: Mapping[int, int]
) -> ClaimPrices | None:
    """`microprice` of a book as if our own orders were not in it; None when a side is then empty.

    `ours_to_back[tick]` is our resting size shown on the back side (our LAY orders), `ours_to_lay[tick]` on the
    lay side (our BACK orders), native millionths: our own quotes must never move our own fair value.
    """
    back = _best_of_others(book, ours_to_back, to_back=True)
    lay = _best_of_others(book, ours_to_lay, to_back=False)
    if back is None or lay is None:
        return None
    kind, prices = book.ladder.kind, book.ladder.prices
    offered, wanted = claim_ratio(kind, prices[back[0]]), claim_ratio(kind, prices[lay[0]])
    return _microprice_between(offered, back[1], wanted, lay[1], in_odds=kind is PriceKind.ODDS)


def _best_of_others(book: Book, ours: Mapping[int, int], *, to_back: bool) -> tuple[int, int] | None:
    """Tick and size of the first level that is not wholly ours."""
    if not ours:
        best, sizes = (book.best_back, book.to_back) if to_back else (book.best_lay, book.to_lay)
        return None if best < 0 else (best, sizes[best])
    for tick, size in book.levels(to_back=to_back, depth=len(ours) + 1):
        theirs = size - ours.get(tick, 0)
        if theirs > 0:
            return tick, theirs
    return None


@lru_cache(PRICES_KEPT)
def _microprice_between(
    back: tuple[int, int], back_size: int, lay: tuple[int, int], lay_size: int, *, in_odds: bool
) -> ClaimPrices:
    """`microprice` of claims' prices as ratios and of native sizes; a contract at P is odds of 1/P."""
    back_odds, lay_odds = back[1] / back[0], lay[1] / lay[0]
    if not in_odds:
        return microprice(
            back_odds=back_odds, back_stake=back_size / back_odds, lay_odds=lay_odds, lay_stake=lay_size / lay_odds
        )
    return microprice(back_odds=back_odds, back_stake=back_size, lay_odds=lay_odds, lay_stake=lay_size)


# --- many opinions ---


class Opinion(msgspec.Struct, frozen=True):
    """Someone's probabilities: of one claim, or of every outcome of a market.

    `var_logit` is the variance in logit when the opinion was new, `age_s` its age in seconds.
    """

    probs: tuple[float, ...]
    var_logit: float
    age_s: float


class Pooled(msgspec.Struct, frozen=True):
    """Probabilities agreed on, shaped as the opinions were, and their variance in logit."""

    probs: tuple[float, ...]
    var_logit: float


def logit_pool(opinions: Sequence[Opinion], *, half_life_s: float, correlation: float = 0.0) -> Pooled:
    """Opinions pooled in logit (for a market: geometrically, then normalised), each weighing 2^(−age/half-life)/var.

    The pooled variance 1/Σw holds for independent errors; m sources whose errors correlate by ρ inflate it by
    1 + (m−1)ρ. ValueError for no opinion, a variance or half-life not above 0, a negative age, a probability
    outside (0, 1), or opinions so old that none weighs anything.
    """
    _check_opinions(opinions, half_life_s)
    weights = [2.0 ** (-opinion.age_s / half_life_s) / opinion.var_logit for opinion in opinions]
    total = sum(weights)
    if not total > 0:
        raise ValueError(f"every opinion is too old to weigh anything at a half-life of {half_life_s} s")
    shares = [weight / total for weight in weights]
    columns = zip(*(_with_complement(opinion.probs) for opinion in opinions), strict=True)
    powers = [exp(sum(w * log(p) for w, p in zip(shares, column, strict=True))) for column in columns]
    whole = fsum(powers)
    probs = tuple(power / whole for power in powers)
    variance = (1 + (len(opinions) - 1) * correlation) / total
    return Pooled(probs[: len(opinions[0].probs)], variance)


def claims_pool(opinions: Sequence[Opinion], *, half_life_s: float, winners: int, correlation: float = 0.0) -> Pooled:
    """Opinions of a market where several win: each claim pooled by itself, then all logits shifted to sum to `winners`.

    ValueError as `logit_pool`.
    """
    claims = [
        logit_pool(
            [Opinion((opinion.probs[k],), opinion.var_logit, opinion.age_s) for opinion in opinions],
            half_life_s=half_life_s,
            correlation=correlation,
        )
        for k in range(len(opinions[0].probs))
    ]
    against = [1 / claim.probs[0] - 1 for claim in claims]
    return Pooled(tuple(float(p) for p in shifted_odds(against, winners).probs), claims[0].var_logit)


def _with_complement(probs: tuple[float, ...]) -> tuple[float, ...]:
    return probs if len(probs) > 1 else (probs[0], 1 - probs[0])


def _check_opinions(opinions: Sequence[Opinion], half_life_s: float) -> None:
    if not opinions:
        raise ValueError("logit_pool needs at least one opinion")
    if not half_life_s > 0:
        raise ValueError(f"half_life_s must be above 0, not {half_life_s}")
    for opinion in opinions:
        if not (opinion.var_logit > 0 and opinion.age_s >= 0):
            raise ValueError(f"an opinion needs var_logit above 0 and age_s of 0 or more, not {opinion}")
        if len(opinion.probs) != len(opinions[0].probs) or not all(0 < p < 1 for p in opinion.probs):
            raise ValueError(f"opinions need the same outcomes, each between 0 and 1, not {opinion.probs}")


# --- the venues' consensus ---


class LeftOutReason(enum.StrEnum):
    """Why a venue has no voice in the consensus now."""

    ONE_SIDED = "one_sided"
    CROSSED = "crossed"
    STALE = "stale"
    MARGIN_UNDEFINED = "margin_undefined"


class VenuePrices(msgspec.Struct, frozen=True):
    """One venue's prices of every outcome of a market, our own orders taken out (None: a side is empty).

    `var_logit` is the least variance its opinion is given, however tight the book.
    """

    venue: str
    outcomes: tuple[ClaimPrices | None, ...]
    age_s: float
    var_logit: float


class ConsensusRules(msgspec.Struct, frozen=True):
    """How venues are asked: a `strategy.devig` method, ages in seconds, and the correlation of their errors.

    Between the two sides of an exchange the book total may fall below one, where shin is undefined.
    """

    method: str = "power"
    half_life_s: float = 30.0
    age_max_s: float = 10.0
    correlation: float = 0.0


class Consensus(msgspec.Struct, frozen=True):
    """What the venues together think, None when none can be heard, and who was left out for which reason."""

    pooled: Pooled | None
    left_out: dict[str, LeftOutReason]


def consensus(venues: Sequence[VenuePrices], rules: ConsensusRules, *, winners: int = 1) -> Consensus:
    """Fair probabilities of a market, of whose outcomes `winners` win, from several venues' books.

    Each venue's microprices lose their margin by the named method; the venues are pooled in logit, where a
    venue's variance is its own `var_logit` plus the mean square of half its spread in logit: a wide book knows less.
    """
    opinions: list[Opinion] = []
    left_out: dict[str, LeftOutReason] = {}
    for venue in venues:
        opinion = _opinion_of(venue, rules, winners)
        if isinstance(opinion, Opinion):
            opinions.append(opinion)
        else:
            left_out[venue.venue] = opinion
    if not opinions:
        return Consensus(None, left_out)
    pool = logit_pool if winners == 1 else partial(claims_pool, winners=winners)
    return Consensus(pool(opinions, half_life_s=rules.half_life_s, correlation=rules.correlation), left_out)


def _opinion_of(venue: VenuePrices, rules: ConsensusRules, winners: int) -> Opinion | LeftOutReason:
    if not 0 <= venue.age_s <= rules.age_max_s:
        return LeftOutReason.STALE
    prices = [outcome for outcome in venue.outcomes if outcome is not None]
    if len(prices) < len(venue.outcomes):
        return LeftOutReason.ONE_SIDED
    if any(outcome.bid >= outcome.ask for outcome in prices):
        return LeftOutReason.CROSSED
    read = _without_margin(tuple(prices), rules.method, winners)
    if read is None:
        return LeftOutReason.MARGIN_UNDEFINED
    probs, spread = read
    return Opinion(probs, venue.var_logit + spread, venue.age_s)


@lru_cache(BOOKS_KEPT)
def _without_margin(
    prices: tuple[ClaimPrices, ...], method: str, winners: int
) -> tuple[tuple[float, ...], float] | None:
    """Probabilities by one venue's prices and the mean square of half their spread in logit; None where it has none.

    Kept, for the clock makes us look at books in which nothing has moved as often as the books themselves do.
    """
    try:
        fair = devig([1 / outcome.microprice for outcome in prices], method=method, winners=winners)
    except MarginError:
        return None
    half_spreads = [(_logit(outcome.ask) - _logit(outcome.bid)) / 2 for outcome in prices]
    return tuple(float(p) for p in fair.probs), fsum(half * half for half in half_spreads) / len(half_spreads)


def _logit(p: Number) -> float:
    return log(p / (1 - p))
