"""The queue of breaks: which stand, since when and whose they are, what was signed about them, and what ends them.

A break ends in one of three ways. It heals, when a later comparison agrees, if its class may heal by itself. It is
resolved, when both sides agree again but a person has to have looked at it first. It is written off, when two
different people signed the same figure; then the difference is left as it is, and is found again only with other
figures. The queue is changed by journalled facts alone.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from domain.breaks import (
    BreakAssigned,
    BreakExplained,
    BreakFact,
    BreakFound,
    BreakHealed,
    BreakResolved,
    BreakRestated,
    BreakWord,
    ReconCompleted,
    WriteOffSigned,
)
from domain.ids import VenueName
from domain.money import FxRates, format_micros
from domain.people import person
from recon.breaks import Break, BreakKey, Judged
from recon.repair import needs_person


def named(venue: str, kind: str, key: str) -> str:
    """A break's name for people; `of_name` reads it back."""
    return f"{venue}/{kind}/{key}"


def of_name(name: str) -> BreakKey | None:
    """The break that a name means, None if it is no such name."""
    parts = name.split("/", 2)
    return (VenueName(parts[0]), parts[2], parts[1]) if len(parts) == 3 and all(parts[1:]) else None


SIGNATURES_MIN = 2
"""So many different people write a break off."""


class Standing(msgspec.Struct, frozen=True):
    """A break that was found and has not ended. `rounds` of its venue ended with it.

    `explained`: the proof by which both sides agree again, empty while they do not. `signed` are the words of those
    who would write it off.
    """

    fact: BreakFound
    rounds: int = 0
    explained: str = ""
    signed: tuple[WriteOffSigned, ...] = ()

    @property
    def signed_by(self) -> tuple[str, ...]:
        """Who signed a write-off."""
        return tuple(word.who for word in self.signed)


class WrittenOff(msgspec.Struct, frozen=True):
    """A difference that two people left as it was: its figures, and their words."""

    detail: str
    signed: tuple[WriteOffSigned, ...]


BreakNews = BreakFound | BreakRestated | BreakExplained | BreakHealed


class OpenBreaks:
    """The breaks that stand, and the figures at which people left others."""

    def __init__(self) -> None:
        self.standing: dict[BreakKey, Standing] = {}
        self.written_off: dict[BreakKey, WrittenOff] = {}

    def apply(self, fact: BreakFact | ReconCompleted) -> BreakFound | None:
        """Take one record over; the break that it wrote off, if it did.

        A round that ends makes the venue's breaks one round older.
        """
        if isinstance(fact, ReconCompleted):
            for key, known in self.standing.items():
                if key[0] == fact.venue:
                    self.standing[key] = replace(known, rounds=known.rounds + 1)
            return None
        key = fact.venue, fact.key, fact.kind
        if isinstance(fact, BreakFound):
            before = self.standing.get(key)
            self.standing[key] = Standing(fact, before.rounds if before else 0)
            self.written_off.pop(key, None)
            return None
        standing = self.standing.get(key)
        if standing is None:
            return None
        if isinstance(fact, BreakHealed | BreakResolved):
            del self.standing[key]
        elif isinstance(fact, WriteOffSigned):
            return self._sign(key, standing, fact)
        else:
            self.standing[key] = _changed(standing, fact)
        return None

    def _sign(self, key: BreakKey, standing: Standing, fact: WriteOffSigned) -> BreakFound | None:
        signed = (*standing.signed, fact)
        if len({person(word.who) for word in signed}) < SIGNATURES_MIN:
            self.standing[key] = replace(standing, signed=signed)
            return None
        del self.standing[key]
        self.written_off[key] = WrittenOff(standing.fact.detail, signed)
        return standing.fact

    def count(self, venue: VenueName) -> int:
        """How many stand with one venue."""
        return sum(key[0] == venue for key in self.standing)

    def rounds(self, found: Break) -> int:
        """How many rounds ended while this break stood."""
        standing = self.standing.get(found.id)
        return standing.rounds if standing else 0

    def news(
        self, found: Iterable[Break], rates: FxRates, *, venue: VenueName, judged: Judged, now_ms: int = 0
    ) -> list[BreakNews]:
        """What a comparison changed: breaks that are new or have other figures, and those it judged and did not see.

        The result does not depend on the order in which the breaks were found.
        """
        seen = {one.id: one for one in sorted(found, key=lambda one: one.id)}
        facts: list[BreakNews] = []
        for key, one in seen.items():
            standing = self.standing.get(key)
            if standing is None:
                left = self.written_off.get(key)
                if left is None or left.detail != one.detail:
                    facts.append(one.fact(rates, now_ms))
            elif standing.fact.detail != one.detail or standing.explained:
                money = one.base_micros(rates)
                facts.append(BreakRestated(venue, one.key, one.kind, money, one.detail, one.apart_micros))
        for key, standing in self.standing.items():
            place, subject, kind = key
            if place == venue and key not in seen and not standing.explained and judged(subject, kind):
                proof = "a later comparison agrees"
                end = BreakExplained if needs_person(standing.fact) else BreakHealed
                facts.append(end(venue, subject, kind, proof))
        return facts

    def objection(self, word: BreakWord) -> str:
        """Why somebody's word about a break must not be taken, empty if it may."""
        standing = self.standing.get((word.venue, word.key, word.kind))
        name = named(word.venue, word.kind, word.key)
        if standing is None:
            return f"break = {name!r}: none such stands; GET /v1/view/breaks lists those that do"
        if isinstance(word, BreakAssigned):
            return "" if word.owner.strip() else "owner = '': must not be empty; name whose it shall be"
        if isinstance(word, BreakResolved):
            if standing.explained:
                return ""
            return f"break = {name!r}: both sides still differ, {standing.fact.detail}; two people may write it off"
        if standing.explained:
            return f"break = {name!r}: both sides agree again, {standing.explained}; one person may resolve it"
        money = standing.fact.money_micros
        if word.money_micros != money:
            return f"money_micros = {word.money_micros}: {name} stands at {money}, {format_micros(money)}; sign that"
        if person(word.who) in {person(who) for who in standing.signed_by}:
            return f"who = {word.who!r}: has signed already; a different person has to be the second"
        return ""

    def snapshot(self) -> object:
        """What a digest of the money state holds of it."""
        return sorted(self.standing.items()), sorted(self.written_off.items())


def _changed(standing: Standing, fact: BreakRestated | BreakExplained | BreakAssigned) -> Standing:
    if isinstance(fact, BreakExplained):
        return replace(standing, explained=fact.proof, signed=())
    if isinstance(fact, BreakAssigned):
        return replace(standing, fact=replace(standing.fact, owner=fact.owner))
    restated = replace(
        standing.fact, money_micros=fact.money_micros, detail=fact.detail, apart_micros=fact.apart_micros
    )
    return replace(standing, fact=restated, explained="", signed=())
