"""Vector kinds that risk and routing answer: each parses its inputs, calls one function and prints its result."""

from fractions import Fraction
from typing import Any, cast

import msgspec

from domain.candidates import Candidate
from domain.claims import bet_at_odds, bet_on_contracts
from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.ids import InstrumentId, MarketId, VenueName
from domain.money import MICROS, half_up_to
from domain.net_price import PROBABILITY_SCALE
from domain.odds import NATIVE_SCALE, PriceKind
from domain.orders import Order, Side
from oms.allotment import Allotment, allot
from risk.capital import VenueCapital, capital_use, no_set
from risk.checks import crosses, position_room
from risk.drift import DriftRules, judge_drift
from risk.exposure import Exposure, Position
from risk.scenarios import joint_exposure
from tests.risk.builders import PAR, instrument, market, order
from tests.vectors.compare import FINER, Adapter, fine, fine_units, micros, number, rate_e8, scaled, whole, word

Inputs = dict[str, Any]
Results = dict[str, Any]

PLENTY = 10**18


# --- parsing and printing ---


def _units(micros: int) -> Fraction:
    return Fraction(micros, MICROS)


def _native(kind: PriceKind, text: str) -> int:
    return scaled(text, NATIVE_SCALE[kind])


def _order(i: Inputs, *, matched: bool) -> Order:
    side, size = Side[word(i["side"], "BACK", "LAY")], fine(i["stake"])
    bet = bet_at_odds(side, odds=number(i["odds"]), stake=number(i["stake"]))
    plain = order("BACK 1 @ 2", instrument("a", whole(i["outcome"])))
    if not matched:
        return msgspec.structs.replace(plain, side=bet.side, size_micros=size, price=_native(PriceKind.ODDS, i["odds"]))
    filled = {"matched_micros": size, "claims_micros": half_up_to(bet.claims * FINER), "cost_micros": size}
    return msgspec.structs.replace(plain, side=bet.side, size_micros=size, **filled)


def _candidate(i: Inputs) -> Candidate:
    kind = PriceKind(i["type"])
    at_odds = kind is PriceKind.ODDS
    rate_ppm = micros(i["commission" if at_odds else "rate"])
    fee: FeeTerms = NetWinFee(rate_ppm=rate_ppm) if at_odds else QuadraticFee(taker_ppm=rate_ppm)
    return Candidate(
        instrument=InstrumentId(i["id"]),
        kind=kind,
        fee=fee,
        levels=tuple((_native(kind, price), micros(size)) for price, size in i["levels"]),
        lot_micros=micros(i["lot"]),
        size_min_micros=0,
        payout_min_micros=0,
        available_micros=PLENTY,
        priority=whole(i["priority"]),
        rate_e8=rate_e8(i.get("fx", "1")),
        win_micros=0,
        lose_micros=0,
        net_price=(0, 0),
        allotted=(),
    )


def _share(share: Allotment) -> Results:
    return {
        "venue": share.candidate.instrument,
        "price": Fraction(share.price, NATIVE_SCALE[share.candidate.kind]),
        "size": _units(share.size_micros),
        "fee": _units(share.fee_micros),
        "net_payout": share.claims,
    }


# --- kinds ---


def _worst_case(i: Inputs) -> Results:
    exposure, name = Exposure([market(outcomes=whole(i["outcomes"]))]), MarketId("match")
    for bet in [
        *(_order(j, matched=True) for j in i.get("matched", [])),
        *(_order(j, matched=False) for j in i.get("open", [])),
    ]:
        exposure.update(None, bet, instrument("a", int(bet.instrument.rpartition("/")[2])), PAR)
    loss = fine_units(exposure.market_loss_micros(name))
    worst = map(fine_units, exposure.worst_by_outcome_micros(name))
    return {
        "pnl": [*map(fine_units, exposure.pnl_micros(name))],
        "worst_by_outcome": (by := [*worst]),
        "worst": min(by),
    } | {"liability": loss}


def _sor_buy(i: Inputs) -> Results:
    """A limit may be a ratio here: no whole number of 1e-9, and only compared with."""
    target, limit_e9 = micros(i["target_net_payout"]), number(i["limit_net_price"]) * PROBABILITY_SCALE
    places = [_candidate(venue) for venue in i["venues"]]
    shares, _ = allot(places, side=Side.BACK, limit_e9=cast("int", limit_e9), claims_micros=target)
    payout, cost = sum(share.claims for share in shares), sum(share.cash(Side.BACK) for share in shares)
    return {
        "allocations": [*map(_share, shares)],
        "net_payout": payout,
        "cost": cost,
        "unfilled": _units(target) - payout,
    }


def _claim(i: Inputs) -> tuple[Side, tuple[int, int]]:
    yes, buys = word(i["side"], "yes", "no") == "yes", word(i["action"], "buy", "sell") == "buy"
    price = bet_on_contracts(yes=yes, count=Fraction(1), price=number(i["price"])).price
    return Side.BACK if yes is buys else Side.LAY, price.as_integer_ratio()


def _self_match(i: Inputs) -> Results:
    against = [other["id"] for other in i["resting"] if crosses(*_claim(i["new"]), *_claim(other))]
    return {"would_self_match": bool(against), "against": against}


def _position_limit(i: Inputs) -> Results:
    held = Position(*(micros(i.get(key, "0")) for key in ("position", "open_buys", "open_sells")))
    side = {"buy": Side.BACK, "sell": Side.LAY}[word(i["side"], "buy", "sell")]
    room = position_room(side, position=held, size=micros(i["qty"]), limit=micros(i["limit"]))
    return {"worst_position": _units(room.worst), "allowed": room.allowed, "max_qty": _units(room.size_max)}


def _drift(i: Inputs) -> Results:
    ours, theirs, inflight = micros(i["internal"]), micros(i["venue"]), micros(i.get("inflight", "0"))
    rules = DriftRules(micros(i["tolerance"]), micros(i["hard_limit"]), whole(i["grace_ms"]))
    age = whole(i["age_ms"])
    drift = judge_drift(rules, ours_micros=ours, theirs_micros=theirs, inflight_micros=inflight, age_ms=age)
    return {"drift": _units(drift.drift_micros), "action": drift.action.value}


def _capital(i: Inputs) -> VenueCapital:
    money = [micros(i[key]) for key in ("equity", "locked", "reserved")]
    return VenueCapital(VenueName(i["id"]), rate_e8(i.get("fx", "1")), *money)


def _capital_utilisation(i: Inputs) -> Results:
    use = capital_use(map(_capital, i["venues"]))
    return {"locked": use.tied, "equity": use.equity, "utilisation": use.utilisation, "max_venue": use.tightest}


def _no_set(i: Inputs) -> Results:
    held = no_set([*map(number, i["counts"])], [*map(number, i["no_prices"])])
    return {"cost": held.cost, "guaranteed": held.guaranteed, "locked": held.locked}


def _scenario_exposure(i: Inputs) -> Results:
    states = {one["id"]: [*one["pnl"]] for one in i["markets"]}
    pnl = {one["id"]: [number(amount) for amount in one["pnl"].values()] for one in i["markets"]}
    scenarios = [
        {name: [Fraction(state == reached) for state in states[name]] for name, reached in one["states"].items()}
        for one in i["scenarios"]
    ]
    joint = joint_exposure(pnl, scenarios, [number(one["prob"]) for one in i["scenarios"]])
    return {
        "scenario_pnl": [*joint.by_scenario],
        "joint_worst": joint.worst,
        "sum_of_worsts": joint.sum_of_worsts,
        "ev": joint.expected,
        "variance": joint.variance,
    }


KINDS: dict[str, Adapter] = {
    "kalshi_no_set_collateral": _no_set,
    "scenario_exposure": _scenario_exposure,
    "worst_case": _worst_case,
    "sor_buy": _sor_buy,
    "self_match": _self_match,
    "position_limit": _position_limit,
    "drift": _drift,
    "capital_utilisation": _capital_utilisation,
}
