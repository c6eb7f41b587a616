"""The pushed feed beside the polls: what it tells is believed while it is whole, and polls go on slowly, or take over.

Books: fetched every `stream_check_s` to look the feed over, as often as without a feed once it is broken. Offers: read
as seldom as when none is live, and at once when the feed breaks. Orders, cancels and money are asked for by requests.
"""

from collections.abc import Callable

from venues.base import Network
from venues.errors import PeerBroke
from venues.matchbook import stream_codec as codec
from venues.matchbook.book_poll import BookPoller
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.order_poll import OrderPoller
from venues.matchbook.pushed_books import PushedBooks
from venues.matchbook.settings import Settings
from venues.matchbook.stream import Stream
from venues.matchbook.stream_codec import PRICES, Frame
from venues.redial import Chance
from venues.secret import Secret


class PushedOffers:
    """The follower of the account: our offers, each told whole.

    A broken row is told as the line of orders going down, so that everything is asked for before anything is quoted.
    Its news of positions and of money is passed over: these are read where they can be dated.
    """

    def __init__(self, orders: OrderPoller) -> None:
        self._orders = orders

    def whole(self, frame: Frame, now_ns: int) -> None:
        if frame.type != "offer-update":
            raise PeerBroke(f"account: {frame.type} came where an offer-update was due")
        self._orders.is_pushed = True
        self.heard(frame, now_ns)

    def heard(self, frame: Frame, now_ns: int) -> None:
        if frame.type == "offer-update":
            self._orders.pushed(codec.decode_offers(frame), now_ns)

    def proven(self, now_ns: int) -> None:
        """A poll looks the offers over now and then; a ping proves nothing that is acted on."""

    def broken(self, reason: str, now_ns: int) -> None:
        self._orders.is_pushed = False
        self._orders.doubt(reason, now_ns)


class Pushing:
    """The stream and its two followers, joined to the polls that they relieve."""

    def __init__(
        self,
        settings: Settings,
        network: Network,
        feed: MarketFeed,
        books: BookPoller,
        orders: OrderPoller,
        *,
        chance: Chance,
        token: Callable[[], Secret | None],
    ) -> None:
        self.books = PushedBooks(
            feed,
            tell=books.tell,
            came=books.fed,
            lost=books.hurry,
            disproved=lambda reason, now_ns: self.stream.mend(PRICES, reason, now_ns),
        )
        books.relieved_by(self.books)
        self.stream = Stream(
            settings,
            network,
            chance=chance,
            token=token,
            markets=lambda: list(feed.followed.markets),
            prices=self.books,
            account=PushedOffers(orders),
        )
        self.timed = (self.stream, self.books)
