"""The end-of-day pack: everything that the day was, as one value."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from desk.reports.books import About, Balance, Break, Daily, EndOfDay, Held, Limit, Match, Moment
from domain.ids import InstrumentId
from domain.messages import CancelOrder, OrderRejected, PlaceOrder
from domain.money import FX_SCALE
from domain.orders import Side
from engine.reports.agreement import breaks, settlements
from engine.reports.behaviour import SELF_MATCH, Lives, conduct, lives, per_match_e2
from engine.reports.limits import CAP_EVENT, limits
from engine.reports.profit import Figures, Key, Profit, in_base, profit_until, shares, standing_statements
from engine.reports.rows import RunRows
from engine.reports.told import Told, about
from engine.reports.wallets import balances, entries
from oms.accounts import HOUSE, Kind, account

EARNED = frozenset({Kind.PNL, Kind.FEES, Kind.FEE_ROUNDING, Kind.SUSPENSE, Kind.ADJUST})


def end_of_day(rows: RunRows, day: int, told: Told) -> EndOfDay:
    """The pack of one day."""
    of = about(rows, "eod", day, told)
    span = {"since_ns": of.since_ns, "until_ns": of.until_ns}
    after = profit_until(rows, of.until_ns)
    began: int = rows.table("runs")[0]["started_ns"]
    before = profit_until(rows, of.since_ns) if began < of.since_ns else None
    made = after.since(before)
    parts = shares(made)
    held, stood, lived = balances(rows, **span), breaks(rows, **span), lives(rows, **span)
    limited = limits(rows, **span)
    by_event = {one.subject: one for one in limited if one.limit == CAP_EVENT}
    turns = turns_of(after.matches, of)
    context = Context(rows, of, turns, by_event, models_of(rows, of), held, stood, lived)
    return EndOfDay(
        about=of,
        attribution=tuple(parts),
        attribution_base=tuple(in_base(parts, of.rates_e8, of.base)),
        balances=tuple(held),
        settlements=tuple(settlements(rows, **span)),
        matches=tuple(one for one in after.matches if one.wall_ns >= of.since_ns),
        breaks=tuple(stood),
        positions=tuple(positions(rows, after, of)),
        limits=tuple(limited),
        conduct=tuple(conduct(rows, lived, **span)),
        daily=tuple(daily(context, made)),
        curve=tuple(curve(rows, of)),
    )


def positions(rows: RunRows, profit: Profit, of: About) -> list[Held]:
    """What was held of each contract at the end of the day, and the most of it on either side during the day."""
    long_: Counter[str] = Counter()
    short: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    most: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for match in profit.matches:
        sides, sign = (long_, 1) if match.side == Side.BACK else (short, -1)
        net = long_[match.instrument] - short[match.instrument]
        if match.wall_ns >= of.since_ns:
            _reach(most[match.instrument], net)
        sides[match.instrument] += match.claims_micros
        cost[match.instrument] += sign * match.cost_micros
        if match.wall_ns >= of.since_ns:
            _reach(most[match.instrument], net + sign * match.claims_micros)
    standing = standing_statements(rows, of.until_ns)
    found = []
    for name in sorted({*long_, *short}):
        instrument = rows.instruments[InstrumentId(name)]
        listing = instrument.listing
        market = rows.markets[listing.market]
        settled = (listing.venue, listing.venue_market) in standing
        if settled and name not in most:
            continue  # over before this day
        found.append(
            Held(
                day=of.day,
                owner=of.owner,
                controller=of.controller,
                entity=of.legal_entity,
                venue=listing.venue,
                account=f"{HOUSE}:{listing.venue}",
                contract=name,
                event=market.event,
                market=listing.market,
                outcome=market.outcomes[listing.outcome],
                currency=instrument.terms.currency,
                long_claims_micros=long_[name],
                short_claims_micros=short[name],
                net_claims_micros=long_[name] - short[name],
                cost_micros=cost[name],
                most_long_claims_micros=most[name][0],
                most_short_claims_micros=-most[name][1],
                settled=settled,
            )
        )
    return found


class Context(NamedTuple):
    """What a daily row says beside its own profit."""

    rows: RunRows
    of: About
    turns: dict[str, tuple[int, int, int, int]]
    limits: dict[str, Limit]
    models: dict[str, set[str]]
    held: Sequence[Balance]
    stood: Sequence[Break]
    lived: Lives


def daily(context: Context, made: dict[Key, Figures]) -> list[Daily]:
    """One row for each instrument that anything happened to, and one for what belongs to a venue and to none."""
    by: dict[tuple[str, str, str], Figures] = defaultdict(lambda: defaultdict(int))
    for (venue, _, _, instrument, currency), figures in made.items():
        for name, value in figures.items():
            by[venue, instrument, currency][name] += value
    for name in context.lived.counts:
        known = context.rows.instruments[InstrumentId(name)]
        by[known.listing.venue, name, known.terms.currency]["matches"] += 0
    return [_daily(context, *key, figures) for key, figures in sorted(by.items(), key=lambda item: item[0])]


def _daily(context: Context, venue: str, name: str, currency: str, figures: Figures) -> Daily:
    rows, of = context.rows, context.of
    known = rows.instruments.get(InstrumentId(name))
    market = None if known is None else rows.markets[known.listing.market]
    limit = None if market is None else context.limits.get(market.event)
    counts = context.lived.counts.get(name, Counter())
    opening, buys, sells, voids = context.turns.get(name, (0, 0, 0, 0))
    ours = [one for one in context.stood if one.venue == venue]
    gross = sum(figures[part] for part in (*GROSS, "suspense"))
    charged = figures["fees"] + figures["rounding"]
    orders, fills = counts[PlaceOrder.__name__], counts["matches"]
    locked = [one.most_locked_micros for one in context.held if (one.venue, one.currency) == (venue, currency)]
    return Daily(
        date=of.day,
        entity=of.legal_entity,
        venue=venue,
        account=f"{HOUSE}:{venue}" if venue else HOUSE,
        event="" if market is None else market.event,
        market="" if market is None else market.id,
        instrument=name,
        category="" if market is None else market.kind,
        currency=currency,
        opening_claims_micros=opening,
        buys_claims_micros=buys,
        sells_claims_micros=sells,
        voids_claims_micros=voids,
        closing_claims_micros=opening + buys - sells + voids,
        gross_micros=gross,
        commission_micros=figures["commission"],
        fees_micros=min(0, charged),
        rebates_micros=max(0, charged),
        fx_micros=figures["fx"],
        net_micros=gross + figures["commission"] + charged + figures["fx"],
        max_worst_case_base_micros=0 if limit is None else limit.used_micros,
        max_locked_micros=sum(locked),
        orders=orders,
        cancels=counts[CancelOrder.__name__],
        rejects=counts[OrderRejected.__name__],
        fills=fills,
        orders_per_fill_e2=per_match_e2(orders, fills),
        self_match_blocks=counts[SELF_MATCH],
        limit_headroom_min_base_micros=0 if limit is None else limit.headroom_micros,
        breaks_opened=sum(one.found_ns >= of.since_ns for one in ours),
        breaks_closed=sum(not one.stands for one in ours),
        drift_max_micros=max((abs(one.apart_micros) for one in ours), default=0),
        model_version="" if market is None else "; ".join(sorted(context.models.get(market.id, ()))),
        sign_off="",
    )


def models_of(rows: RunRows, of: About) -> dict[str, set[str]]:
    """Whose fair values decided in each market of ours that day."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows.table("decisions"):
        if of.since_ns <= row["wall_ns"] < of.until_ns and row["fair_model"]:
            found[row["market"]].add(row["fair_model"])
    return found


GROSS = ("edge", "spread", "adverse_1s", "adverse_10s", "adverse_60s", "outcome", "voids")
"""The parts that the matches themselves brought."""


def curve(rows: RunRows, of: About) -> list[Moment]:
    """What was earned since the day began, as the ledger has it, whenever a market was settled."""
    micros: Counter[str] = Counter()
    last = 0
    found = [Moment(wall_ns=max(of.since_ns, rows.table("runs")[0]["started_ns"]), made_base_micros=0)]
    for entry in entries(rows, until_ns=of.until_ns):
        if entry.first["wall_ns"] < of.since_ns:
            continue
        before = dict(micros)
        for row in entry.lines:
            if account(row["account"]).kind in EARNED:
                micros[row["currency"]] -= row["micros"]
        if micros != before and entry.first["cause"].startswith(("statement ", "reversal ")):
            made = sum(value * of.rates_e8[currency] for currency, value in sorted(micros.items()))
            seq = entry.first["seq"]
            if seq == last:  # a statement and the one whose place it takes are one step
                found.pop()
            last = seq
            found.append(Moment(wall_ns=entry.first["wall_ns"], made_base_micros=made // FX_SCALE))
    return found


def turns_of(matches: Sequence[Match], of: About) -> dict[str, tuple[int, int, int, int]]:
    """Claims held when the day began, bought, sold and annulled in it, by instrument."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for match in matches:
        claims = match.claims_micros if match.side == Side.BACK else -match.claims_micros
        turns = found[match.instrument]
        if match.wall_ns < of.since_ns:
            turns[0] += claims
        elif match.size_micros <= 0:
            turns[3] += claims
        elif match.side == Side.BACK:
            turns[1] += claims
        else:
            turns[2] -= claims
    return {name: (turns[0], turns[1], turns[2], turns[3]) for name, turns in found.items()}


def _reach(most: list[int], net: int) -> None:
    most[0], most[1] = max(most[0], net), min(most[1], net)
