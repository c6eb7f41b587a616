"""What comes in over the control interface, and what is answered: the bodies, and how a wrong one is complained of."""

import re
from typing import TypeVar

import msgspec

from domain.messages import FairValueReceived
from domain.vouching import Finding

T = TypeVar("T")

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Anything sent to us: an unknown field is refused."""


class FairValueBody(Body, frozen=True):
    """A fair value as it is pushed; see `domain.messages.FairValueReceived` for what the fields mean."""

    market: str
    model: str
    version: str
    sequence: int
    probabilities: tuple[float, ...]
    variance_logit: float
    ttl_ms: int
    state: str = ""

    def fact(self) -> FairValueReceived:
        """The fact that it tells."""
        return msgspec.convert(msgspec.structs.asdict(self), FairValueReceived)


class EventTurnedBody(Body, frozen=True):
    """A feed saw an event turn; `id` is the source's own for it, so that told again it is the same turn."""

    event: str
    source: str
    id: str


class HaltBody(Body, frozen=True):
    """Who sets which kill level, 0 to 4, and why; `lower` where less than is in force is meant. 0 says so by itself."""

    level: int
    who: str
    why: str
    lower: bool = False


class PauseBody(Body, frozen=True):
    """Who lets a strategy rest or go on, and why; without a name every one."""

    who: str
    why: str
    strategy: str = ""


class CancelAllBody(Body, frozen=True):
    """Who wants every order out of a venue's books, and why; without a name out of all."""

    who: str
    why: str
    venue: str = ""


class CancelBody(Body, frozen=True):
    """Who wants one order out of the books, by our ref, and why."""

    order: str
    who: str
    why: str


class ReconcileBody(Body, frozen=True):
    """Who wants our books held against a venue's now, and why; without a name against all.

    With `statements` the statements of the week before are asked for once more.
    """

    who: str
    why: str
    venue: str = ""
    statements: bool = False


class AssignBody(Body, frozen=True):
    """Who gives a break, by its id, to whom, and why."""

    id: str
    owner: str
    who: str
    why: str


class ResolveBody(Body, frozen=True):
    """Who is done with a break on which both sides agree again, and what it was."""

    id: str
    who: str
    why: str


class WriteOffBody(Body, frozen=True):
    """Who leaves a difference as it is, and why; `money_micros` is that of the break, in base currency."""

    id: str
    money_micros: int
    who: str
    why: str


class TransferBody(Body, frozen=True):
    """Who wants money moved between two wallets (without a name: the bank) and why; amounts such as "80.00 GBP".

    `into` is what arrives, where it is another currency.
    """

    transfer: str
    amount: str
    who: str
    why: str
    source: str = ""
    target: str = ""
    into: str = ""
    source_shard: int = 0
    target_shard: int = 0


class DecideBody(Body, frozen=True):
    """Who approves a transfer that somebody else asked for, or refuses it, and why."""

    transfer: str
    approved: bool
    who: str
    why: str


class VouchBody(Body, frozen=True):
    """What somebody was told by a venue of one order, by our ref, how, and by whom there (`why`).

    `finding`: "gone"; "figures", then the sizes make up the whole order, decimals as the venue writes them, with the
    average price of what is matched if that is news; of an overfill "kept" or "voided".
    """

    order: str
    finding: Finding
    who: str
    why: str
    matched: str = "0"
    cancelled: str = "0"
    lapsed: str = "0"
    voided: str = "0"
    remaining: str = "0"
    price: str = "0"


class Vouching(msgspec.Struct, frozen=True):
    """The order's state after a word about it; `waiting` while a different person has to say the same."""

    order: str
    state: str
    waiting: bool


class Moved(msgspec.Struct, frozen=True):
    """How far a transfer has come by a word about it."""

    transfer: str
    state: str


class Queued(msgspec.Struct, frozen=True):
    """How a break stands after a word about it; `over` when it has left the queue."""

    id: str
    owner: str
    signed_by: tuple[str, ...]
    over: bool


class EnableBody(Body, frozen=True):
    """Who enables trading with real money, why, and under which configuration, by its hash."""

    config_hash: str
    who: str
    why: str


class Enabled(msgspec.Struct, frozen=True):
    """Whose word it was; trading begins with the word of two different people."""

    who: str


class Taken(msgspec.Struct, frozen=True):
    """How many fair values were taken."""

    taken: int


class Turned(msgspec.Struct, frozen=True):
    """The event's epoch now, and whether the turn was new."""

    event: str
    epoch: str
    new: bool


class Epochs(msgspec.Struct, frozen=True):
    """The epoch of every event, which the next values name as their `state`."""

    epochs: dict[str, str]


class Level(msgspec.Struct, frozen=True):
    """The kill level that was asked for."""

    level: int


class Standing(msgspec.Struct, frozen=True):
    """The kill level and the strategies that rest, now."""

    level: int
    paused: tuple[str, ...]


class Cancelled(msgspec.Struct, frozen=True):
    """How many orders might still be matched, where they were told to come out, when the order was given."""

    orders_open: int


class Rounds(msgspec.Struct, frozen=True):
    """The venues that are asked now, and those that are asked as soon as they can be reached."""

    asked: tuple[str, ...]
    waiting: tuple[str, ...]


class Complaint(msgspec.Struct, frozen=True):
    """What was wrong, in one line that names field, value and fix."""

    error: str


WHO_MAX, WHY_MAX = 100, 1_000
"""Letters of a name and of a reason."""


class Refused(Exception):
    """A request that is not carried out: the status, and the line that says why."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


def decoded(data: bytes | str, decoder: msgspec.json.Decoder[T], *, fix: str) -> T:
    """JSON as one of the bodies. Raises Refused with the place, the value there, and the fix."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `")
        place = place.rstrip("`")
        raise Refused(400, f"{place}{_value(data, place)}{': ' if place else ''}{said}; send {fix}") from error
    except _UNREADABLE as error:
        raise Refused(400, f"the body is no JSON: {error}; send {fix}") from error


def named(who: str, why: str) -> None:
    """Raises Refused unless somebody is named and gives a reason, both to be seen, and short enough to be read."""
    for field, value, most in (("who", who, WHO_MAX), ("why", why, WHY_MAX)):
        if not any(letter.isprintable() and not letter.isspace() for letter in value):
            raise Refused(400, f"$.{field} = {value!r}: must not be empty; say who wants it and why")
        if len(value) > most:
            raise Refused(400, f"$.{field} has {len(value)} letters: at most {most}, for banners and reports show it")


def _value(data: bytes | str, place: str) -> str:
    """The value at a place as it is told; empty where there is none, or none that a JSON reader can hold (1e400)."""
    if not place:
        return ""
    try:
        return f" = {msgspec.json.encode(_found(data, place)).decode()[:80]}"
    except _UNREADABLE:
        return ""


def _found(data: bytes | str, place: str) -> object:
    """The value at a place such as `$.level` or `$[0].market`."""
    found: object = msgspec.json.decode(data)
    for key, index in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", place):
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and index.isdecimal():
            found = found[int(index)]
    return found
