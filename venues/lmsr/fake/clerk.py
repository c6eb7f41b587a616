"""Who carries out what a customer asks for: orders, cancels and questions, each with its answer."""

from domain.ids import SelectionId, VenueMarketId
from domain.messages import RejectReason
from domain.orders import Side
from venues.lmsr.codec import Ask, Cancel, Heard, Order, Place, Refused, Told
from venues.lmsr.fake.room import Room
from venues.sim.faults import Danger
from venues.sim.images import open_orders
from venues.sim.placements import Life, Placement, Refusal

WORDS: dict[RejectReason, str] = {
    RejectReason.MARKET_SUSPENDED: "suspended",
    RejectReason.MARKET_CLOSED: "closed",
    RejectReason.INVALID_PRICE: "price",
    RejectReason.INVALID_SIZE: "size",
    RejectReason.INSUFFICIENT_FUNDS: "money",
    RejectReason.NOT_RESTING: "gone",
    RejectReason.SELECTION_REMOVED: "removed",
}


class Clerk:
    """Answers for one customer; the numbers of the row are not his."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def answer_in_trouble(self, said: Place | Cancel | Ask, entity: str, doing: str, now_ns: int) -> Heard:
        """The answer as it should be; or trouble turns an order away unread, or does not know what became of it."""
        faults = self._room.faults
        if isinstance(said, Ask):
            return self.answer(said, now_ns)
        if faults.strikes(Danger.THROTTLED, entity, doing):
            return refused(said, "busy")
        answer = self.answer(said, now_ns)
        return refused(said, "unsure") if faults.strikes(Danger.DONE_BUT_5XX, entity, doing) else answer

    def answer(self, said: Place | Cancel | Ask, now_ns: int) -> Heard:
        if isinstance(said, Place):
            return self._place(said, now_ns)
        return self._cancel(said, now_ns) if isinstance(said, Cancel) else self._tell(said, now_ns)

    def _place(self, asked: Place, now_ns: int) -> Heard:
        room = self._room
        known = room.orders.get(asked.ref)
        if known is None:
            room.exchange.approach(room.options.account, VenueMarketId(asked.market), now_ns)
            placed = room.exchange.place(
                Placement(
                    room.options.account,
                    VenueMarketId(asked.market),
                    SelectionId(asked.selection),
                    Side.BACK if asked.buys else Side.LAY,
                    asked.price,
                    asked.size,
                    life=Life.IMMEDIATE if asked.immediate else Life.REST,
                    client_ref=asked.ref,
                ),
                now_ns,
            )
            if isinstance(placed, Refusal):
                return Refused(0, asked.ref, WORDS.get(placed.reason, "other"))
            known = room.orders[asked.ref] = placed
            room.exchange.publish(now_ns)  # so that its matches are known before it is shown
        return Order(0, room.order(known, now_ns), "place")

    def _cancel(self, asked: Cancel, now_ns: int) -> Heard:
        room = self._room
        known = room.orders.get(asked.ref)
        gone = (
            Refusal(RejectReason.NOT_RESTING, "unknown")
            if known is None
            else room.exchange.cancel(known.number, account=room.options.account, now_ns=now_ns)
        )
        if known is None or isinstance(gone, Refusal):
            return Refused(0, asked.ref, "gone", asked.request)
        room.exchange.publish(now_ns)
        state = room.order(known, now_ns)
        return Order(0, state, "cancel", asked.request, max(gone, state.cancelled))

    def _tell(self, asked: Ask, now_ns: int) -> Heard:
        room, account = self._room, self._room.options.account
        floor = room.exchange.floor
        if asked.what == "order":
            known = room.orders.get(asked.about)
            return Told(0, asked.id, [] if known is None else [room.order(known, now_ns)])
        if asked.what == "orders":
            return Told(0, asked.id, [room.order(one, now_ns) for one in open_orders(room.exchange, account)])
        if asked.what == "money":
            empty = room.faults.strikes(Danger.ZERO_BALANCE, room.venue, "money")
            return Told(0, asked.id, balance=0 if empty else floor.accounts[account].wallet_micros)
        return self._statement(asked, now_ns)

    def _statement(self, asked: Ask, now_ns: int) -> Told:
        """What a market paid, once it has; a market without a match of ours pays nothing."""
        room, account = self._room, self._room.options.account
        state = room.exchange.floor.markets.get(VenueMarketId(asked.about))
        if state is None or not state.settled:
            return Told(0, asked.id)
        paid = state.statements.get(account)
        results = {str(name): one.result for name, one in state.selections.items() if one.result is not None}
        ours = [one for one in room.orders.values() if one.market == asked.about and one.voided_micros]
        return Told(
            0,
            asked.id,
            orders=[room.order(one, now_ns) for one in ours],
            statement=f"{asked.about}/{state.settled_round}",
            profit=0 if paid is None else paid.profit_micros,
            results=results,
        )


def refused(said: Place | Cancel, why: str) -> Refused:
    """A no to a placement or a cancel."""
    return Refused(0, said.ref, why, said.request if isinstance(said, Cancel) else "")
