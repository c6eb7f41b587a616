"""Our bets by our ref: their ids at the venue, and whether anything of them is still there."""

from domain.ids import OrderRef

REMEMBERED_MAX = 50_000


class Bet:
    """One order of ours as this adapter needs it. `is_asking`: its placement has not been answered yet."""

    __slots__ = ("market_id", "bet_id", "is_asking", "is_closed")

    def __init__(self) -> None:
        self.market_id = ""
        self.bet_id = ""
        self.is_asking = False
        self.is_closed = False


class Bets:
    """Bounded memory of bets; of those that are closed the oldest are forgotten first.

    A bet that a person edits on the venue's site is replaced by one of another id under the same ref. The first id
    that a ref was seen with is ours; the other bet is left to reconciliation, which shows it as foreign.
    """

    def __init__(self, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self._remembered_max = remembered_max
        self._by_ref: dict[OrderRef, Bet] = {}

    def bet(self, ref: OrderRef) -> Bet:
        """The bet of a ref, made if this process has not heard of it."""
        bet = self._by_ref.get(ref)
        if bet is None:
            if len(self._by_ref) >= self._remembered_max:
                self._forget_oldest()
            bet = self._by_ref[ref] = Bet()
        return bet

    def bind(self, ref: OrderRef, *, market_id: str, bet_id: str) -> bool:
        """Tie the ref to this bet unless it is tied to another; whether it is tied to this one now."""
        bet = self.bet(ref)
        if not bet.bet_id:
            bet.bet_id, bet.market_id = bet_id, market_id
        return bet.bet_id == bet_id

    def _forget_oldest(self) -> None:
        closed = [ref for ref, bet in self._by_ref.items() if bet.is_closed]
        for ref in closed[: self._remembered_max // 10]:
            del self._by_ref[ref]
