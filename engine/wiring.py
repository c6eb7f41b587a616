"""Builds the street once: state, prices, strategies, gate, router and venues, in order, and nothing later."""

import importlib
from collections.abc import Mapping, Sequence

from domain.clock import Clock
from domain.ids import VenueName
from domain.markets import Mapping as MarketMapping
from domain.messages import RunStarted
from domain.money import FX_SCALE
from engine.config import ConfigError, Loaded, StrategySettings, decode
from engine.consulting import Consulting
from engine.core import Core
from engine.deciding import Deciding
from engine.guarding import Guard
from engine.inside_bets import standing
from engine.judging import Judge
from engine.loop import sheltered
from engine.prices import Prices
from engine.questions import Questions
from engine.scribe import Scribe
from engine.state import State
from engine.street import Street
from engine.suspicion import looks_of, stake_of
from engine.telemetry import Telemetry
from engine.views import Tokens, Views
from oms.router import Router, run_tag
from risk.compliance import Compliance
from risk.gate import Gate
from risk.limits import Limits, figures_of
from risk.rollups import Rollups
from storage.journal import Journal
from strategy.base import Strategy
from venues.base import Venue

MS = 1_000_000
SECOND = 1_000_000_000


def started(
    loaded: Loaded,
    mapping: MarketMapping,
    venues: Mapping[VenueName, Venue],
    clock: Clock,
    *,
    run: str,
    mode: str,
    seed: int,
) -> RunStarted:
    """The first record of a run."""
    return RunStarted(
        run=run,
        mode=mode,
        seed=seed,
        base=loaded.config.run.base,
        config_hash=loaded.hash,
        rates_e8=loaded.rates_e8,
        rates_dated=loaded.config.rates_dated,
        limits=figures_of(loaded.limits),
        cap_micros=loaded.limits.cap_event_micros,
        rejects_in_a_row=loaded.limits.rejects_in_a_row,
        digest_every=loaded.config.run.digest_every,
        events=mapping.events,
        markets=mapping.markets,
        capabilities=tuple(venue.capabilities for venue in venues.values()),
        ahead_ns=ahead_ns(clock),
    )


def ahead_ns(clock: Clock) -> int:
    """What the wall clock is ahead of the monotonic one."""
    return clock.wall_ns() - clock.monotonic_ns()


def strategies(configured: Sequence[StrategySettings]) -> list[Strategy]:
    """Construct every configured strategy. Raises ConfigError naming the class or the setting that is wrong."""
    names = [one.name for one in configured]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"[[strategies]] {name}: the name is used twice; give each strategy its own")
    return [_strategy(one) for one in configured]


def _strategy(configured: StrategySettings) -> Strategy:
    where = f"[[strategies]] {configured.name}"
    module, _, name = configured.uses.partition(":")
    try:
        found = importlib.import_module(module)
        kind = getattr(found, name)
        settings_kind = kind.Settings
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"{where}: uses = {configured.uses!r}: {error}; write `module:Class`") from error
    settings = decode(configured.settings, settings_kind, where=where)
    try:
        strategy: Strategy = kind(configured.name, settings)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error
    return strategy


def build(
    loaded: Loaded,
    state: State,
    venues: dict[VenueName, Venue],
    journal: Journal,
    clock: Clock,
    desk: Sequence[Strategy],
    *,
    telemetry: Telemetry | None = None,
) -> Street:
    """The street over a state, new or rebuilt from the journal; then `telemetry` holds what was counted so far."""
    telemetry = telemetry or Telemetry(state.venue_of)
    core = build_core(loaded, state, venues, desk, telemetry, ahead_ns=ahead_ns(clock))
    street = Street(core, journal, clock, telemetry, tick_ns=loaded.config.run.tick_ms * MS)
    street.venues = venues
    return street


def build_core(
    loaded: Loaded,
    state: State,
    venues: Mapping[VenueName, Venue],
    desk: Sequence[Strategy],
    telemetry: Telemetry,
    *,
    ahead_ns: int = 0,
) -> Core:
    """The heart alone, for whoever carries facts to it and commands away from it.

    `ahead_ns` is what the wall clock is ahead of the monotonic one.
    """
    config, limits = loaded.config, loaded.limits
    prices = Prices({name: venue.capabilities for name, venue in venues.items()})
    for instrument in state.instruments.values():  # a rebuilt state knows its instruments before any venue lists them
        prices.list_instrument(instrument)
    questions = Questions(
        recon_every_ns=config.recon.every_s * SECOND,
        again_ns=config.recon.ask_again_ms * MS,
        settlement_every_ns=config.recon.settlement_every_ms * MS,
        stake_of=lambda ref: stake_of(state, ref),
        looks_of=lambda ref: looks_of(state, ref),
        per_second={name: venue.capabilities.questions_per_second for name, venue in venues.items()},
    )

    def tokens(venue: VenueName, now_ns: int) -> int:
        return venues[venue].tokens(now_ns)

    scribe = Scribe(state, telemetry)
    guard = Guard(
        scribe,
        prices,
        questions,
        limits,
        breakers=config.breakers,
        conduct=config.conduct,
        ahead_ns=ahead_ns,
    )
    scribe.watcher = guard.took
    rollups = _rollups(limits, state, venues, desk)
    deciding = Deciding(
        state=state,
        prices=prices,
        views=_views(loaded, state, prices, tokens),
        consulting=Consulting(state, desk, sheltered),
        judge=Judge(
            Gate(limits, state.exposure, rollups=rollups, config=loaded.hash),
            guard,
            Compliance(config.compliance, state.markets, state.events),
            state=state,
            prices=prices,
            rollups=rollups,
            tokens_kept=config.deciding.requoting.tokens_kept,
        ),
        router=Router(run_tag(state.started.run)),
        telemetry=telemetry,
        settings=config.deciding,
    )
    return Core(scribe, prices, deciding, questions, guard, drift=config.drift.rules)


def _views(loaded: Loaded, state: State, prices: Prices, tokens: Tokens) -> Views:
    limits = loaded.limits
    return Views(
        state,
        prices,
        tokens,
        cap_micros=limits.cap_event_micros,
        claims_max_micros=limits.size_claims_micros,
        jumps=loaded.config.deciding.jumps.exact,
    )


def _rollups(
    limits: Limits, state: State, venues: Mapping[VenueName, Venue], desk: Sequence[Strategy]
) -> Rollups | None:
    """What caps by name need, None where there are none; orders of a process before this one count."""
    if not limits.has_caps_by_name:
        return None
    held = [order for plan in state.plans.live.values() for order in plan.held]
    at_stake = [(one, state.instruments[one.instrument]) for one in (*state.blotter.orders.at_stake.values(), *held)]
    over = {
        state.instruments[one].listing.market
        for settlement in state.settled
        for one in state.listed_in(settlement.statement.venue, settlement.statement.venue_market)
    }
    inside = [(bet, on, FX_SCALE) for bet, on in standing(state.holding.inside) if on.listing.market not in over]
    rollups = Rollups(
        limits,
        state.exposure,
        events=state.events,
        markets=state.markets.values(),
        venues=venues,
        strategies=[strategy.name for strategy in desk],
        standing=[*((order, instrument, state.rate_e8(instrument)) for order, instrument in at_stake), *inside],
    )
    for market, fair_model in state.fair_models.items():
        model, _, _ = fair_model.rpartition(" ")  # its version stands behind it
        if model:
            rollups.priced(market, model)
    return rollups
