"""Accounts as data: whose money it is, of which kind, at which venue and shard; each has one name, and back.

House and customers each keep books of their own: an entry is of one entity, so that money of two can meet in no
posting. What one owes the other stands in `owed`, once on each side. Names are such as `cash:betfair`, `cash:kalshi/3`
for the part of a wallet that is kept on shard 3, `customer:anna:cash:kalshi`, `owed:anna`.
"""

import enum
import re
from functools import lru_cache
from typing import NewType

import msgspec

from domain.ids import VenueName

Entity = NewType("Entity", str)
"""Whose books these are: the house, or a customer by id."""

HOUSE = Entity("house")
NOWHERE = VenueName("")

CUSTOMER = "customer:"
"""How the names of accounts begin that are not the house's."""

_WORD = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
ACCOUNTS_MAX = 10_000
"""Names that are kept read; any more are read again."""


class Kind(enum.StrEnum):
    """What an account holds. Those that are kept at a venue bear its name, the others belong to the entity alone."""

    BANK = "bank"
    CASH = "cash"
    RESERVED = "reserved"
    POSITION = "position"
    NETTING = "netting"
    FEES = "fees"
    FEE_ROUNDING = "fee_rounding"
    PNL = "pnl"
    SUSPENSE = "suspense"
    ADJUST = "adjust"
    TRANSIT = "transit"
    FX_CLEARING = "fx_clearing"
    EQUITY = "equity"
    OWED = "owed"


AT_VENUES = frozenset(Kind) - {Kind.BANK, Kind.TRANSIT, Kind.FX_CLEARING, Kind.EQUITY, Kind.OWED}


class Account(msgspec.Struct, frozen=True):
    """One account; each currency in it is a balance of its own. `party` is whom `owed` is about.

    Raises ValueError for what no account can be: a venue where none belongs, a name that could not be read back.
    """

    kind: Kind
    venue: VenueName = NOWHERE
    shard: int = 0
    entity: Entity = HOUSE
    party: Entity = Entity("")

    def __post_init__(self) -> None:
        if (self.kind in AT_VENUES) != bool(self.venue):
            where = "at no venue" if self.venue else "at a venue"
            raise ValueError(f"Account.venue = {self.venue!r}: {self.kind} is kept {where}")
        if (self.kind is Kind.OWED) != bool(self.party) or self.party == self.entity:
            raise ValueError(f"Account.party = {self.party!r}: only {Kind.OWED} is about somebody, and somebody else")
        if self.shard < 0 or (self.shard and not self.venue):
            raise ValueError(f"Account.shard = {self.shard}: a venue's shard is 0 or more")
        for field, text in (("venue", self.venue), ("entity", self.entity), ("party", self.party)):
            if text and not _WORD.fullmatch(text):
                raise ValueError(f"Account.{field} = {text!r}: use letters, digits and _ . - only")

    @property
    def name(self) -> str:
        """The account's one name."""
        place = f":{self.venue}" if self.venue else f":{self.party}" if self.party else ""
        shard = f"/{self.shard}" if self.shard else ""
        whose = "" if self.entity == HOUSE else f"{CUSTOMER}{self.entity}:"
        return f"{whose}{self.kind}{place}{shard}"


@lru_cache(ACCOUNTS_MAX)
def account(name: str) -> Account:
    """The account of a name. Raises ValueError where there can be none."""
    whose, rest = HOUSE, name
    if name.startswith(CUSTOMER):
        _, customer, rest = name.split(":", 2) if name.count(":") > 1 else ("", "", "")
        whose = Entity(customer)
        if whose == HOUSE:
            raise ValueError(f"account {name!r}: no customer is called {HOUSE}, whose accounts stand without a name")
    kind, _, place = rest.partition(":")
    if kind not in Kind.__members__.values() or not whose:
        raise ValueError(f"account {name!r}: write it as cash:VENUE, owed:CUSTOMER or customer:ID:cash:VENUE")
    if kind == Kind.OWED:
        return Account(Kind.OWED, entity=whose, party=Entity(place))
    venue, slash, shard = place.partition("/")
    if slash and not (shard.isdecimal() and int(shard)):
        raise ValueError(f"account {name!r}: a shard is a number above 0")
    return Account(Kind(kind), VenueName(venue), int(shard or 0), whose)


@lru_cache(ACCOUNTS_MAX)
def entity_of(name: str) -> Entity:
    """Whose an account is."""
    return account(name).entity
