"""Plans: several orders that only make sense together, what was promised about them beforehand, and how they went.

A plan is written down before its first order: its legs, what is held back for the leg that follows, and the ladder
of what is done, and for how long, if that leg cannot be had. No venue knows of plans; the number of a plan ties its
orders together in the journal.
"""

import enum

import msgspec

from domain.candidates import Candidate
from domain.ids import InstrumentId, MarketId, StrategyName
from domain.message import Message
from domain.orders import Side


class PlanKind(enum.StrEnum):
    """What a plan is for. Only an arbitrage has several legs."""

    SPLIT = "split"
    """One bet that goes to several venues, and whose rest is sent again."""
    HEDGE = "hedge"
    """One bet against what we hold already, at worse and worse prices until it is done."""
    ARBITRAGE = "arbitrage"
    """A bet that leads, and those that follow its fills: the opposite one, or one on each other outcome."""


class PlanState(enum.StrEnum):
    """One word for a plan, derived from its orders (`oms.plans.state_of`); the last six are ends."""

    PLANNED = "PLANNED"
    LEG1_WORKING = "LEG1_WORKING"
    LEG1_PARTIAL = "LEG1_PARTIAL"
    LEG1_DONE = "LEG1_DONE"
    LEG2_WORKING = "LEG2_WORKING"
    UNWINDING = "UNWINDING"
    HEDGED = "HEDGED"
    """Everything that was wanted is matched, or all that was matched is evened out."""
    FLAT = "FLAT"
    """Nothing was matched."""
    CARRIED = "CARRIED"
    """What is left uneven went over to the desk's inventory, within the limit set beforehand."""
    BROKEN = "BROKEN"
    """What is left uneven is more than may be carried: the strategy rests until somebody has looked."""
    FILLED = "FILLED"
    """A bet over several venues got all it wanted."""
    SHORT = "SHORT"
    """A bet over several venues got less than it wanted; or a hedge of which more than may be carried was left when the
    event turned, others closed it, or the desk stopped: its strategy goes on, and decides anew.
    """


class RungKind(enum.StrEnum):
    """One step of the ladder: what price the next order against what is uneven may have."""

    FOLLOW = "follow"
    """The price that the plan was made for."""
    RETRY = "retry"
    """Down to where the plan as a whole brings nothing."""
    ACCEPT = "accept"
    """A loss per claim that was accepted beforehand."""


class Rung(msgspec.Struct, frozen=True):
    """A step of the ladder, the loss per claim that it accepts in 1e-9, and how long it is tried."""

    kind: RungKind
    for_ms: int
    loss_e9: int = 0


class Leg(msgspec.Struct, frozen=True):
    """One side of a plan: so many net claims in base of one outcome at no worse than a net price.

    `instrument` is where it was planned to go, empty for wherever it is best.
    """

    outcome: int
    side: Side
    limit_e9: int
    claims_micros: int
    instrument: InstrumentId = InstrumentId("")


class Reserved(msgspec.Struct, frozen=True):
    """What is held back for a leg that follows: money and room for loss, as if this order stood in the book."""

    instrument: InstrumentId
    price: int
    size_micros: int


class PlanMade(Message, frozen=True):
    """A plan begins; `id` is the number of its first decision. The leg that leads comes first.

    `residue_micros` are the net claims that no venue takes an order for: so much may stay uneven. What is uneven at
    the end of the ladder is carried if it can lose no more than `carry_max_micros` in base. `reserved` is for each leg
    behind the first. A claim of every leg pays `pays` whatever happens. `candidates` are the places that the legs of an
    arbitrage were planned on, each with its share. `delay_costs` are the take's that it was made of. `closes`: a hedge
    is to close what the desk holds there, and goes no further than others leave of that.
    """

    id: int
    kind: PlanKind
    strategy: StrategyName
    market: MarketId
    legs: tuple[Leg, ...]
    ladder: tuple[Rung, ...]
    residue_micros: int
    carry_max_micros: int
    orders_max: int
    because: str
    reserved: tuple[Reserved, ...] = ()
    pays: int = 1
    candidates: tuple[Candidate, ...] = ()
    delay_costs: tuple[tuple[int, int], ...] = ()
    closes: bool = False


class PlanOrdered(Message, frozen=True):
    """The orders of decision `decision` belong to a leg of a plan."""

    id: int
    leg: int
    decision: int


class PlanClimbed(Message, frozen=True):
    """The time of the rung below is up: from here on rung number `rung` holds."""

    id: int
    rung: int


class PlanEnded(Message, frozen=True):
    """A plan is over. `uneven_micros` are the net claims in base that its legs differ by most, or that are missing."""

    id: int
    state: PlanState
    uneven_micros: int
    because: str


PlanNote = PlanMade | PlanOrdered | PlanClimbed | PlanEnded
