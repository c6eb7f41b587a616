"""Drift: what we hold by our own books against what a venue says, and what to do about it."""

import enum

import msgspec


class DriftAction(enum.StrEnum):
    """What a difference asks for: nothing, a moment, a look with new risk frozen, or a stop of the venue."""

    OK = "OK"
    WAIT = "WAIT"
    RECONCILE = "RECONCILE"
    HALT = "HALT"


class DriftRules(msgspec.Struct, frozen=True):
    """How much difference is rounding, how long a known cause may explain it, and from where on it is a stop.

    `tolerance` and `hard` are claims in millionths, `grace_ms` the age up to which orders in flight excuse it.
    """

    tolerance_micros: int
    hard_micros: int
    grace_ms: int


class Drift(msgspec.Struct, frozen=True):
    """Ours less theirs, and what that asks for."""

    drift_micros: int
    action: DriftAction


def judge_drift(rules: DriftRules, *, ours_micros: int, theirs_micros: int, inflight_micros: int, age_ms: int) -> Drift:
    """Judge the difference of one position, of which `inflight` may still be under way at this age."""
    drift = ours_micros - theirs_micros
    return Drift(drift, _action(rules, abs(drift), inflight_micros, age_ms))


def _action(rules: DriftRules, size_micros: int, inflight_micros: int, age_ms: int) -> DriftAction:
    if size_micros <= rules.tolerance_micros:
        return DriftAction.OK
    if size_micros <= rules.tolerance_micros + inflight_micros and age_ms <= rules.grace_ms:
        return DriftAction.WAIT
    return DriftAction.RECONCILE if size_micros <= rules.hard_micros else DriftAction.HALT
