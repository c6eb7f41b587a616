"""The summary of a run: the keys that the desk, the tests and the reports read. Money in millionths, times in µs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from domain.ids import VenueName
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE
from domain.terms import Capabilities
from engine.prices import Prices
from engine.state import State
from engine.telemetry import Telemetry, VenueCounts, percentile
from storage.journal import Position


def summary(
    run: Path, state: State, telemetry: Telemetry, end: Position, *, mode: str, seconds: float
) -> dict[str, Any]:
    """Everything known of a run at its end."""
    venues = [one.venue for one in state.started.capabilities]
    latencies = sorted(telemetry.latencies_ns)
    judged = _judged(run)
    return {
        "run": str(run),
        "base": state.started.base,
        "seed": state.started.seed,
        "mode": mode,
        "seconds": seconds,
        "facts": telemetry.facts,
        "decisions": telemetry.decisions,
        "refusals": dict(sorted(telemetry.refusals.items())),
        "edge": _edge(telemetry),
        "venues": {venue: _venue(telemetry.venues[venue], state, venue) for venue in venues},
        "risk": _risk(state, telemetry, judged),
        "ledger": {"entries": state.ledger.entries, "imbalance": state.ledger.imbalance(), "cash": _cash(state)},
        "recon": {
            "rounds": telemetry.recon_rounds,
            "breaks_open": len(state.breaks.standing),
            "breaks_healed": telemetry.breaks_healed,
            "not_compared": [one.venue for one in state.started.capabilities if not _proven(state, one)],
            "agreed_as_of_ms": {of.venue: one.agreed_ms for one in state.wallets.proofs.values() for of in (one.last,)},
        },
        "pnl": _pnl(state, telemetry),
        "latency_us": {
            "wire_to_wire": {
                "n": len(latencies),
                "p50": percentile(latencies, 50) // 1000,
                "p99": percentile(latencies, 99) // 1000,
                "max": (latencies[-1] if latencies else 0) // 1000,
            }
        },
        "journal": {"events": end.seq, "head": end.head.hex(), "state_digest": state.digest()},
    }


def _edge(telemetry: Telemetry) -> dict[str, Any]:
    """Expected profit before fees that strategies asked for: what was sent, what was refused and for which reason.

    A wish that is refused again and again counts once, for its latest reason, and not at all if it is sent soon after.
    """
    return {
        "placed": telemetry.edge_placed_micros,
        "refused": dict(sorted(telemetry.edge_refused_micros.items())),
        "refused_ppm": telemetry.refused_ppm(),
    }


def _venue(counts: VenueCounts, state: State, venue: VenueName) -> dict[str, int]:
    unknown = sum(state.venue_of(order.instrument) == venue for order in state.blotter.orders.unknown.values())
    armed = next(one.dead_man_s for one in state.started.capabilities if one.venue == venue)
    return vars(counts) | {"unknown": unknown, "dead_man_s": armed}


def _risk(state: State, telemetry: Telemetry, judged: Mapping[str, Any]) -> dict[str, int]:
    """`worst_loss_max` is judged at the exchanges' own books where they are ours to read; `reserved_max` is our own.

    Ours counts orders on their way and cancels not yet proven, so it must never be the smaller of the two.
    """
    cap = state.started.cap_micros
    at_venues = int(judged.get("worst_loss_max", telemetry.worst_loss_max_micros))
    return {
        "cap": cap,
        "worst_loss_max": at_venues,
        "reserved_max": telemetry.worst_loss_max_micros,
        "breaches": telemetry.breaches + (at_venues > max(cap, telemetry.worst_by_world_micros)),
        "refused_by_cap": sum(count for reason, count in telemetry.refusals.items() if reason.startswith("cap_")),
        "exceeded_by_world": telemetry.exceeded_by_world,
    }


def _proven(state: State, of: Capabilities) -> bool:
    """Whether the last word of a wallet is that it agrees with the venue's own figure."""
    proof = state.wallets.proofs.get((of.venue, of.currency))
    return proof is not None and proof.stands


def _cash(state: State) -> dict[str, int]:
    """Our books' figure for what each venue calls our balance, in the venue's currency."""
    return {
        one.venue: state.ledger.equity_micros(one.venue, one.currency, one.balance_basis)
        for one in state.started.capabilities
    }


def _pnl(state: State, telemetry: Telemetry) -> dict[str, int]:
    """Settled profit in base, with what is still open marked at the last fair value."""
    rates = state.started.rates_e8
    gross = sum(-micros * rates[ccy] // FX_SCALE for ccy, micros in state.ledger.totals("pnl").items())
    fees = sum(micros * rates[ccy] // FX_SCALE for ccy, micros in state.ledger.totals("fees").items())
    rounding = sum(micros * rates[ccy] // FX_SCALE for ccy, micros in state.ledger.totals("fee_rounding").items())
    gross += telemetry.open_mark_micros
    return {"gross": gross, "fees": fees + rounding, "net": gross - fees - rounding}


def _judged(run: Path) -> Mapping[str, Any]:
    path = run / "exchanges.json"
    if not path.exists():
        return {}
    judged: Mapping[str, Any] = msgspec.json.decode(path.read_bytes())
    return judged


def open_mark_micros(state: State, prices: Prices) -> int:
    """What is still open is worth at the last fair values: expected gross P&L, base-currency millionths."""
    total = 0
    for market, fair in prices.fair.items():
        for instrument, held in state.positions.in_market(market):
            p_e9 = round(fair.value.probabilities[instrument.listing.outcome] * PROBABILITY_SCALE)
            worth = held.if_win_micros * p_e9 + held.if_lose_micros * (PROBABILITY_SCALE - p_e9)
            total += worth * state.rate_e8(instrument) // (PROBABILITY_SCALE * FX_SCALE)
    return total
