"""Words are taken in the name of whoever's token they come with, so that two people's words are two people's."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from desk.control_callers import BEARER
from domain.operators import KillLevel
from tests.desk.desks import TOKEN, Watched, watched

OPERATORS = {"ann": "a token of ann's", "bob": "a token of bob's"}
HALT = "/v1/halt"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path, OPERATORS) as desk:
        yield desk


async def sent(desk: Watched, token: str, body: Any, path: str = HALT) -> tuple[int, str]:
    headers = {"Authorization": BEARER + token}
    async with desk.client.post(desk.url(path), json=body, headers=headers) as answer:
        return answer.status, await answer.text()


def stop(who: str, level: int = 1) -> dict[str, object]:
    return {"level": level, "who": who, "why": "drill"}


@pytest.mark.parametrize(
    ("token", "who", "status"),
    [
        (OPERATORS["ann"], "ann", 200),
        (OPERATORS["ann"], "bob", 403),
        (OPERATORS["ann"], "Ann", 403),
        (OPERATORS["ann"], "watchdog", 403),
        (OPERATORS["bob"], "bob", 200),
        (TOKEN, "ann", 403),
        (TOKEN, "carl", 403),
        (TOKEN, "watchdog", 200),
        ("nobody's", "ann", 401),
        ("", "ann", 401),
    ],
)
async def test_a_word_is_taken_in_the_name_of_its_token_only(desk: Watched, token: str, who: str, status: int) -> None:
    answered, text = await sent(desk, token, stop(who))
    assert answered == status
    assert len(desk.said()) == (status == 200)
    if status == 403:
        assert f"$.who = '{who}'" in text
        assert not any(secret in text for secret in (*OPERATORS.values(), TOKEN))


async def test_the_engines_own_token_stops_and_never_sets_back(desk: Watched) -> None:
    assert (await sent(desk, TOKEN, stop("watchdog", 3)))[0] == 200
    assert (await sent(desk, TOKEN, stop("watchdog", 0)))[0] == 409
    assert (await sent(desk, OPERATORS["bob"], stop("bob", 0)))[0] == 200
    assert desk.state.breakers.level is KillLevel.NONE


async def test_everybody_with_a_token_may_look_and_what_names_nobody_is_taken(desk: Watched) -> None:
    for token in (TOKEN, *OPERATORS.values()):
        async with desk.client.get(desk.url("/v1/view/header"), headers={"Authorization": BEARER + token}) as answer:
            assert answer.status == 200
    assert (await sent(desk, TOKEN, [], "/v1/fair-values"))[0] == 200


@pytest.mark.parametrize("body", [[], {"level": 1, "who": 7}, {"level": 1}])
async def test_a_body_without_a_name_is_refused_by_whoever_reads_it(desk: Watched, body: Any) -> None:
    assert (await sent(desk, OPERATORS["ann"], body))[0] == 400
    assert desk.said() == []


@pytest.mark.parametrize("operators", [None, OPERATORS])
async def test_two_names_of_one_token_are_not_two_people(tmp_path: Path, operators: dict[str, str] | None) -> None:
    """Where nobody has a token of their own, one person could enable real money in two names."""
    async with watched(tmp_path, operators, mode="live") as desk:
        for who in ("ann", "bob"):
            word = {"config_hash": "c0ffee", "who": who, "why": "reviewed"}
            status, text = await sent(desk, OPERATORS[who] if operators else TOKEN, word, "/v1/enable")
            assert status == (200 if operators else 403)
            assert bool(operators) or "[control] operators" in text
        assert desk.state.breakers.enabled is bool(operators)
