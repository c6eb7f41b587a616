"""Offers and matched bets: the bodies and paths that write and read them, and their answers as typed values."""

from decimal import Decimal
from fractions import Fraction

import msgspec

from domain.amending import AmendOrder
from domain.messages import PlaceOrder
from domain.money import MICROS, half_up_to
from domain.orders import Side
from venues.matchbook.amounts import check, check_worth, claims_micros, exact, json_odds, json_stake, micros
from venues.matchbook.answers import Trouble, answerer
from venues.matchbook.events_codec import path

OFFERS_PATH = "/edge/rest/v2/offers"
HEARTBEAT_PATH = "/edge/rest/v1/heartbeat"

OPEN_WORDS = "open,edited"
ALL_WORDS = "open,edited,matched,cancelled,flushed"
"""Statuses that a list can be asked for. An offer that is held back in play, or failed after it, is on no list."""

LIVE = frozenset({"open", "edited"})
HELD = "delayed"
LAPSED = frozenset({"flushed", "failed"})
OVER = frozenset({"matched", "cancelled"}) | LAPSED

VOIDED = "cancelled"
"""The status of a matched bet that the venue took back."""

SIDES = {"back": Side.BACK, "win": Side.BACK, "lay": Side.LAY, "lose": Side.LAY}


class MatchedBet(msgspec.Struct, rename="kebab"):
    """One match of an offer. Its own `commission` is not read: commission is charged when the market is settled."""

    id: int
    stake: Decimal
    odds: Decimal = Decimal(0)
    odds_type: str = "DECIMAL"
    decimal_odds: Decimal = Decimal(0)
    status: str = "open"
    created_at: str = ""

    def __post_init__(self) -> None:
        check(self.odds, self.decimal_odds)
        check_worth((self.price, self.stake))
        if self.stake < 0 or self.price < 1:
            raise ValueError(f"a bet of {self.stake} at {self.price}")

    @property
    def price(self) -> Decimal:
        """Decimal odds; those of another type come rounded."""
        return self.odds if self.odds_type == "DECIMAL" else self.decimal_odds


class Offer(msgspec.Struct, rename="kebab"):
    """One offer. `stake` is the backer's on both sides; `remaining` keeps its value after the offer has ended."""

    status: str = ""
    id: int = 0
    market_id: int = 0
    runner_id: int = 0
    temp_id: str | int = ""
    side: str = ""
    odds: Decimal = Decimal(0)
    odds_type: str = "DECIMAL"
    decimal_odds: Decimal = Decimal(0)
    stake: Decimal = Decimal(0)
    remaining: Decimal | None = None
    commission_type: str = ""
    originator_commission_rate: Decimal | None = None
    acceptor_commission_rate: Decimal | None = None
    created_at: str = ""
    delay: Decimal = Decimal(0)
    matched_bets: list[MatchedBet] | None = None
    errors: list[Trouble] = []

    def __post_init__(self) -> None:
        check(self.odds, self.decimal_odds, self.remaining, self.delay)
        check_worth((self.price, self.stake))
        check_worth(*((bet.price, bet.stake) for bet in self.matched_bets or ()))
        check(self.originator_commission_rate, self.acceptor_commission_rate)
        if self.id and (self.stake < 0 or self.price < 1):
            raise ValueError(f"an offer of {self.stake} at {self.price}")

    @property
    def price(self) -> Decimal:
        """Decimal odds; those of another type come rounded."""
        return self.odds if self.odds_type == "DECIMAL" else self.decimal_odds

    @property
    def ref(self) -> str:
        """What we called it, empty where the venue does not say."""
        return str(self.temp_id)

    @property
    def delay_ms(self) -> int:
        """How long it is held back in play."""
        return micros(self.delay) // 1_000


class OfferEdit(msgspec.Struct, rename="kebab"):
    """What became of an edit: `applied`, `delayed`, `failed`."""

    status: str = ""
    failure_reason: str = ""
    errors: list[Trouble] = []


class EditedOffer(Offer, rename="kebab"):
    """An offer with its last edit."""

    offer_edit: OfferEdit | None = None

    def __post_init__(self) -> None:
        if self.status or self.offer_edit is None:  # else it only names the offer whose edit failed
            Offer.__post_init__(self)


class EditAnswer(EditedOffer, rename="kebab"):
    """The answer to an edit: the bare offer, or a list that holds it where the edit failed."""

    offers: list[EditedOffer] = []

    def about(self, offer_id: str) -> EditedOffer | None:
        """The offer of this id."""
        return next((one for one in (self, *self.offers) if str(one.id) == offer_id), None)


class OffersAnswer(msgspec.Struct):
    """The answer to a write: what became of each offer, in any order."""

    offers: list[Offer]


class OffersPage(msgspec.Struct, rename="kebab"):
    """A page of those that exist; `total` counts all of them."""

    offers: list[Offer]
    total: int
    per_page: int = 0

    @property
    def rows(self) -> list[Offer]:
        return self.offers


class HeartbeatAnswer(msgspec.Struct, rename="kebab"):
    """What the dead-man's switch did, and the timeout that really holds."""

    action_performed: str
    actual_timeout: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        check(self.actual_timeout)


offers_answer = answerer(OffersAnswer)
offers_page = answerer(OffersPage)
offer_answer = answerer(Offer)
edit_answer = answerer(EditAnswer)
heartbeat_answer = answerer(HeartbeatAnswer)


class Figures(msgspec.Struct, frozen=True):
    """An offer's sizes in micros: what was matched and what that is worth, what was annulled, what is left of it.

    The matched bets count where they are told; without them what is no longer `remaining` was matched. A matched offer
    is matched whole, whatever else it says. What no bet explains is worth the offer's own odds: the venue never matches
    at worse ones. What is `left` may still be matched, or has ended with the offer.
    Source: Matchbook's Java SDK, recorded offers: `remaining` of a matched one may be its stake.
    """

    matched: int
    claims: int
    voided: int
    left: int


def figures(offer: Offer) -> Figures:
    """The sizes that an offer states."""
    bets = offer.matched_bets or []
    standing = [bet for bet in bets if bet.status != VOIDED]
    stake, told = micros(offer.stake), sum(micros(bet.stake) for bet in standing)
    claims = sum(claims_micros(bet.price, bet.stake) for bet in standing)
    voided = sum(micros(bet.stake) for bet in bets if bet.status == VOIDED)
    untold = 0
    if offer.status == "matched":
        untold = max(0, stake - told - voided)
    elif not bets and offer.remaining is not None:
        untold = max(0, stake - micros(offer.remaining))
    claims += half_up_to(exact(offer.price) * Fraction(untold, MICROS))
    matched = told + untold
    return Figures(matched, claims, voided, max(0, stake - matched - voided))


# --- bodies and paths ---


def encode_place(order: PlaceOrder, runner: int) -> bytes:
    """The body of a submission of one offer, gone when the market turns in play.

    The venue keeps no time in force and knows no repetition: the same body sent twice is two offers. `temp-id` is
    echoed with the offer; it is not documented, so nothing may rest on it alone.
    Source: Matchbook API reference, "Submit offers".
    """
    side = "back" if order.side is Side.BACK else "lay"
    ref = msgspec.json.encode(order.ref).decode()
    return (
        f'{{"odds-type":"DECIMAL","exchange-type":"back-lay","offers":[{{"runner-id":{runner},"side":"{side}",'
        f'"odds":{json_odds(order.price)},"stake":{json_stake(order.size_micros)},"keep-in-play":false,'
        f'"temp-id":{ref}}}]}}'
    ).encode()


def encode_edit(amend: AmendOrder) -> bytes:
    """The body of an edit of one offer; the stakes are what is unmatched now and what shall be.

    Source: Matchbook API reference, "Edit offer": an edit whose `current` values do not hold any more fails.
    """
    return (
        f'{{"current-odds":{json_odds(amend.old_price)},"new-odds":{json_odds(amend.price)},'
        f'"current-stake":{json_stake(amend.remaining_micros)},"new-stake":{json_stake(amend.new_remaining_micros)}}}'
    ).encode()


def offer_path(offer_id: str) -> str:
    """One offer, to be read or cancelled. The bare path would mean every offer of the account: it is never written."""
    assert offer_id.isascii(), f"an offer is named by its number, not {offer_id!r}"
    assert offer_id.isdigit(), f"an offer is named by its number, not {offer_id!r}"
    return f"{OFFERS_PATH}/{offer_id}"


def cancels_path(offer_ids: list[str]) -> str:
    """These offers, to be cancelled. Without one of them it would mean every offer of the account."""
    assert offer_ids, "a cancel names its offers"
    assert all(one.isascii() and one.isdigit() for one in offer_ids), f"offers are named by numbers, not {offer_ids}"
    return path(OFFERS_PATH, {"offer-ids": ",".join(offer_ids)})


def offers_path(
    offset: int, *, per_page: int, words: str, interval_s: int | None = None, markets: list[str] | None = None
) -> str:
    """One page of offers of these statuses; with an interval only those that changed within its seconds."""
    query: dict[str, object] = {"offset": offset, "per-page": per_page, "status": words, "odds-type": "DECIMAL"}
    if interval_s is not None:
        query["interval"] = interval_s
    if markets:
        query["market-ids"] = ",".join(markets)
    return path(OFFERS_PATH, query)


def native_odds(offer: Offer) -> int:
    """An offer's odds in hundredths, the nearest."""
    return int(exact(offer.price) * 100 + exact(Decimal("0.5")))
