"""Everything by which orders are entered by request, and what watches over them, put together."""

from collections.abc import Callable, Sequence

import msgspec

from domain.messages import CancelOrder, Command, PlaceOrder
from venues.base import Emit
from venues.kalshi.amending import Amending
from venues.kalshi.api import Api
from venues.kalshi.asking import Asking
from venues.kalshi.attesting import Attestation
from venues.kalshi.budgets import Budgets
from venues.kalshi.connection import Access
from venues.kalshi.emptying import Emptying
from venues.kalshi.feed import MarketFeed
from venues.kalshi.group_acts import GroupActs
from venues.kalshi.groups import Groups
from venues.kalshi.ordering import Guards, Ordering, Ways
from venues.kalshi.orders import Orders
from venues.kalshi.queueing import Queueing
from venues.kalshi.renewing import Renewing


class Lines(msgspec.Struct, frozen=True):
    """What orders go through, and how much of it there is; `free`: requests that could be written at once."""

    access: Access
    api: Api
    budgets: Budgets
    orders: Orders
    free: Callable[[], int]


class Trading:
    """Holds the parts; `timed` are those that want to see the time."""

    def __init__(self, lines: Lines, tell: Emit, feed: MarketFeed, asking: Asking) -> None:
        settings, api, budgets, orders = lines.access.settings, lines.api, lines.budgets, lines.orders
        self._api = api
        self.ways = Ways(feed.markets.target, asking.order, feed.halt, lines.free)
        self.guards = guards = _guards(lines, tell, asking)
        self.ordering = Ordering(lines.access, api, budgets, orders, tell, guards=guards, ways=self.ways)
        self.amending = Amending(
            api,
            budgets,
            orders,
            tell,
            subaccount=settings.subaccount,
            renewing=guards.renewing,
            target=self.ways.target,
            ask=self.ways.ask,
        )
        self._emptying = Emptying(api, budgets, orders, self.ordering, guards.groups, settings, look=asking.venue)
        self._queueing = Queueing(
            asking,
            budgets,
            orders,
            tell,
            venue=settings.venue,
            subaccount=settings.subaccount,
            every_s=settings.queue_every_s,
        )
        self.timed = (self.ordering, guards.groups, guards.renewing, self._emptying, self._queueing, api.placements)

    def begin(self, now_ns: int, *, by_request: bool) -> None:
        """There may be orders from now on; `by_request` placements are to be signed."""
        self._queueing.begin(now_ns)
        if by_request:
            self._api.placements.begin(now_ns)

    def send_several(self, commands: Sequence[Command], now_ns: int, *, emptying: bool) -> bool:
        """Write placements or cancels in as few requests as that takes; False for other commands."""
        orders = [one for one in commands if isinstance(one, PlaceOrder)]
        cancels = [one for one in commands if isinstance(one, CancelOrder)]
        if len(commands) not in (len(orders), len(cancels)):
            return False
        if orders:
            self.ordering.place_several(orders, now_ns)
        elif emptying:
            self._emptying.empty(cancels, now_ns)
        else:
            self.ordering.cancel_several(cancels, now_ns)
        return True


def _guards(lines: Lines, tell: Emit, asking: Asking) -> Guards:
    access, api, budgets, orders = lines.access, lines.api, lines.budgets, lines.orders
    settings = access.settings
    contracts = settings.group_contracts
    acts = GroupActs(api, budgets, subaccount=settings.subaccount, contracts=contracts)
    groups = Groups(acts, tell, venue=settings.venue, contracts=contracts, reset_s=settings.group_reset_s)
    renewing = Renewing(
        api,
        budgets,
        orders,
        expires_s=settings.life_s,
        by_line=settings.cancels_by_line,
        subaccount=settings.subaccount,
        wall_ms=access.wall_ms,
        ask=asking.order,
    )
    return Guards(Attestation(settings.venue, tell), groups, renewing)
