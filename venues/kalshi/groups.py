"""Order groups: the venue's own limit on how much of what rests is matched at once, one group for each shard.

    NONE --made--> ARMED --limit hit--> BLOWN --after a while--> ARMED
                     |                                             ^
                     '--we empty the venue--> HELD --next order----'

When the limit is hit, over fifteen seconds, the venue cancels everything in the group and refuses what comes until the
group is reset. Every order goes into the group of its shard; while that is not armed none goes at all. Only one that
evens out what we hold, after we blew the group ourselves, goes by it: it does not rest, and the group is to stay blown.

A group belongs to its shard and subaccount, and acts that do not name both mean others. An act whose answer is lost is
done again: each leads to the same end as often as it is done, and a group made twice is one that stays empty.
Source: Kalshi OpenAPI, order groups; changelog of 2026-08-13; AsyncAPI, order_group_updates.
"""

import enum
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from domain.ids import VenueName
from domain.messages import RejectReason
from domain.venue_notes import FuseState, FuseTold
from venues.base import Emit
from venues.errors import PeerBroke
from venues.kalshi.amounts import Amount, micros
from venues.kalshi.group_acts import GroupActs, OnDone
from venues.kalshi.order_codec import GroupDetail
from venues.kalshi.rest_targets import Place
from venues.kalshi.side_codec import Group

SECOND_NS = 1_000_000_000
RETRY_NS = 5 * SECOND_NS
MICROS = 1_000_000
BLOWN_CODE, MISSING_CODE = "exceeded_order_group_risk_limit", "order_group_not_found"

Refusal = tuple[RejectReason, str]


class Stage(enum.Enum):
    """Where a group stands; see the picture above."""

    NONE = "none"
    ARMED = "armed"
    BLOWN = "blown"
    HELD = "held"


class Kept(msgspec.Struct):
    """The group of one shard. `due_ns`: when it is to be made or reset; `is_busy`: that is under way."""

    shard: int
    id: str = ""
    stage: Stage = Stage.NONE
    due_ns: int | None = None
    is_busy: bool = False

    def blow(self, resets_ns: int | None) -> None:
        """Its limit was hit; it is reset at a time, or never."""
        self.stage, self.due_ns = Stage.BLOWN, resets_ns


class Groups:
    """Makes the groups, puts orders into them and follows what becomes of them; without a limit there are none."""

    def __init__(self, acts: GroupActs, emit: Emit, *, venue: VenueName, contracts: int, reset_s: int) -> None:
        self.is_on = contracts > 0
        self._acts = acts
        self._emit = emit
        self._venue = venue
        self._contracts = contracts
        self._reset_ns = reset_s * SECOND_NS
        self._by_shard: dict[int, Kept] = {}
        self._held_others: set[str] = set()
        self._told: FuseTold | None = None

    def want(self, shards: Iterable[int], now_ns: int) -> None:
        """There are markets of ours on these shards: have a group on each."""
        for shard in shards:
            if self.is_on and shard not in self._by_shard:
                self._by_shard[shard] = Kept(shard, due_ns=now_ns)
        self.on_time(now_ns)

    def takes_orders(self) -> bool:
        """Whether an order would be taken somewhere, or bring about that the next one is."""
        return not self.is_on or any(one.stage in (Stage.ARMED, Stage.HELD) for one in self._by_shard.values())

    def place(self, place: Place, now_ns: int, *, rests: bool) -> str | Refusal:
        """The group that an order goes into, empty for none; or why it must not go."""
        if not self.is_on:
            return ""
        one = self._by_shard.get(place.shard or 0)
        if one is None or one.stage is Stage.NONE:
            return RejectReason.NOT_SENT, "its order group is still being made"
        if one.stage is Stage.BLOWN:
            limit = f"{self._contracts} contracts were matched within 15 s"
            return RejectReason.MARKET_SUSPENDED, f"the order group is blown: {limit}"
        if one.stage is Stage.ARMED:
            return one.id
        if not rests:
            return ""
        if one.due_ns is None and not one.is_busy:
            one.due_ns = now_ns
            self.on_time(now_ns)
        return RejectReason.NOT_SENT, "its order group is being reset after we emptied the venue"

    def to_hold(self, groups: Mapping[str, int]) -> dict[str, int]:
        """Which of these groups, by shard, blowing would take anything out of; with them ours that take orders."""
        ours = {one.id: one for one in self._by_shard.values()}
        found = {
            group: shard
            for group, shard in groups.items()
            if (ours[group].stage is not Stage.HELD if group in ours else group not in self._held_others)
        }
        return found and found | {one.id: one.shard for one in ours.values() if one.stage is Stage.ARMED}

    def hold(self, groups: Mapping[str, int], on_held: OnDone, now_ns: int) -> None:
        """Blow these groups, those of earlier runs among them, each on its shard: the venue empties them at once."""
        ours = {one.id: one for one in self._by_shard.values()}
        self._held_others.update(groups.keys() - ours.keys())
        for group, shard in groups.items():
            if group in ours:
                ours[group].stage, ours[group].due_ns = Stage.HELD, None
            self._acts.act("trigger", group, shard, on_held, now_ns)
        self._show()

    # --- what the venue says ---

    def refused(self, code: str, shard: int, now_ns: int) -> None:
        """An order was refused because of its group."""
        one = self._by_shard.get(shard)
        if one is None:
            return
        if code == BLOWN_CODE and one.stage is Stage.ARMED:
            one.blow(now_ns + self._reset_ns if self._reset_ns else None)
        elif code == MISSING_CODE:
            one.id, one.stage, one.due_ns = "", Stage.NONE, now_ns
        self._show()

    def heard(self, said: GroupDetail, now_ns: int) -> None:
        """News of a group; of those that are not ours nothing follows."""
        one = next((kept for kept in self._by_shard.values() if kept.id == said.order_group_id), None)
        if one is None:
            return
        if said.event_type == "triggered" and one.stage is Stage.ARMED:
            one.blow(now_ns + self._reset_ns if self._reset_ns else None)
        elif said.event_type == "reset" and one.stage is not Stage.HELD:
            one.stage, one.due_ns = Stage.ARMED, None
        elif said.event_type == "deleted":
            one.id, one.stage, one.due_ns = "", Stage.NONE, now_ns
        elif said.event_type == "limit_updated":
            self._check_limit(one, said.contracts_limit_fp, now_ns)
        self._show()

    def look(self, now_ns: int) -> None:
        """News may have been missed: ask whether the groups are there still, with their limits."""
        for one in self._by_shard.values():
            if one.id:
                self._acts.look(one.id, partial(self._looked, one, one.id), now_ns)

    # --- the clock ---

    def next_deadline(self) -> int | None:
        """When a group is to be made or reset."""
        return min((one.due_ns for one in self._by_shard.values() if one.due_ns is not None), default=None)

    def on_time(self, now_ns: int) -> None:
        """Make and reset what is due."""
        for one in self._by_shard.values():
            if one.due_ns is not None and one.due_ns <= now_ns:
                one.due_ns = None
                if not one.is_busy:
                    self._begin(one, now_ns)
        self._show()

    # --- leaves ---

    def _begin(self, one: Kept, now_ns: int) -> None:
        """Make a group, or reset it."""
        one.is_busy = True

        def ended(is_done: bool, at_ns: int) -> None:
            one.is_busy = False
            one.due_ns = None if is_done else at_ns + RETRY_NS
            if is_done:
                one.stage = Stage.ARMED
            self._show()

        def made(group: str, at_ns: int) -> None:
            one.id = group
            ended(bool(group), at_ns)

        if one.stage is Stage.NONE:
            self._acts.make(one.shard, made, now_ns)
        else:
            self._acts.act("reset", one.id, one.shard, ended, now_ns)

    def _looked(self, one: Kept, group: str, found: Group | None, now_ns: int) -> None:
        """What a look at a group found, None if it is gone."""
        if one.id != group:
            return
        if found is None:
            one.id, one.stage, one.due_ns = "", Stage.NONE, now_ns
        else:
            self._check_limit(one, found.contracts_limit_fp, now_ns)
        self._show()

    def _check_limit(self, one: Kept, told: Amount | None, now_ns: int) -> None:
        """Somebody else may have given our group another limit: it gets ours again."""
        try:
            is_ours = told is None or micros(told) == self._contracts * MICROS
        except PeerBroke:
            is_ours = False
        if not is_ours:
            self._acts.act("limit", one.id, one.shard, lambda *_: None, now_ns)

    def _show(self) -> None:
        """Tell how the worst of the groups stands, when that is news."""
        stages = {one.stage for one in self._by_shard.values()}
        if not stages:
            return
        state, detail = FuseState.ARMED, f"{self._contracts} contracts in 15 s"
        for stage, worse in (
            (Stage.NONE, FuseState.ARMING),
            (Stage.HELD, FuseState.HELD),
            (Stage.BLOWN, FuseState.BLOWN),
        ):
            state = worse if stage in stages else state
        told = FuseTold(self._venue, state, detail)
        if told != self._told:
            self._told = told
            self._emit(told)
