"""The models behind a maker's quotes: a centre and a half-spread for every outcome, and the settings they share."""

from collections.abc import Callable, Sequence
from math import exp, log
from typing import Literal

import msgspec

from domain.money import parse_micros
from strategy.protection import ProtectionRules
from strategy.quoting_models import (
    Depths,
    JumpRisk,
    as_logit_quotes,
    as_prob_quotes,
    glft_asymptotic,
    glft_finite,
    tilted_probs,
)
from strategy.requote_rule import worth_placing


class QuotingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a market is made. Money is decimal text in the base currency, everything without a unit a probability.

    `model` is where the centre comes from: `tilt` (exponential utility; the default), `logit_as`, `prob_as`, `glft`,
    `glft_finite`. `gamma` is the risk aversion per unit of the base currency: with `tilt` a gap between two
    outcomes' results of 100 units shifts their log-odds by 100·gamma. The other models count inventory in orders
    of `stake`.

    `half_spread` is the tilt's; the others make their own from `kappa_per_logit` (decay of the fill rate),
    `fills_per_s` (its height), `sigma_logit` (per square root of a second) and `horizon_s`.

    Whatever the model says, a quote is placed `place_edge` plus `sd_multiple` standard deviations of the fair value,
    after fees, from the centre, and rests until less than `cancel_edge` is left of that. However much we want to
    unwind, it has `cancel_edge` against the fair value. In running it must also pay for the jumps it suffers:
    `jump_rate_per_s` on the side that hurts, of `jump_size`, hitting with `stale_hit_prob`.

    `stake` is the most that one quote can lose before fees; beyond `inventory_max` of result gap on an outcome
    only the way back is quoted. `versions_approved`: model versions that may price, empty for all.

    `fills_max`, `fills_within_s`, `away_ticks` and `rest_s` say when quotes are pulled for a while
    (`strategy.protection.ProtectionRules`).
    """

    model: Literal["tilt", "logit_as", "prob_as", "glft", "glft_finite"] = "tilt"
    gamma: float = 0.002
    half_spread: float = 0.006
    place_edge: float = 0.003
    cancel_edge: float = 0.001
    sd_multiple: float = 0.25
    sigma_logit: float = 0.01
    kappa_per_logit: float = 15.0
    fills_per_s: float = 0.05
    horizon_s: float = 300.0
    jump_rate_per_s: float = 0.0005
    jump_size: float = 0.25
    stale_hit_prob: float = 0.3
    stake: str = "10"
    inventory_max: str = "100"
    in_play: bool = True
    versions_approved: tuple[str, ...] = ()
    fills_max: int = 4
    fills_within_s: float = 3.0
    away_ticks: int = 30
    rest_s: float = 2.0

    def __post_init__(self) -> None:
        worth_placing(0.0, place_edge=self.place_edge, cancel_edge=self.cancel_edge)
        for name in ("kappa_per_logit", "fills_per_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("gamma", "cancel_edge", "sd_multiple", "sigma_logit", "horizon_s", "jump_rate_per_s"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)}")
        for name in ("half_spread", "place_edge", "jump_size"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} is a probability and must lie between 0 and 1, not {getattr(self, name)}")
        if not 0 <= self.stale_hit_prob <= 1:
            raise ValueError(f"stale_hit_prob must lie in [0, 1], not {self.stale_hit_prob}")
        for name in ("stake", "inventory_max"):
            if not parse_micros(getattr(self, name)) > 0:
                raise ValueError(f'{name} must be above 0, written as "10", not {getattr(self, name)!r}')
        if parse_micros(self.inventory_max) < parse_micros(self.stake):
            raise ValueError(f"inventory_max must hold at least one stake of {self.stake}, not {self.inventory_max}")

    def protection(self) -> ProtectionRules:
        """When quotes are pulled; ValueError for rules that make no sense."""
        return ProtectionRules(
            fills_max=self.fills_max,
            fills_within_s=self.fills_within_s,
            away_ticks=self.away_ticks,
            rest_s=self.rest_s,
        )

    def jumps(self) -> JumpRisk | None:
        """The jumps of running play; None when none are expected."""
        if not self.jump_rate_per_s * self.stale_hit_prob:
            return None
        return JumpRisk(
            intensity=self.fills_per_s,
            kappa=4 * self.kappa_per_logit,  # per probability where that is widest, at evens
            jump_rate=self.jump_rate_per_s,
            jump_size=self.jump_size,
            stale_hit_prob=self.stale_hit_prob,
        )


class Centre(msgspec.Struct, frozen=True):
    """The price that a model quotes around, its half-spread, both in probability, and the sides it allows."""

    reservation: float
    half: float
    bid: bool = True
    ask: bool = True


def gaps(probs: Sequence[float], pnl: Sequence[float], *, winners: int = 1) -> list[float]:
    """Per outcome, our result if it wins less what the others bring on average: the inventory in its claim.

    Where several win the others lose one place to it, each in proportion to p(1−p), how open it is whether it wins
    (exact for one and for independent outcomes that are many: Hájek 1964).
    """
    if winners > 1:
        open_ = [p * (1 - p) for p in probs]
        total, moment = sum(open_), sum(v * result for v, result in zip(open_, pnl, strict=True))
        return [result - (moment - v * result) / (total - v) for v, result in zip(open_, pnl, strict=True)]
    mean = sum(p * result for p, result in zip(probs, pnl, strict=True))
    return [(result - mean) / (1 - p) for p, result in zip(probs, pnl, strict=True)]


def centres(
    settings: QuotingSettings, *, probs: Sequence[float], pnl: Sequence[float], held: Sequence[float], winners: int = 1
) -> list[Centre]:
    """What the chosen model quotes around, one centre per outcome, of which `winners` win.

    `pnl` is our result per outcome and `held` its `gaps`, in units of the base currency.
    """
    if settings.model == "tilt":
        tilted = tilted_probs(probs=probs, pnl=pnl, gamma=settings.gamma, winners=winners)
        return [Centre(reservation, settings.half_spread) for reservation in tilted]
    model, stake = _MODELS[settings.model], float(settings.stake)
    return [model(settings, p, gap / stake) for p, gap in zip(probs, held, strict=True)]


def _logit_as(settings: QuotingSettings, p: float, inventory: float) -> Centre:
    quotes = as_logit_quotes(
        p=p,
        inventory=inventory,
        gamma=_gamma_per_order(settings),
        sigma_b=settings.sigma_logit,
        tau=settings.horizon_s,
        kappa=settings.kappa_per_logit,
    )
    return Centre((quotes.bid + quotes.ask) / 2, (quotes.ask - quotes.bid) / 2)


def _prob_as(settings: QuotingSettings, p: float, inventory: float) -> Centre:
    slope = p * (1 - p)  # probability per logit: with every constant converted it agrees with `logit_as` to first order
    quotes = as_prob_quotes(
        p=p,
        inventory=inventory,
        gamma=_gamma_per_order(settings) / slope,
        sigma_p=settings.sigma_logit * slope,
        tau=settings.horizon_s,
        kappa=settings.kappa_per_logit / slope,
    )
    return Centre(quotes.reservation, quotes.half_spread)


def _glft(settings: QuotingSettings, p: float, inventory: float) -> Centre:
    depths = glft_asymptotic(
        inventory=inventory,
        gamma=_gamma_per_order(settings),
        sigma=settings.sigma_logit,
        kappa=settings.kappa_per_logit,
        intensity=settings.fills_per_s,
    )
    return _around(p, depths, settings.half_spread)


def _glft_finite(settings: QuotingSettings, p: float, inventory: float) -> Centre:
    depths = glft_finite(
        inventory=round(inventory),
        gamma=_gamma_per_order(settings),
        sigma=settings.sigma_logit,
        kappa=settings.kappa_per_logit,
        intensity=settings.fills_per_s,
        tau=settings.horizon_s,
        inventory_max=parse_micros(settings.inventory_max) // parse_micros(settings.stake),
    )
    return _around(p, depths, settings.half_spread)


_MODELS: dict[str, Callable[[QuotingSettings, float, float], Centre]] = {
    "logit_as": _logit_as,
    "prob_as": _prob_as,
    "glft": _glft,
    "glft_finite": _glft_finite,
}


def _gamma_per_order(settings: QuotingSettings) -> float:
    return settings.gamma * float(settings.stake)


def _around(p: float, depths: Depths, half_spread: float) -> Centre:
    """Distances in logit as a centre; the lone quote of a model at its bound stands `half_spread` from its centre."""
    bid = None if depths.bid is None else _shifted(p, -depths.bid)
    ask = None if depths.ask is None else _shifted(p, depths.ask)
    if bid is None and ask is not None:
        return Centre(ask - half_spread, half_spread, bid=False)
    if ask is None and bid is not None:
        return Centre(bid + half_spread, half_spread, ask=False)
    assert bid is not None, "a model allows at least one side"
    assert ask is not None, "a model allows at least one side"
    return Centre((bid + ask) / 2, (ask - bid) / 2)


def _shifted(p: float, by_logit: float) -> float:
    return 1 / (1 + exp(-log(p / (1 - p)) - by_logit))
