"""Vector kinds that the code of `strategy/` answers: each parses its inputs, calls the program, prints its result."""

from fractions import Fraction
from typing import Any

import msgspec

from domain.ids import MarketId
from domain.markets import MarketStatus
from domain.messages import FairValueReceived
from domain.orders import Side
from strategy.devig import devig
from strategy.fair_value import GateRules, Opinion, fv_gate, logit_pool, microprice
from strategy.football import Match, dnb_double_chance, event_mapping, poisson_markets
from strategy.quoting_models import (
    JumpRisk,
    as_logit_quotes,
    as_prob_quotes,
    glft_asymptotic,
    glft_finite,
    jump_adverse_rate,
    tilted_probs,
)
from strategy.requote_rule import requote_decision
from strategy.sizing import ev_net, kelly_binary, kelly_claim, kelly_exclusive, kelly_existing, stake_caps
from strategy.uncertainty import UnsurePrice, bet_delay_ev, fill_adjusted_price, post_vs_take
from tests.vectors.compare import Adapter, called, flag, number, whole, word

Inputs = dict[str, Any]
Results = dict[str, Any]
_SIDES = {"BACK": Side.BACK, "LAY": Side.LAY, "YES": Side.BACK, "NO": Side.LAY}


# --- parsing and printing ---


def _exact(i: Inputs, *names: str) -> dict[str, Any]:
    return {name: number(i[name]) for name in names}


def _floats(i: Inputs, *names: str) -> dict[str, Any]:
    return {name: float(value) for name, value in _exact(i, *names).items()}


def _ints(i: Inputs, *names: str) -> dict[str, Any]:
    return {name: whole(i[name]) for name in names}


def _list(values: list[str]) -> list[Fraction]:
    return [number(value) for value in values]


def _fields(struct: msgspec.Struct, *names: str) -> Results:
    return {name: getattr(struct, name) for name in names or struct.__struct_fields__}


# --- kinds ---


def _devig(i: Inputs) -> Results:
    fair = devig(_list(i["odds"]), method=i["method"])
    return {"probs": fair.probs} | ({} if fair.param is None else {"param": fair.param})


def _logit_pool(i: Inputs) -> Results:
    sources = [_floats(source, "p", "var_logit", "age_s") for source in i["sources"]]
    opinions = [Opinion((source["p"],), source["var_logit"], source["age_s"]) for source in sources]
    pooled = logit_pool(opinions, **_floats(i, "half_life_s"))
    return {"p": pooled.probs[0], "pooled_var": pooled.var_logit}


def _microprice(i: Inputs) -> Results:
    odds, sizes = _exact(i, "back_odds", "lay_odds"), _exact(i, "back_size", "lay_size")
    return _fields(microprice(**odds, back_stake=sizes["back_size"], lay_stake=sizes["lay_size"]))


def _fv_gate(i: Inputs) -> Results:
    x = _floats(i, "p", "var_logit", "sigma_b", "k") | _ints(i, "ts_ms", "now_ms", "ttl_ms")
    fair = FairValueReceived(MarketId(""), "", "", 0, (x["p"],), x["var_logit"], x["ttl_ms"], i["model_state"])
    rules, times = GateRules(x["sigma_b"], x["k"]), {"received_ms": x["ts_ms"], "now_ms": x["now_ms"]}
    gate = fv_gate(fair, rules, **times, state=i["venue_state"])
    return _fields(gate, "age_ms") | {"accept": gate.accepted, "sd_p": gate.sd_p[0], "extra_edge": gate.extra_edge[0]}


def _poisson_markets(i: Inputs) -> Results:
    probs = poisson_markets(Match(**_floats(i, "lambda_home", "lambda_away")))
    totals = {"under_2_5": probs.totals[0].under, "over_2_5": probs.totals[0].over}
    return _fields(probs) | totals


def _event_mapping(i: Inputs) -> Results:
    a, draw, b = _list(i["probs_90"])
    return _fields(event_mapping(a=a, draw=draw, b=b, a_given_draw=number(i["p_a_given_draw"])))


def _ev_net(i: Inputs) -> Results:
    return _fields(called(ev_net, i, side=_SIDES[i["side"]]))


def _kelly_binary(i: Inputs) -> Results:
    said = word(i["type"], *_SIDES)
    return _fields(called(kelly_binary if said in Side.__members__ else kelly_claim, i, side=_SIDES[said]))


def _kelly_exclusive(i: Inputs) -> Results:
    return _fields(kelly_exclusive(probs=_list(i["probs"]), odds=_list(i["odds"])))


def _stake_caps(i: Inputs) -> Results:
    return _fields(called(stake_caps, i, caps=_exact(i["caps"], *i["caps"])))


def _as_logit_quotes(i: Inputs) -> Results:
    quotes = called(as_logit_quotes, i, float)
    return _fields(quotes) | {"half_spread_logit": quotes.half_spread}


def _glft_asymptotic(i: Inputs) -> Results:
    depths = glft_asymptotic(
        **_floats(i, "inventory", "gamma", "sigma", "kappa", "delta"), intensity=float(number(i["A"]))
    )
    return {"delta_bid": depths.bid, "delta_ask": depths.ask}


def _glft_finite(i: Inputs) -> Results:
    terms = _floats(i, "gamma", "sigma", "kappa", "tau")
    orders = _ints(i, "inventory", "Q")
    depths = glft_finite(
        inventory=orders["inventory"], inventory_max=orders["Q"], intensity=float(number(i["A"])), **terms
    )
    return {"delta_bid": depths.bid, "delta_ask": depths.ask}


def _tilted_probs(i: Inputs) -> Results:
    probs, pnl = (list(map(float, _list(i[name]))) for name in ("probs", "pnl"))
    return {"reservation": tilted_probs(probs=probs, pnl=pnl, gamma=float(number(i["gamma"])))}


def _jump_adverse_rate(i: Inputs) -> Results:
    terms = _floats(i, "kappa", "jump_rate", "jump_size", "stale_hit_prob")
    risk = JumpRisk(intensity=float(number(i["A"])), **terms)
    return {"profit_rate": jump_adverse_rate(risk, half_spread=float(number(i["half_spread"])))}


def _requote_decision(i: Inputs) -> Results:
    """A state that we have no word for is not open."""
    ticks, target = _ints(i, "current_tick", "hysteresis_ticks"), i["target_tick"]
    rest = _exact(i, "edge_at_current", "cancel_edge", "tokens")
    status = MarketStatus.__members__.get(i["market_state"], MarketStatus.SUSPENDED)
    action = requote_decision(
        **ticks,
        **rest,
        target_tick=None if target is None else whole(target),
        market_state=status,
        fv_valid=flag(i["fv_valid"]),
    )
    return {"action": action.name}


def _post_vs_take(i: Inputs) -> Results:
    choice = called(post_vs_take, i)
    return _fields(choice) | {"action": choice.action.name}


def _fill_adjusted_price(i: Inputs) -> Results:
    names = ("net_price", "fill_prob", "fallback_net_price")
    return _fields(fill_adjusted_price({venue["id"]: UnsurePrice(**_exact(venue, *names)) for venue in i["venues"]}))


KINDS: dict[str, Adapter] = {
    "devig": _devig,
    "logit_pool": _logit_pool,
    "microprice": _microprice,
    "fv_gate": _fv_gate,
    "poisson_markets": _poisson_markets,
    "dnb_double_chance": lambda i: _fields(called(dnb_double_chance, i)),
    "event_mapping": _event_mapping,
    "ev_net": _ev_net,
    "kelly_binary": _kelly_binary,
    "kelly_exclusive": _kelly_exclusive,
    "kelly_existing": lambda i: {"stake": called(kelly_existing, i)},
    "stake_caps": _stake_caps,
    "as_logit_quotes": _as_logit_quotes,
    "as_prob_quotes": lambda i: _fields(called(as_prob_quotes, i, float)),
    "glft_asymptotic": _glft_asymptotic,
    "glft_finite": _glft_finite,
    "tilted_probs": _tilted_probs,
    "jump_adverse_rate": _jump_adverse_rate,
    "requote_decision": _requote_decision,
    "bet_delay_ev": lambda i: _fields(called(bet_delay_ev, i, float)),
    "post_vs_take": _post_vs_take,
    "fill_adjusted_price": _fill_adjusted_price,
}
