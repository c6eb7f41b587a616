"""The doors that ask what a run's journal comes to: rows of a table on a terminal, else lines of JSON."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import msgspec

from desk.tables import Row, print_table
from domain.ids import MarketId, VenueName
from domain.messages import DecisionTaken
from domain.money import MICROS, floor_to, half_up_to
from domain.odds import NATIVE_SCALE, PriceKind
from domain.terms import BalanceBasis, Capabilities
from engine.replay import Applied, answering, steps, uncollected
from engine.scope_losses import ScopeLosses
from engine.state import State
from engine.worth import at_odds, contract_hedge, evening_bet, held_bet, held_break_even, in_contracts, units
from oms.accounts import account
from oms.order_states import is_open, state_of
from risk.capital import VenueCapital, capital_use, no_set
from risk.collateral import tied_micros
from risk.exposure import ends_micros
from risk.scenarios import joint_loss_micros

T = TypeVar("T")

SETTLED_AFTER_MS = 3 * 3_600_000
"""So long after its start an event should be over and paid."""


class Asked(msgspec.Struct, frozen=True):
    """What a run's journal comes to, and the last fair value that each outcome was decided on, in 1e-9.

    `now_ns` is the monotonic time of its last record.
    """

    state: State
    fair_e9: dict[tuple[MarketId, int], int]
    now_ns: int


def ask_run(run: Path, question: str, *, as_json: bool) -> int:
    """The doors named in `QUESTIONS` over a run's folder; a table on a terminal, else JSON. Returns the exit code."""

    def answer() -> None:
        asked = read_run(run)
        rows = [*QUESTIONS[question](asked)]
        if as_json or not sys.stdout.isatty():
            for row in rows:
                print(msgspec.json.encode(row).decode())
        else:
            print_table(f"{question} of {asked.state.started.run}", rows)

    return answering(answer)


def read_run(run: Path) -> Asked:
    """A run's journal to its end. Raises as `engine.replay.steps`."""
    fair_e9: dict[tuple[MarketId, int], int] = {}
    step: Applied | None = None
    with uncollected():
        for step in steps(run):
            body = step.record.body
            if isinstance(body, DecisionTaken) and body.probability_e9:
                fair_e9[body.market, body.outcome] = body.probability_e9
    assert step is not None, "steps ended without a record and without saying why"
    return Asked(step.state, fair_e9, step.record.monotonic_ns)


def orders(asked: Asked) -> Iterator[Row]:
    """Every order in the order of its placement; prices are odds, or currency for one contract."""
    state = asked.state
    for order in sorted(state.blotter.orders.every(), key=lambda order: (order.intended_ns, order.ref)):
        yield {
            "ref": order.ref,
            "venue_order_id": order.venue_order_id or "",
            "instrument": order.instrument,
            "strategy": order.strategy,
            "side": order.side.value,
            "price_micros": order.price * MICROS // NATIVE_SCALE[state.instruments[order.instrument].terms.kind],
            "size_micros": order.size_micros,
            "matched_micros": order.matched_micros,
            "remaining_micros": order.exposed_micros,
            "cost_micros": order.cost_micros,
            "fee_micros": order.fee_micros,
            "state": state_of(order).value,
        }


def positions(asked: Asked) -> Iterator[Row]:
    """What was matched on each instrument, settled or not; amounts in the venue's currency, gross of fees.

    The one bet that it amounts to is told in odds and in contracts, with the chance at which it brings nothing.
    """
    state = asked.state
    for key, held in sorted(state.positions.by_instrument.items()):
        instrument = state.instruments[key]
        market = state.markets[instrument.listing.market]
        yield {
            "instrument": key,
            "event": state.events[market.event].name,
            "outcome": market.outcomes[instrument.listing.outcome],
            "currency": instrument.terms.currency,
            "claims_micros": held.claims_micros,
            "cost_micros": held.cost_micros,
            "if_win_micros": held.if_win_micros,
            "if_lose_micros": held.if_lose_micros,
            "fee_micros": held.fee_micros,
            "bets": held.bets,
            "in_odds": _told(held_bet(held), at_odds),
            "in_contracts": _told(held_bet(held), in_contracts),
            "break_even": _told(held_break_even(held, instrument.terms.fee), units),
            "open": any(one.id == key for one, _ in state.positions.in_market(market.id)),
        }


def hedges(asked: Asked) -> Iterator[Row]:
    """What would even each open position out: a bet at the last fair value there, or contracts elsewhere.

    `evened_micros` is the result of both after the bet, `unhedged_micros` the payout that no whole lot of contracts
    covers, in their currency.
    """
    state = asked.state
    for market in state.markets.values():
        listed = state.listed_for(market.id)
        rates_e8 = {instrument.id: state.rate_e8(instrument) for instrument in listed}
        for instrument, held in state.positions.in_market(market.id):
            outcome = instrument.listing.outcome
            fair_e9 = asked.fair_e9.get((market.id, outcome), 0)
            even = evening_bet(held, instrument, fair_e9) if fair_e9 else None
            hedge = contract_hedge(held, listed, rates_e8=rates_e8, of=instrument)
            native = in_contracts if instrument.terms.kind is PriceKind.CONTRACT else at_odds
            yield {
                "instrument": instrument.id,
                "event": state.events[market.event].name,
                "outcome": market.outcomes[outcome],
                "currency": instrument.terms.currency,
                "if_win_micros": held.if_win_micros,
                "if_lose_micros": held.if_lose_micros,
                "fair_micros": fair_e9 // 1_000,
                "green_up": _told(even, native),
                "evened_micros": min(
                    held.if_win_micros + (floor_to(even.if_win) if even else 0),
                    held.if_lose_micros + (floor_to(even.if_lose) if even else 0),
                ),
                "hedge": f"{units(hedge[1].contracts)} on {hedge[0].id}" if hedge else "",
                "unhedged_micros": half_up_to(hedge[1].residual) if hedge else 0,
            }


def capital(asked: Asked) -> Iterator[Row]:
    """How much of each venue's money is tied up by matched bets and open orders, and of all of it in base currency.

    A venue that keeps our money in several shards has a row for each. `releasable_micros` is what a venue holds of it
    for contracts that cannot all lose, and would give back if asked to. `until_ms` is when the last event in which
    money is tied up should be settled, Unix milliseconds, 0 if in none; `released_ms` and `released_micros` are all of
    them, the soonest first, with what each has tied up.
    """
    state = asked.state
    wallets = [(one, shard) for one in state.started.capabilities for shard in _shards(state, one.venue)]
    places = [_place(state, one, shard) for one, shard in wallets]
    use = capital_use(places)
    releases = [_releases(state, one.venue, shard) for one, shard in wallets]
    for (one, shard), place, free in zip(wallets, places, releases, strict=True):
        yield {
            "venue": one.venue,
            "shard": shard,
            "currency": one.currency,
            "equity_micros": place.equity_micros,
            "tied_micros": place.locked_micros + place.reserved_micros,
            "share_micros": half_up_to(place.utilisation),
            "tightest": one.venue == use.tightest,
            "releasable_micros": _releasable_micros(state, one.venue, shard),
            "until_ms": max((at_ms for at_ms, _ in free), default=0),
            "released_ms": tuple(at_ms for at_ms, _ in free),
            "released_micros": tuple(micros for _, micros in free),
        }
    yield {
        "venue": "all",
        "shard": "",
        "currency": state.started.base,
        "equity_micros": half_up_to(use.equity),
        "tied_micros": half_up_to(use.tied),
        "share_micros": half_up_to(use.utilisation),
        "tightest": False,
        "releasable_micros": 0,
        "until_ms": max((at_ms for free in releases for at_ms, _ in free), default=0),
        "released_ms": (),
        "released_micros": (),
    }


def _place(state: State, of: Capabilities, shard: int) -> VenueCapital:
    account = of.venue, of.currency
    return VenueCapital(
        venue=of.venue,
        rate_e8=state.started.rates_e8[of.currency],
        equity_micros=state.ledger.equity_micros(*account, BalanceBasis.WALLET, shard=shard),
        locked_micros=sum(state.ledger.balance(name, *account, shard=shard) for name in ("position", "netting")),
        reserved_micros=state.ledger.balance("reserved", *account, shard=shard),
    )


def _shards(state: State, venue: VenueName) -> list[int]:
    """The shards on which we have money at a venue, or may trade; the first where there is no other."""
    named = {one.shard for one in (account(name) for name, _ in state.ledger.balances) if one.venue == venue}
    traded = {one.terms.shard for one in state.instruments.values() if one.listing.venue == venue}
    return sorted(named | traded | {0})


def _releases(state: State, venue: VenueName, shard: int) -> list[tuple[int, int]]:
    """When the events in which money is tied up there should be over, and how much of it, in the venue's currency."""
    markets = {
        (one.listing.venue_market, one.listing.market): one.listing
        for one in state.instruments.values()
        if one.listing.venue == venue and one.terms.shard == shard
    }
    tied: Counter[int] = Counter()
    for listing in markets.values():
        event = state.events[state.markets[listing.market].event]
        tied[event.starts_ms + SETTLED_AFTER_MS] += tied_micros(state.exposure, listing)
    return sorted((at_ms, micros) for at_ms, micros in tied.items() if micros)


def _releasable_micros(state: State, venue: VenueName, shard: int) -> int:
    """What contracts against several outcomes of one market hold beyond what they can lose."""
    total = Fraction(0)
    for market in state.markets.values():
        given = [
            held_bet(held)
            for instrument, held in state.positions.in_market(market.id)
            if instrument.listing.venue == venue
            and instrument.terms.shard == shard
            and instrument.terms.kind is PriceKind.CONTRACT
            and held.claims_micros < 0
        ]
        bets = [bet for bet in given if bet is not None]
        if market.winners == 1 and len(bets) > 1:
            owned = no_set([bet.claims for bet in bets], [1 - bet.price for bet in bets])
            total += owned.cost - max(Fraction(0), owned.locked)
    return floor_to(total)


def exposure(asked: Asked) -> Iterator[Row]:
    """The most that each event can still cost us against its cap, then each other scope; in base currency.

    `joint_loss_micros` is the most under one final score; the rest is the fear that a market is voided alone. It is
    told of events alone. `used_ppm` is the share of the cap in millionths; a cap of 0 is none, and then there is no
    room told. See `engine.scope_losses`.
    """
    state = asked.state
    for event in state.events.values():
        worst = state.exposure.worst_loss_micros(event.id)
        cap = state.started.cap_micros
        yield {
            "scope": "event",
            "event": event.id,
            "name": event.name,
            "currency": state.started.base,
            "worst_loss_micros": worst,
            "joint_loss_micros": joint_loss_micros(
                [market for market in state.markets.values() if market.event == event.id],
                {market: ends_micros(state.exposure, market) for market in state.markets},
            ),
            "cap_micros": cap,
            "room_micros": max(0, cap - worst),
            "used_ppm": worst * 1_000_000 // cap if cap else 0,
        }
    for one in ScopeLosses(state).rows(asked.now_ns):
        yield {
            "scope": one.scope,
            "event": "",
            "name": one.name,
            "currency": state.started.base,
            "worst_loss_micros": one.worst_loss_micros,
            "joint_loss_micros": "",
            "cap_micros": one.cap_micros,
            "room_micros": max(0, one.cap_micros - one.worst_loss_micros) if one.cap_micros else "",
            "used_ppm": one.used_ppm,
        }


def markets(asked: Asked) -> Iterator[Row]:
    """Each market with our result by outcome, of what is matched and at worst, in base currency."""
    state = asked.state
    for market in state.markets.values():
        listed = state.listed_for(market.id)
        yield {
            "market": market.id,
            "event": state.events[market.event].name,
            "kind": market.kind,
            "outcomes": market.outcomes,
            "venues": tuple(sorted({instrument.listing.venue for instrument in listed})),
            "open_orders": sum(is_open(order) for order in state.open_in(market.id)),
            "matched_micros": state.exposure.pnl_micros(market.id),
            "worst_micros": state.exposure.worst_by_outcome_micros(market.id),
        }


def _told(what: T | None, tell: Callable[[T], str]) -> str:
    """What there is in words, nothing where there is nothing."""
    return "" if what is None else tell(what)


QUESTIONS: dict[str, Callable[[Asked], Iterator[Row]]] = {
    "orders": orders,
    "positions": positions,
    "hedges": hedges,
    "exposure": exposure,
    "capital": capital,
    "markets": markets,
}
