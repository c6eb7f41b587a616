"""What a difference between our position and the venue's asks for, at each border."""

import pytest

from risk.drift import Drift, DriftAction, DriftRules, judge_drift

RULES = DriftRules(tolerance_micros=10, hard_micros=50, grace_ms=2_000)


@pytest.mark.parametrize(
    ("drift", "inflight", "age_ms", "action"),
    [
        (0, 0, 99_999, DriftAction.OK),
        (10, 0, 99_999, DriftAction.OK),
        (11, 0, 0, DriftAction.RECONCILE),
        (30, 20, 2_000, DriftAction.WAIT),
        (31, 20, 2_000, DriftAction.RECONCILE),
        (30, 20, 2_001, DriftAction.RECONCILE),
        (50, 0, 0, DriftAction.RECONCILE),
        (51, 0, 0, DriftAction.HALT),
        (80, 70, 0, DriftAction.WAIT),
        (80, 70, 2_001, DriftAction.HALT),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_is_judged_by_size_cause_and_age(drift, inflight, age_ms, action, sign) -> None:
    judged = judge_drift(
        RULES, ours_micros=100 + sign * drift, theirs_micros=100, inflight_micros=inflight, age_ms=age_ms
    )
    assert judged == Drift(sign * drift, action)
