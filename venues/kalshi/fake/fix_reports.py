"""What became of orders, as execution reports: each change of an order told once, spelled as a session asked for.

Source: Kalshi docs, FIX "Order Entry" (Execution Report) and "Session Management" (logon flags).
"""

import msgspec

from domain.orders import Side
from venues.kalshi.fake.books import Books, News
from venues.kalshi.fake.forms import MS, count, price
from venues.kalshi.fake.records import Fill, OwnOrder
from venues.kalshi.fix import tags
from venues.kalshi.fix.clock import sending_time
from venues.kalshi.fix.codec import Field, grouped
from venues.kalshi.fix.reports import COLLATERAL, FEES

NEW, TRADE, CANCELLED, REPLACED, REJECTED, EXPIRED = "0", "F", "4", "5", "8", "C"
NO_EXEC_ID = "-1;-1"
IMMEDIATE, BY_GROUP = "IMMEDIATE_OR_CANCELLED", "ORDER_GROUP_CANCEL"
SIDES = {Side.BACK: "1", Side.LAY: "2"}


class Told(msgspec.Struct, frozen=True):
    """One report before it is spelled. Sizes and money in millionths, prices native and of YES."""

    kind: str
    status: str
    own: OwnOrder
    client_id: str
    original_id: str
    exec_id: str
    size_micros: int
    matched_micros: int
    open_micros: int
    cost_micros: int
    at_ns: int
    fill: Fill | None = None
    text: str = ""


class _Course(msgspec.Struct):
    """How far one order has been told; `cause` is the request that changes it: its type, its name, the name before."""

    matched_micros: int = 0
    cost_micros: int = 0
    gone_micros: int = 0
    is_over: bool = False
    client_id: str = ""
    original_id: str = ""
    cause: tuple[str, str, str] | None = None


class Chronicle:
    """Turns news of the exchange into reports, each with a name that rises."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._courses: dict[str, _Course] = {}
        self._events = 0

    def catch_up(self) -> None:
        """Somebody listens from now on: what rests already is no news."""
        for own in self._books.records.resting():
            matched, cost = own.order.matched_micros, own.order.cost_micros
            self._courses[own.id] = _Course(matched_micros=matched, cost_micros=cost, client_id=own.client_id)

    def expect(self, own: OwnOrder, kind: str, client_id: str, original_id: str) -> None:
        """The next change of this order is by this request."""
        self._courses.setdefault(own.id, _Course(client_id=own.client_id)).cause = kind, client_id, original_id

    def forget_cause(self, own: OwnOrder) -> None:
        """The request came to nothing."""
        self._courses.setdefault(own.id, _Course(client_id=own.client_id)).cause = None

    def tell(self, news: News) -> list[Told]:
        """The reports of one batch, in order."""
        found: list[Told] = []
        for heard in news.private:
            own = heard.order if isinstance(heard, Fill) else heard
            course = self._courses.get(own.id)
            if course is None:
                course = self._courses[own.id] = _Course(client_id=own.client_id)
                found.append(self._report(own, course, NEW, news.at_ns))
            if course.cause is not None and course.cause[0] == REPLACED:
                _, course.client_id, course.original_id = course.cause
                course.cause = None
                found.append(self._report(own, course, REPLACED, news.at_ns))
            if isinstance(heard, Fill):
                course.matched_micros += heard.size_micros
                course.cost_micros += heard.size_micros * heard.price // 10_000
                found.append(self._report(own, course, TRADE, news.at_ns, fill=heard))
            elif not own.order.live and not course.is_over:
                found += self._end(own, course, news.at_ns)
        return found

    def exec_id(self, now_ns: int) -> str:
        """The next name: clock and event, and the shard but for the first."""
        self._events += 1
        shard = self._books.options.shard
        return f"{self._books.wall_ms(now_ns)};{self._events}" + (f";{shard}" if shard else "")

    def _end(self, own: OwnOrder, course: _Course, now_ns: int) -> list[Told]:
        course.is_over = True
        if own.order.matched_micros >= own.order.size_micros:
            return []
        course.gone_micros = own.order.size_micros - course.matched_micros
        if course.cause is not None:
            _, course.client_id, course.original_id = course.cause
        expired = course.cause is None and 0 < own.expires_s <= self._books.wall_ms(now_ns) // 1_000
        text = "" if own.order.persist and own.order.cancelled_micros else IMMEDIATE
        group = self._books.groups.by_id.get(own.group_id)
        if course.cause is None and not text and group is not None and group.is_triggered:
            text = BY_GROUP
        return [self._report(own, course, EXPIRED if expired else CANCELLED, now_ns, text=text)]

    def _report(
        self, own: OwnOrder, course: _Course, kind: str, now_ns: int, *, fill: Fill | None = None, text: str = ""
    ) -> Told:
        size, matched = own.order.size_micros, course.matched_micros
        rest = 0 if kind in (CANCELLED, EXPIRED) else size - matched - course.gone_micros
        status = kind
        if kind in (TRADE, REPLACED, NEW):
            status = "2" if not rest else "1" if matched else kind.replace(TRADE, "1")
        return Told(
            kind=kind,
            status=status,
            own=own,
            client_id=course.client_id,
            original_id=course.original_id,
            exec_id=self.exec_id(now_ns),
            size_micros=size,
            matched_micros=matched,
            open_micros=rest,
            cost_micros=course.cost_micros,
            at_ns=now_ns,
            fill=fill,
            text=text,
        )


class Spelling(msgspec.Struct, frozen=True):
    """How a session wants its reports: what it asked for at its logon."""

    dollars: bool = False
    ioc_cancels: bool = False
    original_qty: bool = False
    expired: bool = False
    new_first: bool = False

    def price(self, native: int) -> str:
        """A price in dollars, or in cents."""
        return price(native) if self.dollars else f"{native // 100}.{native % 100:02d}".removesuffix(".00")


def spell(books: Books, told: Told, how: Spelling) -> list[Field] | None:
    """A report's fields; None if the session did not ask for it."""
    own = told.own
    if told.kind == CANCELLED and told.text == IMMEDIATE and told.matched_micros and not how.ioc_cancels:
        return None
    if told.kind == NEW and not how.new_first and not own.order.resting:
        return None
    is_cancel = told.kind == EXPIRED and not how.expired
    kind, status = (CANCELLED, CANCELLED) if is_cancel else (told.kind, told.status)
    quantity = told.size_micros if how.original_qty else told.matched_micros + told.open_micros
    average = told.cost_micros * 1_000_000 // told.matched_micros if told.matched_micros else 0
    fields: list[Field] = [
        (tags.ORDER_ID, own.id),
        (tags.CL_ORD_ID, told.client_id),
        *([(tags.ORIG_CL_ORD_ID, told.original_id)] if told.original_id else []),
        (tags.EXEC_ID, told.exec_id),
        (tags.EXEC_TYPE, kind),
        (tags.ORD_STATUS, status),
        (tags.SIDE, SIDES[own.order.side]),
        (tags.SYMBOL, own.order.market),
        (tags.LEAVES_QTY, count(told.open_micros)),
        (tags.CUM_QTY, count(told.matched_micros)),
        (
            tags.AVG_PX,
            f"{average // 1_000_000}.{average % 1_000_000:06d}" if how.dollars else how.price(average // 100),
        ),
        (tags.ORDER_QTY, count(quantity)),
        (tags.PRICE, how.price(own.order.price)),
        (tags.TRANSACT_TIME, sending_time(books.unix_ns(told.at_ns) // MS)),
    ]
    fields += [(tags.TEXT, told.text)] if told.text else []
    return fields + (_match(told.fill, how) if told.fill else [])


def rejection(client_id: str, fields: dict[int, str], exec_id: str, reason: int, text: str) -> list[Field]:
    """A report that an order was refused; `fields` are those of the order."""
    nothing = "0.00"
    found: list[Field] = [
        (tags.ORDER_ID, "NONE"),
        (tags.CL_ORD_ID, client_id),
        (tags.EXEC_ID, exec_id),
        (tags.EXEC_TYPE, REJECTED),
        (tags.ORD_STATUS, REJECTED),
        (tags.SIDE, fields[tags.SIDE]),
        (tags.SYMBOL, fields[tags.SYMBOL]),
        (tags.LEAVES_QTY, nothing),
        (tags.CUM_QTY, nothing),
        (tags.AVG_PX, "0"),
        (tags.ORDER_QTY, fields[tags.ORDER_QTY]),
        (tags.ORD_REJ_REASON, str(reason)),
    ]
    return found + ([(tags.TEXT, text)] if text else [])


def _match(fill: Fill, how: Spelling) -> list[Field]:
    """What only a match has: its price and size, its fee, its name, what is held after it and what it cost."""
    fee = {
        tags.MISC_FEE_AMT: f"{fill.fee_micros // 1_000_000}.{fill.fee_micros % 1_000_000:06d}",
        tags.MISC_FEE_CURR: "USD",
        tags.MISC_FEE_TYPE: "4",
        tags.MISC_FEE_BASIS: "0",
    }
    paid = f"-{fill.cost_micros // 1_000_000}.{fill.cost_micros % 1_000_000:06d}"
    return [
        (tags.LAST_PX, how.price(fill.price)),
        (tags.LAST_QTY, count(fill.size_micros)),
        *grouped(FEES, [fee] if fill.fee_micros else []),
        (tags.LONG_QTY, count(max(0, fill.position_micros))),
        (tags.SHORT_QTY, count(max(0, -fill.position_micros))),
        *grouped(COLLATERAL, [{tags.COLLATERAL_CHANGE: paid, tags.COLLATERAL_TYPE: "BALANCE"}]),
        (tags.TRD_MATCH_ID, fill.id),
        (tags.AGGRESSOR, "N" if fill.maker else "Y"),
    ]
