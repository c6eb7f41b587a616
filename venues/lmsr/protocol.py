"""Who speaks when: one line, dialled and dialled again, a hello, a row of numbered messages, a beat, and our questions.

    DOWN --dial--> OPENING --connected: hello--> GREETING --welcome, images--> UP
     ^                |                             |                         |
     '--- lost, refused, silent, out of order past mending, an answer overdue '

Whatever was asked on a line that is lost is unanswered: a placement is unknown, a cancel may have landed, a question
is asked again by whoever wants to know. A gap in the row doubts every book and asks for all images; a probe of one book
after another shows that the feed behind the beats still moves.
"""

from collections.abc import Callable, Sequence

from domain.amending import AmendOrder, not_offered
from domain.ids import InstrumentId, instrument_id
from domain.markets import Instrument, Listing
from domain.messages import (
    BooksDoubted,
    BooksProven,
    CancelOrder,
    Channel,
    ChannelChanged,
    Command,
    InstrumentsListed,
    PlaceOrder,
)
from venues.base import Emit, Network, Wire
from venues.errors import PeerBroke
from venues.lmsr import rules
from venues.lmsr.book_facts import books_changed, market_changed
from venues.lmsr.codec import Beat, Book, Heard, Hello, Image, Lines, Market, No, Said, Welcome, decode_heard, encode
from venues.lmsr.ordering import Ordering
from venues.lmsr.settings import Settings
from venues.redial import Chance, Redial

MS = 1_000_000
PROBE_PARTS, ANSWER_PARTS = 5, 6
"""Quarters of a beat: how often one book is asked for, and how long that may take. Together less than three beats."""


def key_of(listing: Listing) -> InstrumentId:
    """What the engine calls a listing."""
    return instrument_id(listing.venue, venue_market=listing.venue_market, selection=listing.selection)


class Line:
    """One connection. What it hears after it was given up is nobody's."""

    def __init__(self, owner: "Lmsr") -> None:
        self._owner = owner
        self._lines = Lines()
        self._wire: Wire | None = None
        self._is_over = False

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._wire = wire
        if self._is_over:
            wire.close()
        else:
            self._owner.opened(now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        try:
            for line in self._lines.feed(data):
                if not self._is_over:
                    self._owner.heard(decode_heard(line), now_ns)
        except PeerBroke as error:
            self.closed(str(error), now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        if not self._is_over:
            self._owner.lost(reason, now_ns)

    def say(self, message: Said) -> None:
        if self._wire is not None:
            self._wire.write(encode(message))

    def close(self) -> None:
        self._is_over = True
        if self._wire is not None:
            self._wire.close()


class Lmsr:
    """The venue as the engine sees it."""

    def __init__(
        self,
        settings: Settings,
        listings: Sequence[Listing],
        network: Network,
        emit: Emit,
        *,
        chance: Chance,
        wall_ns: Callable[[], int] | None = None,
    ) -> None:
        """`wall_ns` is what every venue is given; nothing here is signed or dated."""
        self.capabilities = rules.capabilities(settings.venue, patience=settings.patience)
        self._settings = settings
        self._network = network
        self._emit = emit
        self._instruments = {key: Instrument(key, one, rules.terms()) for one in listings for key in [key_of(one)]}
        self._redial = Redial(chance, per_minute=settings.dials_per_minute)
        self._ordering = Ordering(settings, self._instruments, emit, self._say)
        self._beat_ns = rules.BEAT_MS * MS * settings.patience
        self._line: Line | None = None
        self._is_up = False
        self._seq = 0
        self._heard_ns = self._probe_ns = 0
        self._probed_ns: int | None = None
        self._probes = 0
        self._is_wanted = False

    # --- from the engine ---

    def start(self, now_ns: int) -> None:
        self._is_wanted = True
        self.on_time(now_ns)

    def send(self, command: Command, now_ns: int) -> None:
        if isinstance(command, PlaceOrder):
            self._ordering.place(command, now_ns, is_up=self._is_up)
        elif isinstance(command, CancelOrder):
            self._ordering.cancel(command, now_ns, is_up=self._is_up)
        elif isinstance(command, AmendOrder):
            self._emit(not_offered(command))
        elif self._is_up:
            self._ordering.ask(command, now_ns)

    def tokens(self, now_ns: int) -> int:
        return self._ordering.tokens(now_ns) if self._is_up else 0

    def next_deadline(self) -> int | None:
        if not self._is_wanted:
            return None
        if self._line is None:
            return self._redial.due_ns()
        times = [self._heard_ns + rules.SILENT_BEATS * self._beat_ns, self._ordering.next_deadline(), self._probed_ns]
        times += [self._probe_ns] if self._is_up else []
        return min(due for due in times if due is not None)

    def on_time(self, now_ns: int) -> None:
        if not self._is_wanted:
            return
        if self._line is None:
            if self._redial.due_ns() <= now_ns:
                self._dial(now_ns)
            return
        if self._heard_ns + rules.SILENT_BEATS * self._beat_ns <= now_ns:
            self.lost("silent", now_ns)
        elif overdue := self._ordering.overdue(now_ns):
            self.lost(overdue, now_ns)
        elif self._probed_ns is not None and self._probed_ns <= now_ns:
            self._doubt("stands still")
        elif self._is_up and self._probe_ns <= now_ns:
            self._probe(now_ns)
        self._ordering.on_time(now_ns)

    def stop(self, now_ns: int) -> None:
        self._is_wanted = False
        if self._line is not None:
            self._line.close()
            self._line = None

    # --- from the line ---

    def opened(self, now_ns: int) -> None:
        """The connection stands: say who we are."""
        self._heard_ns = now_ns
        self._say(Hello(self._settings.key.reveal()))

    def heard(self, message: Heard, now_ns: int) -> None:
        """One message of the row."""
        self._heard_ns = now_ns
        expected, self._seq = self._seq + 1, max(self._seq, message.seq)  # one that comes twice says nothing new
        if message.seq > expected and self._is_up:
            self._doubt(f"message {message.seq} came where {expected} was due")
        if isinstance(message, Welcome):
            self._went_up(now_ns)
        elif isinstance(message, No):
            self.lost(f"not let in: {message.why}", now_ns)
        elif not self._is_up:
            raise PeerBroke("it speaks before it was greeted")
        elif isinstance(message, Book):
            self._probed_ns = None
            changed = books_changed(self._settings.venue, message)
            if changed.books[0].instrument in self._instruments:
                self._emit(changed)
        elif isinstance(message, Market):
            self._emit(market_changed(self._settings.venue, message))
        elif isinstance(message, Beat):
            self._emit(BooksProven(self._settings.venue))
        else:
            self._ordering.heard(message, now_ns)

    def lost(self, reason: str, now_ns: int) -> None:
        """The line is over, and with it all that was asked on it."""
        if self._line is not None:
            self._line.close()
        self._line, self._probed_ns = None, None
        self._redial.failed(now_ns)
        if self._is_up:
            self._is_up = False
            self._emit(BooksDoubted(self._settings.venue, (), reason))
            for channel in Channel:
                self._emit(ChannelChanged(self._settings.venue, channel, False, reason))
        self._ordering.lost(reason)

    # --- leaves ---

    def _dial(self, now_ns: int) -> None:
        self._redial.dialled(now_ns)
        self._line, self._seq, self._heard_ns = Line(self), 0, now_ns
        self._network.dial(self._settings.line, self._line)

    def _went_up(self, now_ns: int) -> None:
        self._redial.proved()
        self._is_up, self._probe_ns = True, now_ns + PROBE_PARTS * self._beat_ns // 4
        self._emit(InstrumentsListed(self._settings.venue, tuple(self._instruments.values())))
        for channel in Channel:
            self._emit(ChannelChanged(self._settings.venue, channel, True))

    def _doubt(self, reason: str) -> None:
        """What we show may be wrong until it is all said again."""
        self._probed_ns = None
        self._emit(BooksDoubted(self._settings.venue, (), reason))
        self._say(Image())

    def _probe(self, now_ns: int) -> None:
        """Ask for one book after another: behind a beat the rest may stand still."""
        self._probe_ns = now_ns + PROBE_PARTS * self._beat_ns // 4
        if self._probed_ns is None and self._instruments:
            self._probes += 1
            listing = list(self._instruments.values())[self._probes % len(self._instruments)].listing
            self._probed_ns = now_ns + ANSWER_PARTS * self._beat_ns // 4
            self._say(Image(listing.venue_market, listing.selection))

    def _say(self, message: Said) -> None:
        if self._line is not None:
            self._line.say(message)
