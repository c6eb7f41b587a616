"""Vector kinds that the code of `domain/` answers: each parses its inputs, calls the program and prints its result."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import ceil, floor
from typing import Any

from domain.claims import (
    Bet,
    bet_at_odds,
    bet_on_contracts,
    claims_and_cost_micros,
    green_up,
    hedge_in_contracts,
    outcome_results,
)
from domain.fees import (
    FeeTerms,
    NetWinFee,
    ProfitOrLesserFee,
    QuadraticFee,
    RoundedFill,
    VolumeFee,
    commission,
    fee_estimate_micros,
    fill_fee_micros,
    net_result_micros,
    round_fill,
    transaction_charge,
)
from domain.legs import LegTerms, arb_two_leg, leg_order
from domain.money import FX_SCALE, MICROS, half_up_to
from domain.net_price import PROBABILITY_SCALE, NetQuote, break_even, ev_change, net_limit_tick, net_price, rank
from domain.odds import CLASSIC, NATIVE_SCALE, Ladder, LimitMode, PriceKind, contract_ladder, limit_tick
from domain.orders import Side
from domain.settlement import asian_handicap, dead_heat, profit_ratio, reduced_odds
from domain.starting_price import starting_price
from domain.synthetic import cross_match, two_runner_virtual
from tests.vectors.compare import Adapter, called, flag, micros, number, rate_e8, scaled, whole, word
from venues.kalshi.rules import PRICE_STRUCTURES

Inputs = dict[str, Any]
Results = dict[str, Any]


# --- parsing and printing ---


def _units(micros: int) -> Fraction:
    return Fraction(micros, MICROS)


def _bet(i: Inputs, said: str | None = None) -> Bet:
    side = Side[word(said or i["side"], "BACK", "LAY")]
    return bet_at_odds(side, odds=number(i["odds"]), stake=number(i["stake"]))


def _native(kind: PriceKind, text: str) -> int:
    return scaled(text, NATIVE_SCALE[kind])


def _side(said: str) -> Side:
    return {"buy": Side.BACK, "sell": Side.LAY}[word(said, "buy", "sell")]


def _ladder(i: Inputs) -> Ladder:
    venue = word(i["venue"], "kalshi", "betfair", "matchbook")
    return contract_ladder(PRICE_STRUCTURES[i.get("ladder", "linear_cent")]) if venue == "kalshi" else CLASSIC


def _value(ladder: Ladder, tick: int | None) -> Fraction | None:
    return None if tick is None else ladder.value(tick)


def _fee(i: Inputs) -> FeeTerms:
    by_fill = "rate" in i or i.get("venue") == "kalshi"
    return QuadraticFee(micros(i["rate"])) if by_fill else NetWinFee(micros(i["commission"]))


def _contracts(i: Inputs) -> tuple[int, int]:
    return claims_and_cost_micros(PriceKind.CONTRACT, _native(PriceKind.CONTRACT, i["price"]), micros(i["count"]))


# --- claims ---


def back_to_contract(i: Inputs) -> Results:
    bet = _bet(i, "BACK")
    won = {"price": bet.price, "contracts": bet.claims, "cost": bet.cost, "profit_if_win": bet.if_win}
    return won | {"loss_if_lose": bet.liability}


def lay_to_contract(i: Inputs) -> Results:
    bet = _bet(i, "LAY")
    prices = {"yes_price": bet.price, "no_price": 1 / bet.complement_odds, "contracts": bet.claims}
    money = {"liability": bet.liability, "profit_if_not": bet.if_lose}
    return prices | money | {"equivalent_back_odds_on_complement": bet.complement_odds}


def contract_to_backlay(i: Inputs) -> Results:
    bet = bet_on_contracts(
        yes=word(i["side"], "yes", "no") == "yes", count=number(i["count"]), price=number(i["price"])
    )
    return {"action": bet.side.name, "odds": bet.odds, "stake": bet.cost, "liability": bet.liability}


def fx_hedge_contracts(i: Inputs) -> Results:
    hedge = hedge_in_contracts(_bet(i, "BACK"), rate=number(i["fx_to_usd"]), lot_micros=micros(i["lot"]))
    return {"raw_contracts": hedge.exact, "contracts": hedge.contracts, "residual_payout_usd": hedge.residual}


def green(i: Inputs) -> Results:
    win, lose, odds = number(i["pnl_if_win"]), number(i["pnl_if_lose"]), number(i["odds"])
    bet = green_up(if_win=win, if_lose=lose, odds=odds, lot_micros=micros(i["lot"]))
    after = {"pnl_if_win": win + bet.if_win, "pnl_if_lose": lose + bet.if_lose}
    return {"side": bet.side.name, "stake": bet.cost} | after


# --- ticks ---


def betfair_tick(i: Inputs) -> Results:
    odds = number(i["odds"])
    asked = word(i["op"], "index", "floor", "ceil")
    if asked == "index":
        tick = CLASSIC.floor_tick(odds)
        return {"index": tick if _value(CLASSIC, tick) == odds else None}
    return {"odds": _value(CLASSIC, CLASSIC.floor_tick(odds) if asked == "floor" else CLASSIC.ceil_tick(odds))}


def limit_to_native(i: Inputs) -> Results:
    ladder, side = _ladder(i), _side(i["side"])
    mode = LimitMode(word(i["mode"], *LimitMode))
    tick = limit_tick(ladder, side, number(i["p_limit"]), mode)
    words = {Side.BACK: "BUY_YES", Side.LAY: "SELL_YES"} if ladder.kind is PriceKind.CONTRACT else {}
    return {"action": words.get(side, side.name), "price": _value(ladder, tick)}


def quote_min_edge(i: Inputs) -> Results:
    ladder, p, edge = _ladder(i), number(i["p"]) * PROBABILITY_SCALE, number(i["min_edge"]) * PROBABILITY_SCALE
    names = ("buy_yes", "sell_yes") if ladder.kind is PriceKind.CONTRACT else ("back_order", "lay_order")
    limits = {Side.BACK: floor(p - edge), Side.LAY: ceil(p + edge)}
    ticks = [net_limit_tick(ladder, _fee(i), side, limit) for side, limit in limits.items()]
    return {name: _value(ladder, tick) for name, tick in zip(names, ticks, strict=True)}


# --- fees ---


def kalshi_fee_cent(i: Inputs) -> Results:
    claims, cost = _contracts(i)
    fee = QuadraticFee(micros(i["rate"]))
    return {"fee": _units(fee_estimate_micros(fee, claims_micros=claims, cost_micros=cost))}


def kalshi_fee_fills(i: Inputs) -> Results:
    begun = RoundedFill(0, 0, 0, 0, 0, 0)
    rows = list(accumulate(i["fills"], lambda last, fill: _rounded(i, fill, last), initial=begun))[1:]
    totals = {"total_fee": _units(sum(row.net_fee_micros for row in rows))}
    totals["total_cash"] = _units(sum(row.cash_change_micros for row in rows))
    return totals | {"rows": [_printed(row) for row in rows]}


def _rounded(order: Inputs, fill: Inputs, last: RoundedFill) -> RoundedFill:
    claims, cost = _contracts(fill)
    rate, multiplier = micros((fill if "rate" in fill else order)["rate"]), micros(order.get("multiplier") or "1")
    charged = fill_fee_micros(QuadraticFee(rate, multiplier_ppm=multiplier), claims_micros=claims, cost_micros=cost)
    return round_fill(
        revenue_micros=cost if _side(order["direction"]) is Side.LAY else -cost,
        trade_fee_micros=micros(fill["trade_fee"]) if "trade_fee" in fill else charged,
        accumulator_micros=last.accumulator_micros,
        precision_micros=micros(order["precision"]),
    )


def _printed(row: RoundedFill) -> Results:
    return {name.removesuffix("_micros"): _units(getattr(row, name)) for name in row.__struct_fields__}


def betfair_commission(i: Inputs) -> Results:
    bets = [(_bet(bet), bet["outcome"] == i["winner"]) for bet in i["bets"]]
    gross = sum((bet.if_win if won else bet.if_lose for bet, won in bets), Fraction(0))
    fee = NetWinFee(micros(i["mbr"]), discount_ppm=micros(i.get("discount", "0")))
    before = half_up_to(gross)
    charged = _units(before - net_result_micros(fee, before))
    return {"gross": gross, "commission": charged, "net": gross - charged}


def matchbook_commission(i: Inputs) -> Results:
    families = {"net_win": NetWinFee, "volume_lesser": VolumeFee, "win_profit_else_lesser": ProfitOrLesserFee}
    bet = _bet(i)
    gross = max(bet.if_win, bet.if_lose) if flag(i["won"]) else min(bet.if_win, bet.if_lose)
    taken = commission(families[i["model"]](micros(i["rate"])), profit=gross, lesser=bet.lesser)
    return {"gross": gross, "commission": taken, "net": gross - taken}


def betfair_transaction_charge(i: Inputs) -> Results:
    counts = [whole(count) for count in i["hourly_transactions"]]
    money = {
        name: number(i[name]) for name in ("charge_per_excess", "commission_paid", "market_losses", "implied_rate")
    }
    day = transaction_charge(counts, free_per_hour=whole(i["free_per_hour"]), **money)
    return {"raw_charge": day.raw, "offset": day.offset, "charge": day.charge}


# --- net prices ---


def net_price_rank(i: Inputs) -> Results:
    side, *_ = [_side(quote["side"]) for quote in i["quotes"]]
    prices = {q["id"]: number(q["price"]) if "price" in q else 1 / number(q["odds"]) for q in i["quotes"]}
    ranked = rank([NetQuote(q["id"], net_price(_fee(q), side, prices[q["id"]])) for q in i["quotes"]], side)
    return {"net": {quote.id: quote.net for quote in ranked}, "order": [quote.id for quote in ranked]}


def breakeven_with_position(i: Inputs) -> Results:
    bet, held = _bet(i), {"if_win": number(i["pnl_if_win"]), "if_lose": number(i["pnl_if_lose"])}
    even = break_even(_fee(i), bet.side, claims=bet.claims, cost=bet.cost, **held)
    return {"gain": even.gain, "loss": even.loss, "p_star": even.p_star}


def delta_ev_market(i: Inputs) -> Results:
    pnl, bet, outcome = _numbers(i["pnl"]), _bet(i["bet"]), whole(i["bet"]["outcome"])
    change = outcome_results(len(pnl), outcome, if_win=bet.if_win, if_lose=bet.if_lose)
    ev = ev_change(_fee(i), pnl=pnl, change=change, probabilities=_numbers(i["probs"]))
    return {"ev_before": ev.before, "ev_after": ev.after, "delta_ev": ev.delta}


def _numbers(texts: Sequence[str]) -> list[Fraction]:
    return [number(text) for text in texts]


# --- settlement ---


def reduction_factor(i: Inputs) -> Results:
    odds = reduced_odds(number(i["odds"]), _numbers(i["factors_pct"]))
    return {"odds": odds.exact, "odds_2dp": odds.booked}


def bsp_reconcile(i: Inputs) -> Results:
    backs, lays = (
        [(number(amount), None if limit is None else number(limit)) for amount, limit in i[side]]
        for side in ("backs", "lays")
    )
    return {"bsp": starting_price(backs, lays)}


def profit_ratio_check(i: Inputs) -> Results:
    bent = profit_ratio(odds=number(i["odds"]), stake=number(i["stake"]))
    profits = {"exact_profit": bent.exact, "rounded_profit": bent.rounded}
    return profits | {"ratio": bent.ratio, "accepted": bent.accepted}


def crossed(i: Inputs) -> Results:
    others = {name: number(odds) for name, odds in i["other_lay_odds"].items()}
    made = cross_match(others, payout=number(i["payout"]))
    if made is None:  # what is left costs nothing, or brings money
        return dict.fromkeys(("synthetic_odds", "lay_stakes", "net_cost", "tick_floor"))
    names = {"synthetic_odds": made.odds, "lay_stakes": made.stakes, "net_cost": made.cost}
    return names | {"tick_floor": made.tick_floor()}


def mirrored(i: Inputs) -> Results:
    side = Side[word(i["side"], "BACK", "LAY")]
    shown = two_runner_virtual(side, _native(PriceKind.ODDS, i["odds"]))
    if shown is None:  # no tick is low enough
        return {"side": (Side.LAY if side is Side.BACK else Side.BACK).name, "odds": None}
    return {"side": shown[0].name, "odds": Fraction(shown[1], NATIVE_SCALE[PriceKind.ODDS])}


def two_legs(i: Inputs) -> Results:
    yes, lay = _native(PriceKind.CONTRACT, i["yes_price"]), _native(PriceKind.ODDS, i["lay_odds"])
    fee = QuadraticFee(taker_ppm=micros(i["rate"]))
    commission = NetWinFee(rate_ppm=micros(i["commission"]))
    pair = arb_two_leg(
        LegTerms(Side.BACK, PriceKind.CONTRACT, yes, fee, MICROS, FX_SCALE),
        LegTerms(Side.LAY, PriceKind.ODDS, lay, commission, micros(i["stake_lot"]), rate_e8(i.get("fx", "1"))),
        back_size_micros=micros(i["contracts"]),
    )
    sizes = {"lay_stake": _units(pair.lay.size_micros), "liability": _units(pair.lay.liability_micros)}
    paid = {"fee": _units(pair.back.fee_micros), "cost": -pair.back.if_lose}
    results = {"pnl_if_yes": pair.if_win, "pnl_if_no": pair.if_lose, "worst": pair.worst}
    return paid | sizes | results | {"net_price_sum": pair.net_price_sum}


def order_of_legs(i: Inputs) -> Results:
    order = called(leg_order, i)
    return {"ev_lead_a": order.ev_lead_a, "ev_lead_b": order.ev_lead_b, "lead": order.lead}


def _dead_heat(i: Inputs) -> Results:
    bet, parts = _bet(i, i.get("side", "BACK")), dead_heat(tied=whole(i["tied"]), places=whole(i["places"]))
    return {"profit": parts.profit(if_win=bet.if_win, if_lose=bet.if_lose)}


def _asian_handicap(i: Inputs) -> Results:
    bet = _bet(i, i.get("side", "BACK"))
    parts = asian_handicap(line=number(i["line"]), goal_diff=number(i["goal_diff"]))
    return {"profit": parts.profit(if_win=bet.if_win, if_lose=bet.if_lose)}


KINDS: dict[str, Adapter] = {
    "dead_heat": _dead_heat,
    "asian_handicap": _asian_handicap,
    "back_to_contract": back_to_contract,
    "lay_to_contract": lay_to_contract,
    "contract_to_backlay": contract_to_backlay,
    "fx_hedge_contracts": fx_hedge_contracts,
    "green_up": green,
    "betfair_tick": betfair_tick,
    "limit_to_native": limit_to_native,
    "quote_min_edge": quote_min_edge,
    "kalshi_fee_cent": kalshi_fee_cent,
    "kalshi_fee_fills": kalshi_fee_fills,
    "betfair_commission": betfair_commission,
    "matchbook_commission": matchbook_commission,
    "betfair_transaction_charge": betfair_transaction_charge,
    "net_price_rank": net_price_rank,
    "breakeven_with_position": breakeven_with_position,
    "delta_ev_market": delta_ev_market,
    "reduction_factor": reduction_factor,
    "profit_ratio_check": profit_ratio_check,
    "bsp_reconcile": bsp_reconcile,
    "cross_match": crossed,
    "two_runner_virtual": mirrored,
    "arb_two_leg": two_legs,
    "leg_order": order_of_legs,
}
