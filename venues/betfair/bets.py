"""Our bets by our ref: their ids at the venue, and whether anything of them is still there.

A bet that the venue replaced at another price goes on under another id and keeps the ref that the venue knows it by, so
several bets may bear one ref: our own name of each is the generation that it is (`domain.amending.successor_ref`).
Source: Betfair developer docs, "replaceOrders".
"""

from collections.abc import Sequence

from domain.amending import AmendAccepted, AmendOrder, generation, successor_ref
from domain.ids import OrderRef
from domain.orders import Evidence
from venues.betfair.amounts import money_micros

REMEMBERED_MAX = 50_000


class Bet:
    """One order of ours as this adapter needs it. `is_asking`: its placement has not been answered yet. `at_start`: it
    waits for the starting price, and nothing takes it out before.

    `size_micros`: what a bet with a limit was placed for, 0 where that is not known.
    `is_sure`: its id was told by the answer to our own request. `amend` is what made it out of another
    one, until it was seen.
    """

    __slots__ = ("market_id", "bet_id", "is_asking", "is_closed", "is_sure", "amend", "at_start", "size_micros")

    def __init__(self) -> None:
        self.market_id = ""
        self.bet_id = ""
        self.is_asking = False
        self.is_closed = False
        self.is_sure = False
        self.at_start = False
        self.size_micros = 0
        self.amend: AmendOrder | None = None

    def taken_over(self, ref: OrderRef, size: float, evidence: Evidence) -> AmendAccepted | None:
        """The size that a replaced bet really is for, told once, if something was matched before it was replaced."""
        size_micros = money_micros(size)
        amend, self.amend = self.amend, None
        if amend is None or size_micros >= amend.new_remaining_micros:
            return None
        return AmendAccepted(ref, amend.request, amend.price, size_micros, evidence)


class Bets:
    """Bounded memory of bets; of those that are closed the oldest are forgotten first.

    A bet that a person edits on the venue's site is replaced by one of another id under the same ref. The first id
    that a ref was seen with is ours; the other bet is left to reconciliation, which shows it as foreign.
    """

    def __init__(self, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self._remembered_max = remembered_max
        self._by_ref: dict[OrderRef, Bet] = {}
        self._ref_by_id: dict[str, OrderRef] = {}
        self._chains: dict[OrderRef, list[OrderRef]] = {}
        self._maybe_open: dict[OrderRef, Bet] = {}

    def bet(self, ref: OrderRef) -> Bet:
        """The bet of a ref, made if this process has not heard of it."""
        bet = self._by_ref.get(ref)
        if bet is None:
            if len(self._by_ref) >= self._remembered_max:
                self._forget_oldest()
            bet = self._by_ref[ref] = self._maybe_open[ref] = Bet()
        return bet

    def open_markets(self) -> set[str]:
        """The markets in which a bet of ours may still be matched."""
        for ref in [ref for ref, bet in self._maybe_open.items() if bet.is_closed]:
            del self._maybe_open[ref]
        return {bet.market_id for bet in self._maybe_open.values()}

    def expect(self, ref: OrderRef) -> None:
        """Know of an order and of all that it replaced."""
        root, number = generation(ref)
        chain = self._chains.setdefault(root, [root])
        while len(chain) <= number:
            chain.append(successor_ref(chain[-1]))

    def generations(self, ref: OrderRef) -> Sequence[OrderRef]:
        """The orders that the venue knows by this ref, as far as we know of them, in the order of their making."""
        return self._chains.get(ref) or (ref,)

    def bind(self, ref: OrderRef, *, market_id: str, bet_id: str) -> OrderRef | None:
        """Our own ref of a bet that bears this one at the venue; None if it is not ours.

        An id that is not known yet is that of the first generation without one.
        """
        if (known := self._ref_by_id.get(bet_id)) is not None:
            return known
        first: OrderRef | None = None
        for one in reversed(self.generations(ref)):
            if self.bet(one).bet_id:
                break
            first = one
        if first is not None:
            self._tie(first, market_id, bet_id)
        return first

    def named(self, ref: OrderRef, *, market_id: str, bet_id: str) -> None:
        """The venue told the id of this very order in answer to our request."""
        bet = self.bet(ref)
        if not bet.bet_id or not bet.is_sure:
            self._tie(ref, market_id, bet_id)
            bet.is_sure = True

    def line_up(self, ref: OrderRef, *, market_id: str, bet_ids: Sequence[str]) -> None:
        """All bets that bear a ref at the venue, the oldest first: each is the next generation of it.

        Another process may have replaced them: what this one took for the first may be a later one.
        """
        ones = self.generations(ref)
        sure = {bet.bet_id for one in ones if (bet := self.bet(one)).is_sure}
        unsure = [one for one in ones if not self.bet(one).is_sure]
        for one, bet_id in zip(unsure, [bet_id for bet_id in bet_ids if bet_id not in sure], strict=False):
            if self.bet(one).bet_id != bet_id:
                self._tie(one, market_id, bet_id)
                bet = self._maybe_open[one] = self.bet(one)
                bet.is_closed = False

    def _tie(self, ref: OrderRef, market_id: str, bet_id: str) -> None:
        bet = self.bet(ref)
        if bet.bet_id and self._ref_by_id.get(bet.bet_id) == ref:
            del self._ref_by_id[bet.bet_id]
        bet.bet_id, bet.market_id = bet_id, market_id
        self._ref_by_id[bet_id] = ref

    def _forget_oldest(self) -> None:
        closed = [ref for ref, bet in self._by_ref.items() if bet.is_closed]
        for ref in closed[: self._remembered_max // 10]:
            self._ref_by_id.pop(self._by_ref.pop(ref).bet_id, None)
            self._chains.pop(ref, None)
