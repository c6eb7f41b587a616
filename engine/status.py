"""The state of a running street for people: one line for a terminal, plain values for the control interface."""

from typing import Any

from domain.money import format_micros
from engine.street import Street
from oms.order_states import is_open


def view(street: Street) -> dict[str, Any]:
    """What the control interface shows."""
    state, prices, telemetry = street.core.state, street.core.prices, street.telemetry
    orders = state.blotter.orders
    return {
        "run": state.started.run,
        "mode": state.started.mode,
        "kill_level": int(state.breakers.level),
        "venues": {
            venue: {
                "up": {channel.value: up for channel, up in session.up.items()},
                "proven": session.proven and not session.stopped,
                **vars(telemetry.venues[venue]),
            }
            for venue, session in prices.sessions.items()
        },
        "orders_open": sum(is_open(order) for order in orders.at_stake.values()),
        "orders_unknown": len(orders.unknown),
        "breaks_open": len(state.breaks.standing),
        "worst_loss_micros": {event: state.exposure.worst_loss_micros(event) for event in state.events},
        "cap_micros": state.started.cap_micros,
        "epochs": {event: str(epoch) for event, epoch in prices.epochs.items()},
        "refusals": dict(telemetry.refusals),
    }


def status_line(street: Street) -> str:
    """The desk's state in one line, the gravest first: a narrow terminal shows no more than its beginning."""
    seen = view(street)
    venues = "  ".join(
        f"{name} {'ok' if one['proven'] else '--'} {one['orders']}/{one['fills']}"
        for name, one in seen["venues"].items()
    )
    cap = f"{format_micros(seen['cap_micros'])} {street.core.state.started.base}"
    worst = max(seen["worst_loss_micros"].values(), default=0)
    return (
        f"kill L{seen['kill_level']}  |  worst loss {format_micros(worst)} of {cap}"
        f"  |  open {seen['orders_open']}  unknown {seen['orders_unknown']}  breaks {seen['breaks_open']}"
        f"  |  {venues}"
    )
