"""What is still in doubt once trouble has stopped: lines, orders, breaks, and at the end what may still be matched."""

from domain.ids import VenueName
from domain.markets import MarketStatus
from engine.street import Street
from oms.order_states import is_open


def unproven(street: Street, *, quiet: bool) -> str:
    """What is in doubt, empty if nothing is; `quiet`: also what may still be matched, and statements to come."""
    core = street.core
    orders = core.state.blotter.orders
    doubts = [f"{venue} is not proven" for venue in core.prices.sessions if _in_doubt(street, venue)]
    doubts += [f"{ref} is unknown" for ref in orders.unknown]
    doubts += [f"{'/'.join(key)} is open" for key in core.state.breaks.standing]
    if quiet:
        doubts += [f"{order.ref} may be matched" for order in orders.at_stake.values() if is_open(order)]
        if core.questions.awaiting_settlement:
            doubts.append(f"{core.questions.awaiting_settlement} statements are missing")
        doubts += [f"the wallet of {venue} is not agreed" for venue in core.last_rounds.missing]
    return ", ".join(doubts)


def _in_doubt(street: Street, venue: VenueName) -> bool:
    """A venue with a market that is not over must be up, proven and not stopped."""
    prices = street.core.prices
    session = prices.sessions[venue]
    if all(session.up.values()) and session.proven and not session.stopped:
        return False
    listings = (street.core.state.instruments[one].listing for one in prices.instruments_of(venue))
    seen = [prices.statuses.get((venue, listing.venue_market)) for listing in listings]
    return not seen or any(one is None or one.status is not MarketStatus.CLOSED for one in seen)
