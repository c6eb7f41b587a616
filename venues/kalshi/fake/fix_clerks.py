"""What one FIX session of the simulated venue may ask, and who answers it.

Source: Kalshi docs, FIX "Session Management", "Error Handling", "Listener Sessions".
"""

from venues.kalshi.fake.fix_books import Watch
from venues.kalshi.fake.fix_reports import NO_EXEC_ID, Spelling, rejection, spell
from venues.kalshi.fake.fix_room import ORDERS_PATH, Room
from venues.kalshi.fake.pauses import look_for_maintenance
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Field, Message
from venues.sim.faults import Danger

ORDER_SESSIONS = ("KalshiNR", "KalshiRT")
COPY, BOOKS = "KalshiDC", "KalshiMD"
TARGETS = (*ORDER_SESSIONS, COPY, BOOKS)
REPEATING = "KalshiRT"
HEARTBEAT_S_MIN = 4

Said = list[tuple[str, list[Field]]]

DOING = {tags.NEW_ORDER: "place", tags.REPLACE_REQUEST: "amend"}
"""What a request is for, in the words of planned strikes; the others cancel."""


class Clerk:
    """One session's. `how`, `is_listener` and `cancels` are as its last logon asked, `watch` is what it follows."""

    def __init__(self, room: Room, key: str, target: str, entity: str) -> None:
        self.how = Spelling()
        self.is_listener = self.cancels = False
        self.watch = Watch(room.books)
        self._room = room
        self._key = key
        self._target = target
        self._entity = entity

    @property
    def hears_orders(self) -> bool:
        """Whether reports go to this session."""
        return self._target in ORDER_SESSIONS

    def judge(self, logon: Message) -> str:
        """Why a logon is refused, empty if it is not; then it is taken over."""
        refusal = self._room.logon_refusal(logon, self._key, self._target)
        listens, cancels = logon.is_set(tags.LISTENER), logon.is_set(tags.CANCEL_ON_DISCONNECT)
        if refusal:
            return refusal
        if logon.number(tags.HEART_BT_INT) < HEARTBEAT_S_MIN:
            return "HeartBtInt must be above 3"
        if self._target != REPEATING and not logon.is_set(tags.RESET_SEQ_NUM):
            return "ResetSeqNumFlag must be Y"
        if listens and (cancels or not logon.is_set(tags.SKIP_PENDING)):
            return "ListenerSession needs SkipPendingExecReports and no CancelOrdersOnDisconnect"
        self.is_listener, self.cancels, self.watch = listens, cancels, Watch(self._room.books)
        self.how = Spelling(
            dollars=logon.is_set(tags.USE_DOLLARS),
            ioc_cancels=logon.is_set(tags.IOC_CANCEL_REPORT),
            original_qty=logon.is_set(tags.ORIGINAL_QTY),
            expired=logon.is_set(tags.USE_EXPIRED),
            new_first=logon.is_set(tags.NEW_BEFORE_TRADE),
        )
        return ""

    def answer(self, message: Message, seq: int, now_ns: int) -> Said | None:
        """What is said to a request; None if the connection breaks instead of an answer."""
        room, kind = self._room, message.type
        if self._target == BOOKS and kind == tags.MD_REQUEST:
            return self.watch.asked(message)
        if self._target == BOOKS and kind == tags.STATUS_REQUEST:
            return self.watch.asked_status(message)
        if self._target == COPY and kind == tags.EVENT_RESEND:
            return room.archive.answer(message, seq, lambda told: spell(room.books, told, self.how), now_ns)
        if not self.hears_orders or kind not in ORDERS_PATH:
            return _refuse(message, seq, tags.UNSUPPORTED_TYPE, "unsupported message type")
        if self.is_listener:
            return _refuse(message, seq, tags.NOT_AUTHORISED, "a listener session only listens")
        if room.is_throttled(kind, self._entity, now_ns, doing=DOING.get(kind, "cancel")):
            return _refuse(message, seq, tags.RATE_LIMITED, "rate limit exceeded")
        return self._order(message, now_ns)

    def _order(self, message: Message, now_ns: int) -> Said | None:
        """Carry an order's request out; trouble may leave the customer without a clear answer."""
        orders, faults, doing = self._room.orders, self._room.faults, DOING.get(message.type, "cancel")
        look_for_maintenance(self._room.books, faults, doing, now_ns)
        if message.type == tags.NEW_ORDER:
            said = orders.new(message, self._key, now_ns, dollars=self.how.dollars)
        elif message.type == tags.CANCEL_REQUEST:
            said = orders.cancel(message, now_ns)
        elif message.type == tags.REPLACE_REQUEST:
            said = orders.replace(message, now_ns, dollars=self.how.dollars)
        else:
            said = orders.cancel_all(message, self._key, now_ns)
        if faults.strikes(Danger.REPLY_LOST, self._entity, doing):
            return None
        if message.type == tags.NEW_ORDER and faults.strikes(Danger.DONE_BUT_5XX, self._entity, doing):
            fields = dict(message.fields)
            unknown = rejection(fields[tags.CL_ORD_ID], fields, NO_EXEC_ID, 99, "EXCHANGE_UNAVAILABLE")
            return [(tags.EXECUTION_REPORT, unknown)]
        return said


def _refuse(message: Message, seq: int, reason: int, text: str) -> Said:
    fields: list[Field] = [(tags.REF_SEQ_NUM, str(seq)), (tags.REF_TYPE, message.type)]
    name = message.get(tags.CL_ORD_ID)
    fields += [(tags.BUSINESS_REF_ID, name)] if name else []
    return [(tags.BUSINESS_REJECT, [*fields, (tags.BUSINESS_REASON, str(reason)), (tags.TEXT, text)])]
