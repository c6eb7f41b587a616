"""Seeded trouble: which danger strikes whom and when, as data that fakes and networks consult.

A profile is a rate for each named danger, and strikes that are planned one by one. A draw depends on (seed, danger,
entity, how often this entity was asked), never on the order in which entities are asked, so a seed is a complete
report. Each danger that really fired is counted under its name. How a profile is written: docs/venues.md.
"""

import enum
from collections import Counter
from hashlib import blake2b
from math import log, log1p

import msgspec

MILLION = 1_000_000
CHANCES = 1 << 53
"""As many as a float tells apart."""

MS = 1_000_000
"""Nanoseconds in a millisecond."""

DAY_MS = 86_400_000


class Danger(enum.StrEnum):
    """What may go wrong.

    The first group is the doing of the exchange's servers, the second of the exchange itself, the third of the network,
    the fourth a machine's.
    """

    REPLY_LOST = "reply_lost"
    """A request is carried out and its answer never comes; the connection is cut."""
    REPLY_DELAYED = "reply_delayed"
    REPLY_CUT = "reply_cut"
    """The connection is cut inside the bytes of an answer."""
    DONE_BUT_5XX = "done_but_5xx"
    """A request is carried out, and the answer says that the server failed."""
    HTML_INSTEAD = "html_instead"
    """A request is carried out, and a page for people comes back instead of data."""
    THROTTLED = "throttled"
    """A request is refused unread because there were too many."""
    MESSAGE_DOUBLED = "message_doubled"
    MESSAGES_SWAPPED = "messages_swapped"
    """Two messages that do not depend on each other change places."""
    MESSAGE_LOST = "message_lost"
    """A numbered message of a feed never leaves, so that a gap shows."""
    FEED_CUT = "feed_cut"
    """The feed's connection is cut inside a message."""
    FEED_FROZEN = "feed_frozen"
    """The feed says that it is alive and says nothing else, for a while."""
    ANSWER_CACHED = "answer_cached"
    """Prices that are asked for come out of a cache for a while, as old as they are."""
    SESSION_EXPIRED = "session_expired"
    """Every session given out so far is worth nothing from now on."""
    MAINTENANCE = "maintenance"
    """The venue answers, and takes no orders for a while."""
    ZERO_BALANCE = "zero_balance"
    """An answer about money says that there is none."""
    POSITIONS_EMPTY = "positions_empty"
    """An answer about positions says that nothing is held."""
    POSITIONS_OLD = "positions_old"
    """An answer about positions is as they were a while ago."""

    LATE_FILL = "late_fill"
    """Somebody takes part of an order just before its cancel comes, and the customer is told of that late."""
    SUSPENDED_MIDWAY = "suspended_midway"
    """The market is suspended just before an order comes, or just after it was taken in."""
    VOIDED = "voided"
    """A match is annulled a while after it was made."""
    RESETTLED = "resettled"
    """A settlement is taken back a while after it was paid, and paid anew with another result."""

    DIAL_REFUSED = "dial_refused"
    CONNECTION_CUT = "connection_cut"
    HALF_OPEN = "half_open"
    """One side is gone and the other is not told."""
    BYTES_SLICED = "bytes_sliced"
    BYTES_SINGLE = "bytes_single"
    """Every byte comes by itself."""
    BYTES_DELAYED = "bytes_delayed"

    ENGINE_KILLED = "engine_killed"
    """Our process dies, between two events or inside one, and another takes its run over."""
    EXCHANGE_DOWN = "exchange_down"
    """Every connection to an exchange breaks, and none can be opened for a while; its books go on."""


Span = tuple[int, int]
"""The shortest and the longest, milliseconds."""


class Strike(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A danger that is planned: of the opportunities that fit it passes `skip` by, and fires at the next `times`.

    `venue` must be part of the name of whoever is asked, and `doing` be what he was doing (one of DOINGS); empty fits
    everybody, or everything.
    """

    danger: Danger
    venue: str = ""
    doing: str = ""
    skip: int = 0
    times: int = 1

    def __post_init__(self) -> None:
        if self.doing and self.doing not in DOINGS:
            raise ValueError(f"doing = {self.doing!r}: known are {', '.join(DOINGS)}")
        if self.skip < 0 or self.times < 1:
            raise ValueError(f"skip = {self.skip}, times = {self.times}: at least 0, and at least 1")


DOINGS = (
    "place",
    "amend",
    "cancel",
    "orders",
    "books",
    "catalogue",
    "money",
    "positions",
    "statement",
    "login",
    "other",
)
"""What a request is for, or a message about, in words that mean the same at every venue."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Chance of each danger at each opportunity, in millionths, and how long the slow ones last.

    An opportunity is a request, a message or a write: a busy feed has tens of them in a second; for what the exchange
    itself does it is an order, a cancel, a match or a settlement. A machine has one in a minute. `delay_ms` is how late
    answers, bytes, and news of what the exchange does are, `frozen_ms` how long a feed is still or a market suspended,
    `down_ms` how long a machine or a venue stays away.
    """

    name: str = ""
    rates: dict[Danger, int] = {}
    planned: tuple[Strike, ...] = ()
    delay_ms: Span = (0, 0)
    frozen_ms: Span = (0, 0)
    down_ms: Span = (0, 0)

    def __post_init__(self) -> None:
        for danger, rate in self.rates.items():
            if not 0 <= rate <= MILLION:
                raise ValueError(f"rates.{danger} = {rate}: a chance in millionths, from 0 to {MILLION}")
        for name, (lowest, highest) in (("delay", self.delay_ms), ("frozen", self.frozen_ms), ("down", self.down_ms)):
            if not 0 <= lowest <= highest <= DAY_MS:
                raise ValueError(f"{name}_ms = [{lowest}, {highest}]: the shortest and the longest, up to a day")


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("none"),
        Profile(
            "light",
            {
                Danger.REPLY_LOST: 2_000,
                Danger.REPLY_DELAYED: 10_000,
                Danger.REPLY_CUT: 1_000,
                Danger.DONE_BUT_5XX: 1_000,
                Danger.HTML_INSTEAD: 500,
                Danger.THROTTLED: 2_000,
                Danger.MESSAGE_DOUBLED: 2_000,
                Danger.MESSAGES_SWAPPED: 5_000,
                Danger.MESSAGE_LOST: 100,
                Danger.FEED_CUT: 100,
                Danger.FEED_FROZEN: 50,
                Danger.DIAL_REFUSED: 20_000,
                Danger.CONNECTION_CUT: 100,
                Danger.HALF_OPEN: 20,
                Danger.BYTES_SLICED: 50_000,
                Danger.BYTES_DELAYED: 200,
                Danger.ENGINE_KILLED: 25_000,
                Danger.EXCHANGE_DOWN: 10_000,
            },
            delay_ms=(200, 3_000),
            frozen_ms=(3_000, 12_000),
            down_ms=(1_000, 20_000),
        ),
        Profile(
            "storm",
            {
                Danger.REPLY_LOST: 30_000,
                Danger.REPLY_DELAYED: 80_000,
                Danger.REPLY_CUT: 15_000,
                Danger.DONE_BUT_5XX: 20_000,
                Danger.HTML_INSTEAD: 10_000,
                Danger.THROTTLED: 20_000,
                Danger.MESSAGE_DOUBLED: 30_000,
                Danger.MESSAGES_SWAPPED: 60_000,
                Danger.MESSAGE_LOST: 800,
                Danger.FEED_CUT: 800,
                Danger.FEED_FROZEN: 300,
                Danger.DIAL_REFUSED: 150_000,
                Danger.CONNECTION_CUT: 800,
                Danger.HALF_OPEN: 150,
                Danger.BYTES_SLICED: 300_000,
                Danger.BYTES_DELAYED: 1_000,
                Danger.ENGINE_KILLED: 150_000,
                Danger.EXCHANGE_DOWN: 60_000,
            },
            delay_ms=(500, 20_000),
            frozen_ms=(5_000, 40_000),
            down_ms=(1_000, 60_000),
        ),
    )
}
HEAVY = {
    Danger.SESSION_EXPIRED: 300,
    Danger.MAINTENANCE: 100,
    Danger.ZERO_BALANCE: 5_000,
    Danger.POSITIONS_EMPTY: 20_000,
    Danger.POSITIONS_OLD: 50_000,
    Danger.ANSWER_CACHED: 1_000,
    Danger.LATE_FILL: 20_000,
    Danger.SUSPENDED_MIDWAY: 5_000,
    Danger.VOIDED: 2_000,
    Danger.BYTES_SINGLE: 2_000,
}
"""What a heavy day has beside three times as much of everything that a light one has."""

PROFILES["heavy"] = msgspec.structs.replace(
    PROFILES["light"],
    name="heavy",
    rates={danger: 3 * rate for danger, rate in PROFILES["light"].rates.items()} | HEAVY,
)


def drawn(seed: int, entity: str, counter: int, below: int) -> int:
    """An integer in 0 ... below-1 that depends on nothing but these arguments."""
    digest = blake2b(f"{seed}/{entity}/{counter}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") * below >> 64


class Dice:
    """One entity's own stream of chance."""

    def __init__(self, seed: int, entity: str) -> None:
        self._seed = seed
        self._entity = entity
        self._counter = 0

    def below(self, bound: int) -> int:
        """The next integer in 0 ... bound-1."""
        self._counter += 1
        return drawn(self._seed, self._entity, self._counter, bound)

    def between(self, lowest: int, highest: int) -> int:
        """The next integer in lowest ... highest, both included."""
        return lowest + self.below(highest - lowest + 1)


class Plan:
    """A planned strike, and how many opportunities that fit it there have been."""

    def __init__(self, strike: Strike) -> None:
        self.strike = strike
        self._met = 0

    def fires(self, danger: Danger, entity: str, doing: str) -> bool:
        """Whether it fires now; an opportunity that fits is counted in any case."""
        strike = self.strike
        if danger is not strike.danger or strike.venue not in entity or strike.doing not in ("", doing):
            return False
        self._met += 1
        return strike.skip < self._met <= strike.skip + strike.times


class Faults:
    """A profile at work. `profile` may be exchanged on the way: calm is PROFILES["none"]."""

    def __init__(self, profile: Profile, seed: int) -> None:
        self.fired: Counter[str] = Counter()
        self.over_budget: Counter[str] = Counter()  # by venue: requests above its limits, which no danger made
        self.planned: list[Plan] = []
        self._seed = seed
        self._asked: Counter[str] = Counter()
        self._gaps: dict[tuple[str, str], int] = {}
        self.profile = profile

    @property
    def profile(self) -> Profile:
        """What may strike now, and how often."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._profile = profile
        self._rates = {danger.value: rate for danger, rate in profile.rates.items()}
        self._gaps = {}
        self.planned = [Plan(strike) for strike in profile.planned]

    def may(self, danger: Danger) -> bool:
        """Whether this danger can fire at all now."""
        return danger._value_ in self._rates or any(plan.strike.danger is danger for plan in self.planned)

    def strikes(self, danger: Danger, entity: str, doing: str = "") -> bool:
        """Whether this danger fires at this opportunity of this entity; if so it is counted, so do it.

        `doing` is what was being done, for strikes that are planned; who is asked often leaves it away while none is.
        Most opportunities pass unharmed, so what is drawn is how many of them do until the next that does not.
        """
        if self.planned and self._fires(danger, entity, doing):
            self.fired[danger] += 1
            return True
        rate = self._rates.get(danger._value_)
        if not rate:
            return False
        key = danger._value_, entity
        left = self._gaps.get(key)
        if left is None:
            left = self._gap(f"{danger}/{entity}", rate)
        if left:
            self._gaps[key] = left - 1
            return False
        self._gaps.pop(key, None)
        self.fired[danger] += 1
        return True

    def _fires(self, danger: Danger, entity: str, doing: str) -> bool:
        """Whether it was planned so; every plan counts the opportunity."""
        fires = False
        for plan in self.planned:
            fires |= plan.fires(danger, entity, doing)
        return fires

    def delay_ns(self, entity: str) -> int:
        """How long a delay of this entity lasts."""
        return self._between(self.profile.delay_ms, f"delay/{entity}")

    def frozen_ns(self, entity: str) -> int:
        """How long a frozen feed of this entity stays so."""
        return self._between(self.profile.frozen_ms, f"frozen/{entity}")

    def down_ns(self, entity: str) -> int:
        """How long a machine that died stays away."""
        return self._between(self.profile.down_ms, f"down/{entity}")

    def below(self, bound: int, entity: str) -> int:
        """An integer in 0 ... bound-1: where to cut, how to slice."""
        return self._draw(f"below/{entity}", bound)

    def _between(self, bounds_ms: tuple[int, int], entity: str) -> int:
        lowest, highest = bounds_ms
        return (lowest * MS) + self._draw(entity, (highest - lowest) * MS + 1)

    def _gap(self, key: str, rate: int) -> int:
        """How many opportunities pass unharmed when each is struck with this chance in a million."""
        if rate >= MILLION:
            return 0
        chance = (1 + self._draw(key, CHANCES)) / CHANCES
        return int(log(chance) / log1p(-rate / MILLION))

    def _draw(self, entity: str, below: int) -> int:
        self._asked[entity] += 1
        return drawn(self._seed, entity, self._asked[entity], below)
