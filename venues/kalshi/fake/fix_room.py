"""What all FIX sessions of the simulated venue share: orders, reports and their archive, keys, budgets, trouble."""

from base64 import b64decode
from binascii import Error

from cryptography.exceptions import InvalidSignature

from venues.kalshi.fake.auth import Guard
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.fix_copies import Archive
from venues.kalshi.fake.fix_orders import OrderRoom
from venues.kalshi.fake.fix_reports import Chronicle
from venues.kalshi.fake.limits import Limits
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Message
from venues.sim.faults import Danger, Dice, Faults

ORDERS = "/portfolio/events/orders"
ORDERS_PATH = {
    tags.NEW_ORDER: ("POST", ORDERS),
    tags.CANCEL_REQUEST: ("DELETE", f"{ORDERS}/:order_id"),
    tags.REPLACE_REQUEST: ("POST", f"{ORDERS}/:order_id/amend"),
    tags.MASS_CANCEL: ("DELETE", ORDERS),
}
"""What each request costs: as much as its like over REST."""


class Room:
    """One exchange's FIX side, for one customer with several keys."""

    def __init__(self, books: Books, guard: Guard, limits: Limits, faults: Faults) -> None:
        self.books = books
        self.faults = faults
        self.lags = Dice(books.options.seed, "fix reports")
        self.chronicle = Chronicle(books)
        self.orders = OrderRoom(books, self.chronicle)
        self.archive = Archive()
        self._guard = guard
        self._limits = limits

    def logon_refusal(self, logon: Message, key: str, target: str) -> str:
        """Why a logon's signature is not believed, empty if it is."""
        if not self.knows(key):
            return "unknown API key"
        sent_at, seq = logon.text(tags.SENDING_TIME), logon.text(tags.MSG_SEQ_NUM)
        signed = f"{sent_at}\x01{tags.LOGON}\x01{seq}\x01{key}\x01{target}".encode("latin-1")
        try:
            self._guard.verify(b64decode(logon.text(tags.RAW_DATA), validate=True), signed)
        except (InvalidSignature, Error, ValueError):
            return "invalid signature"
        return ""

    def knows(self, key: str) -> bool:
        """Whether this is a key of the customer's."""
        return self._guard.knows(key)

    def is_throttled(self, kind: str, entity: str, now_ns: int, *, doing: str = "") -> bool:
        """Whether a request comes too early for the account's budget, which REST shares."""
        method, path = ORDERS_PATH[kind]
        allowed = self._limits.allows(method, path, 1, now_ns)
        return not allowed or self.faults.strikes(Danger.THROTTLED, entity, doing)
