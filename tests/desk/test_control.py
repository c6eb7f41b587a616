"""The control interface as its clients meet it: over a socket, with a token, and with whatever they send."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError

from desk.control import BODY_BYTES_MAX
from desk.control_routes import ROUTES
from domain.ids import VenueOrderId
from domain.messages import (
    CancelOrder,
    Channel,
    ChannelChanged,
    FairValueReceived,
    QueryVenue,
    VenueOrder,
    VenueReported,
)
from domain.operators import (
    EVERY_STRATEGY,
    EVERY_VENUE,
    CancelsOrdered,
    KillLevel,
    KillLevelSet,
    PauseSet,
    RoundOrdered,
)
from domain.orders import Side
from strategy.base import NOTHING
from strategy.fair_value import GateRules
from strategy.freshness import judged
from tests.builders import facts
from tests.desk.desks import TOKEN, Watched, watched
from tests.engine.runs import ODDS, ONE, TWO
from tests.engine.streets import quote

VALUE: dict[str, Any] = {
    "market": "match",
    "model": "m",
    "version": "1",
    "sequence": 3,
    "probabilities": [0.5, 0.25, 0.25],
    "variance_logit": 0.001,
    "ttl_ms": 1500,
    "state": "2",
}
FACT = FairValueReceived("match", "m", "1", 3, (0.5, 0.25, 0.25), 0.001, 1500, "2")  # type: ignore[arg-type]
ANN = {"who": "ann", "why": "drill"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path) as desk:
        yield desk


def valued(desk: Watched) -> FairValueReceived:
    return desk.street.core.prices.fair["match"].value  # type: ignore[index]


@pytest.mark.parametrize(
    "given", [None, "", TOKEN, "Bearer ", "Bearer open", f"Bearer {TOKEN}x", "Bearer öpen", "Bearer \udcff"]
)
async def test_without_the_token_nothing_is_told_and_nothing_is_done(desk: Watched, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    records = len(desk.records())
    async with ClientSession() as stranger:
        for route in ROUTES:
            url = desk.url(route.path.replace("{order}", "r1"))
            async with stranger.request(route.method, url, headers=headers, json=ANN | VALUE) as answer:
                assert answer.status == 401, route.path
                assert TOKEN not in await answer.text()
    assert len(desk.records()) == records


async def test_the_state_is_told_as_the_engine_sees_it(desk: Watched) -> None:
    desk.quoting(quote())
    status, told = await desk.fetch("/v1/status")
    assert (status, told["orders_open"], told["kill_level"]) == (200, 1, 0)


# ---- fair values ----


async def test_one_value_or_many_are_taken(desk: Watched) -> None:
    assert await desk.send("/v1/fair-values", VALUE) == (200, {"taken": 1})
    assert valued(desk) == FACT
    assert await desk.send("/v1/fair-values", [VALUE, VALUE | {"sequence": 4}]) == (200, {"taken": 2})
    assert valued(desk).sequence == 4


async def test_a_turn_of_an_event_voids_what_was_valued_before_it_once(desk: Watched) -> None:
    goal = {"event": "cup", "source": "scores", "id": "goal 1"}
    assert await desk.send("/v1/fair-values", VALUE | {"state": ""}) == (200, {"taken": 1})
    looked = len(desk.wishes.views)
    was = desk.desk.epochs().get("cup", "0")
    status, told = await desk.send("/v1/events/turned", goal)
    assert (status, told["event"], told["new"]) == (200, "cup", True)
    assert told["epoch"] == desk.desk.epochs()["cup"] == str(int(was) + 1)
    view = desk.wishes.views[-1]
    assert len(desk.wishes.views) > looked, "strategies look at once"
    assert view.fair is not None
    assert (view.state, view.fair.state) == (told["epoch"], was)
    assert judged(view.fair, view, GateRules(sigma_b=0, k=0)).reasons, "it may not be quoted from any more"
    assert await desk.send("/v1/events/turned", goal) == (200, told | {"new": False})
    assert (await desk.send("/v1/events/turned", goal | {"id": "goal 2"}))[1]["new"]
    assert (await desk.send("/v1/events/turned", goal | {"source": ""}))[0] == 400
    assert "event = 'x': unknown" in (await desk.send("/v1/events/turned", goal | {"event": "x"}))[1]["error"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sequence": "x"}, '$.sequence = "x"'),
        ({"probabilities": "half"}, '$.probabilities = "half"'),
        ({"extra": 1}, "extra"),
        ({"market": None}, "$.market = null"),
        ({"market": "elsewhere"}, "market = 'elsewhere': unknown"),
        ({"probabilities": [0.5, 0.5]}, "match has 3 outcomes"),
        ({"probabilities": [0.5, 0.5, 0.5]}, "add up to 1"),
        ({"probabilities": [1.5, -0.25, -0.25]}, "between 0 and 1"),
        ({"variance_logit": -1.0}, "variance_logit = -1.0"),
        ({"ttl_ms": 0}, "ttl_ms = 0"),
    ],
)
async def test_a_value_with_a_fault_is_refused_by_its_field(desk: Watched, change: dict, said: str) -> None:
    before = valued(desk)
    status, answer = await desk.send("/v1/fair-values", VALUE | change)
    assert status == 400
    assert said in answer["error"]
    status, _ = await desk.send("/v1/fair-values", [VALUE, VALUE | change])
    assert status == 400
    assert valued(desk) == before, "a list is taken whole or not at all"


async def test_bytes_that_are_no_json_or_too_many_are_refused(desk: Watched) -> None:
    before = valued(desk)
    for path in (
        "/v1/fair-values",
        "/v1/halt",
        "/v1/pause",
        "/v1/resume",
        "/v1/cancel-all",
        "/v1/cancel",
        "/v1/reconcile",
    ):
        for body, status in (
            (b"{", 400),
            (b"", 400),
            (b"NaN", 400),
            (b"\xff", 400),
            (b"[" * (BODY_BYTES_MAX + 1), 413),
        ):
            async with desk.client.post(desk.url(path), data=body) as answer:
                assert answer.status == status
    assert valued(desk) == before
    assert desk.said() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("GET", "/v1/nope", b"", (404, "GET /v1/nope: Not Found; GET /v1/openapi.json describes every request")),
        ("DELETE", "/v1/halt", b"", (405, "DELETE /v1/halt: Method Not Allowed; ")),
        ("POST", "/v1/halt", b"[" * (BODY_BYTES_MAX + 1), (413, "POST /v1/halt: Maximum request body size ")),
    ],
)
async def test_what_no_request_is_like_is_answered_as_every_other_mistake(
    desk: Watched, method: str, path: str, body: bytes, said: tuple[int, str]
) -> None:
    status, error = said
    async with desk.client.request(method, desk.url(path), data=body) as answer:
        assert answer.status == status
        assert error in (await answer.json())["error"]


async def test_a_stream_takes_values_and_tells_epochs(desk: Watched) -> None:
    epochs = b'{"epochs":{"cup":"0"}}'
    async with desk.client.ws_connect(desk.url("/v1/fair-values/stream")) as socket:
        assert (await socket.receive()).data in (epochs, b'{"epochs":{}}')
        await socket.send_json(VALUE)
        assert b"epochs" in (await socket.receive()).data
        for wrong in ("{", '{"market": 1}'):
            await socket.send_str(wrong)
            assert b"error" in (await socket.receive()).data
        await socket.send_json(VALUE | {"market": "elsewhere"})
        assert b"unknown" in (await socket.receive()).data
        await socket.send_json(VALUE | {"sequence": 5})
        assert b"epochs" in (await socket.receive()).data
    assert valued(desk).sequence == 5


@pytest.mark.parametrize("path", ["/v1/fair-values/stream", "/v1/view/stream"])
async def test_a_stream_without_the_token_is_never_opened(desk: Watched, path: str) -> None:
    async with ClientSession() as stranger:
        with pytest.raises(WSServerHandshakeError, match="401"):
            await stranger.ws_connect(desk.url(path))
    assert not desk.control.hub.watchers


@pytest.mark.parametrize("path", ["/v1/fair-values/stream", "/v1/view/stream"])
async def test_open_streams_end_with_the_server(desk: Watched, path: str) -> None:
    socket = await desk.client.ws_connect(desk.url(path))
    await socket.receive()
    await desk.server.close()
    assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


# ---- operators ----


@pytest.mark.parametrize(
    ("query", "found"), [("", 3), ("?words=reds%20draw", 3), ("?words=greens", 0), ("?first=1", 0), ("?count=1", 3)]
)
async def test_markets_are_told_by_the_page_and_by_words(desk: Watched, query: str, found: int) -> None:
    status, rows = await desk.fetch(f"/v1/view/markets{query}")
    assert (status, len(rows)) == (200, found)


async def test_a_page_that_cannot_be_is_refused(desk: Watched) -> None:
    for query, said in (("first=-1", "first = '-1'"), ("count=201", "count = 201"), ("count=x", "count = 'x'")):
        status, answer = await desk.fetch(f"/v1/view/markets?{query}")
        assert status == 400
        assert said in answer["error"]


@pytest.mark.parametrize("level", list(KillLevel))
async def test_a_stop_carries_its_name_and_reason_into_the_journal(desk: Watched, level: KillLevel) -> None:
    assert await desk.send("/v1/halt", ANN | {"level": int(level)}) == (200, {"level": int(level)})
    assert desk.said() == [KillLevelSet(level, "ann", "drill")]
    _, (header,) = await desk.fetch("/v1/view/header")
    assert (header["kill_level"], header["kill_who"], header["kill_why"]) == (level, "ann", "drill")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (ANN | {"level": 5}, "$.level = 5: must be 0"),
        (ANN | {"level": -1}, "$.level = -1"),
        (ANN | {"level": "3"}, '$.level = "3"'),
        ({"level": 3, "who": " ", "why": "x"}, "$.who = ' '"),
        ({"level": 3, "who": "ann", "why": ""}, "$.why = ''"),
        ({"level": 3, "who": "\u200b", "why": "x"}, "$.who = '\\u200b': must not be empty"),
        ({"level": 3, "who": "ann", "why": "\u2060\n"}, "$.why = '\\u2060\\n': must not be empty"),
        ({"level": 3, "who": "a" * 101, "why": "x"}, "$.who has 101 letters: at most 100"),
        ({"level": 3, "who": "ann", "why": "x" * 1_001}, "$.why has 1001 letters: at most 1000"),
        ({"level": 3, "who": "ann"}, "`why`"),
        (ANN | {"level": 3, "also": 1}, "`also`"),
        (ANN | {"who": 7}, "$.who = 7: Expected `str`"),
        ([], "send level 0 to 4"),
    ],
)
async def test_a_stop_without_level_name_or_reason_is_refused(desk: Watched, body: Any, said: str) -> None:
    status, answer = await desk.send("/v1/halt", body)
    assert status == 400
    assert said in answer["error"]
    assert "\n" not in answer["error"]
    assert desk.said() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"level":1e400,"who":"ann","why":"drill"}', "$.level: Number out of range"),
        (b'{"level":3,"who":' + b"9" * 5000 + b',"why":"drill"}', "$.who: Number out of range"),
        (b'{"level":3.5,"who":"\xff","why":"drill"}', "$.level: Expected `int`"),
        (b'{"level":"x","who":', "$.level: Expected `int`"),
        (b'{"level":"\xff"}', "$.level: Expected `int`"),
        (b'{"level":' + b"[" * 100_000, "$.level: Expected `int`"),
    ],
)
async def test_a_figure_that_no_reader_can_hold_is_refused_in_one_line(desk: Watched, body: bytes, said: str) -> None:
    async with desk.client.post(desk.url("/v1/halt"), data=body) as answer:
        assert answer.status == 400
        told = (await answer.json())["error"]
    assert said in told
    assert "send level 0 to 4, who and why" in told
    assert desk.said() == []


async def test_a_stop_that_would_stop_less_is_taken_only_where_that_is_said(desk: Watched) -> None:
    await desk.send("/v1/halt", ANN | {"level": 3})
    status, answer = await desk.send("/v1/halt", ANN | {"level": 1})
    assert status == 409
    assert "level 3 is in force" in answer["error"]
    assert desk.state.breakers.level is KillLevel.CANCEL_ALL
    assert await desk.send("/v1/halt", ANN | {"level": 1, "lower": True}) == (200, {"level": 1})
    assert desk.state.breakers.level is KillLevel.NO_NEW_RISK


async def test_the_desk_itself_may_not_lower_its_kill_level(desk: Watched) -> None:
    await desk.send("/v1/halt", ANN | {"level": 3})
    for path, body in (("/v1/halt", {"level": 0}), ("/v1/resume", {})):
        status, answer = await desk.send(path, {"who": "desk", "why": "all is well"} | body)
        assert status == 409
        assert "named person" in answer["error"]
    assert desk.state.breakers.level is KillLevel.CANCEL_ALL


async def test_a_strategy_rests_and_goes_on_by_a_person_with_a_reason(desk: Watched) -> None:
    placed = desk.quoting(quote())
    assert await desk.send("/v1/pause", ANN | {"strategy": "s"}) == (200, {"level": 0, "paused": ["s"]})
    assert [command.ref for command in desk.one.told if isinstance(command, CancelOrder)] == [placed.ref]
    _, (row,) = await desk.fetch("/v1/view/strategies")
    assert (row["id"], row["paused"], row["paused_by"], row["paused_why"]) == ("s", True, "ann", "drill")
    assert await desk.send("/v1/resume", ANN | {"strategy": "s"}) == (200, {"level": 0, "paused": []})
    assert desk.said() == [PauseSet(placed.strategy, paused=on, who="ann", why="drill") for on in (True, False)]


async def test_a_strategy_that_rests_on_its_own_too_does_not_go_on_while_everyone_rests(desk: Watched) -> None:
    await desk.send("/v1/pause", ANN | {"strategy": "s"})
    await desk.send("/v1/pause", {"who": "bob", "why": "fire"})
    status, answer = await desk.send("/v1/resume", ANN | {"strategy": "s"})
    assert status == 409
    assert answer["error"] == "strategy = 's': everyone rests, said bob; resume all first, without naming one"
    assert [one.paused for one in desk.said() if isinstance(one, PauseSet)] == [True, True]


async def test_resuming_without_a_name_ends_every_stop(desk: Watched) -> None:
    await desk.send("/v1/halt", ANN | {"level": 3})
    assert await desk.send("/v1/pause", ANN) == (200, {"level": 3, "paused": ["s"]})
    status, answer = await desk.send("/v1/resume", ANN | {"strategy": "s"})
    assert (status, "everyone rests" in answer["error"]) == (409, True)
    assert await desk.send("/v1/resume", ANN) == (200, {"level": 0, "paused": []})
    assert await desk.send("/v1/resume", ANN) == (200, {"level": 0, "paused": []})
    assert desk.said()[2:] == [
        PauseSet(EVERY_STRATEGY, paused=False, who="ann", why="drill"),
        KillLevelSet(KillLevel.NONE, "ann", "drill"),
    ], "and what stands already is not said again"


async def test_all_orders_come_out_of_one_venue_or_of_all(desk: Watched) -> None:
    placed = desk.quoting(quote())
    assert await desk.send("/v1/cancel-all", ANN | {"venue": "two"}) == (200, {"orders_open": 0})
    assert not any(isinstance(command, CancelOrder) for command in desk.one.told)
    assert await desk.send("/v1/cancel-all", ANN | {"venue": "one"}) == (200, {"orders_open": 1})
    assert await desk.send("/v1/cancel-all", ANN) == (200, {"orders_open": 1})
    assert [command.ref for command in desk.one.told if isinstance(command, CancelOrder)] == [placed.ref]
    assert desk.said() == [CancelsOrdered(venue, "ann", "drill") for venue in ("two", "one", EVERY_VENUE)]  # type: ignore[arg-type]


async def test_one_order_comes_out_by_its_ref(desk: Watched) -> None:
    placed = desk.quoting(quote())
    assert await desk.send("/v1/cancel", ANN | {"order": placed.ref}) == (200, {"orders_open": 1})
    assert [command.ref for command in desk.one.told if isinstance(command, CancelOrder)] == [placed.ref]
    assert desk.said() == [CancelsOrdered(EVERY_VENUE, "ann", "drill", placed.ref)]
    _, tape = await desk.fetch("/v1/view/alerts")
    assert f"order {placed.ref} ordered out by ann: drill" in [row["text"] for row in tape]


async def test_an_order_that_is_over_or_never_ours_cannot_be_cancelled(desk: Watched) -> None:
    placed = desk.quoting(quote())
    desk.wishes.wanted = NOTHING
    desk.tell(*facts("fill f1 10 at 5", placed.ref))
    theirs = VenueOrder(None, VenueOrderId("v9"), ODDS.id, Side.BACK, 204, 2_000_000, None)
    desk.tell(VenueReported(ONE, desk.clock.monotonic_ns(), (theirs,)))
    for ref, said in (
        (placed.ref, "it is FILLED, nothing of it may still be matched"),
        ("one/v9", "we never placed it, so it is not ours to cancel"),
        ("r77", "order = 'r77': unknown"),
    ):
        status, answer = await desk.send("/v1/cancel", ANN | {"order": ref})
        assert status == 409
        assert said in answer["error"]
    status, answer = await desk.send("/v1/cancel", ANN | {"order": ""})
    assert (status, "$.order = ''" in answer["error"]) == (400, True)
    assert desk.said() == []


async def test_a_round_is_asked_for_now_or_once_the_venue_is_back(desk: Watched) -> None:
    assert await desk.send("/v1/reconcile", ANN | {"venue": "one"}) == (200, {"asked": ["one"], "waiting": []})
    assert [command for command in desk.one.told if isinstance(command, QueryVenue)] == [QueryVenue(ONE)]
    desk.tell(ChannelChanged(TWO, Channel.REQUESTS, up=False))
    assert await desk.send("/v1/reconcile", ANN) == (200, {"asked": ["one"], "waiting": ["two"]})
    assert desk.said() == [RoundOrdered(venue, "ann", "drill") for venue in (ONE, EVERY_VENUE)]


async def test_a_transfer_is_asked_for_by_one_and_decided_by_another(desk: Watched) -> None:
    wish = ANN | {"transfer": "t1", "source": "one", "target": "two", "amount": "80.00 GBP", "into": "100 USD"}
    assert await desk.send("/v1/transfers", wish) == (200, {"transfer": "t1", "state": "requested"})
    yes = ANN | {"transfer": "t1", "approved": True}
    for body, said in ((yes, "a second person has to approve it"), (wish, "another's name")):
        status, answer = await desk.send("/v1/transfers" + ("/decide" if body is yes else ""), body)
        assert (status, said in answer["error"]) == (409, True)
    assert (await desk.send("/v1/transfers/decide", yes | {"who": "bob"}))[1] == {"transfer": "t1", "state": "approved"}
    for amount, said in (("80", "no currency"), ("x GBP", "not a decimal"), ("0.0000001 GBP", "finer than")):
        status, answer = await desk.send("/v1/transfers", wish | {"amount": amount})
        assert (status, f"$.amount = '{amount}'" in answer["error"], said in answer["error"]) == (400, True, True)


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/reconcile", {"venue": "x"}, "venue = 'x': unknown; name one of one, two"),
        ("/v1/pause", {"strategy": "x"}, "strategy = 'x': unknown; name one of s"),
        ("/v1/resume", {"strategy": "x"}, "strategy = 'x': unknown"),
        ("/v1/resume", {"strategy": "s", "who": "Desk"}, "only a named person lets a strategy go on"),
        ("/v1/cancel-all", {"venue": "x"}, "venue = 'x': unknown; name one of one, two"),
    ],
)
async def test_what_does_not_exist_is_not_steered(desk: Watched, path: str, body: dict, said: str) -> None:
    status, answer = await desk.send(path, ANN | body)
    assert status == 409
    assert said in answer["error"]
    assert desk.said() == []
