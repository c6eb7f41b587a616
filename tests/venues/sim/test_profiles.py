"""A name of a profile means one of four things, and what is wrong is said in one line."""

from pathlib import Path

import pytest

from venues.sim.faults import PROFILES, Danger, Faults, Profile, Strike
from venues.sim.profiles import named

RAINY = Profile(rates={Danger.LATE_FILL: 5}, delay_ms=(1, 2))
FILE = """
delay_ms = [100, 200]

[rates]
reply_lost = 20_000

[[planned]]
danger = "late_fill"
venue = "a"
doing = "cancel"
skip = 2
times = 3
"""


def test_a_name_is_looked_for_in_the_configuration_first_then_in_the_program():
    assert named("rainy", {"rainy": RAINY}).name == "rainy"
    assert named("heavy", {}) is PROFILES["heavy"]
    assert named("heavy", {"heavy": RAINY}).rates == RAINY.rates


@pytest.mark.parametrize("danger", list(Danger))
def test_every_danger_can_be_met_by_itself(danger: Danger):
    assert list(named(danger, {}).rates) == [danger]


def test_a_file_of_ones_own_is_read_whole(tmp_path: Path):
    (tmp_path / "day.toml").write_text(FILE)
    profile = named(str(tmp_path / "day.toml"), {})
    assert profile == Profile(
        "day",
        {Danger.REPLY_LOST: 20_000},
        planned=(Strike(Danger.LATE_FILL, venue="a", doing="cancel", skip=2, times=3),),
        delay_ms=(100, 200),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rates = 5", "rates"),
        ("[rates]\nreply_losst = 1", "reply_losst"),
        ("[rates]\nreply_lost = 1_000_001", "1000001"),
        ("delay_ms = [5, 1]", "delay_ms"),
        ("[[planned]]\ndanger = 'late_fill'\ndoing = 'dancing'", "dancing"),
        ("[[planned]]\ndanger = 'late_fill'\ntimes = 0", "times = 0"),
        ("speed = 5", "speed"),
        ("this is no TOML", "docs/venues.md"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str):
    path = tmp_path / "day.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        named(str(path), {})


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'late_fill'"):
        named("late_fil", {})
    with pytest.raises(ValueError, match="cannot be read"):
        named("nowhere.toml", {})


def test_planned_strikes_fire_where_they_fit_and_as_often_as_they_say():
    faults = Faults(Profile(planned=(Strike(Danger.REPLY_LOST, venue="a", doing="place", skip=1, times=2),)), 1)
    asked = [("a POST", "place"), ("b POST", "place"), ("a POST", "cancel")]
    fired = [faults.strikes(Danger.REPLY_LOST, *who) for _ in range(5) for who in asked]
    assert fired == [n in (3, 6) for n in range(15)]
    assert faults.fired == {Danger.REPLY_LOST: 2}
    assert not faults.strikes(Danger.REPLY_CUT, "a POST", "place")
