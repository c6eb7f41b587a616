"""One customer's line at the simulated exchange: what he asks, what he is told, and what may become of either."""

from collections import deque
from collections.abc import Iterable

from msgspec.structs import replace

from domain.ids import SelectionId, VenueMarketId
from venues.base import Wire
from venues.errors import PeerBroke
from venues.lmsr.codec import (
    Ask,
    Beat,
    Cancel,
    Heard,
    Hello,
    Image,
    Lines,
    No,
    Order,
    Place,
    Said,
    Welcome,
    decode_said,
    encode,
)
from venues.lmsr.fake.clerk import Clerk
from venues.lmsr.fake.room import Key, Room
from venues.lmsr.rules import BEAT_MS
from venues.sim.faults import Danger
from venues.sim.images import open_orders

MS = 1_000_000
PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>\n"


def doing(said: Said) -> str:
    """What a message is for, in the words of planned strikes."""
    if isinstance(said, Ask):
        return {"money": "money", "statement": "statement"}.get(said.what, "orders")
    return {Hello: "login", Place: "place", Cancel: "cancel", Image: "other"}[type(said)]


class Connection:
    """The exchange's end. Its row begins with the welcome; a feed that is frozen lets nothing but beats through."""

    def __init__(self, room: Room) -> None:
        self.is_over = False
        self._room = room
        self._clerk = Clerk(room)
        self._entity = f"{room.venue} line"
        self._lines = Lines()
        self._wire: Wire | None = None
        self._is_in = False
        self._seq = 0
        self._beat_ns = 0
        self._frozen_until_ns = 0
        self._held: deque[Heard] = deque()

    # --- from the network and the clock ---

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        if self._room.outage.is_on(now_ns):
            self.hang_up()

    def received(self, data: bytes, now_ns: int) -> None:
        try:
            for line in self._lines.feed(data):
                if self._wire is not None:
                    self._take(decode_said(line), now_ns)
        except PeerBroke:
            self.hang_up()

    def closed(self, reason: str, now_ns: int) -> None:
        self._wire, self.is_over, self._is_in = None, True, False

    def next_deadline(self) -> int | None:
        if not self._is_in:
            return None
        return min(self._beat_ns, self._frozen_until_ns) if self._held else self._beat_ns

    def on_time(self, now_ns: int) -> None:
        while self._is_in and self._held and self._frozen_until_ns <= now_ns:
            self._write(self._held.popleft())
        if self._is_in and self._beat_ns <= now_ns:
            self._beat_ns = now_ns + BEAT_MS * MS
            self._write(Beat(0))

    def hang_up(self) -> None:
        """The line ends from our side."""
        if self._wire is not None:
            self._wire.close()
        self.closed("", 0)

    # --- news ---

    def tell(self, books: Iterable[Key], markets: Iterable[VenueMarketId], now_ns: int) -> None:
        """Books and markets that changed."""
        faults = self._room.faults
        for market in markets:
            self._push(self._room.market(market, 0), "books", now_ns)
        keys = list(books)
        if len(keys) > 1 and faults.strikes(Danger.MESSAGES_SWAPPED, self._entity, "books"):
            keys.reverse()
        for key in keys:
            self._push(self._room.book(key, now_ns), "books", now_ns)

    def tell_orders(self, numbers: Iterable[int], now_ns: int) -> None:
        """Orders that changed."""
        floor = self._room.exchange.floor
        for number in numbers:
            self._push(Order(0, self._room.order(floor.orders[number], now_ns)), "orders", now_ns)

    def _push(self, message: Heard, doing: str, now_ns: int) -> None:
        """Something that it says by itself: lost, twice, or the line breaks over it, when trouble strikes."""
        if not self._is_in:
            return
        faults = self._room.faults
        if faults.strikes(Danger.FEED_FROZEN, self._entity, doing):
            self._frozen_until_ns = now_ns + faults.frozen_ns(self._entity)
        if faults.strikes(Danger.MESSAGE_LOST, self._entity, doing):
            self._seq += 1
            return
        if faults.strikes(Danger.FEED_CUT, self._entity, doing):
            self._cut(encode(message))
            return
        self._say(message, now_ns)
        if faults.strikes(Danger.MESSAGE_DOUBLED, self._entity, doing) and not self._held:
            self._seq -= 1
            self._say(message, now_ns)

    # --- questions ---

    def _take(self, said: Said, now_ns: int) -> None:
        """Carry out what was asked; trouble may strike before, or over the answer."""
        room, faults, what = self._room, self._room.faults, doing(said)
        if isinstance(said, Hello):
            if said.key != room.options.key:
                self._write(No(0, "unknown key"))
                self.hang_up()
                return
            self._is_in, self._beat_ns = True, now_ns + BEAT_MS * MS
            self._say(Welcome(0), now_ns)
            self._show(Image(), now_ns)
            return
        if not self._is_in:
            raise PeerBroke("it speaks before its hello")
        if faults.strikes(Danger.SESSION_EXPIRED, self._entity, what):
            self._write(No(0, "expired"))
            self.hang_up()
            return
        if room.outage.strikes(what, now_ns) or self._wire is None:
            return
        if isinstance(said, Image):
            self._show(said, now_ns)
            return
        answer = self._clerk.answer_in_trouble(said, self._entity, what, now_ns)
        wait_ns = faults.delay_ns(self._entity) if faults.strikes(Danger.REPLY_DELAYED, self._entity, what) else 0
        if faults.strikes(Danger.REPLY_LOST, self._entity, what):
            self.hang_up()
        elif faults.strikes(Danger.REPLY_CUT, self._entity, what):
            self._cut(encode(answer))
        elif faults.strikes(Danger.HTML_INSTEAD, self._entity, what):
            self._cut(PAGE, whole=True)
        elif wait_ns:
            room.at(now_ns + wait_ns, lambda at_ns: self._say(answer, at_ns))
        else:
            self._say(answer, now_ns)
        room.exchange.publish(now_ns)

    def _show(self, image: Image, now_ns: int) -> None:
        """Images of one book, or of everything."""
        keys = self._room.keys()
        if image.selection:
            wanted = VenueMarketId(image.market), SelectionId(image.selection)
            keys = [wanted] if wanted in keys else []
        else:
            for market in self._room.exchange.floor.markets:
                self._say(self._room.market(market, 0), now_ns)
            self.tell_orders(
                [one.number for one in open_orders(self._room.exchange, self._room.options.account)], now_ns
            )
        for key in keys:
            self._say(self._room.book(key, now_ns), now_ns)

    # --- to the network ---

    def _say(self, message: Heard, now_ns: int) -> None:
        if self._is_in and (now_ns < self._frozen_until_ns or self._held):
            self._held.append(message)
        else:
            self._write(message)

    def _write(self, message: Heard) -> None:
        """One message leaves, with the next number of the row."""
        if self._wire is not None:
            self._seq += 1
            self._wire.write(encode(replace(message, seq=self._seq)))

    def _cut(self, data: bytes, *, whole: bool = False) -> None:
        if self._wire is not None:
            self._wire.write(data if whole else data[: self._room.faults.below(len(data), self._entity)])
        self.hang_up()
