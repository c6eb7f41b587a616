"""What one account on Kalshi is run with: where to dial, who we are, how much to ask for."""

from typing import Literal

import msgspec

from domain.ids import Currency, VenueName
from venues.base import Endpoint
from venues.kalshi.fix.settings import FixSettings
from venues.secret import Secret

REST_HOST = "external-api.kalshi.com"
STREAM_HOST = "external-api-ws.kalshi.com"
DEMO_REST_HOST = "external-api.demo.kalshi.co"
DEMO_STREAM_HOST = "external-api-ws.demo.kalshi.co"
"""Source: Kalshi docs, "API Environments"."""

SUBACCOUNT_MAX = 63
GROUP_CONTRACTS_MAX = 1_000_000
"""Source: Kalshi docs, "Order Groups"."""

OrderEntry = Literal["rest", "fix"]
BookFeed = Literal["stream", "fix"]


EXPIRES_S = 60
"""The life of an order where nothing else is said: it ends this desk's own orders and nobody else's."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Endpoints, credentials and limits; ValueError for what the venue would refuse.

    `key_file` holds the private key of `key_id`. `is_direct_member`: the account's balance is kept to $0.0001, not to
    the cent. `heartbeat_ms`: a stream that is silent this long is asked for a sign of life. `cancel_reserve_pct`: the
    share of the write budget that placements leave for cancels. `account_every_s`: how often limits, costs, terms and
    fees are read again, `status_every_s` the exchange's own state. `order_entry` and `books`: what carries orders and
    books; `fix` its sessions. `expires_s`: what rests ends by itself so long after it was last renewed, see `life_s`.
    `group_contracts`: when so many contracts are matched within fifteen seconds, the venue takes out what rests and
    refuses more until `group_reset_s` later (0: until the next start). `owns_account`: nobody else trades on the
    subaccount, so that it may be emptied at once. `queue_every_s`: how often the places of our orders in their queues
    are asked for, 0 for never. `signatures_ahead`: so many signatures of placements are kept ready. `with_trades`:
    other people's matches are asked for beside the books that the stream carries.
    """

    rest: Endpoint
    stream: Endpoint
    key_id: Secret
    key_file: str = ""
    venue: VenueName = VenueName("kalshi")
    subaccount: int = 0
    is_direct_member: bool = False
    rest_root: str = "/trade-api/v2"
    stream_path: str = "/trade-api/ws/v2"
    heartbeat_ms: int = 1_000
    connections: int = 8
    answer_ms: int = 5_000
    query_ms: int = 10_000
    cancel_reserve_pct: int = 25
    account_every_s: int = 300
    status_every_s: int = 15
    dials_per_minute: int = 6
    order_entry: OrderEntry = "rest"
    books: BookFeed = "stream"
    expires_s: int | None = None
    group_contracts: int = 0
    group_reset_s: int = 60
    owns_account: bool = False
    queue_every_s: int = 5
    signatures_ahead: int = 4
    with_trades: bool = False
    fix: FixSettings = FixSettings()

    @property
    def currency(self) -> Currency:
        """The one currency of the venue."""
        return Currency("USD")

    @property
    def life_s(self) -> int:
        """How long what rests may go without being renewed, 0 for ever; said, or as usual.

        As usual is a minute, and no end where a session takes its orders along: what has an end cannot be changed over
        FIX.
        """
        if self.expires_s is not None:
            return self.expires_s
        return 0 if self.cancels_by_line else EXPIRES_S

    @property
    def cancels_by_line(self) -> bool:
        """Whether a session takes out what it sent when its connection ends."""
        return self.order_entry == "fix" and self.fix.cancel_on_disconnect

    def __post_init__(self) -> None:
        if not 0 <= self.subaccount <= SUBACCOUNT_MAX:
            raise ValueError(f"subaccount must lie in 0 to {SUBACCOUNT_MAX}, not {self.subaccount}")
        if not 200 <= self.heartbeat_ms <= 10_000:
            raise ValueError(f"heartbeat_ms must lie in 200 to 10000, not {self.heartbeat_ms}")
        for wanted, line in ((self.order_entry, self.fix.orders), (self.books, self.fix.books)):
            if wanted == "fix" and line is None:
                raise ValueError("what FIX shall carry needs its session: name its line under `fix`")
        if self.connections < 2:
            raise ValueError(f"connections must be at least 2, one is kept for cancels, not {self.connections}")
        if self.expires_s and not 10 <= self.expires_s <= 3_600:
            raise ValueError(f"expires_s must be 0 or lie in 10 to 3600, not {self.expires_s}")
        if not 0 <= self.group_contracts <= GROUP_CONTRACTS_MAX:
            raise ValueError(f"group_contracts must lie in 0 to {GROUP_CONTRACTS_MAX}, not {self.group_contracts}")
        for name in ("group_reset_s", "queue_every_s", "signatures_ahead"):
            if not 0 <= getattr(self, name) <= 3_600:
                raise ValueError(f"{name} must lie in 0 to 3600, not {getattr(self, name)}")
        if not 0 <= self.cancel_reserve_pct < 100:
            raise ValueError(f"cancel_reserve_pct must lie in 0 to 99, not {self.cancel_reserve_pct}")
